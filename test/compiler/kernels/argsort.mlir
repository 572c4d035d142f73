// The order of rows: one element, lengths about a vector's, both ways, NaN, other types.
// RUN: %every-isa --emitter argsort %s
func.func @order_0(%x: tensor<1x1xf32>) -> tensor<1x1xi32> {
  %s = mlc.argsort %x : tensor<1x1xf32> -> tensor<1x1xi32>
  return %s : tensor<1x1xi32>
}
func.func @order_1(%x: tensor<1x33xf32>) -> tensor<1x33xi32> {
  %s = mlc.argsort %x : tensor<1x33xf32> -> tensor<1x33xi32>
  return %s : tensor<1x33xi32>
}
func.func @order_2(%x: tensor<5x3xf32>) -> tensor<5x3xi32> {
  %s = mlc.argsort %x descending = true : tensor<5x3xf32> -> tensor<5x3xi32>
  return %s : tensor<5x3xi32>
}
func.func @order_3(%x: tensor<7x15xf32>) -> tensor<7x15xi32> {
  %s = mlc.argsort %x : tensor<7x15xf32> -> tensor<7x15xi32>
  return %s : tensor<7x15xi32>
}
func.func @order_4(%x: tensor<9x17xf32>) -> tensor<9x17xi32> {
  %s = mlc.argsort %x descending = true : tensor<9x17xf32> -> tensor<9x17xi32>
  return %s : tensor<9x17xi32>
}
func.func @order_5(%x: tensor<300xf32>) -> tensor<300xi32> {
  %s = mlc.argsort %x : tensor<300xf32> -> tensor<300xi32>
  return %s : tensor<300xi32>
}
func.func @order_6(%x: tensor<2x3x9xf64>) -> tensor<2x3x9xi32> {
  %s = mlc.argsort %x : tensor<2x3x9xf64> -> tensor<2x3x9xi32>
  return %s : tensor<2x3x9xi32>
}
func.func @order_7(%x: tensor<4x17xi32>) -> tensor<4x17xi32> {
  %s = mlc.argsort %x descending = true : tensor<4x17xi32> -> tensor<4x17xi32>
  return %s : tensor<4x17xi32>
}
// NaN is larger than any number.
func.func @nans(%x: tensor<6x21xf32> {check.nan}) -> tensor<6x21xi32> {
  %s = mlc.argsort %x : tensor<6x21xf32> -> tensor<6x21xi32>
  return %s : tensor<6x21xi32>
}
