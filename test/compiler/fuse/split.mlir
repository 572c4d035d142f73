// Large sums in two levels, small ones left alone.
// RUN: mlc-opt %s --mlc-split-reductions | FileCheck %s

// CHECK-LABEL: func.func @small
// CHECK-NEXT: mlc.reduce sum %{{.*}} axes = [0, 1] : tensor<64x10xf32> -> tensor<f32>
func.func @small(%x: tensor<64x10xf32>) -> tensor<f32> {
  %r = mlc.reduce sum %x axes = [0, 1] : tensor<64x10xf32> -> tensor<f32>
  return %r : tensor<f32>
}

// CHECK-LABEL: func.func @all
// CHECK-NEXT: %[[ROWS:.*]] = mlc.reduce sum %{{.*}} axes = [1] : tensor<784x256xf32> -> tensor<784xf32>
// CHECK-NEXT: mlc.reduce sum %[[ROWS]] axes = [0] : tensor<784xf32> -> tensor<f32>
func.func @all(%x: tensor<784x256xf32>) -> tensor<f32> {
  %r = mlc.reduce sum %x axes = [0, 1] : tensor<784x256xf32> -> tensor<f32>
  return %r : tensor<f32>
}

// CHECK-LABEL: func.func @long
// CHECK-NEXT: %[[CUT:.*]] = mlc.reshape %{{.*}} : tensor<60000xf32> -> tensor<60x1000xf32>
// CHECK-NEXT: %[[ROWS:.*]] = mlc.reduce max %[[CUT]] axes = [1] : tensor<60x1000xf32> -> tensor<60xf32>
// CHECK-NEXT: mlc.reduce max %[[ROWS]] axes = [0] : tensor<60xf32> -> tensor<f32>
func.func @long(%x: tensor<60000xf32>) -> tensor<f32> {
  %r = mlc.reduce max %x axes = [0] : tensor<60000xf32> -> tensor<f32>
  return %r : tensor<f32>
}

// CHECK-LABEL: func.func @channels
// CHECK-NEXT: %[[EACH:.*]] = mlc.reduce sum %{{.*}} axes = [1, 2] : tensor<64x28x28x6xf32> -> tensor<64x6xf32>
// CHECK-NEXT: mlc.reduce sum %[[EACH]] axes = [0] : tensor<64x6xf32> -> tensor<6xf32>
func.func @channels(%x: tensor<64x28x28x6xf32>) -> tensor<6xf32> {
  %r = mlc.reduce sum %x axes = [0, 1, 2] : tensor<64x28x28x6xf32> -> tensor<6xf32>
  return %r : tensor<6xf32>
}

// CHECK-LABEL: func.func @few
// CHECK-NEXT: mlc.reduce sum %{{.*}} axes = [0, 1, 2] : tensor<64x10x10x16xf32> -> tensor<16xf32>
func.func @few(%x: tensor<64x10x10x16xf32>) -> tensor<16xf32> {
  %r = mlc.reduce sum %x axes = [0, 1, 2] : tensor<64x10x10x16xf32> -> tensor<16xf32>
  return %r : tensor<16xf32>
}

// CHECK-LABEL: func.func @columns
// CHECK-NEXT: mlc.reshape %{{.*}} : tensor<32768x16xf32> -> tensor<64x512x16xf32>
// CHECK-NEXT: mlc.reduce sum %{{.*}} axes = [1] : tensor<64x512x16xf32> -> tensor<64x16xf32>
// CHECK-NEXT: mlc.reduce sum %{{.*}} axes = [0] : tensor<64x16xf32> -> tensor<16xf32>
func.func @columns(%x: tensor<32768x16xf32>) -> tensor<16xf32> {
  %r = mlc.reduce sum %x axes = [0] : tensor<32768x16xf32> -> tensor<16xf32>
  return %r : tensor<16xf32>
}

// CHECK-LABEL: func.func @product
// CHECK: mlc.contract "dab,dac->dbc" %{{.*}}, %{{.*}} : (tensor<32x1024x8xf32>, tensor<32x1024x4xf32>) -> tensor<32x8x4xf32>
// CHECK-NEXT: mlc.reduce sum %{{.*}} axes = [0] : tensor<32x8x4xf32> -> tensor<8x4xf32>
func.func @product(%x: tensor<32768x8xf32>, %y: tensor<32768x4xf32>) -> tensor<8x4xf32> {
  %r = mlc.contract "ab,ac->bc" %x, %y : (tensor<32768x8xf32>, tensor<32768x4xf32>) -> tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// CHECK-LABEL: func.func @filter
// CHECK: mlc.conv_filter {{.*}} {partials = 32 : i64} : {{.*}} -> tensor<32x5x5x1x6xf32>
// CHECK-NEXT: mlc.reduce sum %{{.*}} axes = [0] : tensor<32x5x5x1x6xf32> -> tensor<5x5x1x6xf32>
func.func @filter(%x: tensor<64x28x28x1xf32>, %y: tensor<64x24x24x6xf32>) -> tensor<5x5x1x6xf32> {
  %r = mlc.conv_filter %x, %y strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1
       : (tensor<64x28x28x1xf32>, tensor<64x24x24x6xf32>) -> tensor<5x5x1x6xf32>
  return %r : tensor<5x5x1x6xf32>
}

// Partial results would be rounded to less than what the sum is kept in.
// CHECK-LABEL: func.func @wide
// CHECK-NEXT: mlc.reduce sum %{{.*}} axes = [0, 1] accumulate = f64 : tensor<784x256xf32> -> tensor<f32>
func.func @wide(%x: tensor<784x256xf32>) -> tensor<f32> {
  %r = mlc.reduce sum %x axes = [0, 1] accumulate = f64 : tensor<784x256xf32> -> tensor<f32>
  return %r : tensor<f32>
}
