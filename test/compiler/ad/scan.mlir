// A scan's derivative is a scan the other way.
// RUN: mlc-opt --mlc-autodiff %s | FileCheck %s

// The backward scan carries the cotangent of the state; of the forward steps the sums that go into tanh are kept; the weight's derivative is one product after it.
// CHECK-LABEL: func.func private @rnn.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<2.000000e+00> : tensor<1x4x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.contract "abk,kn->abn" %arg1, %arg2 : (tensor<7x4x2xf32>, tensor<2x3xf32>) -> tensor<7x4x3xf32>
// CHECK-NEXT: %[[V2:.*]]:2 = mlc.scan carries(%[[ARG4:.*]] = %arg0 : tensor<4x3xf32>) slices(%[[ARG5:.*]] = %[[V1]] : tensor<7x4x3xf32>) constants(%[[ARG6:.*]] = %arg3 : tensor<3x3xf32>) -> (tensor<8x4x3xf32>, tensor<7x4x3xf32>) {
// CHECK-NEXT: %[[V12:.*]] = mlc.contract "bk,kn->bn" %[[ARG4]], %[[ARG6]] : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
// CHECK-NEXT: %[[V13:.*]] = mlc.add %[[ARG5]], %[[V12]] : tensor<4x3xf32>
// CHECK-NEXT: %[[V14:.*]] = mlc.tanh %[[V13]] : tensor<4x3xf32>
// CHECK-NEXT: mlc.yield %[[V14]], %[[V13]] : tensor<4x3xf32>, tensor<4x3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V3:.*]] = mlc.slice %[[V2]]#0 starts = [7, 0, 0] strides = [1, 1, 1] : tensor<8x4x3xf32> -> tensor<1x4x3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %[[V3]], %[[V3]] : tensor<1x4x3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.reduce sum %[[V4]] axes = [0, 1, 2] : tensor<1x4x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = mlc.mul %[[V3]], %[[V0]] : tensor<1x4x3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.reshape %[[V6]] : tensor<1x4x3xf32> -> tensor<4x3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.slice %[[V2]]#0 starts = [0, 0, 0] strides = [1, 1, 1] : tensor<8x4x3xf32> -> tensor<7x4x3xf32>
// CHECK-NEXT: %[[V9:.*]]:2 = mlc.scan carries(%[[ARG4:.*]] = %[[V7]] : tensor<4x3xf32>) slices(%[[ARG5:.*]] = %[[V2]]#1 : tensor<7x4x3xf32>) constants(%[[ARG7:.*]] = %arg3 : tensor<3x3xf32>) reverse -> (tensor<8x4x3xf32>, tensor<7x4x3xf32>) {
// CHECK-NEXT: %[[V12:.*]] = mlc.constant dense<1.000000e+00> : tensor<4x3xf32>
// CHECK-NEXT: %[[V14:.*]] = mlc.tanh %[[ARG5]] : tensor<4x3xf32>
// CHECK-NEXT: %[[V15:.*]] = mlc.mul %[[V14]], %[[V14]] : tensor<4x3xf32>
// CHECK-NEXT: %[[V16:.*]] = mlc.sub %[[V12]], %[[V15]] : tensor<4x3xf32>
// CHECK-NEXT: %[[V17:.*]] = mlc.mul %[[ARG4]], %[[V16]] : tensor<4x3xf32>
// CHECK-NEXT: %[[V18:.*]] = mlc.contract "bn,kn->bk" %[[V17]], %[[ARG7]] : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
// CHECK-NEXT: mlc.yield %[[V18]], %[[V17]] : tensor<4x3xf32>, tensor<4x3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V10:.*]] = mlc.contract "abk,abn->kn" %[[V8]], %[[V9]]#1 : (tensor<7x4x3xf32>, tensor<7x4x3xf32>) -> tensor<3x3xf32>
// CHECK-NEXT: %[[V11:.*]] = mlc.contract "abk,abn->kn" %arg1, %[[V9]]#1 : (tensor<7x4x2xf32>, tensor<7x4x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V5]], %[[V11]], %[[V10]] : tensor<f32>, tensor<2x3xf32>, tensor<3x3xf32>
// CHECK-NEXT: }
func.func private @rnn(%h0: tensor<4x3xf32>, %xs: tensor<7x4x2xf32>, %u: tensor<2x3xf32>, %w: tensor<3x3xf32>) -> tensor<f32> {
  %stack = mlc.scan carries(%h = %h0 : tensor<4x3xf32>) slices(%x = %xs : tensor<7x4x2xf32>) constants(%p = %u : tensor<2x3xf32>, %q = %w : tensor<3x3xf32>) -> (tensor<8x4x3xf32>) {
    %0 = mlc.contract "bk,kn->bn" %x, %p : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
    %1 = mlc.contract "bk,kn->bn" %h, %q : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
    %2 = mlc.add %0, %1 : tensor<4x3xf32>
    %3 = mlc.tanh %2 : tensor<4x3xf32>
    mlc.yield %3 : tensor<4x3xf32>
  }
  %last = mlc.slice %stack starts = [7, 0, 0] strides = [1, 1, 1] : tensor<8x4x3xf32> -> tensor<1x4x3xf32>
  %0 = mlc.mul %last, %last : tensor<1x4x3xf32>
  %1 = mlc.reduce sum %0 axes = [0, 1, 2] : tensor<1x4x3xf32> -> tensor<f32>
  return %1 : tensor<f32>
}
func.func @rnn_use(%h0: tensor<4x3xf32>, %xs: tensor<7x4x2xf32>, %u: tensor<2x3xf32>, %w: tensor<3x3xf32>) -> (tensor<2x3xf32>, tensor<3x3xf32>) {
  %0:3 = mlc.gradient @rnn(%h0, %xs, %u, %w) wrt = [2, 3] : (tensor<4x3xf32>, tensor<7x4x2xf32>, tensor<2x3xf32>, tensor<3x3xf32>) -> (tensor<f32>, tensor<2x3xf32>, tensor<3x3xf32>)
  return %0#1, %0#2 : tensor<2x3xf32>, tensor<3x3xf32>
}

// Cotangents that come to slots of the stack and to outputs enter the backward scan step by step; it runs forward where the scan is reverse.
// CHECK-LABEL: func.func private @decay.grad(
// CHECK-NEXT: %[[V0:.*]]:2 = mlc.scan carries(%[[ARG5:.*]] = %arg0 : tensor<3xf32>) slices(%[[ARG6:.*]] = %arg2 : tensor<5x3xf32>) constants(%[[ARG7:.*]] = %arg1 : tensor<3xf32>) reverse -> (tensor<6x3xf32>, tensor<5x3xf32>) {
// CHECK-NEXT: %[[V14:.*]] = mlc.mul %[[ARG5]], %[[ARG7]] : tensor<3xf32>
// CHECK-NEXT: %[[V15:.*]] = mlc.add %[[V14]], %[[ARG6]] : tensor<3xf32>
// CHECK-NEXT: %[[V16:.*]] = mlc.exp %[[V15]] : tensor<3xf32>
// CHECK-NEXT: mlc.yield %[[V15]], %[[V16]] : tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]]#0, %arg3 : tensor<6x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V0]]#1, %arg4 : tensor<5x3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V1]] axes = [0, 1] : tensor<6x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %[[V2]] axes = [0, 1] : tensor<5x3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = mlc.add %[[V3]], %[[V4]] : tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = mlc.slice %arg3 starts = [0, 0] strides = [1, 1] : tensor<6x3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.reshape %[[V6]] : tensor<1x3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.slice %[[V0]]#0 starts = [1, 0] strides = [1, 1] : tensor<6x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.slice %arg3 starts = [1, 0] strides = [1, 1] : tensor<6x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT: %[[V10:.*]]:3 = mlc.scan carries(%[[ARG5:.*]] = %[[V7]] : tensor<3xf32>) slices(%[[ARG6:.*]] = %[[V8]] : tensor<5x3xf32>, %[[ARG7:.*]] = %arg2 : tensor<5x3xf32>, %[[ARG8:.*]] = %[[V9]] : tensor<5x3xf32>, %[[ARG9:.*]] = %arg4 : tensor<5x3xf32>) constants(%[[ARG10:.*]] = %arg1 : tensor<3xf32>) -> (tensor<6x3xf32>, tensor<5x3xf32>, tensor<5x3xf32>) {
// CHECK-NEXT: %[[V14:.*]] = mlc.mul %[[ARG6]], %[[ARG10]] : tensor<3xf32>
// CHECK-NEXT: %[[V15:.*]] = mlc.add %[[V14]], %[[ARG7]] : tensor<3xf32>
// CHECK-NEXT: %[[V16:.*]] = mlc.exp %[[V15]] : tensor<3xf32>
// CHECK-NEXT: %[[V17:.*]] = mlc.mul %[[ARG9]], %[[V16]] : tensor<3xf32>
// CHECK-NEXT: %[[V18:.*]] = mlc.add %[[ARG5]], %[[V17]] : tensor<3xf32>
// CHECK-NEXT: %[[V19:.*]] = mlc.mul %[[V18]], %[[ARG10]] : tensor<3xf32>
// CHECK-NEXT: %[[V20:.*]] = mlc.mul %[[V18]], %[[ARG6]] : tensor<3xf32>
// CHECK-NEXT: %[[V21:.*]] = mlc.add %[[V19]], %[[ARG8]] : tensor<3xf32>
// CHECK-NEXT: mlc.yield %[[V21]], %[[V18]], %[[V20]] : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V11:.*]] = mlc.reduce sum %[[V10]]#2 axes = [0] : tensor<5x3xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V12:.*]] = mlc.slice %[[V10]]#0 starts = [5, 0] strides = [1, 1] : tensor<6x3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: %[[V13:.*]] = mlc.reshape %[[V12]] : tensor<1x3xf32> -> tensor<3xf32>
// CHECK-NEXT: return %[[V5]], %[[V13]], %[[V11]], %[[V10]]#1 : tensor<f32>, tensor<3xf32>, tensor<3xf32>, tensor<5x3xf32>
// CHECK-NEXT: }
func.func private @decay(%a: tensor<3xf32>, %k: tensor<3xf32>, %xs: tensor<5x3xf32>, %d: tensor<6x3xf32>, %e: tensor<5x3xf32>) -> tensor<f32> {
  %stack, %ys = mlc.scan carries(%c = %a : tensor<3xf32>) slices(%x = %xs : tensor<5x3xf32>) constants(%w = %k : tensor<3xf32>) reverse -> (tensor<6x3xf32>, tensor<5x3xf32>) {
    %0 = mlc.mul %c, %w : tensor<3xf32>
    %1 = mlc.add %0, %x : tensor<3xf32>
    %2 = mlc.exp %1 : tensor<3xf32>
    mlc.yield %1, %2 : tensor<3xf32>, tensor<3xf32>
  }
  %0 = mlc.mul %stack, %d : tensor<6x3xf32>
  %1 = mlc.mul %ys, %e : tensor<5x3xf32>
  %2 = mlc.reduce sum %0 axes = [0, 1] : tensor<6x3xf32> -> tensor<f32>
  %3 = mlc.reduce sum %1 axes = [0, 1] : tensor<5x3xf32> -> tensor<f32>
  %4 = mlc.add %2, %3 : tensor<f32>
  return %4 : tensor<f32>
}
func.func @decay_use(%a: tensor<3xf32>, %k: tensor<3xf32>, %xs: tensor<5x3xf32>, %d: tensor<6x3xf32>, %e: tensor<5x3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<5x3xf32>) {
  %0:4 = mlc.gradient @decay(%a, %k, %xs, %d, %e) wrt = [0, 1, 2] : (tensor<3xf32>, tensor<3xf32>, tensor<5x3xf32>, tensor<6x3xf32>, tensor<5x3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>, tensor<5x3xf32>)
  return %0#1, %0#2, %0#3 : tensor<3xf32>, tensor<3xf32>, tensor<5x3xf32>
}

// Twice: the scan of x -> x * w, five times, is x w^5; its slope 5 x w^4 and that one's are scans still.
// CHECK-LABEL: func.func private @power.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = mlc.scan carries(%[[ARG2:.*]] = %arg0 : tensor<f32>) constants(%[[ARG3:.*]] = %arg1 : tensor<f32>) -> (tensor<6xf32>) {
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<f32>
// CHECK-NEXT: mlc.yield %[[V7]] : tensor<f32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V2:.*]] = mlc.slice %[[V1]] starts = [5] strides = [1] : tensor<6xf32> -> tensor<1xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reshape %[[V2]] : tensor<1xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.slice %[[V1]] starts = [0] strides = [1] : tensor<6xf32> -> tensor<5xf32>
// CHECK-NEXT: %[[V5:.*]]:2 = mlc.scan carries(%[[ARG2:.*]] = %[[V0]] : tensor<f32>) slices(%[[ARG3:.*]] = %[[V4]] : tensor<5xf32>) constants(%[[ARG4:.*]] = %arg1 : tensor<f32>) reverse -> (tensor<6xf32>, tensor<5xf32>) {
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %[[ARG2]], %[[ARG4]] : tensor<f32>
// CHECK-NEXT: %[[V8:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<f32>
// CHECK-NEXT: mlc.yield %[[V7]], %[[V8]] : tensor<f32>, tensor<f32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V6:.*]] = mlc.reduce sum %[[V5]]#1 axes = [0] : tensor<5xf32> -> tensor<f32>
// CHECK-NEXT: return %[[V3]], %[[V6]] : tensor<f32>, tensor<f32>
// CHECK-NEXT: }
// CHECK-LABEL: func.func private @power_slope.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<1.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = mlc.scan carries(%[[ARG2:.*]] = %arg0 : tensor<f32>) constants(%[[ARG3:.*]] = %arg1 : tensor<f32>) -> (tensor<6xf32>) {
// CHECK-NEXT: %[[V12:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<f32>
// CHECK-NEXT: mlc.yield %[[V12]] : tensor<f32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V3:.*]] = mlc.slice %[[V2]] starts = [0] strides = [1] : tensor<6xf32> -> tensor<5xf32>
// CHECK-NEXT: %[[V4:.*]]:2 = mlc.scan carries(%[[ARG2:.*]] = %[[V1]] : tensor<f32>) slices(%[[ARG3:.*]] = %[[V3]] : tensor<5xf32>) constants(%[[ARG4:.*]] = %arg1 : tensor<f32>) reverse -> (tensor<6xf32>, tensor<5xf32>) {
// CHECK-NEXT: %[[V12:.*]] = mlc.mul %[[ARG2]], %[[ARG4]] : tensor<f32>
// CHECK-NEXT: %[[V13:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<f32>
// CHECK-NEXT: mlc.yield %[[V12]], %[[V13]] : tensor<f32>, tensor<f32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V5:.*]] = mlc.reduce sum %[[V4]]#1 axes = [0] : tensor<5xf32> -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = mlc.slice %[[V4]]#0 starts = [1] strides = [1] : tensor<6xf32> -> tensor<5xf32>
// CHECK-NEXT: %[[V7:.*]]:2 = mlc.scan carries(%[[ARG2:.*]] = %[[V0]] : tensor<f32>) slices(%[[ARG3:.*]] = %[[V6]] : tensor<5xf32>, %[[ARG4:.*]] = %[[V3]] : tensor<5xf32>) constants(%[[ARG5:.*]] = %arg1 : tensor<f32>) -> (tensor<6xf32>, tensor<5xf32>) {
// CHECK-NEXT: %[[V12:.*]] = mlc.mul %[[ARG2]], %[[ARG5]] : tensor<f32>
// CHECK-NEXT: %[[V13:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<f32>
// CHECK-NEXT: %[[V14:.*]] = mlc.add %[[ARG4]], %[[V12]] : tensor<f32>
// CHECK-NEXT: mlc.yield %[[V14]], %[[V13]] : tensor<f32>, tensor<f32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V8:.*]] = mlc.reduce sum %[[V7]]#1 axes = [0] : tensor<5xf32> -> tensor<f32>
// CHECK-NEXT: %[[V9:.*]]:2 = mlc.scan carries(%[[ARG2:.*]] = %[[V0]] : tensor<f32>) slices(%[[ARG3:.*]] = %[[V3]] : tensor<5xf32>, %[[ARG4:.*]] = %[[V6]] : tensor<5xf32>) constants(%[[ARG5:.*]] = %arg1 : tensor<f32>) reverse -> (tensor<6xf32>, tensor<5xf32>) {
// CHECK-NEXT: %[[V12:.*]] = mlc.mul %[[ARG2]], %[[ARG5]] : tensor<f32>
// CHECK-NEXT: %[[V13:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<f32>
// CHECK-NEXT: %[[V14:.*]] = mlc.add %[[V12]], %[[ARG4]] : tensor<f32>
// CHECK-NEXT: mlc.yield %[[V14]], %[[V13]] : tensor<f32>, tensor<f32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V10:.*]] = mlc.reduce sum %[[V9]]#1 axes = [0] : tensor<5xf32> -> tensor<f32>
// CHECK-NEXT: %[[V11:.*]] = mlc.add %[[V8]], %[[V10]] : tensor<f32>
// CHECK-NEXT: return %[[V5]], %[[V11]] : tensor<f32>, tensor<f32>
// CHECK-NEXT: }
func.func private @power(%x0: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %stack = mlc.scan carries(%x = %x0 : tensor<f32>) constants(%k = %w : tensor<f32>) -> (tensor<6xf32>) {
    %0 = mlc.mul %x, %k : tensor<f32>
    mlc.yield %0 : tensor<f32>
  }
  %last = mlc.slice %stack starts = [5] strides = [1] : tensor<6xf32> -> tensor<1xf32>
  %0 = mlc.reshape %last : tensor<1xf32> -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @power_slope(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0:2 = mlc.gradient @power(%x, %w) wrt = [1] : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#1 : tensor<f32>
}
func.func @power_use(%x: tensor<f32>, %w: tensor<f32>) -> tensor<f32> {
  %0:2 = mlc.gradient @power_slope(%x, %w) wrt = [1] : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#1 : tensor<f32>
}
