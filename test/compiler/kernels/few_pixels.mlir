// Convolutions of few pixels with many weights: tiles of several rows and with a remainder, strides, dilations, several images, channels in
// several blocks, f64, one dimension, taps that no pixel has, batches of small pictures, gradients by the input.
// RUN: %every-isa %s
// RUN: mlc-kernel --plan %s | FileCheck %s
// CHECK: square: few_pixels, chunks {{[0-9]+}}
// CHECK: strided: few_pixels, chunks {{[0-9]+}}
// CHECK: shortcut: few_pixels, chunks {{[0-9]+}}
// CHECK: images: few_pixels, chunks {{[0-9]+}}
// CHECK: blocks: few_pixels, chunks {{[0-9]+}}
// CHECK: wide: few_pixels, chunks {{[0-9]+}}
// CHECK: double: few_pixels, chunks {{[0-9]+}}
// CHECK: line: few_pixels, chunks {{[0-9]+}}
// CHECK: point: few_pixels, chunks {{[0-9]+}}
// CHECK: corner: few_pixels, chunks {{[0-9]+}}
// CHECK: batch: few_pixels, chunks {{[0-9]+}}
// CHECK: gradient: few_pixels, chunks {{[0-9]+}}
// CHECK: uneven: few_pixels, chunks {{[0-9]+}}
// CHECK: strided_gradient: convolution,
func.func @square(%x: tensor<1x4x4x128xf32>, %w: tensor<3x3x128x64xf32>, %b: tensor<64xf32>, %r: tensor<1x4x4x64xf32>) -> tensor<1x4x4x64xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x4x4x128xf32>, tensor<3x3x128x64xf32>) -> tensor<1x4x4x64xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<64xf32> -> tensor<1x4x4x64xf32>
  %2 = mlc.add %0, %1 : tensor<1x4x4x64xf32>
  %3 = mlc.add %2, %r : tensor<1x4x4x64xf32>
  %z = mlc.constant dense<0.0> : tensor<1x4x4x64xf32>
  %4 = mlc.max %3, %z : tensor<1x4x4x64xf32>
  return %4 : tensor<1x4x4x64xf32>
}
func.func @strided(%x: tensor<1x9x9x64xf32>, %w: tensor<3x3x64x128xf32>) -> tensor<1x5x5x128xf32> {
  %0 = mlc.conv %x, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x9x9x64xf32>, tensor<3x3x64x128xf32>) -> tensor<1x5x5x128xf32>
  return %0 : tensor<1x5x5x128xf32>
}
func.func @shortcut(%x: tensor<1x8x8x256xf32>, %w: tensor<1x1x256x512xf32>) -> tensor<1x4x4x512xf32> {
  %0 = mlc.conv %x, %w strides = [2, 2] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<1x8x8x256xf32>, tensor<1x1x256x512xf32>) -> tensor<1x4x4x512xf32>
  return %0 : tensor<1x4x4x512xf32>
}
func.func @images(%x: tensor<2x7x7x48xf32>, %w: tensor<3x3x48x128xf32>, %b: tensor<128xf32>, %r: tensor<2x7x7x128xf32>) -> tensor<2x7x7x128xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [2, 2] groups = 1 : (tensor<2x7x7x48xf32>, tensor<3x3x48x128xf32>) -> tensor<2x7x7x128xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<128xf32> -> tensor<2x7x7x128xf32>
  %2 = mlc.add %0, %1 : tensor<2x7x7x128xf32>
  %3 = mlc.add %2, %r : tensor<2x7x7x128xf32>
  %z = mlc.constant dense<0.0> : tensor<2x7x7x128xf32>
  %4 = mlc.max %3, %z : tensor<2x7x7x128xf32>
  return %4 : tensor<2x7x7x128xf32>
}
func.func @blocks(%x: tensor<1x6x3x192xf32>, %w: tensor<3x3x192x64xf32>) -> tensor<1x6x3x64xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x6x3x192xf32>, tensor<3x3x192x64xf32>) -> tensor<1x6x3x64xf32>
  return %0 : tensor<1x6x3x64xf32>
}
func.func @wide(%x: tensor<1x3x50x64xf32>, %w: tensor<3x5x64x96xf32>) -> tensor<1x2x47x96xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 1] [1, 0] dilations = [1, 1] groups = 1 : (tensor<1x3x50x64xf32>, tensor<3x5x64x96xf32>) -> tensor<1x2x47x96xf32>
  return %0 : tensor<1x2x47x96xf32>
}
func.func @double(%x: tensor<1x5x8x64xf64>, %w: tensor<3x3x64x64xf64>) -> tensor<1x5x8x64xf64> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x5x8x64xf64>, tensor<3x3x64x64xf64>) -> tensor<1x5x8x64xf64>
  return %0 : tensor<1x5x8x64xf64>
}
func.func @line(%x: tensor<1x40x128xf32>, %w: tensor<5x128x96xf32>) -> tensor<1x40x96xf32> {
  %0 = mlc.conv %x, %w strides = [1] pads = [2] [2] dilations = [1] groups = 1 : (tensor<1x40x128xf32>, tensor<5x128x96xf32>) -> tensor<1x40x96xf32>
  return %0 : tensor<1x40x96xf32>
}
func.func @point(%x: tensor<1x1x1x128xf32>, %w: tensor<3x3x128x96xf32>) -> tensor<1x1x1x96xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x1x1x128xf32>, tensor<3x3x128x96xf32>) -> tensor<1x1x1x96xf32>
  return %0 : tensor<1x1x1x96xf32>
}
func.func @corner(%x: tensor<3x3x2x64xf32>, %w: tensor<5x5x64x128xf32>) -> tensor<3x3x2x128xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [1, 1] groups = 1 : (tensor<3x3x2x64xf32>, tensor<5x5x64x128xf32>) -> tensor<3x3x2x128xf32>
  return %0 : tensor<3x3x2x128xf32>
}
// More tiles than a block has rows.
func.func @batch(%x: tensor<40x5x6x64xf32>, %w: tensor<3x3x64x96xf32>) -> tensor<40x5x6x96xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<40x5x6x64xf32>, tensor<3x3x64x96xf32>) -> tensor<40x5x6x96xf32>
  return %0 : tensor<40x5x6x96xf32>
}
// The weights are turned, square by square.
func.func @gradient(%y: tensor<9x4x4x128xf32>, %w: tensor<3x3x64x128xf32>) -> tensor<9x4x4x64xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<9x4x4x128xf32>, tensor<3x3x64x128xf32>) -> tensor<9x4x4x64xf32>
  return %0 : tensor<9x4x4x64xf32>
}
func.func @uneven(%y: tensor<1x6x9x96xf32>, %w: tensor<3x5x64x96xf32>) -> tensor<1x8x8x64xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 2] [1, 3] dilations = [2, 1] groups = 1 : (tensor<1x6x9x96xf32>, tensor<3x5x64x96xf32>) -> tensor<1x8x8x64xf32>
  return %0 : tensor<1x8x8x64xf32>
}
// Sub-pixels take only some of the taps each.
func.func @strided_gradient(%y: tensor<2x4x4x128xf32>, %w: tensor<3x3x64x128xf32>) -> tensor<2x8x8x64xf32> {
  %0 = mlc.conv_input %y, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x4x4x128xf32>, tensor<3x3x64x128xf32>) -> tensor<2x8x8x64xf32>
  return %0 : tensor<2x8x8x64xf32>
}
