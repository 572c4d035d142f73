// Convolutions of few images with few weights, whose chunks share rows: with a border above and below, only below, and without one,
// strides, rows so short that a tile has several, groups.
// RUN: %every-isa %s
// RUN: mlc-kernel --plan %s | FileCheck %s
// CHECK: rows_same: convolution, chunks {{[2-9]|1[0-9]}}
// CHECK: rows_strided: convolution, chunks {{[2-9]|1[0-9]}}
// CHECK: rows_none_above: convolution, chunks {{[2-9]|1[0-9]}}
// CHECK: rows_no_border: convolution, chunks {{[2-9]|1[0-9]}}
// CHECK: rows_below: convolution, chunks 1,
// CHECK: rows_short: convolution, chunks {{[2-9]|1[0-9]}}
func.func @rows_same(%x: tensor<1x32x32x16xf32>, %w: tensor<3x3x16x32xf32>, %b: tensor<32xf32>, %r: tensor<1x32x32x32xf32>) -> tensor<1x32x32x32xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x32x32x16xf32>, tensor<3x3x16x32xf32>) -> tensor<1x32x32x32xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<32xf32> -> tensor<1x32x32x32xf32>
  %2 = mlc.add %0, %1 : tensor<1x32x32x32xf32>
  %3 = mlc.add %2, %r : tensor<1x32x32x32xf32>
  %z = mlc.constant dense<0.0> : tensor<1x32x32x32xf32>
  %4 = mlc.max %3, %z : tensor<1x32x32x32xf32>
  return %4 : tensor<1x32x32x32xf32>
}
func.func @rows_strided(%x: tensor<2x32x31x24xf32>, %w: tensor<3x3x24x48xf32>) -> tensor<2x16x16x48xf32> {
  %0 = mlc.conv %x, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x32x31x24xf32>, tensor<3x3x24x48xf32>) -> tensor<2x16x16x48xf32>
  return %0 : tensor<2x16x16x48xf32>
}
func.func @rows_none_above(%x: tensor<1x30x30x16xf32>, %w: tensor<3x3x16x32xf32>) -> tensor<1x30x30x32xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 2] [2, 0] dilations = [1, 1] groups = 1 : (tensor<1x30x30x16xf32>, tensor<3x3x16x32xf32>) -> tensor<1x30x30x32xf32>
  return %0 : tensor<1x30x30x32xf32>
}
func.func @rows_no_border(%x: tensor<1x34x34x16xf32>, %w: tensor<3x3x16x33xf32>) -> tensor<1x32x32x33xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<1x34x34x16xf32>, tensor<3x3x16x33xf32>) -> tensor<1x32x32x33xf32>
  return %0 : tensor<1x32x32x33xf32>
}
func.func @rows_below(%x: tensor<1x31x32x16xf32>, %w: tensor<2x1x16x64xf32>) -> tensor<1x31x32x64xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [1, 0] dilations = [1, 1] groups = 1 : (tensor<1x31x32x16xf32>, tensor<2x1x16x64xf32>) -> tensor<1x31x32x64xf32>
  return %0 : tensor<1x31x32x64xf32>
}
func.func @rows_short(%x: tensor<3x40x5x32xf32>, %w: tensor<3x3x16x40xf32>) -> tensor<3x40x5x40xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<3x40x5x32xf32>, tensor<3x3x16x40xf32>) -> tensor<3x40x5x40xf32>
  return %0 : tensor<3x40x5x40xf32>
}
