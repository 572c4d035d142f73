// Reductions over rows, a lane a column: one row, one lane less and more than vectors, masks, what follows.
// RUN: %every-isa --emitter columns %s
func.func @sum_1_64(%x: tensor<1x64xf32>) -> tensor<64xf32> {
  %s = mlc.reduce sum %x axes = [0] : tensor<1x64xf32> -> tensor<64xf32>
  return %s : tensor<64xf32>
}
func.func @sum_2_33(%x: tensor<2x33xf32>) -> tensor<33xf32> {
  %s = mlc.reduce sum %x axes = [0] : tensor<2x33xf32> -> tensor<33xf32>
  return %s : tensor<33xf32>
}
func.func @sum_17_63(%x: tensor<17x63xf32>) -> tensor<63xf32> {
  %s = mlc.reduce sum %x axes = [0] : tensor<17x63xf32> -> tensor<63xf32>
  return %s : tensor<63xf32>
}
func.func @sum_64_65(%x: tensor<64x65xf32>) -> tensor<65xf32> {
  %s = mlc.reduce sum %x axes = [0] : tensor<64x65xf32> -> tensor<65xf32>
  return %s : tensor<65xf32>
}
func.func @sum_5_257(%x: tensor<5x257xf32>) -> tensor<257xf32> {
  %s = mlc.reduce sum %x axes = [0] : tensor<5x257xf32> -> tensor<257xf32>
  return %s : tensor<257xf32>
}
func.func @sum_3_130(%x: tensor<3x130xf32>) -> tensor<130xf32> {
  %s = mlc.reduce sum %x axes = [0] : tensor<3x130xf32> -> tensor<130xf32>
  return %s : tensor<130xf32>
}
// An update of state follows the sum; the sum is of squares.
func.func @epilogue(%x: tensor<9x67xf32>, %w: tensor<67xf32>) -> tensor<67xf32> {
  %q = mlc.mul %x, %x : tensor<9x67xf32>
  %s = mlc.reduce sum %q axes = [0] : tensor<9x67xf32> -> tensor<67xf32>
  %n = mlc.sub %w, %s : tensor<67xf32>
  return %n : tensor<67xf32>
}
func.func @masked(%x: tensor<9x67xf32>, %m: tensor<9x67xi1>) -> tensor<67xf32> {
  %z = mlc.constant dense<0.0> : tensor<9x67xf32>
  %k = mlc.select %m, %x, %z : tensor<9x67xf32>
  %s = mlc.reduce max %k axes = [0] : tensor<9x67xf32> -> tensor<67xf32>
  return %s : tensor<67xf32>
}
func.func @wide(%x: tensor<6x35xf64>) -> tensor<35xf64> {
  %s = mlc.reduce sum %x axes = [0] : tensor<6x35xf64> -> tensor<35xf64>
  return %s : tensor<35xf64>
}
