// Canonical forms of scan: nothing dead, nothing twice, and out of the loop what can be done for all steps at once.
// RUN: mlc-opt --canonicalize %s | FileCheck %s

// The carry that only its own next value needs is gone with its result, and so is the slice only it read.
// CHECK-LABEL: func.func @dead(
// CHECK-NEXT: %[[V0:.*]] = mlc.scan carries(%[[ARG3:.*]] = %arg0 : tensor<2xf32>) -> (tensor<6x2xf32>) {
// CHECK-NEXT: %[[V1:.*]] = mlc.tanh %[[ARG3]] : tensor<2xf32>
// CHECK-NEXT: mlc.yield %[[V1]] : tensor<2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V0]] : tensor<6x2xf32>
// CHECK-NEXT: }
func.func @dead(%a: tensor<2xf32>, %b: tensor<2xf32>, %xs: tensor<5x2xf32>) -> tensor<6x2xf32> {
  %0:3 = mlc.scan carries(%c = %a : tensor<2xf32>, %d = %b : tensor<2xf32>) slices(%x = %xs : tensor<5x2xf32>) -> (tensor<6x2xf32>, tensor<6x2xf32>, tensor<5x2xf32>) {
    %1 = mlc.tanh %c : tensor<2xf32>
    %2 = mlc.add %d, %x : tensor<2xf32>
    mlc.yield %1, %2, %2 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  }
  return %0#0 : tensor<6x2xf32>
}

// Outputs that are there already: a carry read, a carry written, a slice, a constant.
// CHECK-LABEL: func.func @known(
// CHECK-NEXT: %[[V0:.*]] = mlc.scan carries(%[[ARG3:.*]] = %arg0 : tensor<2xf32>) slices(%[[ARG4:.*]] = %arg2 : tensor<5x2xf32>) -> (tensor<6x2xf32>) {
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %[[ARG3]], %[[ARG4]] : tensor<2xf32>
// CHECK-NEXT: mlc.yield %[[V4]] : tensor<2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V1:.*]] = mlc.broadcast %arg1 axes = [1] : tensor<2xf32> -> tensor<5x2xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.slice %[[V0]] starts = [1, 0] strides = [1, 1] : tensor<6x2xf32> -> tensor<5x2xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.slice %[[V0]] starts = [0, 0] strides = [1, 1] : tensor<6x2xf32> -> tensor<5x2xf32>
// CHECK-NEXT: return %[[V3]], %[[V2]], %arg2, %[[V1]] : tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>
// CHECK-NEXT: }
func.func @known(%a: tensor<2xf32>, %k: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>) {
  %0:5 = mlc.scan carries(%c = %a : tensor<2xf32>) slices(%x = %xs : tensor<5x2xf32>) constants(%w = %k : tensor<2xf32>) -> (tensor<6x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>) {
    %1 = mlc.mul %c, %x : tensor<2xf32>
    mlc.yield %1, %c, %1, %x, %w : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  }
  return %0#1, %0#2, %0#3, %0#4 : tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>
}

// In a reverse scan the slots read are 1 to T, those written 0 to T-1.
// CHECK-LABEL: func.func @known_reverse(
// CHECK-NEXT: %[[V0:.*]] = mlc.scan carries(%[[ARG2:.*]] = %arg0 : tensor<2xf32>) slices(%[[ARG3:.*]] = %arg1 : tensor<5x2xf32>) reverse -> (tensor<6x2xf32>) {
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<2xf32>
// CHECK-NEXT: mlc.yield %[[V3]] : tensor<2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V1:.*]] = mlc.slice %[[V0]] starts = [0, 0] strides = [1, 1] : tensor<6x2xf32> -> tensor<5x2xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.slice %[[V0]] starts = [1, 0] strides = [1, 1] : tensor<6x2xf32> -> tensor<5x2xf32>
// CHECK-NEXT: return %[[V2]], %[[V1]] : tensor<5x2xf32>, tensor<5x2xf32>
// CHECK-NEXT: }
func.func @known_reverse(%a: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<5x2xf32>, tensor<5x2xf32>) {
  %0:3 = mlc.scan carries(%c = %a : tensor<2xf32>) slices(%x = %xs : tensor<5x2xf32>) reverse -> (tensor<6x2xf32>, tensor<5x2xf32>, tensor<5x2xf32>) {
    %1 = mlc.mul %c, %x : tensor<2xf32>
    mlc.yield %1, %c, %1 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  }
  return %0#1, %0#2 : tensor<5x2xf32>, tensor<5x2xf32>
}

// Numbers and repeated slices go into the body or become constants.
// CHECK-LABEL: func.func @inputs(
// CHECK-NEXT: %[[V0:.*]] = mlc.scan carries(%[[ARG2:.*]] = %arg0 : tensor<2xf32>) constants(%[[ARG3:.*]] = %arg1 : tensor<2xf32>) -> (tensor<6x2xf32>) {
// CHECK-NEXT: %[[V1:.*]] = mlc.add %[[ARG2]], %[[ARG3]] : tensor<2xf32>
// CHECK-NEXT: mlc.yield %[[V1]] : tensor<2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V0]] : tensor<6x2xf32>
// CHECK-NEXT: }
func.func @inputs(%a: tensor<2xf32>, %k: tensor<2xf32>) -> tensor<6x2xf32> {
  %one = mlc.constant dense<1.0> : tensor<5x2xf32>
  %b = mlc.broadcast %k axes = [1] : tensor<2xf32> -> tensor<5x2xf32>
  %0 = mlc.scan carries(%c = %a : tensor<2xf32>) slices(%x = %one : tensor<5x2xf32>, %y = %b : tensor<5x2xf32>) -> (tensor<6x2xf32>) {
    %1 = mlc.mul %c, %x : tensor<2xf32>
    %2 = mlc.add %1, %y : tensor<2xf32>
    mlc.yield %2 : tensor<2xf32>
  }
  return %0 : tensor<6x2xf32>
}

// A carry that stays what it is.
// CHECK-LABEL: func.func @unchanging(
// CHECK-NEXT: %[[V0:.*]] = mlc.broadcast %arg0 axes = [1] : tensor<2xf32> -> tensor<6x2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.scan slices(%[[ARG2:.*]] = %arg1 : tensor<5x2xf32>) constants(%[[ARG3:.*]] = %arg0 : tensor<2xf32>) -> (tensor<5x2xf32>) {
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[ARG3]], %[[ARG2]] : tensor<2xf32>
// CHECK-NEXT: mlc.yield %[[V2]] : tensor<2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V0]], %[[V1]] : tensor<6x2xf32>, tensor<5x2xf32>
// CHECK-NEXT: }
func.func @unchanging(%a: tensor<2xf32>, %xs: tensor<5x2xf32>) -> (tensor<6x2xf32>, tensor<5x2xf32>) {
  %0:2 = mlc.scan carries(%c = %a : tensor<2xf32>) slices(%x = %xs : tensor<5x2xf32>) -> (tensor<6x2xf32>, tensor<5x2xf32>) {
    %1 = mlc.mul %c, %x : tensor<2xf32>
    mlc.yield %c, %1 : tensor<2xf32>, tensor<2xf32>
  }
  return %0#0, %0#1 : tensor<6x2xf32>, tensor<5x2xf32>
}

// What does not change is computed before.
// CHECK-LABEL: func.func @invariant(
// CHECK-NEXT: %[[V0:.*]] = mlc.exp %arg1 : tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.scan carries(%[[ARG2:.*]] = %arg0 : tensor<2xf32>) constants(%[[ARG3:.*]] = %[[V0]] : tensor<2xf32>) -> (tensor<6x2xf32>) {
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[ARG2]], %[[ARG3]] : tensor<2xf32>
// CHECK-NEXT: mlc.yield %[[V2]] : tensor<2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V1]] : tensor<6x2xf32>
// CHECK-NEXT: }
func.func @invariant(%a: tensor<2xf32>, %k: tensor<2xf32>) -> tensor<6x2xf32> {
  %0 = mlc.scan carries(%c = %a : tensor<2xf32>) constants(%w = %k : tensor<2xf32>) -> (tensor<6x2xf32>) {
    %1 = mlc.exp %w : tensor<2xf32>
    %2 = mlc.mul %c, %1 : tensor<2xf32>
    mlc.yield %2 : tensor<2xf32>
  }
  return %0 : tensor<6x2xf32>
}

// Rows of a table and products with a constant are made for all steps at once, before and after the loop.
// CHECK-LABEL: func.func @products(
// CHECK-NEXT: %[[V0:.*]] = mlc.gather %arg2, %arg1 : (tensor<9x2xf32>, tensor<5xi32>) -> tensor<5x2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.contract "ak,kn->an" %[[V0]], %arg3 : (tensor<5x2xf32>, tensor<2x3xf32>) -> tensor<5x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.scan carries(%[[ARG5:.*]] = %arg0 : tensor<3xf32>) slices(%[[ARG6:.*]] = %[[V1]] : tensor<5x3xf32>) -> (tensor<6x3xf32>) {
// CHECK-NEXT: %[[V5:.*]] = mlc.mul %[[ARG5]], %[[ARG6]] : tensor<3xf32>
// CHECK-NEXT: mlc.yield %[[V5]] : tensor<3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V3:.*]] = mlc.slice %[[V2]] starts = [1, 0] strides = [1, 1] : tensor<6x3xf32> -> tensor<5x3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.contract "an,no->ao" %[[V3]], %arg4 : (tensor<5x3xf32>, tensor<3x4xf32>) -> tensor<5x4xf32>
// CHECK-NEXT: return %[[V4]] : tensor<5x4xf32>
// CHECK-NEXT: }
func.func @products(%h0: tensor<3xf32>, %ids: tensor<5xi32>, %table: tensor<9x2xf32>, %w: tensor<2x3xf32>, %v: tensor<3x4xf32>) -> tensor<5x4xf32> {
  %0:2 = mlc.scan carries(%h = %h0 : tensor<3xf32>) slices(%i = %ids : tensor<5xi32>) constants(%t = %table : tensor<9x2xf32>, %k = %w : tensor<2x3xf32>, %l = %v : tensor<3x4xf32>) -> (tensor<6x3xf32>, tensor<5x4xf32>) {
    %1 = mlc.gather %t, %i : (tensor<9x2xf32>, tensor<i32>) -> tensor<2xf32>
    %2 = mlc.contract "k,kn->n" %1, %k : (tensor<2xf32>, tensor<2x3xf32>) -> tensor<3xf32>
    %3 = mlc.mul %h, %2 : tensor<3xf32>
    %4 = mlc.contract "n,no->o" %3, %l : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
    mlc.yield %3, %4 : tensor<3xf32>, tensor<4xf32>
  }
  return %0#1 : tensor<5x4xf32>
}

// Sums of which the end is read: a product, a reduction and a plain term become outputs, summed after.
// CHECK-LABEL: func.func @accumulation(
// CHECK-NEXT: %[[V0:.*]]:2 = mlc.scan slices(%[[ARG4:.*]] = %arg1 : tensor<5x4x2xf32>, %[[ARG5:.*]] = %arg2 : tensor<5x4x3xf32>) -> (tensor<5x4x2xf32>, tensor<5x2x3xf32>) {
// CHECK-NEXT: %[[V7:.*]] = mlc.exp %[[ARG4]] : tensor<4x2xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.contract "bm,bn->mn" %[[V7]], %[[ARG5]] : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.tanh %[[V8]] : tensor<2x3xf32>
// CHECK-NEXT: mlc.yield %[[V7]], %[[V9]] : tensor<4x2xf32>, tensor<2x3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[V1:.*]] = mlc.contract "abm,abn->mn" %[[V0]]#0, %arg2 : (tensor<5x4x2xf32>, tensor<5x4x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %arg3 axes = [0, 1] : tensor<5x7x2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.add %[[V1]], %[[V2]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %[[V0]]#1 axes = [0] : tensor<5x2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.add %[[V3]], %[[V4]] : tensor<2x3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.add %[[V5]], %arg0 : tensor<2x3xf32>
// CHECK-NEXT: return %[[V6]] : tensor<2x3xf32>
// CHECK-NEXT: }
func.func @accumulation(%s0: tensor<2x3xf32>, %us: tensor<5x4x2xf32>, %vs: tensor<5x4x3xf32>, %ws: tensor<5x7x2x3xf32>) -> tensor<2x3xf32> {
  %stack = mlc.scan carries(%s = %s0 : tensor<2x3xf32>) slices(%u = %us : tensor<5x4x2xf32>, %v = %vs : tensor<5x4x3xf32>, %w = %ws : tensor<5x7x2x3xf32>) -> (tensor<6x2x3xf32>) {
    %e = mlc.exp %u : tensor<4x2xf32>
    %0 = mlc.contract "bm,bn->mn" %e, %v : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
    %1 = mlc.reduce sum %w axes = [0] : tensor<7x2x3xf32> -> tensor<2x3xf32>
    %2 = mlc.tanh %0 : tensor<2x3xf32>
    %3 = mlc.add %s, %0 : tensor<2x3xf32>
    %4 = mlc.add %1, %2 : tensor<2x3xf32>
    %5 = mlc.add %3, %4 : tensor<2x3xf32>
    mlc.yield %5 : tensor<2x3xf32>
  }
  %last = mlc.slice %stack starts = [5, 0, 0] strides = [1, 1, 1] : tensor<6x2x3xf32> -> tensor<1x2x3xf32>
  %0 = mlc.reshape %last : tensor<1x2x3xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// A sum that is read on the way stays a carry.
// CHECK-LABEL: func.func @running_sum(
// CHECK-NEXT: %[[V0:.*]] = mlc.scan carries(%[[ARG2:.*]] = %arg0 : tensor<2xf32>) slices(%[[ARG3:.*]] = %arg1 : tensor<5x2xf32>) -> (tensor<6x2xf32>) {
// CHECK-NEXT: %[[V1:.*]] = mlc.add %[[ARG2]], %[[ARG3]] : tensor<2xf32>
// CHECK-NEXT: mlc.yield %[[V1]] : tensor<2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: return %[[V0]] : tensor<6x2xf32>
// CHECK-NEXT: }
func.func @running_sum(%s0: tensor<2xf32>, %xs: tensor<5x2xf32>) -> tensor<6x2xf32> {
  %stack = mlc.scan carries(%s = %s0 : tensor<2xf32>) slices(%x = %xs : tensor<5x2xf32>) -> (tensor<6x2xf32>) {
    %0 = mlc.add %s, %x : tensor<2xf32>
    mlc.yield %0 : tensor<2xf32>
  }
  return %stack : tensor<6x2xf32>
}

// Of no steps nothing is left but the first carry.
// CHECK-LABEL: func.func @none(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<0x2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reshape %arg0 : tensor<2xf32> -> tensor<1x2xf32>
// CHECK-NEXT: return %[[V1]], %[[V0]] : tensor<1x2xf32>, tensor<0x2xf32>
func.func @none(%a: tensor<2xf32>, %xs: tensor<0x2xf32>) -> (tensor<1x2xf32>, tensor<0x2xf32>) {
  %0:2 = mlc.scan carries(%c = %a : tensor<2xf32>) slices(%x = %xs : tensor<0x2xf32>) -> (tensor<1x2xf32>, tensor<0x2xf32>) {
    %1 = mlc.add %c, %x : tensor<2xf32>
    mlc.yield %1, %1 : tensor<2xf32>, tensor<2xf32>
  }
  return %0#0, %0#1 : tensor<1x2xf32>, tensor<0x2xf32>
}
