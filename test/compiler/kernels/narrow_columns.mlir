// Reductions that leave fewer columns than lanes: whole periods, a rest, several reductions at once, an axis before.
// RUN: %every-isa %s
// RUN: mlc-kernel --target=avx512 --plan %s | FileCheck %s
// CHECK-COUNT-4: narrow_columns
func.func @six(%x: tensor<100x6xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %0 = mlc.reduce sum %x axes = [0] : tensor<100x6xf32> -> tensor<6xf32>
  %1 = mlc.exp %x : tensor<100x6xf32>
  %2 = mlc.reduce max %1 axes = [0] : tensor<100x6xf32> -> tensor<6xf32>
  return %0, %2 : tensor<6xf32>, tensor<6xf32>
}
func.func @ten(%x: tensor<3x9x11x10xf32>) -> tensor<3x10xf32> {
  %0 = mlc.reduce sum %x axes = [1, 2] : tensor<3x9x11x10xf32> -> tensor<3x10xf32>
  %1 = mlc.tanh %0 : tensor<3x10xf32>
  return %1 : tensor<3x10xf32>
}
func.func @two(%x: tensor<2x77x2xf64>) -> tensor<2x2xf64> {
  %0 = mlc.reduce min %x axes = [1] : tensor<2x77x2xf64> -> tensor<2x2xf64>
  return %0 : tensor<2x2xf64>
}
func.func @nans(%x: tensor<100x12xf32> {check.nan}) -> tensor<12xf32> {
  %0 = mlc.reduce max %x axes = [0] : tensor<100x12xf32> -> tensor<12xf32>
  return %0 : tensor<12xf32>
}
