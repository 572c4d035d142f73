// Updates come after the last reader of the old value, and as soon as that; constants and views stand where
// they are used.
// RUN: mlc-opt %s --step-schedule | FileCheck %s

func.func private @update(%p: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {
  %r = mlc.sub %p, %g : tensor<8xf32>
  return %r : tensor<8xf32>
}
func.func private @mul(%p: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {
  %r = mlc.mul %p, %g : tensor<8xf32>
  return %r : tensor<8xf32>
}

// CHECK-LABEL: func.func @train_step(
// CHECK-SAME: %[[P:arg.*]]: tensor<8xf32> {mlc.role = #mlc.role<state, "p">
// CHECK-SAME: %[[Q:arg.*]]: tensor<8xf32> {mlc.role = #mlc.role<state, "q">
// CHECK-SAME: %[[X:arg.*]]: tensor<8xf32>
func.func @train_step(%p: tensor<8xf32> {mlc.role = #mlc.role<state, "p">},
                      %q: tensor<8xf32> {mlc.role = #mlc.role<state, "q">},
                      %x: tensor<8xf32> {mlc.role = #mlc.role<input>})
    -> (tensor<8xf32> {mlc.role = #mlc.role<state, "p">, step.destination = 0 : i64},
        tensor<8xf32> {mlc.role = #mlc.role<state, "q">, step.destination = 1 : i64}) {
  %b0 = step.buffer : tensor<8xf32>
  %b1 = step.buffer : tensor<8xf32>
  %c = step.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32> : tensor<8xf32>
  // In program order the update of p comes first, and both updates wait for both gradients.
  %p1 = step.launch @update ins(%p, %x : tensor<8xf32>, tensor<8xf32>) outs(%p : tensor<8xf32>)
          {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  // CHECK-NEXT: %[[B0:.*]] = step.buffer
  // CHECK-NEXT: %[[GQ:.*]] = step.launch @mul ins(%[[P]], %[[X]] {{.*}}) outs(%[[B0]] :
  %gq = step.launch @mul ins(%p, %x : tensor<8xf32>, tensor<8xf32>) outs(%b0 : tensor<8xf32>) -> tensor<8xf32>
  // CHECK-NEXT: %[[P1:.*]] = step.launch @update ins(%[[P]], %[[X]] {{.*}}) outs(%[[P]] :
  // CHECK-NEXT: step.constant
  // CHECK-NEXT: %[[B1:.*]] = step.buffer
  // CHECK-NEXT: %[[H:.*]] = step.launch @mul
  %h = step.launch @mul ins(%gq, %c : tensor<8xf32>, tensor<8xf32>) outs(%b1 : tensor<8xf32>) -> tensor<8xf32>
  // CHECK-NEXT: %[[Q1:.*]] = step.launch @update ins(%[[Q]], %[[H]] {{.*}}) outs(%[[Q]] :
  %q1 = step.launch @update ins(%q, %h : tensor<8xf32>, tensor<8xf32>) outs(%q : tensor<8xf32>)
          {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  // CHECK-NEXT: return %[[P1]], %[[Q1]]
  return %p1, %q1 : tensor<8xf32>, tensor<8xf32>
}
