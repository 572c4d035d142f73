// What is zero past the diagonal is said of the arguments of kernels: a causal mask, and the weights that it makes.
// RUN: mlc-opt %s --split-input-file --mlc-fuse | FileCheck %s
// RUN: mlc-opt %s --split-input-file --mlc-fuse --mlc-share-kernels | FileCheck %s --check-prefix=SHARE

// CHECK-LABEL: func.func @attention
// The mask.
// CHECK: func.func private @k_0()
// CHECK: mlc.compare ge
// The weights: the mask alone is known to be a triangle.
// CHECK: func.func private @k_1(%arg0: tensor<2x3x64x8xf32>, %arg1: tensor<2x3x64x8xf32>, %arg2: tensor<64x64xi1> {mlc.triangular}, %arg3: tensor<2x3x64x8xf32>)
// CHECK: mlc.reduce max
// What reads the weights.
// CHECK: func.func private @k_2(%arg0: tensor<2x3x64x64xf32> {mlc.triangular}, %arg1: tensor<2x3x64x8xf32>)
func.func @attention(%q: tensor<2x3x64x8xf32>, %k: tensor<2x3x64x8xf32>, %v: tensor<2x3x64x8xf32>, %dy: tensor<2x3x64x8xf32>)
    -> (tensor<2x3x64x8xf32>, tensor<2x3x64x8xf32>) {
  %i = mlc.iota 0 : tensor<64xi32>
  %row = mlc.broadcast %i axes = [0] : tensor<64xi32> -> tensor<64x64xi32>
  %column = mlc.broadcast %i axes = [1] : tensor<64xi32> -> tensor<64x64xi32>
  %mask = mlc.compare ge %row, %column : tensor<64x64xi32>
  %seen = mlc.broadcast %mask axes = [2, 3] : tensor<64x64xi1> -> tensor<2x3x64x64xi1>
  %s = mlc.contract "abtc,absc->abts" %q, %k : (tensor<2x3x64x8xf32>, tensor<2x3x64x8xf32>) -> tensor<2x3x64x64xf32>
  %n = mlc.constant dense<0xFF800000> : tensor<2x3x64x64xf32>
  %u = mlc.select %seen, %s, %n : tensor<2x3x64x64xf32>
  %m = mlc.reduce max %u axes = [3] : tensor<2x3x64x64xf32> -> tensor<2x3x64xf32>
  %mb = mlc.broadcast %m axes = [0, 1, 2] : tensor<2x3x64xf32> -> tensor<2x3x64x64xf32>
  %d = mlc.sub %u, %mb : tensor<2x3x64x64xf32>
  %e = mlc.exp %d : tensor<2x3x64x64xf32>
  %z = mlc.reduce sum %e axes = [3] : tensor<2x3x64x64xf32> -> tensor<2x3x64xf32>
  %zb = mlc.broadcast %z axes = [0, 1, 2] : tensor<2x3x64xf32> -> tensor<2x3x64x64xf32>
  %p = mlc.div %e, %zb : tensor<2x3x64x64xf32>
  %o = mlc.contract "abts,absc->abtc" %p, %v : (tensor<2x3x64x64xf32>, tensor<2x3x64x8xf32>) -> tensor<2x3x64x8xf32>
  %dv = mlc.contract "abts,abtc->absc" %p, %dy : (tensor<2x3x64x64xf32>, tensor<2x3x64x8xf32>) -> tensor<2x3x64x8xf32>
  return %o, %dv : tensor<2x3x64x8xf32>, tensor<2x3x64x8xf32>
}

// -----

// A number, however low, may be the greatest of a row: nothing is known of its weight.
// CHECK-LABEL: func.func @finite
// CHECK: func.func private @k_0
// CHECK-NOT: mlc.triangular
func.func @finite(%s: tensor<64x64xf32>, %v: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
  %i = mlc.iota 0 : tensor<64xi32>
  %row = mlc.broadcast %i axes = [0] : tensor<64xi32> -> tensor<64x64xi32>
  %column = mlc.broadcast %i axes = [1] : tensor<64xi32> -> tensor<64x64xi32>
  %mask = mlc.compare ge %row, %column : tensor<64x64xi32>
  %n = mlc.constant dense<-1.0e9> : tensor<64x64xf32>
  %u = mlc.select %mask, %s, %n : tensor<64x64xf32>
  %m = mlc.reduce max %u axes = [1] : tensor<64x64xf32> -> tensor<64xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<64xf32> -> tensor<64x64xf32>
  %d = mlc.sub %u, %mb : tensor<64x64xf32>
  %e = mlc.exp %d : tensor<64x64xf32>
  %o = mlc.contract "ts,sc->tc" %e, %v : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %e, %o : tensor<64x64xf32>, tensor<64x64xf32>
}

// -----

// Kernels that differ in a number become one, which says the same of its arguments.
// CHECK-LABEL: func.func @scaled
// SHARE-LABEL: func.func @scaled
// SHARE: func.func private @[[K:k_[0-9]]](%arg0: tensor<64x64xf32> {mlc.triangular}, %arg1: tensor<64x16xf32>, %arg2: tensor<f32>)
// SHARE: mlc.contract
// SHARE-NOT: mlc.contract
func.func @scaled(%s: tensor<64x64xf32>, %v: tensor<64x16xf32>, %w: tensor<64x16xf32>) -> (tensor<64x16xf32>, tensor<64x16xf32>) {
  %i = mlc.iota 0 : tensor<64xi32>
  %row = mlc.broadcast %i axes = [0] : tensor<64xi32> -> tensor<64x64xi32>
  %column = mlc.broadcast %i axes = [1] : tensor<64xi32> -> tensor<64x64xi32>
  %mask = mlc.compare lt %row, %column : tensor<64x64xi32>
  %zero = mlc.constant dense<0.0> : tensor<64x64xf32>
  %p = mlc.select %mask, %zero, %s : tensor<64x64xf32>
  %a = mlc.contract "ts,sc->tc" %p, %v : (tensor<64x64xf32>, tensor<64x16xf32>) -> tensor<64x16xf32>
  %half = mlc.constant dense<0.5> : tensor<64x16xf32>
  %x = mlc.mul %a, %half : tensor<64x16xf32>
  %b = mlc.contract "ts,sc->tc" %p, %w : (tensor<64x64xf32>, tensor<64x16xf32>) -> tensor<64x16xf32>
  %third = mlc.constant dense<0.25> : tensor<64x16xf32>
  %y = mlc.mul %b, %third : tensor<64x16xf32>
  return %x, %y : tensor<64x16xf32>, tensor<64x16xf32>
}

// -----

// Zero times the logarithm of zero is no number, and what is zero in f64 alone is none in f32: neither is a triangle.
// CHECK-LABEL: func.func @entropy
// SHARE-LABEL: func.func @entropy
// CHECK-NOT: mlc.triangular
func.func @entropy(%s: tensor<64x64xf32>, %v: tensor<64x16xf32>) -> (tensor<64x16xf32>, tensor<64x16xf32>) {
  %i = mlc.iota 0 : tensor<64xi32>
  %row = mlc.broadcast %i axes = [0] : tensor<64xi32> -> tensor<64x64xi32>
  %column = mlc.broadcast %i axes = [1] : tensor<64xi32> -> tensor<64x64xi32>
  %mask = mlc.compare ge %row, %column : tensor<64x64xi32>
  %zero = mlc.constant dense<0.0> : tensor<64x64xf32>
  %p = mlc.select %mask, %s, %zero : tensor<64x64xf32>
  %l = mlc.log %p : tensor<64x64xf32>
  %h = mlc.mul %p, %l : tensor<64x64xf32>
  %a = mlc.contract "ts,sc->tc" %h, %v : (tensor<64x64xf32>, tensor<64x16xf32>) -> tensor<64x16xf32>
  %low = mlc.constant dense<-200.0> : tensor<64x64xf32>
  %q = mlc.select %mask, %s, %low : tensor<64x64xf32>
  %e = mlc.exp %q : tensor<64x64xf32>
  %isSome = mlc.compare gt %e, %zero : tensor<64x64xf32>
  %g = mlc.select %isSome, %zero, %s : tensor<64x64xf32>
  %b = mlc.contract "ts,sc->tc" %g, %v : (tensor<64x64xf32>, tensor<64x16xf32>) -> tensor<64x16xf32>
  return %a, %b : tensor<64x16xf32>, tensor<64x16xf32>
}
