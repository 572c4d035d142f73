// Pooling with few channels: vectors run along pixels and channels at once, over whole periods and a rest.
// RUN: %every-isa %s
// RUN: mlc-kernel --target=avx512 --plan %s | FileCheck %s
// CHECK-COUNT-9: narrow_windows
func.func @lenet(%x: tensor<2x28x28x6xf32>) -> (tensor<2x14x14x6xf32>, tensor<2x14x14x6xi32>) {
  %v, %i = mlc.window_max %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<2x28x28x6xf32>) -> (tensor<2x14x14x6xf32>, tensor<2x14x14x6xi32>)
  return %v, %i : tensor<2x14x14x6xf32>, tensor<2x14x14x6xi32>
}
func.func @lenet_back(%y: tensor<2x14x14x6xf32>, %i: tensor<2x14x14x6xi32>, %x: tensor<2x28x28x6xf32>) -> tensor<2x28x28x6xf32> {
  %v = mlc.window_scatter %y, %i window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<2x14x14x6xf32>, tensor<2x14x14x6xi32>) -> tensor<2x28x28x6xf32>
  %z = mlc.constant dense<0.0> : tensor<2x28x28x6xf32>
  %m = mlc.compare gt %x, %z : tensor<2x28x28x6xf32>
  %r = mlc.select %m, %v, %z : tensor<2x28x28x6xf32>
  return %r : tensor<2x28x28x6xf32>
}
func.func @nans(%x: tensor<1x6x9x5xf32> {check.nan}) -> (tensor<1x2x3x5xf32>, tensor<1x2x3x5xi32>) {
  %v, %i = mlc.window_max %x window = [3, 3] strides = [3, 3] pads = [0, 0] [0, 0] : (tensor<1x6x9x5xf32>) -> (tensor<1x2x3x5xf32>, tensor<1x2x3x5xi32>)
  return %v, %i : tensor<1x2x3x5xf32>, tensor<1x2x3x5xi32>
}
func.func @nine(%y: tensor<1x2x3x5xf32>, %i: tensor<1x2x3x5xi32> {check.range = array<i64: 0, 8>}) -> tensor<1x6x9x5xf32> {
  %v = mlc.window_scatter %y, %i window = [3, 3] strides = [3, 3] pads = [0, 0] [0, 0] : (tensor<1x2x3x5xf32>, tensor<1x2x3x5xi32>) -> tensor<1x6x9x5xf32>
  return %v : tensor<1x6x9x5xf32>
}
func.func @mean(%x: tensor<3x4x26x1xf32>) -> tensor<3x2x13x1xf32> {
  %v = mlc.window_sum %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<3x4x26x1xf32>) -> tensor<3x2x13x1xf32>
  %c = mlc.constant dense<0.25> : tensor<3x2x13x1xf32>
  %m = mlc.mul %v, %c : tensor<3x2x13x1xf32>
  return %m : tensor<3x2x13x1xf32>
}
func.func @mean_back(%y: tensor<3x2x13x1xf32>) -> tensor<3x4x26x1xf32> {
  %v = mlc.window_spread %y window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<3x2x13x1xf32>) -> tensor<3x4x26x1xf32>
  return %v : tensor<3x4x26x1xf32>
}
func.func @line(%x: tensor<3x40x3xf32>) -> (tensor<3x10x3xf32>, tensor<3x10x3xi32>) {
  %v, %i = mlc.window_max %x window = [4] strides = [4] pads = [0] [0] : (tensor<3x40x3xf32>) -> (tensor<3x10x3xf32>, tensor<3x10x3xi32>)
  return %v, %i : tensor<3x10x3xf32>, tensor<3x10x3xi32>
}
func.func @line_back(%y: tensor<3x10x3xf32>, %i: tensor<3x10x3xi32>) -> tensor<3x40x3xf32> {
  %v = mlc.window_scatter %y, %i window = [4] strides = [4] pads = [0] [0] : (tensor<3x10x3xf32>, tensor<3x10x3xi32>) -> tensor<3x40x3xf32>
  return %v : tensor<3x40x3xf32>
}
func.func @doubles(%x: tensor<2x4x6x2xf64>) -> tensor<2x2x2x2xf64> {
  %v = mlc.window_sum %x window = [2, 3] strides = [2, 3] pads = [0, 0] [0, 0] : (tensor<2x4x6x2xf64>) -> tensor<2x2x2x2xf64>
  return %v : tensor<2x2x2x2xf64>
}
