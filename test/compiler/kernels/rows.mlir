// Reductions along rows: one row, a column, one lane less and more than a vector, masks, what follows.
// RUN: %every-isa --emitter rows %s
func.func @softmax_1_1(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<1x1xf32> -> tensor<1xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<1xf32> -> tensor<1x1xf32>
  %d = mlc.sub %x, %mb : tensor<1x1xf32>
  %e = mlc.exp %d : tensor<1x1xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<1x1xf32> -> tensor<1xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<1xf32> -> tensor<1x1xf32>
  %p = mlc.div %e, %sb : tensor<1x1xf32>
  return %p : tensor<1x1xf32>
}
func.func @softmax_1_37(%x: tensor<1x37xf32>) -> tensor<1x37xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<1x37xf32> -> tensor<1xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<1xf32> -> tensor<1x37xf32>
  %d = mlc.sub %x, %mb : tensor<1x37xf32>
  %e = mlc.exp %d : tensor<1x37xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<1x37xf32> -> tensor<1xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<1xf32> -> tensor<1x37xf32>
  %p = mlc.div %e, %sb : tensor<1x37xf32>
  return %p : tensor<1x37xf32>
}
func.func @softmax_5_3(%x: tensor<5x3xf32>) -> tensor<5x3xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<5x3xf32> -> tensor<5xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<5xf32> -> tensor<5x3xf32>
  %d = mlc.sub %x, %mb : tensor<5x3xf32>
  %e = mlc.exp %d : tensor<5x3xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<5x3xf32> -> tensor<5xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<5xf32> -> tensor<5x3xf32>
  %p = mlc.div %e, %sb : tensor<5x3xf32>
  return %p : tensor<5x3xf32>
}
func.func @softmax_7_15(%x: tensor<7x15xf32>) -> tensor<7x15xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<7x15xf32> -> tensor<7xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<7xf32> -> tensor<7x15xf32>
  %d = mlc.sub %x, %mb : tensor<7x15xf32>
  %e = mlc.exp %d : tensor<7x15xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<7x15xf32> -> tensor<7xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<7xf32> -> tensor<7x15xf32>
  %p = mlc.div %e, %sb : tensor<7x15xf32>
  return %p : tensor<7x15xf32>
}
func.func @softmax_9_17(%x: tensor<9x17xf32>) -> tensor<9x17xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<9x17xf32> -> tensor<9xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<9xf32> -> tensor<9x17xf32>
  %d = mlc.sub %x, %mb : tensor<9x17xf32>
  %e = mlc.exp %d : tensor<9x17xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<9x17xf32> -> tensor<9xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<9xf32> -> tensor<9x17xf32>
  %p = mlc.div %e, %sb : tensor<9x17xf32>
  return %p : tensor<9x17xf32>
}
func.func @softmax_4_64(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<4x64xf32> -> tensor<4xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<4xf32> -> tensor<4x64xf32>
  %d = mlc.sub %x, %mb : tensor<4x64xf32>
  %e = mlc.exp %d : tensor<4x64xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<4x64xf32> -> tensor<4xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<4xf32> -> tensor<4x64xf32>
  %p = mlc.div %e, %sb : tensor<4x64xf32>
  return %p : tensor<4x64xf32>
}
func.func @softmax_3_1025(%x: tensor<3x1025xf32>) -> tensor<3x1025xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<3x1025xf32> -> tensor<3xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<3xf32> -> tensor<3x1025xf32>
  %d = mlc.sub %x, %mb : tensor<3x1025xf32>
  %e = mlc.exp %d : tensor<3x1025xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<3x1025xf32> -> tensor<3xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<3xf32> -> tensor<3x1025xf32>
  %p = mlc.div %e, %sb : tensor<3x1025xf32>
  return %p : tensor<3x1025xf32>
}
// What follows a sum of each row, and a second result.
func.func @epilogue(%x: tensor<6x19xf32>, %b: tensor<6xf32>) -> (tensor<6xf32>, tensor<6x19xf32>) {
  %s = mlc.reduce sum %x axes = [1] : tensor<6x19xf32> -> tensor<6xf32>
  %a = mlc.add %s, %b : tensor<6xf32>
  %t = mlc.tanh %a : tensor<6xf32>
  %tb = mlc.broadcast %t axes = [0] : tensor<6xf32> -> tensor<6x19xf32>
  %r = mlc.mul %x, %tb : tensor<6x19xf32>
  return %t, %r : tensor<6xf32>, tensor<6x19xf32>
}
func.func @masked(%x: tensor<6x19xf32>, %m: tensor<6x19xi1>) -> tensor<6xf32> {
  %z = mlc.constant dense<0.0> : tensor<6x19xf32>
  %k = mlc.select %m, %x, %z : tensor<6x19xf32>
  %s = mlc.reduce sum %k axes = [1] : tensor<6x19xf32> -> tensor<6xf32>
  return %s : tensor<6xf32>
}
func.func @wide(%x: tensor<3x9xf64>) -> tensor<3xf64> {
  %s = mlc.reduce min %x axes = [1] : tensor<3x9xf64> -> tensor<3xf64>
  return %s : tensor<3xf64>
}
