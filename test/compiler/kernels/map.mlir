// Elements alone: one, one less and more than a vector, masks, broadcasts, several results, moved elements, bytes.
// RUN: %every-isa --emitter map %s
func.func @elements_0(%x: tensor<1xf32>, %y: tensor<1xf32>) -> tensor<1xf32> {
  %s = mlc.mul %x, %y : tensor<1xf32>
  %t = mlc.tanh %s : tensor<1xf32>
  return %t : tensor<1xf32>
}
func.func @elements_1(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %s = mlc.mul %x, %y : tensor<3xf32>
  %t = mlc.tanh %s : tensor<3xf32>
  return %t : tensor<3xf32>
}
func.func @elements_2(%x: tensor<7xf32>, %y: tensor<7xf32>) -> tensor<7xf32> {
  %s = mlc.mul %x, %y : tensor<7xf32>
  %t = mlc.tanh %s : tensor<7xf32>
  return %t : tensor<7xf32>
}
func.func @elements_3(%x: tensor<15xf32>, %y: tensor<15xf32>) -> tensor<15xf32> {
  %s = mlc.mul %x, %y : tensor<15xf32>
  %t = mlc.tanh %s : tensor<15xf32>
  return %t : tensor<15xf32>
}
func.func @elements_4(%x: tensor<17xf32>, %y: tensor<17xf32>) -> tensor<17xf32> {
  %s = mlc.mul %x, %y : tensor<17xf32>
  %t = mlc.tanh %s : tensor<17xf32>
  return %t : tensor<17xf32>
}
func.func @elements_5(%x: tensor<33xf32>, %y: tensor<33xf32>) -> tensor<33xf32> {
  %s = mlc.mul %x, %y : tensor<33xf32>
  %t = mlc.tanh %s : tensor<33xf32>
  return %t : tensor<33xf32>
}
func.func @elements_6(%x: tensor<1x65xf32>, %y: tensor<1x65xf32>) -> tensor<1x65xf32> {
  %s = mlc.mul %x, %y : tensor<1x65xf32>
  %t = mlc.tanh %s : tensor<1x65xf32>
  return %t : tensor<1x65xf32>
}
func.func @elements_7(%x: tensor<5x9xf32>, %y: tensor<5x9xf32>) -> tensor<5x9xf32> {
  %s = mlc.mul %x, %y : tensor<5x9xf32>
  %t = mlc.tanh %s : tensor<5x9xf32>
  return %t : tensor<5x9xf32>
}
func.func @elements_8(%x: tensor<300x257xf32>, %y: tensor<300x257xf32>) -> tensor<300x257xf32> {
  %s = mlc.mul %x, %y : tensor<300x257xf32>
  %t = mlc.tanh %s : tensor<300x257xf32>
  return %t : tensor<300x257xf32>
}
// Two results, a broadcast, a mask.
func.func @several(%x: tensor<6x19xf32>, %b: tensor<19xf32>, %m: tensor<6x19xi1>) -> (tensor<6x19xf32>, tensor<6x19xf32>) {
  %bb = mlc.broadcast %b axes = [1] : tensor<19xf32> -> tensor<6x19xf32>
  %s = mlc.add %x, %bb : tensor<6x19xf32>
  %z = mlc.constant dense<0.0> : tensor<6x19xf32>
  %k = mlc.select %m, %s, %z : tensor<6x19xf32>
  return %s, %k : tensor<6x19xf32>, tensor<6x19xf32>
}
func.func @moved(%x: tensor<6x19xf32>) -> tensor<19x6xf32> {
  %t = mlc.transpose %x [1, 0] : tensor<6x19xf32> -> tensor<19x6xf32>
  %e = mlc.exp %t : tensor<19x6xf32>
  return %e : tensor<19x6xf32>
}
func.func @bytes(%x: tensor<5x7xi8>) -> tensor<5x7xf32> {
  %c = mlc.convert %x : tensor<5x7xi8> -> tensor<5x7xf32>
  return %c : tensor<5x7xf32>
}
func.func @wide(%x: tensor<9xf64>) -> tensor<9xf64> {
  %e = mlc.exp %x : tensor<9xf64>
  return %e : tensor<9xf64>
}
