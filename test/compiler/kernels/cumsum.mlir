// Running sums along the last and other axes, both ways: one element, widths about a vector's, what comes before.
// RUN: %every-isa --emitter cumsum %s
func.func @sums_0(%x: tensor<1xf32>) -> tensor<1xf32> {
  %s = mlc.cumsum %x axis = 0 : tensor<1xf32> -> tensor<1xf32>
  return %s : tensor<1xf32>
}
func.func @sums_1(%x: tensor<17xf32>) -> tensor<17xf32> {
  %s = mlc.cumsum %x axis = 0 : tensor<17xf32> -> tensor<17xf32>
  return %s : tensor<17xf32>
}
func.func @sums_2(%x: tensor<1x33xf32>) -> tensor<1x33xf32> {
  %s = mlc.cumsum %x axis = 1 : tensor<1x33xf32> -> tensor<1x33xf32>
  return %s : tensor<1x33xf32>
}
func.func @sums_3(%x: tensor<5x15xf32>) -> tensor<5x15xf32> {
  %s = mlc.cumsum %x axis = 1 reverse = true : tensor<5x15xf32> -> tensor<5x15xf32>
  return %s : tensor<5x15xf32>
}
func.func @sums_4(%x: tensor<7x9xf32>) -> tensor<7x9xf32> {
  %s = mlc.cumsum %x axis = 0 : tensor<7x9xf32> -> tensor<7x9xf32>
  return %s : tensor<7x9xf32>
}
func.func @sums_5(%x: tensor<3x17xf32>) -> tensor<3x17xf32> {
  %s = mlc.cumsum %x axis = 0 reverse = true : tensor<3x17xf32> -> tensor<3x17xf32>
  return %s : tensor<3x17xf32>
}
func.func @sums_6(%x: tensor<2x5x33xf32>) -> tensor<2x5x33xf32> {
  %s = mlc.cumsum %x axis = 1 : tensor<2x5x33xf32> -> tensor<2x5x33xf32>
  return %s : tensor<2x5x33xf32>
}
func.func @sums_7(%x: tensor<4x1x3xf32>) -> tensor<4x1x3xf32> {
  %s = mlc.cumsum %x axis = 1 reverse = true : tensor<4x1x3xf32> -> tensor<4x1x3xf32>
  return %s : tensor<4x1x3xf32>
}
func.func @long(%x: tensor<3x1000xf32>) -> tensor<3x1000xf32> {
  %q = mlc.exp %x : tensor<3x1000xf32>
  %s = mlc.cumsum %q axis = 1 : tensor<3x1000xf32> -> tensor<3x1000xf32>
  return %s : tensor<3x1000xf32>
}
func.func @wide(%x: tensor<5x9xf64>) -> tensor<5x9xf64> {
  %s = mlc.cumsum %x axis = 0 : tensor<5x9xf64> -> tensor<5x9xf64>
  return %s : tensor<5x9xf64>
}
