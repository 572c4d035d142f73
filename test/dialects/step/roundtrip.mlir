// Every op of the step dialect prints as it is written, over tensors and over memrefs.
// RUN: mlc-opt %s | mlc-opt | FileCheck %s

func.func private @body(%h: tensor<3xf32>, %x: tensor<2xf32>, %w: tensor<3xf32>) -> (tensor<3xf32>, tensor<2xf32>) attributes {step.body} {
  return %h, %x : tensor<3xf32>, tensor<2xf32>
}
func.func private @k(%a: tensor<4xf32>, %b: tensor<f64>) -> tensor<4xf32> attributes {step.kernel} {
  return %a : tensor<4xf32>
}
func.func private @draw(%s: tensor<3xi64>) -> tensor<4xf32> attributes {step.kernel} {
  %r = mlc.random uniform %s site = 0 : tensor<3xi64> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// CHECK-LABEL: func.func @tensors
func.func @tensors(%x: tensor<2x2xf32>, %scalars: tensor<3xf64>, %stream: tensor<3xi64>) -> tensor<4xf32> {
  // CHECK: step.view %{{.*}} : tensor<2x2xf32> to tensor<4xf32>
  %v = step.view %x : tensor<2x2xf32> to tensor<4xf32>
  // CHECK: step.view %{{.*}} at 2 : tensor<3xf64> to tensor<f64>
  %s = step.view %scalars at 2 : tensor<3xf64> to tensor<f64>
  // CHECK: step.buffer : tensor<4xf32>
  %b = step.buffer : tensor<4xf32>
  // CHECK: step.launch @k ins(%{{.*}}, %{{.*}} : tensor<4xf32>, tensor<f64>) outs(%{{.*}} : tensor<4xf32>) {chunks = 2 : i64, in_place = array<i64: 0, 0>, lines = ["a.mlc:3"]} -> tensor<4xf32>
  %r = step.launch @k ins(%v, %s : tensor<4xf32>, tensor<f64>) outs(%b : tensor<4xf32>)
         {chunks = 2 : i64, in_place = array<i64: 0, 0>, lines = ["a.mlc:3"]} -> tensor<4xf32>
  // CHECK: step.stream %{{.*}} site = 7 : tensor<3xi64>
  %site = step.stream %stream site = 7 : tensor<3xi64>
  %b2 = step.buffer : tensor<4xf32>
  %r2 = step.launch @draw ins(%site : tensor<3xi64>) outs(%b2 : tensor<4xf32>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// CHECK-LABEL: func.func @buffers
func.func @buffers(%x: memref<4xf32>) {
  // CHECK: step.constant dense<5.000000e-01> : tensor<f64> : memref<f64>
  %c = step.constant dense<0.5> : tensor<f64> : memref<f64>
  // CHECK: step.buffer at 64 : memref<4xf32>
  %b = step.buffer at 64 : memref<4xf32>
  // CHECK: step.launch @k ins(%{{.*}}, %{{.*}} : memref<4xf32>, memref<f64>) outs(%{{.*}} : memref<4xf32>)
  // CHECK-NOT: ->
  step.launch @k ins(%x, %c : memref<4xf32>, memref<f64>) outs(%b : memref<4xf32>)
  return
}

// CHECK-LABEL: func.func @loop
func.func @loop(%h: tensor<3xf32>, %xs: tensor<7x2xf32>, %w: tensor<3xf32>) -> (tensor<8x3xf32>, tensor<7x2xf32>) {
  %b = step.buffer : tensor<8x3xf32>
  %c = step.buffer : tensor<7x2xf32>
  // CHECK: step.launch @body ins({{.*}}) outs({{.*}}) {loop = #step.loop<steps = 7, carries = 1, slices = 1, reverse = true>, workspace = 64 : i64} -> tensor<8x3xf32>, tensor<7x2xf32>
  %r:2 = step.launch @body ins(%h, %xs, %w : tensor<3xf32>, tensor<7x2xf32>, tensor<3xf32>) outs(%b, %c : tensor<8x3xf32>, tensor<7x2xf32>)
         {loop = #step.loop<steps = 7, carries = 1, slices = 1, reverse = true>, workspace = 64 : i64} -> tensor<8x3xf32>, tensor<7x2xf32>
  return %r#0, %r#1 : tensor<8x3xf32>, tensor<7x2xf32>
}
