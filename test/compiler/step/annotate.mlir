// What the kernel emitter says about kernels is on their launches.
// RUN: mlc-opt %s --step-annotate | FileCheck %s

func.func private @large(%p: tensor<1024x1024xf32>, %g: tensor<1024x1024xf32>, %lr: tensor<f32>)
    -> tensor<1024x1024xf32> attributes {step.kernel} {
  %b = mlc.broadcast %lr axes = [] : tensor<f32> -> tensor<1024x1024xf32>
  %u = mlc.mul %g, %b : tensor<1024x1024xf32>
  %r = mlc.sub %p, %u : tensor<1024x1024xf32>
  return %r : tensor<1024x1024xf32>
}
func.func private @moved(%p: tensor<8x8xf32>) -> tensor<8x8xf32> attributes {step.kernel} {
  %r = mlc.transpose %p [1, 0] : tensor<8x8xf32> -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}

// CHECK-LABEL: func.func @train_step
func.func @train_step(%p: memref<1024x1024xf32>, %g: memref<1024x1024xf32>, %lr: memref<f32>,
                      %a: memref<8x8xf32>, %b: memref<8x8xf32>) {
  // Elementwise, so p and g may each lie where the result does, and in parts that run at once.
  // CHECK: step.launch @large
  // CHECK-SAME: {chunks = {{[1-9][0-9]*}} : i64, in_place = array<i64: 0, 0, 1, 0>
  step.launch @large ins(%p, %g, %lr : memref<1024x1024xf32>, memref<1024x1024xf32>, memref<f32>)
    outs(%p : memref<1024x1024xf32>)
  // Not elementwise: never in place. What stood there before is replaced.
  // CHECK: step.launch @moved
  // CHECK-NOT: in_place = array<i64: 0, 0>
  // CHECK: return
  step.launch @moved ins(%a : memref<8x8xf32>) outs(%b : memref<8x8xf32>) {in_place = array<i64: 0, 0>}
  return
}
