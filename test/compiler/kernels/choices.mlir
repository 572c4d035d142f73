// What is chosen of a kernel can be read, said, and is held to what there is. No choice changes a bit.
// RUN: mlc-kernel --target=avx2 --plan %s | FileCheck %s
// RUN: mlc-kernel --choices %s | FileCheck %s --check-prefix=BITS
// RUN: mlc-kernel --choices %S/product_grid.mlir
// RUN: mlc-kernel --choices %S/attention.mlir
// RUN: mlc-kernel --choices %S/narrow_columns.mlir
// RUN: sed 's/grid_rows = 2 : i64/grid_rows = 23 : i64/' %s | not mlc-kernel --target=avx2 --plan 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: sed 's/grid_rows/height/' %s | not mlc-kernel --target=avx2 --plan 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: sed 's/emitter = "contraction"/emitter = "rows"/' %s | not mlc-kernel --target=avx2 --plan 2>&1 | FileCheck %s --check-prefix=EMITTER
// RUN: sed 's/attributes {}/attributes {mlc.choices = {chunks = 1 : i64}}/' %s | not mlc-kernel --target=avx2 --plan 2>&1 | FileCheck %s --check-prefix=STAGED

// RANGE: error: mlc.choices: `grid_rows` is 1 to 22 here, not 23
// NAME: error: mlc.choices: contraction has no choice `height`; it has vectors, rows, grid_rows, grid_columns, pack, fetch_beside
// EMITTER: error: mlc.choices: `rows` cannot compute this kernel to the same bits; `long contraction`, `contraction` can
// STAGED: error: mlc.choices: this kernel is computed in stages, which have no choices

// CHECK-LABEL: free: long contraction, chunks 16,
// CHECK-NEXT: mlc.choices = {emitter = "long contraction", vectors = 2, rows = 6, blocks = 5, copy_rows = 0, grid_rows = 2, grid_columns = 8}
// CHECK-NEXT: or emitter = "contraction"
// BITS-LABEL: free: the same bits in {{[1-9][0-9]}} other ways
func.func @free(%a: tensor<1200x128xf32>, %b: tensor<1200x128xf32>) -> tensor<128x128xf32> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<1200x128xf32>, tensor<1200x128xf32>) -> tensor<128x128xf32>
  return %0 : tensor<128x128xf32>
}

// CHECK-LABEL: forced: contraction, chunks 8,
// CHECK-NEXT: mlc.choices = {emitter = "contraction", vectors = 2, rows = 6, grid_rows = 2, grid_columns = 4, pack = 1, fetch_beside = 0}
// BITS-LABEL: forced: the same bits in {{[1-9][0-9]}} other ways
func.func @forced(%a: tensor<1200x128xf32>, %b: tensor<1200x128xf32>) -> tensor<128x128xf32>
    attributes {mlc.choices = {emitter = "contraction", grid_rows = 2 : i64, grid_columns = 4 : i64, pack = 1 : i64}} {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<1200x128xf32>, tensor<1200x128xf32>) -> tensor<128x128xf32>
  return %0 : tensor<128x128xf32>
}

// Blocks whose sums are added up in f64 are a part of what a long sum is, and no choice.
// CHECK-LABEL: totals: long contraction,
// CHECK-NEXT: mlc.choices = {emitter = "long contraction", vectors = 2, rows = 6, copy_rows
// BITS-LABEL: totals: the same bits in {{[1-9]}}
func.func @totals(%a: tensor<9000x64xf32>, %b: tensor<9000x32xf32>) -> tensor<64x32xf32> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<9000x64xf32>, tensor<9000x32xf32>) -> tensor<64x32xf32>
  return %0 : tensor<64x32xf32>
}

// CHECK: staged: staged, chunks 1,
// CHECK-NOT: mlc.choices
// BITS: staged: the same bits in 0 other ways
func.func @staged(%a: tensor<16x16xf32>, %b: tensor<16x16xf32>) -> tensor<16x16xf32> attributes {} {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xf32>
  %1 = mlc.contract "mk,kn->mn" %0, %b : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xf32>
  return %1 : tensor<16x16xf32>
}
