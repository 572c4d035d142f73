// The transpose of each linear op, and where maxima send their derivative. %d, the last argument, is the cotangent.
// RUN: mlc-opt --mlc-autodiff %s | FileCheck %s

// CHECK-LABEL: func.func private @broadcast.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.broadcast %arg0 axes = [1] : tensor<3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %arg1 axes = [0] : tensor<2x3xf32> -> tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @broadcast(%x: tensor<3xf32>, %d: tensor<2x3xf32>) -> tensor<f32> {
  %r = mlc.broadcast %x axes = [1] : tensor<3xf32> -> tensor<2x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @broadcast_use(%x: tensor<3xf32>, %d: tensor<2x3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @broadcast(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<2x3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @reshape.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.reshape %arg0 : tensor<6xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reshape %arg1 : tensor<2x3xf32> -> tensor<6xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<6xf32>
// CHECK-NEXT: }
func.func private @reshape(%x: tensor<6xf32>, %d: tensor<2x3xf32>) -> tensor<f32> {
  %r = mlc.reshape %x : tensor<6xf32> -> tensor<2x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @reshape_use(%x: tensor<6xf32>, %d: tensor<2x3xf32>) -> (tensor<6xf32>) {
  %0:2 = mlc.gradient @reshape(%x, %d) wrt = [0] : (tensor<6xf32>, tensor<2x3xf32>) -> (tensor<f32>, tensor<6xf32>)
  return %0#1 : tensor<6xf32>
}

// CHECK-LABEL: func.func private @transpose.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.transpose %arg0 [2, 0, 1] : tensor<3x4x2xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<2x3x4xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2] : tensor<2x3x4xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.transpose %arg1 [1, 2, 0] : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<3x4x2xf32>
// CHECK-NEXT: }
func.func private @transpose(%x: tensor<3x4x2xf32>, %d: tensor<2x3x4xf32>) -> tensor<f32> {
  %r = mlc.transpose %x [2, 0, 1] : tensor<3x4x2xf32> -> tensor<2x3x4xf32>
  %weighted = mlc.mul %r, %d : tensor<2x3x4xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2] : tensor<2x3x4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @transpose_use(%x: tensor<3x4x2xf32>, %d: tensor<2x3x4xf32>) -> (tensor<3x4x2xf32>) {
  %0:2 = mlc.gradient @transpose(%x, %d) wrt = [0] : (tensor<3x4x2xf32>, tensor<2x3x4xf32>) -> (tensor<f32>, tensor<3x4x2xf32>)
  return %0#1 : tensor<3x4x2xf32>
}

// CHECK-LABEL: func.func private @reverse.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.reverse %arg0 axes = [1] : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reverse %arg1 axes = [1] : tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<2x3xf32>
// CHECK-NEXT: }
func.func private @reverse(%x: tensor<2x3xf32>, %d: tensor<2x3xf32>) -> tensor<f32> {
  %r = mlc.reverse %x axes = [1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @reverse_use(%x: tensor<2x3xf32>, %d: tensor<2x3xf32>) -> (tensor<2x3xf32>) {
  %0:2 = mlc.gradient @reverse(%x, %d) wrt = [0] : (tensor<2x3xf32>, tensor<2x3xf32>) -> (tensor<f32>, tensor<2x3xf32>)
  return %0#1 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func private @slice.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.slice %arg0 starts = [1] strides = [3] : tensor<9xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.pad %arg1 low = [1] high = [1] interior = [2] : tensor<3xf32> -> tensor<9xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<9xf32>
// CHECK-NEXT: }
func.func private @slice(%x: tensor<9xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.slice %x starts = [1] strides = [3] : tensor<9xf32> -> tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @slice_use(%x: tensor<9xf32>, %d: tensor<3xf32>) -> (tensor<9xf32>) {
  %0:2 = mlc.gradient @slice(%x, %d) wrt = [0] : (tensor<9xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<9xf32>)
  return %0#1 : tensor<9xf32>
}

// CHECK-LABEL: func.func private @pad.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.pad %arg0 low = [1] high = [2] interior = [1] : tensor<3xf32> -> tensor<8xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<8xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<8xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.slice %arg1 starts = [1] strides = [2] : tensor<8xf32> -> tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @pad(%x: tensor<3xf32>, %d: tensor<8xf32>) -> tensor<f32> {
  %r = mlc.pad %x low = [1] high = [2] interior = [1] : tensor<3xf32> -> tensor<8xf32>
  %weighted = mlc.mul %r, %d : tensor<8xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<8xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @pad_use(%x: tensor<3xf32>, %d: tensor<8xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @pad(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<8xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @concat.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.concat %arg0, %arg1 axis = 0 : (tensor<3xf32>, tensor<2xf32>) -> tensor<5xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<5xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<5xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.slice %arg2 starts = [0] strides = [1] : tensor<5xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.slice %arg2 starts = [3] strides = [1] : tensor<5xf32> -> tensor<2xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V4]] : tensor<f32>, tensor<3xf32>, tensor<2xf32>
// CHECK-NEXT: }
func.func private @concat(%x: tensor<3xf32>, %y: tensor<2xf32>, %d: tensor<5xf32>) -> tensor<f32> {
  %r = mlc.concat %x, %y axis = 0 : (tensor<3xf32>, tensor<2xf32>) -> tensor<5xf32>
  %weighted = mlc.mul %r, %d : tensor<5xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<5xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @concat_use(%x: tensor<3xf32>, %y: tensor<2xf32>, %d: tensor<5xf32>) -> (tensor<3xf32>, tensor<2xf32>) {
  %0:3 = mlc.gradient @concat(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<2xf32>, tensor<5xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<2xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<2xf32>
}

// What slices took apart is put side by side again.
// CHECK-LABEL: func.func private @split.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.slice %arg0 starts = [0, 0] strides = [1, 1] : tensor<2x6xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.slice %arg0 starts = [0, 3] strides = [1, 1] : tensor<2x6xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V0]], %[[V1]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %[[V2]], %arg1 : tensor<2x3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %[[V3]] axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = mlc.mul %arg1, %[[V1]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.mul %arg1, %[[V0]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.concat %[[V5]], %[[V6]] axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
// CHECK-NEXT: return %[[V4]], %[[V7]] : tensor<f32>, tensor<2x6xf32>
// CHECK-NEXT: }
func.func private @split(%x: tensor<2x6xf32>, %d: tensor<2x3xf32>) -> tensor<f32> {
  %0 = mlc.slice %x starts = [0, 0] strides = [1, 1] : tensor<2x6xf32> -> tensor<2x3xf32>
  %1 = mlc.slice %x starts = [0, 3] strides = [1, 1] : tensor<2x6xf32> -> tensor<2x3xf32>
  %r = mlc.mul %0, %1 : tensor<2x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<2x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @split_use(%x: tensor<2x6xf32>, %d: tensor<2x3xf32>) -> (tensor<2x6xf32>) {
  %0:2 = mlc.gradient @split(%x, %d) wrt = [0] : (tensor<2x6xf32>, tensor<2x3xf32>) -> (tensor<f32>, tensor<2x6xf32>)
  return %0#1 : tensor<2x6xf32>
}

// CHECK-LABEL: func.func private @sum.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.reduce sum %arg0 axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<2xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<2xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.broadcast %arg1 axes = [0] : tensor<2xf32> -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<2x3xf32>
// CHECK-NEXT: }
func.func private @sum(%x: tensor<2x3xf32>, %d: tensor<2xf32>) -> tensor<f32> {
  %r = mlc.reduce sum %x axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %weighted = mlc.mul %r, %d : tensor<2xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<2xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @sum_use(%x: tensor<2x3xf32>, %d: tensor<2xf32>) -> (tensor<2x3xf32>) {
  %0:2 = mlc.gradient @sum(%x, %d) wrt = [0] : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<f32>, tensor<2x3xf32>)
  return %0#1 : tensor<2x3xf32>
}

// To the first element that is the maximum.
// CHECK-LABEL: func.func private @max_of_row.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reduce max %arg0 axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<2xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<2xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.argmax %arg0 axis = 1 : tensor<2x3xf32> -> tensor<2xi32>
// CHECK-NEXT: %[[V5:.*]] = mlc.broadcast %[[V4]] axes = [0] : tensor<2xi32> -> tensor<2x3xi32>
// CHECK-NEXT: %[[V6:.*]] = mlc.iota 1 : tensor<2x3xi32>
// CHECK-NEXT: %[[V7:.*]] = mlc.compare eq %[[V6]], %[[V5]] : tensor<2x3xi32>
// CHECK-NEXT: %[[V8:.*]] = mlc.broadcast %arg1 axes = [0] : tensor<2xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.select %[[V7]], %[[V8]], %[[V0]] : tensor<2x3xf32>
// CHECK-NEXT: return %[[V3]], %[[V9]] : tensor<f32>, tensor<2x3xf32>
// CHECK-NEXT: }
func.func private @max_of_row(%x: tensor<2x3xf32>, %d: tensor<2xf32>) -> tensor<f32> {
  %r = mlc.reduce max %x axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %weighted = mlc.mul %r, %d : tensor<2xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<2xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @max_of_row_use(%x: tensor<2x3xf32>, %d: tensor<2xf32>) -> (tensor<2x3xf32>) {
  %0:2 = mlc.gradient @max_of_row(%x, %d) wrt = [0] : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<f32>, tensor<2x3xf32>)
  return %0#1 : tensor<2x3xf32>
}

// Axes apart are brought together.
// CHECK-LABEL: func.func private @min_of_all.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<8x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reduce min %arg0 axes = [0, 2] : tensor<2x3x4xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.transpose %arg0 [0, 2, 1] : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.reshape %[[V4]] : tensor<2x4x3xf32> -> tensor<8x3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.neg %[[V5]] : tensor<8x3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.argmax %[[V6]] axis = 0 : tensor<8x3xf32> -> tensor<3xi32>
// CHECK-NEXT: %[[V8:.*]] = mlc.broadcast %[[V7]] axes = [1] : tensor<3xi32> -> tensor<8x3xi32>
// CHECK-NEXT: %[[V9:.*]] = mlc.iota 0 : tensor<8x3xi32>
// CHECK-NEXT: %[[V10:.*]] = mlc.compare eq %[[V9]], %[[V8]] : tensor<8x3xi32>
// CHECK-NEXT: %[[V11:.*]] = mlc.broadcast %arg1 axes = [1] : tensor<3xf32> -> tensor<8x3xf32>
// CHECK-NEXT: %[[V12:.*]] = mlc.select %[[V10]], %[[V11]], %[[V0]] : tensor<8x3xf32>
// CHECK-NEXT: %[[V13:.*]] = mlc.reshape %[[V12]] : tensor<8x3xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT: %[[V14:.*]] = mlc.transpose %[[V13]] [0, 2, 1] : tensor<2x4x3xf32> -> tensor<2x3x4xf32>
// CHECK-NEXT: return %[[V3]], %[[V14]] : tensor<f32>, tensor<2x3x4xf32>
// CHECK-NEXT: }
func.func private @min_of_all(%x: tensor<2x3x4xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.reduce min %x axes = [0, 2] : tensor<2x3x4xf32> -> tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @min_of_all_use(%x: tensor<2x3x4xf32>, %d: tensor<3xf32>) -> (tensor<2x3x4xf32>) {
  %0:2 = mlc.gradient @min_of_all(%x, %d) wrt = [0] : (tensor<2x3x4xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<2x3x4xf32>)
  return %0#1 : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func private @contract.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.contract "mk,kn->mn" %arg0, %arg1 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1] : tensor<2x4xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.contract "mn,kn->mk" %arg2, %arg1 : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.contract "mk,mn->kn" %arg0, %arg2 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V4]] : tensor<f32>, tensor<2x3xf32>, tensor<3x4xf32>
// CHECK-NEXT: }
func.func private @contract(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %d: tensor<2x4xf32>) -> tensor<f32> {
  %r = mlc.contract "mk,kn->mn" %a, %b : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %weighted = mlc.mul %r, %d : tensor<2x4xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<2x4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @contract_use(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %d: tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<3x4xf32>) {
  %0:3 = mlc.gradient @contract(%a, %b, %d) wrt = [0, 1] : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<2x4xf32>) -> (tensor<f32>, tensor<2x3xf32>, tensor<3x4xf32>)
  return %0#1, %0#2 : tensor<2x3xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: func.func private @conv.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.conv %arg0, %arg1 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x6x6xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<2x4x6x6xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2, 3] : tensor<2x4x6x6xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.conv_input %arg2, %arg1 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>) -> tensor<2x8x8x4xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.conv_filter %arg0, %arg2 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>) -> tensor<3x3x2x6xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V4]] : tensor<f32>, tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>
// CHECK-NEXT: }
func.func private @conv(%x: tensor<2x8x8x4xf32>, %w: tensor<3x3x2x6xf32>, %d: tensor<2x4x6x6xf32>) -> tensor<f32> {
  %r = mlc.conv %x, %w strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x6x6xf32>
  %weighted = mlc.mul %r, %d : tensor<2x4x6x6xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2, 3] : tensor<2x4x6x6xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @conv_use(%x: tensor<2x8x8x4xf32>, %w: tensor<3x3x2x6xf32>, %d: tensor<2x4x6x6xf32>) -> (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) {
  %0:3 = mlc.gradient @conv(%x, %w, %d) wrt = [0, 1] : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>, tensor<2x4x6x6xf32>) -> (tensor<f32>, tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>)
  return %0#1, %0#2 : tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>
}

// CHECK-LABEL: func.func private @conv_input.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.conv_input %arg0, %arg1 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>) -> tensor<2x8x8x4xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<2x8x8x4xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2, 3] : tensor<2x8x8x4xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.conv %arg2, %arg1 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x6x6xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.conv_filter %arg2, %arg0 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>) -> tensor<3x3x2x6xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V4]] : tensor<f32>, tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>
// CHECK-NEXT: }
func.func private @conv_input(%y: tensor<2x4x6x6xf32>, %w: tensor<3x3x2x6xf32>, %d: tensor<2x8x8x4xf32>) -> tensor<f32> {
  %r = mlc.conv_input %y, %w strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>) -> tensor<2x8x8x4xf32>
  %weighted = mlc.mul %r, %d : tensor<2x8x8x4xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2, 3] : tensor<2x8x8x4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @conv_input_use(%y: tensor<2x4x6x6xf32>, %w: tensor<3x3x2x6xf32>, %d: tensor<2x8x8x4xf32>) -> (tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>) {
  %0:3 = mlc.gradient @conv_input(%y, %w, %d) wrt = [0, 1] : (tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>, tensor<2x8x8x4xf32>) -> (tensor<f32>, tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>)
  return %0#1, %0#2 : tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>
}

// CHECK-LABEL: func.func private @conv_filter.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.conv_filter %arg0, %arg1 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>) -> tensor<3x3x2x6xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<3x3x2x6xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2, 3] : tensor<3x3x2x6xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.conv_input %arg1, %arg2 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>) -> tensor<2x8x8x4xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.conv %arg0, %arg2 strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x6x6xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V4]] : tensor<f32>, tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>
// CHECK-NEXT: }
func.func private @conv_filter(%x: tensor<2x8x8x4xf32>, %y: tensor<2x4x6x6xf32>, %d: tensor<3x3x2x6xf32>) -> tensor<f32> {
  %r = mlc.conv_filter %x, %y strides = [2, 1] pads = [1, 1] [0, 1] dilations = [1, 2] groups = 2 : (tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>) -> tensor<3x3x2x6xf32>
  %weighted = mlc.mul %r, %d : tensor<3x3x2x6xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2, 3] : tensor<3x3x2x6xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @conv_filter_use(%x: tensor<2x8x8x4xf32>, %y: tensor<2x4x6x6xf32>, %d: tensor<3x3x2x6xf32>) -> (tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>) {
  %0:3 = mlc.gradient @conv_filter(%x, %y, %d) wrt = [0, 1] : (tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>, tensor<3x3x2x6xf32>) -> (tensor<f32>, tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>)
  return %0#1, %0#2 : tensor<2x8x8x4xf32>, tensor<2x4x6x6xf32>
}

// CHECK-LABEL: func.func private @window_max.grad(
// CHECK-NEXT: %[[VALUE:.*]], %[[INDEX:.*]] = mlc.window_max %arg0 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>, tensor<2x5x3xi32>)
// CHECK-NEXT: %[[V0:.*]] = mlc.mul %[[VALUE]], %arg1 : tensor<2x5x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reduce sum %[[V0]] axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = mlc.window_scatter %arg1, %[[INDEX]] window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: return %[[V1]], %[[V2]] : tensor<f32>, tensor<2x5x3xf32>
// CHECK-NEXT: }
func.func private @window_max(%x: tensor<2x5x3xf32>, %d: tensor<2x5x3xf32>) -> tensor<f32> {
  %r, %i = mlc.window_max %x window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>, tensor<2x5x3xi32>)
  %weighted = mlc.mul %r, %d : tensor<2x5x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @window_max_use(%x: tensor<2x5x3xf32>, %d: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>) {
  %0:2 = mlc.gradient @window_max(%x, %d) wrt = [0] : (tensor<2x5x3xf32>, tensor<2x5x3xf32>) -> (tensor<f32>, tensor<2x5x3xf32>)
  return %0#1 : tensor<2x5x3xf32>
}

// CHECK-LABEL: func.func private @window_gather.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.window_gather %arg0, %arg1 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<2x5x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.window_scatter %arg2, %arg1 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<2x5x3xf32>
// CHECK-NEXT: }
func.func private @window_gather(%x: tensor<2x5x3xf32>, %i: tensor<2x5x3xi32>, %d: tensor<2x5x3xf32>) -> tensor<f32> {
  %r = mlc.window_gather %x, %i window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>) -> tensor<2x5x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x5x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @window_gather_use(%x: tensor<2x5x3xf32>, %i: tensor<2x5x3xi32>, %d: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>) {
  %0:2 = mlc.gradient @window_gather(%x, %i, %d) wrt = [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>, tensor<2x5x3xf32>) -> (tensor<f32>, tensor<2x5x3xf32>)
  return %0#1 : tensor<2x5x3xf32>
}

// CHECK-LABEL: func.func private @window_scatter.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.window_scatter %arg0, %arg1 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<2x5x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.window_gather %arg2, %arg1 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<2x5x3xf32>
// CHECK-NEXT: }
func.func private @window_scatter(%x: tensor<2x5x3xf32>, %i: tensor<2x5x3xi32>, %d: tensor<2x5x3xf32>) -> tensor<f32> {
  %r = mlc.window_scatter %x, %i window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>) -> tensor<2x5x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x5x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @window_scatter_use(%x: tensor<2x5x3xf32>, %i: tensor<2x5x3xi32>, %d: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>) {
  %0:2 = mlc.gradient @window_scatter(%x, %i, %d) wrt = [0] : (tensor<2x5x3xf32>, tensor<2x5x3xi32>, tensor<2x5x3xf32>) -> (tensor<f32>, tensor<2x5x3xf32>)
  return %0#1 : tensor<2x5x3xf32>
}

// CHECK-LABEL: func.func private @window_sum.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.window_sum %arg0 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<2x5x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.window_spread %arg1 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<2x5x3xf32>
// CHECK-NEXT: }
func.func private @window_sum(%x: tensor<2x5x3xf32>, %d: tensor<2x5x3xf32>) -> tensor<f32> {
  %r = mlc.window_sum %x window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x5x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @window_sum_use(%x: tensor<2x5x3xf32>, %d: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>) {
  %0:2 = mlc.gradient @window_sum(%x, %d) wrt = [0] : (tensor<2x5x3xf32>, tensor<2x5x3xf32>) -> (tensor<f32>, tensor<2x5x3xf32>)
  return %0#1 : tensor<2x5x3xf32>
}

// CHECK-LABEL: func.func private @window_spread.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.window_spread %arg0 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<2x5x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.window_sum %arg1 window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<2x5x3xf32>
// CHECK-NEXT: }
func.func private @window_spread(%x: tensor<2x5x3xf32>, %d: tensor<2x5x3xf32>) -> tensor<f32> {
  %r = mlc.window_spread %x window = [2] strides = [1] pads = [1] [0] : (tensor<2x5x3xf32>) -> tensor<2x5x3xf32>
  %weighted = mlc.mul %r, %d : tensor<2x5x3xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2] : tensor<2x5x3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @window_spread_use(%x: tensor<2x5x3xf32>, %d: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32>) {
  %0:2 = mlc.gradient @window_spread(%x, %d) wrt = [0] : (tensor<2x5x3xf32>, tensor<2x5x3xf32>) -> (tensor<f32>, tensor<2x5x3xf32>)
  return %0#1 : tensor<2x5x3xf32>
}

// CHECK-LABEL: func.func private @gather.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.gather %arg0, %arg1 : (tensor<9x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<3x4xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1] : tensor<3x4xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.scatter_add %arg2, %arg1 : (tensor<3x4xf32>, tensor<3xi32>) -> tensor<9x4xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<9x4xf32>
// CHECK-NEXT: }
func.func private @gather(%t: tensor<9x4xf32>, %i: tensor<3xi32>, %d: tensor<3x4xf32>) -> tensor<f32> {
  %r = mlc.gather %t, %i : (tensor<9x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
  %weighted = mlc.mul %r, %d : tensor<3x4xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<3x4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @gather_use(%t: tensor<9x4xf32>, %i: tensor<3xi32>, %d: tensor<3x4xf32>) -> (tensor<9x4xf32>) {
  %0:2 = mlc.gradient @gather(%t, %i, %d) wrt = [0] : (tensor<9x4xf32>, tensor<3xi32>, tensor<3x4xf32>) -> (tensor<f32>, tensor<9x4xf32>)
  return %0#1 : tensor<9x4xf32>
}

// CHECK-LABEL: func.func private @scatter_add.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.scatter_add %arg0, %arg1 : (tensor<3x4xf32>, tensor<3xi32>) -> tensor<9x4xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<9x4xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1] : tensor<9x4xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.gather %arg2, %arg1 : (tensor<9x4xf32>, tensor<3xi32>) -> tensor<3x4xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<3x4xf32>
// CHECK-NEXT: }
func.func private @scatter_add(%u: tensor<3x4xf32>, %i: tensor<3xi32>, %d: tensor<9x4xf32>) -> tensor<f32> {
  %r = mlc.scatter_add %u, %i : (tensor<3x4xf32>, tensor<3xi32>) -> tensor<9x4xf32>
  %weighted = mlc.mul %r, %d : tensor<9x4xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<9x4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @scatter_add_use(%u: tensor<3x4xf32>, %i: tensor<3xi32>, %d: tensor<9x4xf32>) -> (tensor<3x4xf32>) {
  %0:2 = mlc.gradient @scatter_add(%u, %i, %d) wrt = [0] : (tensor<3x4xf32>, tensor<3xi32>, tensor<9x4xf32>) -> (tensor<f32>, tensor<3x4xf32>)
  return %0#1 : tensor<3x4xf32>
}

// A transpose accumulates in what its sum does.
// CHECK-LABEL: func.func private @accumulating.grad(
// CHECK: mlc.contract "mk,kn->mn" %arg0, %arg1 accumulate = f64
// CHECK-DAG: mlc.contract "mn,kn->mk" {{.*}} accumulate = f64
// CHECK-DAG: mlc.contract "mk,mn->kn" {{.*}} accumulate = f64
// CHECK: }
func.func private @accumulating(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %d: tensor<2x4xf32>) -> tensor<f32> {
  %r = mlc.contract "mk,kn->mn" %a, %b accumulate = f64 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %weighted = mlc.mul %r, %d : tensor<2x4xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1] : tensor<2x4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @accumulating_use(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %d: tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<3x4xf32>) {
  %0:3 = mlc.gradient @accumulating(%a, %b, %d) wrt = [0, 1] : (tensor<2x3xf32>, tensor<3x4xf32>, tensor<2x4xf32>) -> (tensor<f32>, tensor<2x3xf32>, tensor<3x4xf32>)
  return %0#1, %0#2 : tensor<2x3xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: func.func private @accumulating_conv.grad(
// CHECK: mlc.conv %arg0, %arg1 {{.*}} accumulate = f64
// CHECK-DAG: mlc.conv_input {{.*}} accumulate = f64
// CHECK-DAG: mlc.conv_filter {{.*}} accumulate = f64
// CHECK: }
func.func private @accumulating_conv(%x: tensor<2x4x4x1xf32>, %w: tensor<3x3x1x2xf32>, %d: tensor<2x4x4x2xf32>) -> tensor<f32> {
  %r = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 accumulate = f64 : (tensor<2x4x4x1xf32>, tensor<3x3x1x2xf32>) -> tensor<2x4x4x2xf32>
  %weighted = mlc.mul %r, %d : tensor<2x4x4x2xf32>
  %sum = mlc.reduce sum %weighted axes = [0, 1, 2, 3] : tensor<2x4x4x2xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @accumulating_conv_use(%x: tensor<2x4x4x1xf32>, %w: tensor<3x3x1x2xf32>, %d: tensor<2x4x4x2xf32>) -> (tensor<2x4x4x1xf32>, tensor<3x3x1x2xf32>) {
  %0:3 = mlc.gradient @accumulating_conv(%x, %w, %d) wrt = [0, 1] : (tensor<2x4x4x1xf32>, tensor<3x3x1x2xf32>, tensor<2x4x4x2xf32>) -> (tensor<f32>, tensor<2x4x4x1xf32>, tensor<3x3x1x2xf32>)
  return %0#1, %0#2 : tensor<2x4x4x1xf32>, tensor<3x3x1x2xf32>
}
