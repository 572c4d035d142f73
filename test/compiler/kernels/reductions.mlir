// Reductions over rows, columns, the middle and everything, with what stands around them, and NaN.
// RUN: %every-isa %s
func.func @bias_grad(%x: tensor<64x10xf32>) -> tensor<10xf32> {
  %0 = mlc.reduce sum %x axes = [0] : tensor<64x10xf32> -> tensor<10xf32>
  return %0 : tensor<10xf32>
}
func.func @bias_grad4(%x: tensor<5x7x9x6xf32>) -> tensor<6xf32> {
  %0 = mlc.reduce sum %x axes = [0, 1, 2] : tensor<5x7x9x6xf32> -> tensor<6xf32>
  return %0 : tensor<6xf32>
}
func.func @norm_stats(%x: tensor<67x33xf32>) -> (tensor<33xf32>, tensor<33xf32>) {
  %s = mlc.reduce sum %x axes = [0] : tensor<67x33xf32> -> tensor<33xf32>
  %c = mlc.constant dense<0.0149253731> : tensor<33xf32>
  %mean = mlc.mul %s, %c : tensor<33xf32>
  %m = mlc.broadcast %mean axes = [1] : tensor<33xf32> -> tensor<67x33xf32>
  %d = mlc.sub %x, %m : tensor<67x33xf32>
  %q = mlc.mul %d, %d : tensor<67x33xf32>
  %v = mlc.reduce sum %q axes = [0] : tensor<67x33xf32> -> tensor<33xf32>
  %var = mlc.mul %v, %c : tensor<33xf32>
  return %mean, %var : tensor<33xf32>, tensor<33xf32>
}
func.func @loss(%z: tensor<33x10xf32>, %y: tensor<33xi32> {check.range = array<i64: 0, 9>}) -> (tensor<33xf32>, tensor<33xi1>, tensor<33x10xf32>) {
  %m = mlc.reduce max %z axes = [1] : tensor<33x10xf32> -> tensor<33xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<33xf32> -> tensor<33x10xf32>
  %d = mlc.sub %z, %mb : tensor<33x10xf32>
  %e = mlc.exp %d : tensor<33x10xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<33x10xf32> -> tensor<33xf32>
  %l = mlc.log %s : tensor<33xf32>
  %i = mlc.iota 1 : tensor<33x10xi32>
  %yb = mlc.broadcast %y axes = [0] : tensor<33xi32> -> tensor<33x10xi32>
  %hit = mlc.compare eq %i, %yb : tensor<33x10xi32>
  %zero = mlc.constant dense<0.0> : tensor<33x10xf32>
  %p = mlc.select %hit, %d, %zero : tensor<33x10xf32>
  %picked = mlc.reduce sum %p axes = [1] : tensor<33x10xf32> -> tensor<33xf32>
  %loss = mlc.sub %l, %picked : tensor<33xf32>
  %best = mlc.argmax %z axis = 1 : tensor<33x10xf32> -> tensor<33xi32>
  %right = mlc.compare eq %best, %y : tensor<33xi32>
  %sb = mlc.broadcast %s axes = [0] : tensor<33xf32> -> tensor<33x10xf32>
  %soft = mlc.div %e, %sb : tensor<33x10xf32>
  %one = mlc.convert %hit : tensor<33x10xi1> -> tensor<33x10xf32>
  %g = mlc.sub %soft, %one : tensor<33x10xf32>
  return %loss, %right, %g : tensor<33xf32>, tensor<33xi1>, tensor<33x10xf32>
}
func.func @layer_norm(%x: tensor<9x70xf32>, %w: tensor<70xf32>, %b: tensor<70xf32>) -> tensor<9x70xf32> {
  %c = mlc.constant dense<0.0142857143> : tensor<9xf32>
  %eps = mlc.constant dense<1.0e-5> : tensor<9xf32>
  %s = mlc.reduce sum %x axes = [1] : tensor<9x70xf32> -> tensor<9xf32>
  %mean = mlc.mul %s, %c : tensor<9xf32>
  %m = mlc.broadcast %mean axes = [0] : tensor<9xf32> -> tensor<9x70xf32>
  %d = mlc.sub %x, %m : tensor<9x70xf32>
  %q = mlc.mul %d, %d : tensor<9x70xf32>
  %v = mlc.reduce sum %q axes = [1] : tensor<9x70xf32> -> tensor<9xf32>
  %var = mlc.mul %v, %c : tensor<9xf32>
  %ve = mlc.add %var, %eps : tensor<9xf32>
  %r = mlc.rsqrt %ve : tensor<9xf32>
  %rb = mlc.broadcast %r axes = [0] : tensor<9xf32> -> tensor<9x70xf32>
  %n = mlc.mul %d, %rb : tensor<9x70xf32>
  %wb = mlc.broadcast %w axes = [1] : tensor<70xf32> -> tensor<9x70xf32>
  %bb = mlc.broadcast %b axes = [1] : tensor<70xf32> -> tensor<9x70xf32>
  %nw = mlc.mul %n, %wb : tensor<9x70xf32>
  %o = mlc.add %nw, %bb : tensor<9x70xf32>
  return %o : tensor<9x70xf32>
}
func.func @all(%x: tensor<5x7x9xf32>) -> tensor<f32> {
  %0 = mlc.reduce sum %x axes = [0, 1, 2] : tensor<5x7x9xf32> -> tensor<f32>
  return %0 : tensor<f32>
}
func.func @all_nan(%x: tensor<5x7xf32> {check.nan}) -> (tensor<f32>, tensor<5xf32>, tensor<5xi32>) {
  %0 = mlc.reduce max %x axes = [0, 1] : tensor<5x7xf32> -> tensor<f32>
  %1 = mlc.reduce min %x axes = [1] : tensor<5x7xf32> -> tensor<5xf32>
  %2 = mlc.argmax %x axis = 1 : tensor<5x7xf32> -> tensor<5xi32>
  return %0, %1, %2 : tensor<f32>, tensor<5xf32>, tensor<5xi32>
}
func.func @argmax_rows(%x: tensor<40x37xf32> {check.nan}) -> tensor<40xi32> {
  %2 = mlc.argmax %x axis = 1 : tensor<40x37xf32> -> tensor<40xi32>
  return %2 : tensor<40xi32>
}
func.func @argmax_columns(%x: tensor<37x40xf32> {check.nan}) -> tensor<40xi32> {
  %2 = mlc.argmax %x axis = 0 : tensor<37x40xf32> -> tensor<40xi32>
  return %2 : tensor<40xi32>
}
func.func @argmax_middle(%x: tensor<3x37x5xi32>) -> tensor<3x5xi32> {
  %2 = mlc.argmax %x axis = 1 : tensor<3x37x5xi32> -> tensor<3x5xi32>
  return %2 : tensor<3x5xi32>
}
func.func @argmax_bytes(%x: tensor<3x37xi8>) -> tensor<3xi32> {
  %2 = mlc.argmax %x axis = 1 : tensor<3x37xi8> -> tensor<3xi32>
  return %2 : tensor<3xi32>
}
func.func @mean_convert(%x: tensor<64xf32>, %m: tensor<64xi1>) -> tensor<2xf64> {
  %0 = mlc.convert %x : tensor<64xf32> -> tensor<64xf64>
  %1 = mlc.reduce sum %0 axes = [0] : tensor<64xf64> -> tensor<f64>
  %2 = mlc.convert %m : tensor<64xi1> -> tensor<64xf64>
  %3 = mlc.reduce sum %2 axes = [0] : tensor<64xf64> -> tensor<f64>
  %4 = mlc.reshape %1 : tensor<f64> -> tensor<1xf64>
  %5 = mlc.reshape %3 : tensor<f64> -> tensor<1xf64>
  %6 = mlc.concat %4, %5 axis = 0 : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
  return %6 : tensor<2xf64>
}
func.func @scatter_add(%u: tensor<11x3x5xf32>, %i: tensor<11xi32> {check.range = array<i64: -2, 9>}) -> tensor<7x3x5xf32> {
  %0 = mlc.scatter_add %u, %i : (tensor<11x3x5xf32>, tensor<11xi32>) -> tensor<7x3x5xf32>
  return %0 : tensor<7x3x5xf32>
}
func.func @embed(%t: tensor<7x33xf32>, %i: tensor<2x5xi32> {check.range = array<i64: -2, 9>}) -> tensor<2x5x33xf32> {
  %0 = mlc.gather %t, %i : (tensor<7x33xf32>, tensor<2x5xi32>) -> tensor<2x5x33xf32>
  return %0 : tensor<2x5x33xf32>
}
// What is repeated along the reduced axes is read elsewhere than at the column at hand.
func.func @reversed_between(%x: tensor<33xf32>) -> tensor<33xf32> {
  %0 = mlc.broadcast %x axes = [1] : tensor<33xf32> -> tensor<7x33xf32>
  %1 = mlc.reverse %0 axes = [1] : tensor<7x33xf32> -> tensor<7x33xf32>
  %2 = mlc.reduce sum %1 axes = [0] : tensor<7x33xf32> -> tensor<33xf32>
  return %2 : tensor<33xf32>
}
func.func @sliced_between(%x: tensor<9xf32>, %y: tensor<8x20xf32>) -> tensor<8xf32> {
  %r = mlc.reverse %x axes = [0] : tensor<9xf32> -> tensor<9xf32>
  %s = mlc.slice %r starts = [1] strides = [1] : tensor<9xf32> -> tensor<8xf32>
  %b = mlc.broadcast %s axes = [0] : tensor<8xf32> -> tensor<8x20xf32>
  %p = mlc.mul %b, %y : tensor<8x20xf32>
  %q = mlc.reduce sum %p axes = [1] : tensor<8x20xf32> -> tensor<8xf32>
  return %q : tensor<8xf32>
}
// Strips of columns: whole ones, a rest of vectors and a masked one; shared among chunks, or places before.
func.func @strips(%x: tensor<37x151xf32> {check.nan}, %y: tensor<37x151xf32>) -> (tensor<151xf32>, tensor<151xf32>, tensor<151xi32>) {
  %0 = mlc.reduce max %x axes = [0] : tensor<37x151xf32> -> tensor<151xf32>
  %p = mlc.mul %y, %y : tensor<37x151xf32>
  %1 = mlc.reduce sum %p axes = [0] : tensor<37x151xf32> -> tensor<151xf32>
  %2 = mlc.argmax %x axis = 0 : tensor<37x151xf32> -> tensor<151xi32>
  return %0, %1, %2 : tensor<151xf32>, tensor<151xf32>, tensor<151xi32>
}
func.func @strips_shared(%x: tensor<4099x90xf32>) -> (tensor<90xf32>, tensor<90xf32>) {
  %s = mlc.reduce sum %x axes = [0] : tensor<4099x90xf32> -> tensor<90xf32>
  %c = mlc.constant dense<2.4396194e-4> : tensor<90xf32>
  %mean = mlc.mul %s, %c : tensor<90xf32>
  %m = mlc.broadcast %mean axes = [1] : tensor<90xf32> -> tensor<4099x90xf32>
  %d = mlc.sub %x, %m : tensor<4099x90xf32>
  %q = mlc.mul %d, %d : tensor<4099x90xf32>
  %v = mlc.reduce sum %q axes = [0] : tensor<4099x90xf32> -> tensor<90xf32>
  %var = mlc.mul %v, %c : tensor<90xf32>
  return %mean, %var : tensor<90xf32>, tensor<90xf32>
}
func.func @strips_before(%x: tensor<40x5x129x70xf32>, %w: tensor<70xf32>) -> tensor<40x70xf32> {
  %b = mlc.broadcast %w axes = [3] : tensor<70xf32> -> tensor<40x5x129x70xf32>
  %p = mlc.mul %x, %b : tensor<40x5x129x70xf32>
  %0 = mlc.reduce sum %p axes = [1, 2] : tensor<40x5x129x70xf32> -> tensor<40x70xf32>
  return %0 : tensor<40x70xf32>
}
func.func @strips_double(%x: tensor<19x45xf64>) -> tensor<45xf64> {
  %0 = mlc.reduce sum %x axes = [0] : tensor<19x45xf64> -> tensor<45xf64>
  return %0 : tensor<45xf64>
}
// Rows of many vectors, whole turns of four and what is left of them; NaN anywhere.
func.func @long_rows(%x: tensor<7x331xf32> {check.nan}) -> (tensor<7xf32>, tensor<7xf32>, tensor<7xi32>) {
  %0 = mlc.reduce max %x axes = [1] : tensor<7x331xf32> -> tensor<7xf32>
  %1 = mlc.reduce min %x axes = [1] : tensor<7x331xf32> -> tensor<7xf32>
  %2 = mlc.argmax %x axis = 1 : tensor<7x331xf32> -> tensor<7xi32>
  return %0, %1, %2 : tensor<7xf32>, tensor<7xf32>, tensor<7xi32>
}
func.func @long_all(%x: tensor<3x11x37xf32>) -> tensor<f32> {
  %0 = mlc.reduce sum %x axes = [0, 1, 2] : tensor<3x11x37xf32> -> tensor<f32>
  return %0 : tensor<f32>
}
// Softmax over two axes: what is kept of a row has a masked end in each of its lines.
func.func @softmax_plane(%x: tensor<3x5x70xf32>) -> (tensor<3x5x70xf32>, tensor<3xf32>) {
  %m = mlc.reduce max %x axes = [1, 2] : tensor<3x5x70xf32> -> tensor<3xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<3xf32> -> tensor<3x5x70xf32>
  %d = mlc.sub %x, %mb : tensor<3x5x70xf32>
  %e = mlc.exp %d : tensor<3x5x70xf32>
  %s = mlc.reduce sum %e axes = [1, 2] : tensor<3x5x70xf32> -> tensor<3xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<3xf32> -> tensor<3x5x70xf32>
  %o = mlc.div %e, %sb : tensor<3x5x70xf32>
  return %o, %s : tensor<3x5x70xf32>, tensor<3xf32>
}
// Two values kept, one inside the other; one of them is asked for by three passes.
func.func @kept_twice(%x: tensor<6x83xf32>) -> tensor<6x83xf32> {
  %t = mlc.tanh %x : tensor<6x83xf32>
  %m = mlc.reduce max %t axes = [1] : tensor<6x83xf32> -> tensor<6xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<6xf32> -> tensor<6x83xf32>
  %d = mlc.sub %t, %mb : tensor<6x83xf32>
  %e = mlc.exp %d : tensor<6x83xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<6x83xf32> -> tensor<6xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<6xf32> -> tensor<6x83xf32>
  %q = mlc.div %e, %sb : tensor<6x83xf32>
  %o = mlc.mul %q, %t : tensor<6x83xf32>
  return %o : tensor<6x83xf32>
}
// A costly value that is also read elsewhere than at the point at hand is computed again.
func.func @kept_elsewhere(%x: tensor<6x83xf32>) -> tensor<6x83xf32> {
  %e = mlc.exp %x : tensor<6x83xf32>
  %r = mlc.reverse %e axes = [1] : tensor<6x83xf32> -> tensor<6x83xf32>
  %p = mlc.add %e, %r : tensor<6x83xf32>
  %s = mlc.reduce sum %p axes = [1] : tensor<6x83xf32> -> tensor<6xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<6xf32> -> tensor<6x83xf32>
  %q = mlc.div %e, %sb : tensor<6x83xf32>
  %o = mlc.add %q, %r : tensor<6x83xf32>
  return %o : tensor<6x83xf32>
}
// An input that lies in no cache: rows ahead are prefetched, beyond the end, too.
func.func @softmax_far(%x: tensor<1031x523xf32>) -> tensor<1031x523xf32> {
  %m = mlc.reduce max %x axes = [1] : tensor<1031x523xf32> -> tensor<1031xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<1031xf32> -> tensor<1031x523xf32>
  %d = mlc.sub %x, %mb : tensor<1031x523xf32>
  %e = mlc.exp %d : tensor<1031x523xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<1031x523xf32> -> tensor<1031xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<1031xf32> -> tensor<1031x523xf32>
  %o = mlc.div %e, %sb : tensor<1031x523xf32>
  return %o : tensor<1031x523xf32>
}
