// The three faces of convolutions against the oracle: padding, strides, dilations, groups, widths that fill no vector, f64, one dimension.
// RUN: %every-isa %s
func.func @c1_fwd(%x: tensor<4x28x28x1xf32>, %w: tensor<5x5x1x6xf32>) -> tensor<4x28x28x6xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [1, 1] groups = 1 : (tensor<4x28x28x1xf32>, tensor<5x5x1x6xf32>) -> tensor<4x28x28x6xf32>
  return %0 : tensor<4x28x28x6xf32>
}
func.func @c1_epi(%x: tensor<4x28x28x1xf32>, %w: tensor<5x5x1x6xf32>, %b: tensor<6xf32>) -> tensor<4x28x28x6xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [1, 1] groups = 1 : (tensor<4x28x28x1xf32>, tensor<5x5x1x6xf32>) -> tensor<4x28x28x6xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<6xf32> -> tensor<4x28x28x6xf32>
  %2 = mlc.add %0, %1 : tensor<4x28x28x6xf32>
  %z = mlc.constant dense<0.0> : tensor<4x28x28x6xf32>
  %3 = mlc.max %2, %z : tensor<4x28x28x6xf32>
  return %3 : tensor<4x28x28x6xf32>
}
func.func @c1_inp(%y: tensor<4x28x28x6xf32>, %w: tensor<5x5x1x6xf32>) -> tensor<4x28x28x1xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [1, 1] groups = 1 : (tensor<4x28x28x6xf32>, tensor<5x5x1x6xf32>) -> tensor<4x28x28x1xf32>
  return %0 : tensor<4x28x28x1xf32>
}
func.func @c1_fil(%x: tensor<4x28x28x1xf32>, %y: tensor<4x28x28x6xf32>) -> tensor<2x5x5x1x6xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [2, 2] [2, 2] dilations = [1, 1] groups = 1 {partials = 2 : i64} : (tensor<4x28x28x1xf32>, tensor<4x28x28x6xf32>) -> tensor<2x5x5x1x6xf32>
  return %0 : tensor<2x5x5x1x6xf32>
}
func.func @c2_fwd(%x: tensor<4x14x14x6xf32>, %w: tensor<5x5x6x16xf32>) -> tensor<4x10x10x16xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<4x14x14x6xf32>, tensor<5x5x6x16xf32>) -> tensor<4x10x10x16xf32>
  return %0 : tensor<4x10x10x16xf32>
}
func.func @c2_epi(%x: tensor<4x14x14x6xf32>, %w: tensor<5x5x6x16xf32>, %b: tensor<16xf32>) -> tensor<4x10x10x16xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<4x14x14x6xf32>, tensor<5x5x6x16xf32>) -> tensor<4x10x10x16xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<16xf32> -> tensor<4x10x10x16xf32>
  %2 = mlc.add %0, %1 : tensor<4x10x10x16xf32>
  %z = mlc.constant dense<0.0> : tensor<4x10x10x16xf32>
  %3 = mlc.max %2, %z : tensor<4x10x10x16xf32>
  return %3 : tensor<4x10x10x16xf32>
}
func.func @c2_inp(%y: tensor<4x10x10x16xf32>, %w: tensor<5x5x6x16xf32>) -> tensor<4x14x14x6xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<4x10x10x16xf32>, tensor<5x5x6x16xf32>) -> tensor<4x14x14x6xf32>
  return %0 : tensor<4x14x14x6xf32>
}
func.func @c2_fil(%x: tensor<4x14x14x6xf32>, %y: tensor<4x10x10x16xf32>) -> tensor<4x5x5x6x16xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 {partials = 4 : i64} : (tensor<4x14x14x6xf32>, tensor<4x10x10x16xf32>) -> tensor<4x5x5x6x16xf32>
  return %0 : tensor<4x5x5x6x16xf32>
}
func.func @c3_fwd(%x: tensor<2x9x7x16xf32>, %w: tensor<3x3x16x33xf32>) -> tensor<2x9x7x33xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x9x7x16xf32>, tensor<3x3x16x33xf32>) -> tensor<2x9x7x33xf32>
  return %0 : tensor<2x9x7x33xf32>
}
func.func @c3_inp(%y: tensor<2x9x7x33xf32>, %w: tensor<3x3x16x33xf32>) -> tensor<2x9x7x16xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x9x7x33xf32>, tensor<3x3x16x33xf32>) -> tensor<2x9x7x16xf32>
  return %0 : tensor<2x9x7x16xf32>
}
func.func @c3_fil(%x: tensor<2x9x7x16xf32>, %y: tensor<2x9x7x33xf32>) -> tensor<3x3x16x33xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x9x7x16xf32>, tensor<2x9x7x33xf32>) -> tensor<3x3x16x33xf32>
  return %0 : tensor<3x3x16x33xf32>
}
func.func @c4_fwd(%x: tensor<2x9x10x5xf32>, %w: tensor<3x3x5x17xf32>) -> tensor<2x5x5x17xf32> {
  %0 = mlc.conv %x, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x9x10x5xf32>, tensor<3x3x5x17xf32>) -> tensor<2x5x5x17xf32>
  return %0 : tensor<2x5x5x17xf32>
}
func.func @c4_inp(%y: tensor<2x5x5x17xf32>, %w: tensor<3x3x5x17xf32>) -> tensor<2x9x10x5xf32> {
  %0 = mlc.conv_input %y, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x5x5x17xf32>, tensor<3x3x5x17xf32>) -> tensor<2x9x10x5xf32>
  return %0 : tensor<2x9x10x5xf32>
}
func.func @c4_fil(%x: tensor<2x9x10x5xf32>, %y: tensor<2x5x5x17xf32>) -> tensor<3x3x5x17xf32> {
  %0 = mlc.conv_filter %x, %y strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x9x10x5xf32>, tensor<2x5x5x17xf32>) -> tensor<3x3x5x17xf32>
  return %0 : tensor<3x3x5x17xf32>
}
func.func @c5_fwd(%x: tensor<1x11x8x3xf32>, %w: tensor<2x3x3x4xf32>) -> tensor<1x11x6x4xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [2, 2] groups = 1 : (tensor<1x11x8x3xf32>, tensor<2x3x3x4xf32>) -> tensor<1x11x6x4xf32>
  return %0 : tensor<1x11x6x4xf32>
}
func.func @c5_inp(%y: tensor<1x11x6x4xf32>, %w: tensor<2x3x3x4xf32>) -> tensor<1x11x8x3xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [2, 2] groups = 1 : (tensor<1x11x6x4xf32>, tensor<2x3x3x4xf32>) -> tensor<1x11x8x3xf32>
  return %0 : tensor<1x11x8x3xf32>
}
func.func @c5_fil(%x: tensor<1x11x8x3xf32>, %y: tensor<1x11x6x4xf32>) -> tensor<2x3x3x4xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [2, 2] groups = 1 : (tensor<1x11x8x3xf32>, tensor<1x11x6x4xf32>) -> tensor<2x3x3x4xf32>
  return %0 : tensor<2x3x3x4xf32>
}
func.func @c6_fwd(%x: tensor<2x8x8x16xf32>, %w: tensor<3x3x8x32xf32>) -> tensor<2x8x8x32xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<2x8x8x16xf32>, tensor<3x3x8x32xf32>) -> tensor<2x8x8x32xf32>
  return %0 : tensor<2x8x8x32xf32>
}
func.func @c6_inp(%y: tensor<2x8x8x32xf32>, %w: tensor<3x3x8x32xf32>) -> tensor<2x8x8x16xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<2x8x8x32xf32>, tensor<3x3x8x32xf32>) -> tensor<2x8x8x16xf32>
  return %0 : tensor<2x8x8x16xf32>
}
func.func @c6_fil(%x: tensor<2x8x8x16xf32>, %y: tensor<2x8x8x32xf32>) -> tensor<3x3x8x32xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<2x8x8x16xf32>, tensor<2x8x8x32xf32>) -> tensor<3x3x8x32xf32>
  return %0 : tensor<3x3x8x32xf32>
}
func.func @c7_fwd(%x: tensor<2x8x8x6xf32>, %w: tensor<3x3x1x6xf32>) -> tensor<2x8x8x6xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 6 : (tensor<2x8x8x6xf32>, tensor<3x3x1x6xf32>) -> tensor<2x8x8x6xf32>
  return %0 : tensor<2x8x8x6xf32>
}
func.func @c7_inp(%y: tensor<2x8x8x6xf32>, %w: tensor<3x3x1x6xf32>) -> tensor<2x8x8x6xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 6 : (tensor<2x8x8x6xf32>, tensor<3x3x1x6xf32>) -> tensor<2x8x8x6xf32>
  return %0 : tensor<2x8x8x6xf32>
}
func.func @c7_fil(%x: tensor<2x8x8x6xf32>, %y: tensor<2x8x8x6xf32>) -> tensor<3x3x1x6xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 6 : (tensor<2x8x8x6xf32>, tensor<2x8x8x6xf32>) -> tensor<3x3x1x6xf32>
  return %0 : tensor<3x3x1x6xf32>
}
func.func @c8_fwd(%x: tensor<2x5x5x4xf32>, %w: tensor<1x1x4x7xf32>) -> tensor<2x5x5x7xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x5x5x4xf32>, tensor<1x1x4x7xf32>) -> tensor<2x5x5x7xf32>
  return %0 : tensor<2x5x5x7xf32>
}
func.func @c8_inp(%y: tensor<2x5x5x7xf32>, %w: tensor<1x1x4x7xf32>) -> tensor<2x5x5x4xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x5x5x7xf32>, tensor<1x1x4x7xf32>) -> tensor<2x5x5x4xf32>
  return %0 : tensor<2x5x5x4xf32>
}
func.func @c8_fil(%x: tensor<2x5x5x4xf32>, %y: tensor<2x5x5x7xf32>) -> tensor<1x1x4x7xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x5x5x4xf32>, tensor<2x5x5x7xf32>) -> tensor<1x1x4x7xf32>
  return %0 : tensor<1x1x4x7xf32>
}
func.func @c9_fwd(%x: tensor<2x8x8x8xf64>, %w: tensor<3x3x8x9xf64>) -> tensor<2x8x8x9xf64> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x8x8x8xf64>, tensor<3x3x8x9xf64>) -> tensor<2x8x8x9xf64>
  return %0 : tensor<2x8x8x9xf64>
}
func.func @c9_inp(%y: tensor<2x8x8x9xf64>, %w: tensor<3x3x8x9xf64>) -> tensor<2x8x8x8xf64> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x8x8x9xf64>, tensor<3x3x8x9xf64>) -> tensor<2x8x8x8xf64>
  return %0 : tensor<2x8x8x8xf64>
}
func.func @c9_fil(%x: tensor<2x8x8x8xf64>, %y: tensor<2x8x8x9xf64>) -> tensor<3x3x8x9xf64> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<2x8x8x8xf64>, tensor<2x8x8x9xf64>) -> tensor<3x3x8x9xf64>
  return %0 : tensor<3x3x8x9xf64>
}
func.func @c10_fwd(%x: tensor<2x7x7x3xf32>, %w: tensor<3x3x3x8xf32>) -> tensor<2x3x3x8xf32> {
  %0 = mlc.conv %x, %w strides = [3, 3] pads = [0, 0] [2, 2] dilations = [1, 1] groups = 1 : (tensor<2x7x7x3xf32>, tensor<3x3x3x8xf32>) -> tensor<2x3x3x8xf32>
  return %0 : tensor<2x3x3x8xf32>
}
func.func @c10_inp(%y: tensor<2x3x3x8xf32>, %w: tensor<3x3x3x8xf32>) -> tensor<2x7x7x3xf32> {
  %0 = mlc.conv_input %y, %w strides = [3, 3] pads = [0, 0] [2, 2] dilations = [1, 1] groups = 1 : (tensor<2x3x3x8xf32>, tensor<3x3x3x8xf32>) -> tensor<2x7x7x3xf32>
  return %0 : tensor<2x7x7x3xf32>
}
func.func @c10_fil(%x: tensor<2x7x7x3xf32>, %y: tensor<2x3x3x8xf32>) -> tensor<3x3x3x8xf32> {
  %0 = mlc.conv_filter %x, %y strides = [3, 3] pads = [0, 0] [2, 2] dilations = [1, 1] groups = 1 : (tensor<2x7x7x3xf32>, tensor<2x3x3x8xf32>) -> tensor<3x3x3x8xf32>
  return %0 : tensor<3x3x3x8xf32>
}
func.func @c11_fwd(%x: tensor<2x6x6x3xf32>, %w: tensor<2x2x3x40xf32>) -> tensor<2x3x3x40xf32> {
  %0 = mlc.conv %x, %w strides = [2, 2] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x6x6x3xf32>, tensor<2x2x3x40xf32>) -> tensor<2x3x3x40xf32>
  return %0 : tensor<2x3x3x40xf32>
}
func.func @c11_inp(%y: tensor<2x3x3x40xf32>, %w: tensor<2x2x3x40xf32>) -> tensor<2x6x6x3xf32> {
  %0 = mlc.conv_input %y, %w strides = [2, 2] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x3x3x40xf32>, tensor<2x2x3x40xf32>) -> tensor<2x6x6x3xf32>
  return %0 : tensor<2x6x6x3xf32>
}
func.func @c11_fil(%x: tensor<2x6x6x3xf32>, %y: tensor<2x3x3x40xf32>) -> tensor<2x2x3x40xf32> {
  %0 = mlc.conv_filter %x, %y strides = [2, 2] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<2x6x6x3xf32>, tensor<2x3x3x40xf32>) -> tensor<2x2x3x40xf32>
  return %0 : tensor<2x2x3x40xf32>
}
func.func @c12_fwd(%x: tensor<1x7x7x2xf32>, %w: tensor<3x3x2x16xf32>) -> tensor<1x11x11x16xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [3, 3] [3, 3] dilations = [1, 1] groups = 1 : (tensor<1x7x7x2xf32>, tensor<3x3x2x16xf32>) -> tensor<1x11x11x16xf32>
  return %0 : tensor<1x11x11x16xf32>
}
func.func @c12_inp(%y: tensor<1x11x11x16xf32>, %w: tensor<3x3x2x16xf32>) -> tensor<1x7x7x2xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [3, 3] [3, 3] dilations = [1, 1] groups = 1 : (tensor<1x11x11x16xf32>, tensor<3x3x2x16xf32>) -> tensor<1x7x7x2xf32>
  return %0 : tensor<1x7x7x2xf32>
}
func.func @c12_fil(%x: tensor<1x7x7x2xf32>, %y: tensor<1x11x11x16xf32>) -> tensor<3x3x2x16xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [3, 3] [3, 3] dilations = [1, 1] groups = 1 : (tensor<1x7x7x2xf32>, tensor<1x11x11x16xf32>) -> tensor<3x3x2x16xf32>
  return %0 : tensor<3x3x2x16xf32>
}
func.func @d1_fwd(%x: tensor<3x20x5xf32>, %w: tensor<3x5x18xf32>) -> tensor<3x20x18xf32> {
 %0 = mlc.conv %x, %w strides = [1] pads = [1] [1] dilations = [1] groups = 1 : (tensor<3x20x5xf32>, tensor<3x5x18xf32>) -> tensor<3x20x18xf32>
 return %0 : tensor<3x20x18xf32>
}
func.func @d1_inp(%y: tensor<3x20x18xf32>, %w: tensor<3x5x18xf32>) -> tensor<3x20x5xf32> {
 %0 = mlc.conv_input %y, %w strides = [1] pads = [1] [1] dilations = [1] groups = 1 : (tensor<3x20x18xf32>, tensor<3x5x18xf32>) -> tensor<3x20x5xf32>
 return %0 : tensor<3x20x5xf32>
}
func.func @d1_fil(%x: tensor<3x20x5xf32>, %y: tensor<3x20x18xf32>) -> tensor<3x5x18xf32> {
 %0 = mlc.conv_filter %x, %y strides = [1] pads = [1] [1] dilations = [1] groups = 1 : (tensor<3x20x5xf32>, tensor<3x20x18xf32>) -> tensor<3x5x18xf32>
 return %0 : tensor<3x5x18xf32>
}

// Many weights over small pictures: packed, panels of three vectors, tiles of several rows.
func.func @packed_fwd(%x: tensor<3x5x6x72xf32>, %w: tensor<3x3x72x100xf32>, %b: tensor<100xf32>) -> tensor<3x5x6x100xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<3x5x6x72xf32>, tensor<3x3x72x100xf32>) -> tensor<3x5x6x100xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<100xf32> -> tensor<3x5x6x100xf32>
  %2 = mlc.add %0, %1 : tensor<3x5x6x100xf32>
  return %2 : tensor<3x5x6x100xf32>
}
func.func @packed_inp(%y: tensor<3x5x6x100xf32>, %w: tensor<3x3x72x100xf32>) -> tensor<3x5x6x72xf32> {
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<3x5x6x100xf32>, tensor<3x3x72x100xf32>) -> tensor<3x5x6x72xf32>
  return %0 : tensor<3x5x6x72xf32>
}
func.func @packed_inp_strided(%y: tensor<5x4x3x100xf32>, %w: tensor<3x3x72x100xf32>) -> tensor<5x7x5x72xf32> {
  %0 = mlc.conv_input %y, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<5x4x3x100xf32>, tensor<3x3x72x100xf32>) -> tensor<5x7x5x72xf32>
  return %0 : tensor<5x7x5x72xf32>
}
func.func @packed_fwd_strided(%x: tensor<5x7x5x72xf32>, %w: tensor<3x3x72x100xf32>) -> tensor<5x4x3x100xf32> {
  %0 = mlc.conv %x, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<5x7x5x72xf32>, tensor<3x3x72x100xf32>) -> tensor<5x4x3x100xf32>
  return %0 : tensor<5x4x3x100xf32>
}
func.func @packed_1d(%x: tensor<1x40x600xf32>, %w: tensor<5x600x24xf32>) -> tensor<1x40x24xf32> {
  %0 = mlc.conv %x, %w strides = [1] pads = [2] [2] dilations = [1] groups = 1 : (tensor<1x40x600xf32>, tensor<5x600x24xf32>) -> tensor<1x40x24xf32>
  return %0 : tensor<1x40x24xf32>
}
// So few pixels that weights are read where they lie.
func.func @many_fwd(%x: tensor<1x5x6x72xf32>, %w: tensor<3x3x72x100xf32>, %b: tensor<100xf32>) -> tensor<1x5x6x100xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x5x6x72xf32>, tensor<3x3x72x100xf32>) -> tensor<1x5x6x100xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<100xf32> -> tensor<1x5x6x100xf32>
  %2 = mlc.add %0, %1 : tensor<1x5x6x100xf32>
  return %2 : tensor<1x5x6x100xf32>
}
func.func @many_fwd_strided(%x: tensor<1x7x5x72xf32>, %w: tensor<3x3x72x100xf32>) -> tensor<1x4x3x100xf32> {
  %0 = mlc.conv %x, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 : (tensor<1x7x5x72xf32>, tensor<3x3x72x100xf32>) -> tensor<1x4x3x100xf32>
  return %0 : tensor<1x4x3x100xf32>
}
