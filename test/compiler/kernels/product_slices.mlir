// Products whose operands are slices and reshapes of buffers: they are read where they lie.
// RUN: mlc-kernel --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: %every-isa %s

// The last axis as heads, of both operands; columns that lie together.
// PLAN: heads: contraction,
func.func @heads(%p: tensor<2x3x20x17xf32>, %kv: tensor<2x17x48xf32>) -> tensor<2x20x3x8xf32> {
  %v0 = mlc.slice %kv starts = [0, 0, 24] strides = [1, 1, 1] : tensor<2x17x48xf32> -> tensor<2x17x24xf32>
  %v = mlc.reshape %v0 : tensor<2x17x24xf32> -> tensor<2x17x3x8xf32>
  %o = mlc.contract "abcd,adbe->acbe" %p, %v : (tensor<2x3x20x17xf32>, tensor<2x17x3x8xf32>) -> tensor<2x20x3x8xf32>
  return %o : tensor<2x20x3x8xf32>
}

// Every second row from the third on, of one place in the middle; the reshape joins axes that still lie alike.
// PLAN: joined: contraction,
func.func @joined(%x: tensor<4x5x21x6x10xf32>, %w: tensor<10x24xf32>) -> tensor<20x9x24xf32> {
  %s = mlc.slice %x starts = [0, 0, 3, 2, 0] strides = [1, 1, 2, 1, 1] : tensor<4x5x21x6x10xf32> -> tensor<4x5x9x1x10xf32>
  %r = mlc.reshape %s : tensor<4x5x9x1x10xf32> -> tensor<20x9x10xf32>
  %o = mlc.contract "abc,cd->abd" %r, %w : (tensor<20x9x10xf32>, tensor<10x24xf32>) -> tensor<20x9x24xf32>
  return %o : tensor<20x9x24xf32>
}

// A weight gradient.
// PLAN: long: long contraction,
func.func @long(%x: tensor<700x96xf32>, %dy: tensor<700x80xf32>) -> tensor<40x48xf32> {
  %a = mlc.slice %x starts = [0, 50] strides = [1, 1] : tensor<700x96xf32> -> tensor<700x40xf32>
  %b = mlc.slice %dy starts = [0, 16] strides = [1, 1] : tensor<700x80xf32> -> tensor<700x48xf32>
  %o = mlc.contract "ab,ac->bc" %a, %b : (tensor<700x40xf32>, tensor<700x48xf32>) -> tensor<40x48xf32>
  return %o : tensor<40x48xf32>
}

// Axes that do not lie alike cannot be joined in place.
// PLAN: apart: dot,
func.func @apart(%x: tensor<9x8x10xf32>, %w: tensor<50x24xf32>) -> tensor<9x24xf32> {
  %s = mlc.slice %x starts = [0, 1, 2] strides = [1, 1, 1] : tensor<9x8x10xf32> -> tensor<9x5x5xf32>
  %r = mlc.reshape %s : tensor<9x5x5xf32> -> tensor<9x25xf32>
  %v = mlc.slice %w starts = [5, 0] strides = [1, 1] : tensor<50x24xf32> -> tensor<25x24xf32>
  %o = mlc.contract "ab,bc->ac" %r, %v : (tensor<9x25xf32>, tensor<25x24xf32>) -> tensor<9x24xf32>
  return %o : tensor<9x24xf32>
}
