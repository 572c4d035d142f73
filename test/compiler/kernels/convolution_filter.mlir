// Weight gradients whose chunks share panels of filters and take several images at once: panels that are not whole, strides, no border,
// partial sums, groups, f64, one dimension.
// RUN: %every-isa %s
// RUN: mlc-kernel --plan --target=avx512 %s | FileCheck %s
// CHECK: panels: convolution_filter, chunks {{[2-9]|1[0-9]}}
// CHECK: ragged: convolution_filter, chunks {{[2-9]|1[0-9]}}
// CHECK: strided: convolution_filter, chunks {{[2-9]|1[0-9]}}
// CHECK: no_border: convolution_filter, chunks 1,
// CHECK: partials: convolution_filter, chunks {{[2-9]|1[0-9]}}
// CHECK: grouped: convolution_filter, chunks 1,
// CHECK: double: convolution_filter, chunks {{[2-9]|1[0-9]}}
// CHECK: line: convolution_filter, chunks {{[2-9]|1[0-9]}}
// CHECK: outside: convolution_filter,
func.func @panels(%x: tensor<8x4x4x64xf32>, %y: tensor<8x4x4x96xf32>) -> tensor<3x3x64x96xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<8x4x4x64xf32>, tensor<8x4x4x96xf32>) -> tensor<3x3x64x96xf32>
  return %0 : tensor<3x3x64x96xf32>
}
func.func @ragged(%x: tensor<6x4x5x40xf32>, %y: tensor<6x4x5x83xf32>) -> tensor<3x3x40x83xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<6x4x5x40xf32>, tensor<6x4x5x83xf32>) -> tensor<3x3x40x83xf32>
  return %0 : tensor<3x3x40x83xf32>
}
func.func @strided(%x: tensor<6x9x8x64xf32>, %y: tensor<6x5x4x80xf32>) -> tensor<3x3x64x80xf32> {
  %0 = mlc.conv_filter %x, %y strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<6x9x8x64xf32>, tensor<6x5x4x80xf32>) -> tensor<3x3x64x80xf32>
  return %0 : tensor<3x3x64x80xf32>
}
func.func @no_border(%x: tensor<8x5x5x64xf32>, %y: tensor<8x3x3x128xf32>) -> tensor<1x1x64x128xf32> {
  %0 = mlc.conv_filter %x, %y strides = [2, 2] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<8x5x5x64xf32>, tensor<8x3x3x128xf32>) -> tensor<1x1x64x128xf32>
  return %0 : tensor<1x1x64x128xf32>
}
func.func @partials(%x: tensor<8x4x4x64xf32>, %y: tensor<8x4x4x96xf32>) -> tensor<2x3x3x64x96xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 {partials = 2 : i64} : (tensor<8x4x4x64xf32>, tensor<8x4x4x96xf32>) -> tensor<2x3x3x64x96xf32>
  return %0 : tensor<2x3x3x64x96xf32>
}
func.func @grouped(%x: tensor<8x4x4x64xf32>, %y: tensor<8x4x4x96xf32>) -> tensor<3x3x32x96xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<8x4x4x64xf32>, tensor<8x4x4x96xf32>) -> tensor<3x3x32x96xf32>
  return %0 : tensor<3x3x32x96xf32>
}
func.func @double(%x: tensor<4x4x6x48xf64>, %y: tensor<4x4x6x40xf64>) -> tensor<3x3x48x40xf64> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<4x4x6x48xf64>, tensor<4x4x6x40xf64>) -> tensor<3x3x48x40xf64>
  return %0 : tensor<3x3x48x40xf64>
}
func.func @line(%x: tensor<6x20x48xf32>, %y: tensor<6x20x96xf32>) -> tensor<5x48x96xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1] pads = [2] [2] dilations = [1] groups = 1 : (tensor<6x20x48xf32>, tensor<6x20x96xf32>) -> tensor<5x48x96xf32>
  return %0 : tensor<5x48x96xf32>
}
// Borders wider on one side, taps far apart: some lie outside for every pixel.
func.func @outside(%x: tensor<6x3x2x24xf32>, %y: tensor<6x5x3x48xf32>) -> tensor<3x4x24x48xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [2, 6] [4, 1] dilations = [2, 2] groups = 1 : (tensor<6x3x2x24xf32>, tensor<6x5x3x48xf32>) -> tensor<3x4x24x48xf32>
  return %0 : tensor<3x4x24x48xf32>
}
