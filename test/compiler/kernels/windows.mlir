// Pooling windows and their transposes, padded and overlapping.
// RUN: %every-isa %s
func.func @pool(%x: tensor<2x8x8x6xf32>) -> (tensor<2x4x4x6xf32>, tensor<2x4x4x6xi32>) {
  %v, %i = mlc.window_max %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<2x8x8x6xf32>) -> (tensor<2x4x4x6xf32>, tensor<2x4x4x6xi32>)
  return %v, %i : tensor<2x4x4x6xf32>, tensor<2x4x4x6xi32>
}
func.func @pool_nan(%x: tensor<2x8x8x6xf32> {check.nan}) -> (tensor<2x4x4x6xf32>, tensor<2x4x4x6xi32>) {
  %v, %i = mlc.window_max %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<2x8x8x6xf32>) -> (tensor<2x4x4x6xf32>, tensor<2x4x4x6xi32>)
  return %v, %i : tensor<2x4x4x6xf32>, tensor<2x4x4x6xi32>
}
func.func @pool_pad(%x: tensor<2x7x7x17xf32>) -> (tensor<2x4x4x17xf32>, tensor<2x4x4x17xi32>) {
  %v, %i = mlc.window_max %x window = [3, 3] strides = [2, 2] pads = [1, 1] [1, 1] : (tensor<2x7x7x17xf32>) -> (tensor<2x4x4x17xf32>, tensor<2x4x4x17xi32>)
  return %v, %i : tensor<2x4x4x17xf32>, tensor<2x4x4x17xi32>
}
func.func @scatter(%x: tensor<2x4x4x6xf32>, %i: tensor<2x4x4x6xi32>) -> tensor<2x8x8x6xf32> {
  %v = mlc.window_scatter %x, %i window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<2x4x4x6xf32>, tensor<2x4x4x6xi32>) -> tensor<2x8x8x6xf32>
  return %v : tensor<2x8x8x6xf32>
}
func.func @scatter_pad(%x: tensor<2x4x4x17xf32>, %i: tensor<2x4x4x17xi32> {check.range = array<i64: 4, 8>}) -> tensor<2x7x7x17xf32> {
  %v = mlc.window_scatter %x, %i window = [3, 3] strides = [2, 2] pads = [1, 1] [1, 1] : (tensor<2x4x4x17xf32>, tensor<2x4x4x17xi32>) -> tensor<2x7x7x17xf32>
  return %v : tensor<2x7x7x17xf32>
}
func.func @gather(%x: tensor<2x8x8x6xf32>, %i: tensor<2x4x4x6xi32>) -> tensor<2x4x4x6xf32> {
  %v = mlc.window_gather %x, %i window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<2x8x8x6xf32>, tensor<2x4x4x6xi32>) -> tensor<2x4x4x6xf32>
  return %v : tensor<2x4x4x6xf32>
}
func.func @sum(%x: tensor<2x7x7x17xf32>) -> tensor<2x4x4x17xf32> {
  %v = mlc.window_sum %x window = [3, 3] strides = [2, 2] pads = [1, 1] [1, 1] : (tensor<2x7x7x17xf32>) -> tensor<2x4x4x17xf32>
  return %v : tensor<2x4x4x17xf32>
}
func.func @spread(%x: tensor<2x4x4x17xf32>) -> tensor<2x7x7x17xf32> {
  %v = mlc.window_spread %x window = [3, 3] strides = [2, 2] pads = [1, 1] [1, 1] : (tensor<2x4x4x17xf32>) -> tensor<2x7x7x17xf32>
  return %v : tensor<2x7x7x17xf32>
}
func.func @pool_global(%x: tensor<2x7x7x17xf32>) -> tensor<2x17xf32> {
  %v = mlc.reduce sum %x axes = [1, 2] : tensor<2x7x7x17xf32> -> tensor<2x17xf32>
  return %v : tensor<2x17xf32>
}
func.func @pool1d(%x: tensor<2x9x5xf64>) -> (tensor<2x4x5xf64>, tensor<2x4x5xi32>) {
  %v, %i = mlc.window_max %x window = [3] strides = [2] pads = [0] [0] : (tensor<2x9x5xf64>) -> (tensor<2x4x5xf64>, tensor<2x4x5xi32>)
  return %v, %i : tensor<2x4x5xf64>, tensor<2x4x5xi32>
}
