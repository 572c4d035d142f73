// Contractions without a column axis: vectors along the sum.
// RUN: %every-isa %s
// RUN: mlc-kernel --target=avx512 --plan %s | FileCheck %s
// CHECK-COUNT-4: dot, chunks
func.func @all(%a: tensor<100xf32>, %b: tensor<100xf32>) -> tensor<f32> {
  %0 = mlc.contract "k,k->" %a, %b : (tensor<100xf32>, tensor<100xf32>) -> tensor<f32>
  %1 = mlc.sqrt %0 : tensor<f32>
  %2 = mlc.mul %0, %0 : tensor<f32>
  return %2 : tensor<f32>
}
func.func @rows(%a: tensor<20x35xf64>, %b: tensor<20x35xf64>, %c: tensor<20xf64>) -> tensor<20xf64> {
  %0 = mlc.contract "bk,bk->b" %a, %b : (tensor<20x35xf64>, tensor<20x35xf64>) -> tensor<20xf64>
  %1 = mlc.add %0, %c : tensor<20xf64>
  return %1 : tensor<20xf64>
}
func.func @two_sums(%a: tensor<4x3x7x20xf32>, %b: tensor<3x4x7x20xf32>) -> tensor<3x7xf32> {
  %0 = mlc.contract "abcd,bacd->bc" %a, %b : (tensor<4x3x7x20xf32>, tensor<3x4x7x20xf32>) -> tensor<3x7xf32>
  return %0 : tensor<3x7xf32>
}
func.func @by_right(%a: tensor<9x4xf32>, %b: tensor<4x9xf32>) -> tensor<4xf32> {
  %0 = mlc.contract "kb,bk->b" %a, %b : (tensor<9x4xf32>, tensor<4x9xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
