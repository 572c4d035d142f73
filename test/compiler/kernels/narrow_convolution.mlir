// Few filters: vectors along the pixels, of rows that one tile covers or several.
// RUN: %every-isa %s
// RUN: mlc-kernel --target=avx512 --plan %s | FileCheck %s
// CHECK: eight_filters: narrow_convolution
// CHECK: wide: narrow_convolution
func.func @one_filter(%x: tensor<2x5x100x18xf32>, %w: tensor<3x3x18x1xf32>, %b: tensor<1xf32>, %r: tensor<2x5x100x1xf32>) -> (tensor<2x5x100x1xf32>, tensor<2x5x100x1xi1>) {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x5x100x18xf32>, tensor<3x3x18x1xf32>) -> tensor<2x5x100x1xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<1xf32> -> tensor<2x5x100x1xf32>
  %2 = mlc.add %0, %1 : tensor<2x5x100x1xf32>
  %3 = mlc.mul %2, %r : tensor<2x5x100x1xf32>
  %4 = mlc.compare gt %2, %r : tensor<2x5x100x1xf32>
  return %3, %4 : tensor<2x5x100x1xf32>, tensor<2x5x100x1xi1>
}
func.func @one_filter_input(%y: tensor<2x5x100x1xf32>, %w: tensor<3x3x18x1xf32>) -> tensor<2x5x100x18xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x5x100x1xf32>, tensor<3x3x18x1xf32>) -> tensor<2x5x100x18xf32>
  return %0 : tensor<2x5x100x18xf32>
}
func.func @two_filters(%x: tensor<1x9x129x20xf32>, %w: tensor<2x3x20x2xf32>, %b: tensor<2xf32>, %r: tensor<1x10x129x2xf32>) -> (tensor<1x10x129x2xf32>, tensor<1x10x129x2xi1>) {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x9x129x20xf32>, tensor<2x3x20x2xf32>) -> tensor<1x10x129x2xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<2xf32> -> tensor<1x10x129x2xf32>
  %2 = mlc.add %0, %1 : tensor<1x10x129x2xf32>
  %3 = mlc.mul %2, %r : tensor<1x10x129x2xf32>
  %4 = mlc.compare gt %2, %r : tensor<1x10x129x2xf32>
  return %3, %4 : tensor<1x10x129x2xf32>, tensor<1x10x129x2xi1>
}
func.func @two_filters_input(%y: tensor<1x10x129x2xf32>, %w: tensor<2x3x20x2xf32>) -> tensor<1x9x129x20xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x10x129x2xf32>, tensor<2x3x20x2xf32>) -> tensor<1x9x129x20xf32>
  return %0 : tensor<1x9x129x20xf32>
}
func.func @three_filters(%x: tensor<2x7x33x3xf32>, %w: tensor<3x3x3x3xf32>, %b: tensor<3xf32>, %r: tensor<2x7x33x3xf32>) -> (tensor<2x7x33x3xf32>, tensor<2x7x33x3xi1>) {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x7x33x3xf32>, tensor<3x3x3x3xf32>) -> tensor<2x7x33x3xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<3xf32> -> tensor<2x7x33x3xf32>
  %2 = mlc.add %0, %1 : tensor<2x7x33x3xf32>
  %3 = mlc.mul %2, %r : tensor<2x7x33x3xf32>
  %4 = mlc.compare gt %2, %r : tensor<2x7x33x3xf32>
  return %3, %4 : tensor<2x7x33x3xf32>, tensor<2x7x33x3xi1>
}
func.func @three_filters_input(%y: tensor<2x7x33x3xf32>, %w: tensor<3x3x3x3xf32>) -> tensor<2x7x33x3xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x7x33x3xf32>, tensor<3x3x3x3xf32>) -> tensor<2x7x33x3xf32>
  return %0 : tensor<2x7x33x3xf32>
}
func.func @eight_filters(%x: tensor<2x6x64x5xf32>, %w: tensor<3x3x5x8xf32>, %b: tensor<8xf32>, %r: tensor<2x4x62x8xf32>) -> (tensor<2x4x62x8xf32>, tensor<2x4x62x8xi1>) {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x6x64x5xf32>, tensor<3x3x5x8xf32>) -> tensor<2x4x62x8xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<8xf32> -> tensor<2x4x62x8xf32>
  %2 = mlc.add %0, %1 : tensor<2x4x62x8xf32>
  %3 = mlc.mul %2, %r : tensor<2x4x62x8xf32>
  %4 = mlc.compare gt %2, %r : tensor<2x4x62x8xf32>
  return %3, %4 : tensor<2x4x62x8xf32>, tensor<2x4x62x8xi1>
}
func.func @eight_filters_input(%y: tensor<2x4x62x8xf32>, %w: tensor<3x3x5x8xf32>) -> tensor<2x6x64x5xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x4x62x8xf32>, tensor<3x3x5x8xf32>) -> tensor<2x6x64x5xf32>
  return %0 : tensor<2x6x64x5xf32>
}
func.func @rows_apart(%x: tensor<2x12x32x3xf32>, %w: tensor<3x3x3x6xf32>, %b: tensor<6xf32>, %r: tensor<2x6x32x6xf32>) -> (tensor<2x6x32x6xf32>, tensor<2x6x32x6xi1>) {
  %0 = mlc.conv %x, %w strides = [2, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x12x32x3xf32>, tensor<3x3x3x6xf32>) -> tensor<2x6x32x6xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<6xf32> -> tensor<2x6x32x6xf32>
  %2 = mlc.add %0, %1 : tensor<2x6x32x6xf32>
  %3 = mlc.mul %2, %r : tensor<2x6x32x6xf32>
  %4 = mlc.compare gt %2, %r : tensor<2x6x32x6xf32>
  return %3, %4 : tensor<2x6x32x6xf32>, tensor<2x6x32x6xi1>
}
func.func @dilated(%x: tensor<1x12x31x17xf32>, %w: tensor<3x3x17x5xf32>, %b: tensor<5xf32>, %r: tensor<1x12x31x5xf32>) -> (tensor<1x12x31x5xf32>, tensor<1x12x31x5xi1>) {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [2, 2] groups = 1 : (tensor<1x12x31x17xf32>, tensor<3x3x17x5xf32>) -> tensor<1x12x31x5xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<5xf32> -> tensor<1x12x31x5xf32>
  %2 = mlc.add %0, %1 : tensor<1x12x31x5xf32>
  %3 = mlc.mul %2, %r : tensor<1x12x31x5xf32>
  %4 = mlc.compare gt %2, %r : tensor<1x12x31x5xf32>
  return %3, %4 : tensor<1x12x31x5xf32>, tensor<1x12x31x5xi1>
}
func.func @dilated_input(%y: tensor<1x12x31x5xf32>, %w: tensor<3x3x17x5xf32>) -> tensor<1x12x31x17xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [2, 2] groups = 1 : (tensor<1x12x31x5xf32>, tensor<3x3x17x5xf32>) -> tensor<1x12x31x17xf32>
  return %0 : tensor<1x12x31x17xf32>
}
func.func @doubles(%x: tensor<2x6x24x5xf64>, %w: tensor<3x3x5x3xf64>, %b: tensor<3xf64>, %r: tensor<2x4x22x3xf64>) -> (tensor<2x4x22x3xf64>, tensor<2x4x22x3xi1>) {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x6x24x5xf64>, tensor<3x3x5x3xf64>) -> tensor<2x4x22x3xf64>
  %1 = mlc.broadcast %b axes = [3] : tensor<3xf64> -> tensor<2x4x22x3xf64>
  %2 = mlc.add %0, %1 : tensor<2x4x22x3xf64>
  %3 = mlc.mul %2, %r : tensor<2x4x22x3xf64>
  %4 = mlc.compare gt %2, %r : tensor<2x4x22x3xf64>
  return %3, %4 : tensor<2x4x22x3xf64>, tensor<2x4x22x3xi1>
}
func.func @doubles_input(%y: tensor<2x4x22x3xf64>, %w: tensor<3x3x5x3xf64>) -> tensor<2x6x24x5xf64> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x4x22x3xf64>, tensor<3x3x5x3xf64>) -> tensor<2x6x24x5xf64>
  return %0 : tensor<2x6x24x5xf64>
}
func.func @wide(%x: tensor<1x3x250x2xf32>, %w: tensor<3x3x2x6xf32>, %b: tensor<6xf32>, %r: tensor<1x3x250x6xf32>) -> (tensor<1x3x250x6xf32>, tensor<1x3x250x6xi1>) {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x3x250x2xf32>, tensor<3x3x2x6xf32>) -> tensor<1x3x250x6xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<6xf32> -> tensor<1x3x250x6xf32>
  %2 = mlc.add %0, %1 : tensor<1x3x250x6xf32>
  %3 = mlc.mul %2, %r : tensor<1x3x250x6xf32>
  %4 = mlc.compare gt %2, %r : tensor<1x3x250x6xf32>
  return %3, %4 : tensor<1x3x250x6xf32>, tensor<1x3x250x6xi1>
}
func.func @wide_input(%y: tensor<1x3x250x6xf32>, %w: tensor<3x3x2x6xf32>) -> tensor<1x3x250x2xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x3x250x6xf32>, tensor<3x3x2x6xf32>) -> tensor<1x3x250x2xf32>
  return %0 : tensor<1x3x250x2xf32>
}
