// The pass that fails: an update that comes before the last reader of the old value would make a copy necessary.
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
func.func @train_step(%p: tensor<784x128xf32> {mlc.role = #mlc.role<state, "net.w">},
                      %g: tensor<784x128xf32> {mlc.role = #mlc.role<input>},
                      %out: tensor<f32> {mlc.role = #mlc.role<output>})
    -> (tensor<784x128xf32> {mlc.role = #mlc.role<state, "net.w">, step.destination = 0 : i64},
        tensor<f32> {step.destination = 2 : i64}) {
  // expected-note @below {{here}}
  %p1 = step.launch @update ins(%p, %g : tensor<784x128xf32>, tensor<784x128xf32>)
          outs(%p : tensor<784x128xf32>) {in_place = array<i64: 0, 0>} -> tensor<784x128xf32>
  // expected-error @below {{reads 401408 bytes of state 'net.w' that were overwritten before}}
  %s = step.launch @sum ins(%p : tensor<784x128xf32>) outs(%out : tensor<f32>) -> tensor<f32>
  return %p1, %s : tensor<784x128xf32>, tensor<f32>
}

// -----

// A part of what was overwritten, through a view, and a buffer.
func.func private @first(%p: tensor<4xf32>) -> tensor<4xf32> attributes {step.kernel} {
  return %p : tensor<4xf32>
}
func.func private @twice(%p: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {
  %r = mlc.add %p, %p : tensor<8xf32>
  return %r : tensor<8xf32>
}
func.func @train_step(%x: tensor<8xf32> {mlc.role = #mlc.role<input>}, %out: tensor<4xf32> {mlc.role = #mlc.role<output>})
    -> (tensor<4xf32> {step.destination = 1 : i64}) {
  %b = step.buffer : tensor<8xf32>
  %one = step.launch @twice ins(%x : tensor<8xf32>) outs(%b : tensor<8xf32>) -> tensor<8xf32>
  %part = step.view %one at 4 : tensor<8xf32> to tensor<4xf32>
  // expected-note @below {{here}}
  %two = step.launch @twice ins(%one : tensor<8xf32>) outs(%b : tensor<8xf32>) {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  // expected-error @below {{reads 16 bytes that were overwritten before}}
  %r = step.launch @first ins(%part : tensor<4xf32>) outs(%out : tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// A result that is not where it is to end, and one that was overwritten there.
func.func private @twice(%p: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {
  %r = mlc.add %p, %p : tensor<8xf32>
  return %r : tensor<8xf32>
}
func.func @train_step(%x: tensor<8xf32> {mlc.role = #mlc.role<input>}, %out: tensor<8xf32> {mlc.role = #mlc.role<output>})
    -> (tensor<8xf32> {step.destination = 1 : i64}) {
  %b = step.buffer : tensor<8xf32>
  %one = step.launch @twice ins(%x : tensor<8xf32>) outs(%b : tensor<8xf32>) -> tensor<8xf32>
  // expected-error @below {{result 0 is not in argument 1, where it is to end}}
  return %one : tensor<8xf32>
}

// -----

func.func private @twice(%p: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {
  %r = mlc.add %p, %p : tensor<8xf32>
  return %r : tensor<8xf32>
}
func.func @train_step(%x: tensor<8xf32> {mlc.role = #mlc.role<input>},
                      %out: tensor<8xf32> {mlc.role = #mlc.role<state, "net.w">})
    -> (tensor<8xf32> {mlc.role = #mlc.role<state, "net.w">, step.destination = 1 : i64}) {
  %one = step.launch @twice ins(%x : tensor<8xf32>) outs(%out : tensor<8xf32>) -> tensor<8xf32>
  // expected-note @below {{here}}
  %two = step.launch @twice ins(%one : tensor<8xf32>) outs(%out : tensor<8xf32>) {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  // expected-error @below {{reads 32 bytes of state 'net.w' that were overwritten before}}
  return %one : tensor<8xf32>
}

// -----

// An update that may not work in place.
func.func private @transpose(%p: tensor<8x8xf32>) -> tensor<8x8xf32> attributes {step.kernel} {
  %r = mlc.transpose %p [1, 0] : tensor<8x8xf32> -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}
func.func @train_step(%p: tensor<8x8xf32> {mlc.role = #mlc.role<state, "net.w">})
    -> (tensor<8x8xf32> {mlc.role = #mlc.role<state, "net.w">, step.destination = 0 : i64}) {
  // expected-error @below {{reads input 0 where it writes output 0}}
  %p1 = step.launch @transpose ins(%p : tensor<8x8xf32>) outs(%p : tensor<8x8xf32>) -> tensor<8x8xf32>
  return %p1 : tensor<8x8xf32>
}
