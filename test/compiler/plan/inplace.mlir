// The pass that fails: an update that comes before the last reader of the old value makes bufferisation copy.
// RUN: mlc-opt %s --split-input-file --step-bufferize --step-verify-in-place --verify-diagnostics

func.func private @update(%p: tensor<784x128xf32>, %g: tensor<784x128xf32>) -> tensor<784x128xf32>
    attributes {step.kernel} {
  %r = mlc.sub %p, %g : tensor<784x128xf32>
  return %r : tensor<784x128xf32>
}
func.func private @sum(%p: tensor<784x128xf32>) -> tensor<f32> attributes {step.kernel} {
  %r = mlc.reduce sum %p axes = [0, 1] : tensor<784x128xf32> -> tensor<f32>
  return %r : tensor<f32>
}
func.func @train_step(%p: tensor<784x128xf32> {mlc.state = "net.w", step.role = "state"},
                      %g: tensor<784x128xf32> {step.role = "input"},
                      %out: tensor<f32> {step.role = "output"})
    -> (tensor<784x128xf32> {mlc.state = "net.w", step.destination = 0 : i64},
        tensor<f32> {step.destination = 2 : i64}) {
  // The update writes to %p, which the sum still reads.
  // expected-error @below {{a buffer of 401408 bytes was allocated beside the plan}}
  // expected-note @below {{of the size of state 'net.w'}}
  %p1 = step.launch @update ins(%p, %g : tensor<784x128xf32>, tensor<784x128xf32>)
          outs(%p : tensor<784x128xf32>) {in_place = array<i64: 0, 0>} -> tensor<784x128xf32>
  %s = step.launch @sum ins(%p : tensor<784x128xf32>) outs(%out : tensor<f32>) -> tensor<f32>
  // expected-error @below {{a copy of 401408 bytes was inserted}}
  // expected-note @below {{to state 'net.w', which should have been updated in place}}
  return %p1, %s : tensor<784x128xf32>, tensor<f32>
}

// -----

// An update that may not work in place is copied, too.
func.func private @transpose(%p: tensor<8x8xf32>) -> tensor<8x8xf32> attributes {step.kernel} {
  %r = mlc.transpose %p [1, 0] : tensor<8x8xf32> -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}
func.func @train_step(%p: tensor<8x8xf32> {mlc.state = "net.w", step.role = "state"})
    -> (tensor<8x8xf32> {mlc.state = "net.w", step.destination = 0 : i64}) {
  // expected-error @below {{a buffer of 256 bytes was allocated beside the plan}}
  // expected-note @below {{of the size of state 'net.w'}}
  %p1 = step.launch @transpose ins(%p : tensor<8x8xf32>) outs(%p : tensor<8x8xf32>) -> tensor<8x8xf32>
  // expected-error @below {{a copy of 256 bytes was inserted}}
  // expected-note @below {{to state 'net.w', which should have been updated in place}}
  return %p1 : tensor<8x8xf32>
}
