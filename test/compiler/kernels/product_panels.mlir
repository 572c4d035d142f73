// Products with weights that lie in panels of columns, as [panel][k][column]: read there, whichever way they are used.
// RUN: mlc-kernel --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: %every-isa %s

// The bias and what is added know the column within the row.
// PLAN: forward: contraction,
func.func @forward(%x: tensor<17x50xf32>, %w: tensor<3x50x32xf32>, %b: tensor<96xf32>) -> (tensor<17x96xf32>, tensor<17x96xi32>) {
  %0 = mlc.transpose %w [1, 0, 2] {mlc.strided} : tensor<3x50x32xf32> -> tensor<50x3x32xf32>
  %1 = mlc.reshape %0 : tensor<50x3x32xf32> -> tensor<50x96xf32>
  %2 = mlc.contract "mk,kn->mn" %x, %1 : (tensor<17x50xf32>, tensor<50x96xf32>) -> tensor<17x96xf32>
  %3 = mlc.broadcast %b axes = [1] : tensor<96xf32> -> tensor<17x96xf32>
  %4 = mlc.add %2, %3 : tensor<17x96xf32>
  %i = mlc.iota 1 : tensor<17x96xi32>
  %z = mlc.constant dense<0> : tensor<17x96xi32>
  %c = mlc.constant dense<0.0> : tensor<17x96xf32>
  %p = mlc.compare gt %4, %c : tensor<17x96xf32>
  %5 = mlc.select %p, %i, %z : tensor<17x96xi32>
  return %4, %5 : tensor<17x96xf32>, tensor<17x96xi32>
}

// Batch axes beside rows, and a result whose rows are not the largest axis.
func.func @sequences(%x: tensor<4x7x50xf32>, %w: tensor<3x50x32xf32>, %b: tensor<96xf32>) -> tensor<7x4x96xf32> {
  %0 = mlc.transpose %w [1, 0, 2] {mlc.strided} : tensor<3x50x32xf32> -> tensor<50x3x32xf32>
  %1 = mlc.reshape %0 : tensor<50x3x32xf32> -> tensor<50x96xf32>
  %2 = mlc.contract "btk,kn->tbn" %x, %1 : (tensor<4x7x50xf32>, tensor<50x96xf32>) -> tensor<7x4x96xf32>
  %3 = mlc.broadcast %b axes = [2] : tensor<96xf32> -> tensor<7x4x96xf32>
  %4 = mlc.mul %2, %3 : tensor<7x4x96xf32>
  return %4 : tensor<7x4x96xf32>
}

// One row.
func.func @single(%x: tensor<1x300xf32>, %w: tensor<4x300x32xf32>) -> tensor<1x128xf32> {
  %0 = mlc.transpose %w [1, 0, 2] {mlc.strided} : tensor<4x300x32xf32> -> tensor<300x4x32xf32>
  %1 = mlc.reshape %0 : tensor<300x4x32xf32> -> tensor<300x128xf32>
  %2 = mlc.contract "mk,kn->mn" %x, %1 : (tensor<1x300xf32>, tensor<300x128xf32>) -> tensor<1x128xf32>
  return %2 : tensor<1x128xf32>
}

// The input gradient sums over columns; its mask is the input's.
func.func @input(%dy: tensor<17x96xf32>, %w: tensor<3x50x32xf32>, %h: tensor<17x50xf32>) -> tensor<17x50xf32> {
  %0 = mlc.transpose %w [1, 0, 2] {mlc.strided} : tensor<3x50x32xf32> -> tensor<50x3x32xf32>
  %1 = mlc.reshape %0 : tensor<50x3x32xf32> -> tensor<50x96xf32>
  %2 = mlc.contract "mn,kn->mk" %dy, %1 : (tensor<17x96xf32>, tensor<50x96xf32>) -> tensor<17x50xf32>
  %3 = mlc.mul %2, %h : tensor<17x50xf32>
  return %3 : tensor<17x50xf32>
}

// The weight gradient, made in panels.
func.func @weights(%x: tensor<17x50xf32>, %dy: tensor<17x96xf32>) -> tensor<3x50x32xf32> {
  %0 = mlc.reshape %dy : tensor<17x96xf32> -> tensor<17x3x32xf32>
  %1 = mlc.contract "mk,mpn->pkn" %x, %0 : (tensor<17x50xf32>, tensor<17x3x32xf32>) -> tensor<3x50x32xf32>
  return %1 : tensor<3x50x32xf32>
}

// Both operands in panels, of one size and of two.
func.func @both(%a: tensor<3x20x32xf32>, %b: tensor<3x50x32xf32>) -> tensor<20x50xf32> {
  %0 = mlc.transpose %a [1, 0, 2] {mlc.strided} : tensor<3x20x32xf32> -> tensor<20x3x32xf32>
  %1 = mlc.reshape %0 : tensor<20x3x32xf32> -> tensor<20x96xf32>
  %2 = mlc.transpose %b [1, 0, 2] {mlc.strided} : tensor<3x50x32xf32> -> tensor<50x3x32xf32>
  %3 = mlc.reshape %2 : tensor<50x3x32xf32> -> tensor<50x96xf32>
  %4 = mlc.contract "mn,kn->mk" %1, %3 : (tensor<20x96xf32>, tensor<50x96xf32>) -> tensor<20x50xf32>
  return %4 : tensor<20x50xf32>
}
func.func @apart(%a: tensor<6x20x16xf32>, %b: tensor<3x50x32xf32>) -> tensor<20x50xf32> {
  %0 = mlc.transpose %a [1, 0, 2] {mlc.strided} : tensor<6x20x16xf32> -> tensor<20x6x16xf32>
  %1 = mlc.reshape %0 : tensor<20x6x16xf32> -> tensor<20x96xf32>
  %2 = mlc.transpose %b [1, 0, 2] {mlc.strided} : tensor<3x50x32xf32> -> tensor<50x3x32xf32>
  %3 = mlc.reshape %2 : tensor<50x3x32xf32> -> tensor<50x96xf32>
  %4 = mlc.contract "mn,kn->mk" %1, %3 : (tensor<20x96xf32>, tensor<50x96xf32>) -> tensor<20x50xf32>
  return %4 : tensor<20x50xf32>
}
