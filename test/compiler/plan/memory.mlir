// Buffers that do not live together share memory; a result may take the place of an input that dies.
// RUN: mlc-opt %s --step-plan-memory | FileCheck %s

func.func private @k(%a: tensor<32xf32>) -> tensor<32xf32> attributes {step.kernel} { return %a : tensor<32xf32> }
func.func private @grow(%a: tensor<32xf32>) -> tensor<64xf32> attributes {step.kernel} {
  %r = mlc.constant dense<0.0> : tensor<64xf32>
  return %r : tensor<64xf32>
}
func.func private @join(%a: tensor<32xf32>, %b: tensor<64xf32>) -> tensor<32xf32> attributes {step.kernel} {
  return %a : tensor<32xf32>
}

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: step.arena = 512 : i64, step.scratch = 128 : i64
func.func @train_step(%x: memref<32xf32> {mlc.role = #mlc.role<input>}, %y: memref<32xf32> {mlc.role = #mlc.role<output>}) {
  // The largest is placed first. %a and %b are one: the launch works in place.
  // CHECK: step.buffer at 256 : memref<32xf32>
  %a = step.buffer : memref<32xf32>
  // CHECK: step.buffer at 256 : memref<32xf32>
  %b = step.buffer : memref<32xf32>
  // CHECK: step.buffer at 0 : memref<64xf32>
  %c = step.buffer : memref<64xf32>
  // Not in place: beside %b.
  // CHECK: step.buffer at 384 : memref<32xf32>
  %d = step.buffer : memref<32xf32>
  // %c is gone by then.
  // CHECK: step.buffer at 0 : memref<32xf32>
  %e = step.buffer : memref<32xf32>
  // CHECK-NOT: step.buffer
  %unused = step.buffer : memref<1024xf32>
  step.launch @k ins(%x : memref<32xf32>) outs(%a : memref<32xf32>) {scratch = 100 : i64}
  step.launch @k ins(%a : memref<32xf32>) outs(%b : memref<32xf32>) {in_place = array<i64: 0, 0>}
  step.launch @grow ins(%b : memref<32xf32>) outs(%c : memref<64xf32>)
  step.launch @join ins(%b, %c : memref<32xf32>, memref<64xf32>) outs(%d : memref<32xf32>)
  step.launch @k ins(%d : memref<32xf32>) outs(%e : memref<32xf32>)
  step.launch @k ins(%e : memref<32xf32>) outs(%y : memref<32xf32>)
  return
}
