// Rows added to those that indices name: indices out of range, one row, widths about a vector's, many updates of few rows.
// RUN: %every-isa --emitter scatter %s
func.func @add_1_1(%u: tensor<1x1xf32>, %i: tensor<1xi32> {check.range = array<i64: -1, 2>}) -> tensor<1x1xf32> {
  %s = mlc.scatter_add %u, %i : (tensor<1x1xf32>, tensor<1xi32>) -> tensor<1x1xf32>
  return %s : tensor<1x1xf32>
}
func.func @add_11_3(%u: tensor<11x3xf32>, %i: tensor<11xi32> {check.range = array<i64: -1, 8>}) -> tensor<7x3xf32> {
  %s = mlc.scatter_add %u, %i : (tensor<11x3xf32>, tensor<11xi32>) -> tensor<7x3xf32>
  return %s : tensor<7x3xf32>
}
func.func @add_5_15(%u: tensor<5x15xf32>, %i: tensor<5xi32> {check.range = array<i64: -1, 3>}) -> tensor<2x15xf32> {
  %s = mlc.scatter_add %u, %i : (tensor<5x15xf32>, tensor<5xi32>) -> tensor<2x15xf32>
  return %s : tensor<2x15xf32>
}
func.func @add_9_17(%u: tensor<9x17xf32>, %i: tensor<9xi32> {check.range = array<i64: -1, 31>}) -> tensor<30x17xf32> {
  %s = mlc.scatter_add %u, %i : (tensor<9x17xf32>, tensor<9xi32>) -> tensor<30x17xf32>
  return %s : tensor<30x17xf32>
}
func.func @add_40_64(%u: tensor<40x64xf32>, %i: tensor<40xi32> {check.range = array<i64: -1, 4>}) -> tensor<3x64xf32> {
  %s = mlc.scatter_add %u, %i : (tensor<40x64xf32>, tensor<40xi32>) -> tensor<3x64xf32>
  return %s : tensor<3x64xf32>
}
func.func @add_3_33(%u: tensor<3x33xf32>, %i: tensor<3xi32> {check.range = array<i64: -1, 2>}) -> tensor<1x33xf32> {
  %s = mlc.scatter_add %u, %i : (tensor<3x33xf32>, tensor<3xi32>) -> tensor<1x33xf32>
  return %s : tensor<1x33xf32>
}
// So many that totals are kept in f64.
func.func @many(%u: tensor<8200x5xf32>, %i: tensor<8200xi32> {check.range = array<i64: 0, 3>}) -> tensor<3x5xf32> {
  %s = mlc.scatter_add %u, %i : (tensor<8200x5xf32>, tensor<8200xi32>) -> tensor<3x5xf32>
  return %s : tensor<3x5xf32>
}
// What comes before it is computed on the way.
func.func @prologue(%u: tensor<6x9xf32>, %i: tensor<6xi32> {check.range = array<i64: 0, 4>}) -> tensor<4x9xf32> {
  %q = mlc.mul %u, %u : tensor<6x9xf32>
  %s = mlc.scatter_add %q, %i : (tensor<6x9xf32>, tensor<6xi32>) -> tensor<4x9xf32>
  return %s : tensor<4x9xf32>
}
func.func @wide(%u: tensor<6x5xf64>, %i: tensor<6xi32> {check.range = array<i64: 0, 4>}) -> tensor<4x5xf64> {
  %s = mlc.scatter_add %u, %i : (tensor<6x5xf64>, tensor<6xi32>) -> tensor<4x5xf64>
  return %s : tensor<4x5xf64>
}
