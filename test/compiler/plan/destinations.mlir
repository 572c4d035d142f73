// Results end where the caller wants them.
// RUN: mlc-opt %s --split-input-file --step-destinations | FileCheck %s

func.func private @update(%p: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {
  %r = mlc.sub %p, %g : tensor<8xf32>
  return %r : tensor<8xf32>
}

// State is written in place, even before its last reader in program order: the schedule will see to that.
// CHECK-LABEL: func.func @train_step(
// CHECK-SAME: %[[P:arg[0-9]+]]: tensor<8xf32> {mlc.role = #mlc.role<state, "p">}
// CHECK-SAME: %[[X:arg[0-9]+]]: tensor<8xf32> {mlc.role = #mlc.role<input>}
// CHECK-SAME: tensor<2xf64> {mlc.role = #mlc.role<scalars>}
// CHECK-SAME: tensor<3xi64> {mlc.role = #mlc.role<stream>}
// CHECK-SAME: %[[OUT:arg[0-9]+]]: tensor<8xf32> {mlc.role = #mlc.role<output>}
// CHECK-SAME: -> (tensor<8xf32> {mlc.role = #mlc.role<state, "p">, step.destination = 0 : i64}, tensor<8xf32> {step.destination = 4 : i64})
func.func @train_step(%p: tensor<8xf32> {mlc.role = #mlc.role<state, "p">}, %x: tensor<8xf32>, %scalars: tensor<2xf64> {mlc.role = #mlc.role<scalars>},
                      %stream: tensor<3xi64> {mlc.role = #mlc.role<stream>}) -> (tensor<8xf32> {mlc.role = #mlc.role<state, "p">}, tensor<8xf32>) {
  %b0 = step.buffer : tensor<8xf32>
  // CHECK: step.launch @update ins(%[[P]], %[[X]] {{.*}}) outs(%[[P]] :
  %p1 = step.launch @update ins(%p, %x : tensor<8xf32>, tensor<8xf32>) outs(%b0 : tensor<8xf32>)
          {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  %b1 = step.buffer : tensor<8xf32>
  // CHECK: step.launch @update ins(%[[P]], %[[X]] {{.*}}) outs(%[[OUT]] :
  %y = step.launch @update ins(%p, %x : tensor<8xf32>, tensor<8xf32>) outs(%b1 : tensor<8xf32>)
          {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  return %p1, %y : tensor<8xf32>, tensor<8xf32>
}

// -----

// A reader of the old value that needs the new one: the new one is made aside and copied at the end.
func.func private @update(%p: tensor<8xf32>, %g: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {
  %r = mlc.sub %p, %g : tensor<8xf32>
  return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @train_step(
// CHECK-SAME: %[[P:arg[0-9]+]]: tensor<8xf32> {mlc.role = #mlc.role<state, "p">
func.func @train_step(%p: tensor<8xf32> {mlc.role = #mlc.role<state, "p">}, %x: tensor<8xf32>)
    -> (tensor<8xf32> {mlc.role = #mlc.role<state, "p">}, tensor<8xf32>) {
  // CHECK: %[[B:.*]] = step.buffer
  %b0 = step.buffer : tensor<8xf32>
  // CHECK: %[[P1:.*]] = step.launch @update ins(%[[P]], {{.*}} outs(%[[B]] :
  %p1 = step.launch @update ins(%p, %x : tensor<8xf32>, tensor<8xf32>) outs(%b0 : tensor<8xf32>)
          {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  %b1 = step.buffer : tensor<8xf32>
  %moved = step.launch @update ins(%p, %p1 : tensor<8xf32>, tensor<8xf32>) outs(%b1 : tensor<8xf32>)
          {in_place = array<i64: 0, 0>} -> tensor<8xf32>
  // CHECK: step.launch @copy_8_f32 ins(%[[P1]] {{.*}}) outs(%[[P]] :
  return %p1, %moved : tensor<8xf32>, tensor<8xf32>
}

// -----

// Two states that are swapped: one is put aside.
// CHECK-LABEL: func.func @train_step(
// CHECK-SAME: %[[A:arg[0-9]+]]: tensor<8xf32> {mlc.role = #mlc.role<state, "a">
// CHECK-SAME: %[[B:arg[0-9]+]]: tensor<8xf32> {mlc.role = #mlc.role<state, "b">
func.func @train_step(%a: tensor<8xf32> {mlc.role = #mlc.role<state, "a">}, %b: tensor<8xf32> {mlc.role = #mlc.role<state, "b">})
    -> (tensor<8xf32> {mlc.role = #mlc.role<state, "a">}, tensor<8xf32> {mlc.role = #mlc.role<state, "b">}) {
  // CHECK: %[[FIRST:.*]] = step.launch @copy_8_f32 ins(%[[B]] {{.*}}) outs(%[[A]] :
  // CHECK: %[[ASIDE:.*]] = step.buffer
  // CHECK: %[[OLD:.*]] = step.launch @copy_8_f32 ins(%[[A]] {{.*}}) outs(%[[ASIDE]] :
  // CHECK: %[[SECOND:.*]] = step.launch @copy_8_f32 ins(%[[OLD]] {{.*}}) outs(%[[B]] :
  // CHECK: return %[[FIRST]], %[[SECOND]]
  return %b, %a : tensor<8xf32>, tensor<8xf32>
}

// -----

// Unchanged state costs nothing; state that is not read becomes an argument; a launch that reads nothing is run
// again for a second result, any other value is copied.
// CHECK-LABEL: func.func @init(
// CHECK-SAME: %[[C:arg[0-9]+]]: tensor<4xf32> {mlc.role = #mlc.role<state, "c">}
// CHECK-SAME: %[[A:arg[0-9]+]]: tensor<4xf32> {mlc.role = #mlc.role<state, "a">}
// CHECK-SAME: %[[B:arg[0-9]+]]: tensor<4xf32> {mlc.role = #mlc.role<state, "b">}
func.func private @zeros() -> tensor<4xf32> attributes {step.kernel} {
  %r = mlc.constant dense<0.0> : tensor<4xf32>
  return %r : tensor<4xf32>
}
func.func @init(%c: tensor<4xf32> {mlc.role = #mlc.role<state, "c">})
    -> (tensor<4xf32> {mlc.role = #mlc.role<state, "c">}, tensor<4xf32> {mlc.role = #mlc.role<state, "a">}, tensor<4xf32> {mlc.role = #mlc.role<state, "b">}) {
  %b0 = step.buffer : tensor<4xf32>
  // CHECK: %[[Z:.*]] = step.launch @zeros outs(%[[A]] :
  %z = step.launch @zeros outs(%b0 : tensor<4xf32>) -> tensor<4xf32>
  // CHECK-NEXT: %[[Y:.*]] = step.launch @zeros outs(%[[B]] :
  // CHECK-NEXT: return %[[C]], %[[Z]], %[[Y]]
  return %c, %z, %z : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @predict(
// CHECK-SAME: %[[X:arg[0-9]+]]: tensor<4xf32> {mlc.role = #mlc.role<input>}
// CHECK-SAME: %[[A:arg[0-9]+]]: tensor<4xf32> {mlc.role = #mlc.role<output>}
// CHECK-SAME: %[[B:arg[0-9]+]]: tensor<4xf32> {mlc.role = #mlc.role<output>}
func.func private @twice(%x: tensor<4xf32>) -> tensor<4xf32> attributes {step.kernel} {
  %r = mlc.add %x, %x : tensor<4xf32>
  return %r : tensor<4xf32>
}
func.func @predict(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %b0 = step.buffer : tensor<4xf32>
  // CHECK: %[[Y:.*]] = step.launch @twice ins(%[[X]] {{.*}}) outs(%[[A]] :
  %y = step.launch @twice ins(%x : tensor<4xf32>) outs(%b0 : tensor<4xf32>) -> tensor<4xf32>
  // CHECK-NEXT: step.launch @copy_4_f32 ins(%[[Y]] {{.*}}) outs(%[[B]] :
  return %y, %y : tensor<4xf32>, tensor<4xf32>
}
