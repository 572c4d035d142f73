// Ops that move elements, constants, random numbers.
// RUN: %every-isa %s
func.func @moves(%x: tensor<5x7x3xf32>) -> (tensor<3x5x7xf32>, tensor<5x7x3xf32>, tensor<35x3xf32>, tensor<3x2x2xf32>, tensor<8x9x6xf32>, tensor<12x9x3xf32>) {
  %0 = mlc.transpose %x [2, 0, 1] : tensor<5x7x3xf32> -> tensor<3x5x7xf32>
  %1 = mlc.reverse %x axes = [0, 2] : tensor<5x7x3xf32> -> tensor<5x7x3xf32>
  %2 = mlc.reshape %x : tensor<5x7x3xf32> -> tensor<35x3xf32>
  %3 = mlc.slice %x starts = [1, 2, 0] strides = [1, 3, 2] : tensor<5x7x3xf32> -> tensor<3x2x2xf32>
  %4 = mlc.pad %x low = [1, 0, 2] high = [2, 2, 1] interior = [0, 0, 0] : tensor<5x7x3xf32> -> tensor<8x9x6xf32>
  %5 = mlc.pad %x low = [1, 0, 0] high = [2, 2, 0] interior = [1, 0, 0] : tensor<5x7x3xf32> -> tensor<12x9x3xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<3x5x7xf32>, tensor<5x7x3xf32>, tensor<35x3xf32>, tensor<3x2x2xf32>, tensor<8x9x6xf32>, tensor<12x9x3xf32>
}
func.func @pad_inner(%x: tensor<4x9xf32>) -> tensor<5x28xf32> {
  %0 = mlc.pad %x low = [1, 1] high = [0, 2] interior = [0, 2] : tensor<4x9xf32> -> tensor<5x28xf32>
  return %0 : tensor<5x28xf32>
}
func.func @flatten_bias(%x: tensor<3x4x5x6xf32>, %b: tensor<120xf32>) -> tensor<3x120xf32> {
  %r = mlc.reshape %x : tensor<3x4x5x6xf32> -> tensor<3x120xf32>
  %bb = mlc.broadcast %b axes = [1] : tensor<120xf32> -> tensor<3x120xf32>
  %0 = mlc.add %r, %bb : tensor<3x120xf32>
  return %0 : tensor<3x120xf32>
}
func.func @reshape_of_transpose(%x: tensor<5x7x3xf32>) -> tensor<7x15xf32> {
  %0 = mlc.transpose %x [1, 0, 2] : tensor<5x7x3xf32> -> tensor<7x5x3xf32>
  %1 = mlc.reshape %0 : tensor<7x5x3xf32> -> tensor<7x15xf32>
  return %1 : tensor<7x15xf32>
}
func.func @split_reshape(%x: tensor<6x20xf32>, %b: tensor<4xf32>) -> tensor<2x3x5x4xf32> {
  %t = mlc.exp %x : tensor<6x20xf32>
  %0 = mlc.reshape %t : tensor<6x20xf32> -> tensor<2x3x5x4xf32>
  %1 = mlc.broadcast %b axes = [3] : tensor<4xf32> -> tensor<2x3x5x4xf32>
  %2 = mlc.mul %0, %1 : tensor<2x3x5x4xf32>
  return %2 : tensor<2x3x5x4xf32>
}
func.func @join(%a: tensor<3x5xf32>, %b: tensor<3x17xf32>, %c: tensor<3x1xf32>) -> tensor<3x23xf32> {
  %0 = mlc.concat %a, %b, %c axis = 1 : (tensor<3x5xf32>, tensor<3x17xf32>, tensor<3x1xf32>) -> tensor<3x23xf32>
  return %0 : tensor<3x23xf32>
}
func.func @join0(%a: tensor<3x5xi32>, %b: tensor<4x5xi32>) -> tensor<7x5xi32> {
  %0 = mlc.concat %a, %b axis = 0 : (tensor<3x5xi32>, tensor<4x5xi32>) -> tensor<7x5xi32>
  return %0 : tensor<7x5xi32>
}
func.func @iotas() -> (tensor<3x20xf32>, tensor<3x20xi32>, tensor<3x20xi64>, tensor<20x3xf64>) {
  %0 = mlc.iota 1 : tensor<3x20xf32>
  %1 = mlc.iota 0 : tensor<3x20xi32>
  %2 = mlc.iota 1 : tensor<3x20xi64>
  %3 = mlc.iota 0 : tensor<20x3xf64>
  return %0, %1, %2, %3 : tensor<3x20xf32>, tensor<3x20xi32>, tensor<3x20xi64>, tensor<20x3xf64>
}
func.func @constants(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi1>, tensor<4xf32>, tensor<2xi8>) {
  %0 = mlc.constant dense<[1.0, 2.5, -3.0, 4.0]> : tensor<4xf32>
  %1 = mlc.constant dense<[true, false, true, true]> : tensor<4xi1>
  %2 = mlc.add %x, %0 : tensor<4xf32>
  %3 = mlc.constant dense<7> : tensor<2xi8>
  return %2, %1, %x, %3 : tensor<4xf32>, tensor<4xi1>, tensor<4xf32>, tensor<2xi8>
}
func.func @uniform(%s: tensor<3xi64>) -> (tensor<5x33xf32>, tensor<5x33xf32>, tensor<40xf64>, tensor<40xi32>) {
  %0 = mlc.random uniform %s site = 12345678901 batched = true : tensor<3xi64> -> tensor<5x33xf32>
  %1 = mlc.random normal %s site = -5 : tensor<3xi64> -> tensor<5x33xf32>
  %2 = mlc.random uniform %s site = 77 batched = true : tensor<3xi64> -> tensor<40xf64>
  %3 = mlc.random bits %s site = 77 : tensor<3xi64> -> tensor<40xi32>
  return %0, %1, %2, %3 : tensor<5x33xf32>, tensor<5x33xf32>, tensor<40xf64>, tensor<40xi32>
}
func.func @dropout(%x: tensor<6x50xf32>, %s: tensor<3xi64>) -> tensor<6x50xf32> {
  %0 = mlc.random uniform %s site = 99 batched = true : tensor<3xi64> -> tensor<6x50xf32>
  %h = mlc.constant dense<0.5> : tensor<6x50xf32>
  %k = mlc.compare ge %0, %h : tensor<6x50xf32>
  %z = mlc.constant dense<0.0> : tensor<6x50xf32>
  %1 = mlc.select %k, %x, %z : tensor<6x50xf32>
  return %1 : tensor<6x50xf32>
}
func.func @scalars(%a: tensor<f32>, %b: tensor<f64>, %x: tensor<37xf32>) -> (tensor<37xf32>, tensor<f64>) {
  %0 = mlc.convert %b : tensor<f64> -> tensor<f32>
  %1 = mlc.mul %a, %0 : tensor<f32>
  %2 = mlc.broadcast %1 axes = [] : tensor<f32> -> tensor<37xf32>
  %3 = mlc.mul %2, %x : tensor<37xf32>
  %4 = mlc.exp %b : tensor<f64>
  return %3, %4 : tensor<37xf32>, tensor<f64>
}
func.func @crop(%x: tensor<2x12x12x1xi8>, %s: tensor<3xi64>) -> tensor<2x8x8x1xf32> {
  %0 = mlc.slice %x starts = [0, 2, 2, 0] strides = [1, 1, 1, 1] : tensor<2x12x12x1xi8> -> tensor<2x8x8x1xi8>
  %1 = mlc.convert %0 : tensor<2x8x8x1xi8> -> tensor<2x8x8x1xf32>
  %2 = mlc.reverse %1 axes = [2] : tensor<2x8x8x1xf32> -> tensor<2x8x8x1xf32>
  return %2 : tensor<2x8x8x1xf32>
}
