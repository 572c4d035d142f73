// Two products with rows between them as one kernel: the scores are only ever there in blocks of rows.
// RUN: mlc-kernel --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: %every-isa %s

// Queries, keys and values are slices of one buffer; there is a mask, and what follows the mix.
// PLAN: masked: attention,
func.func @masked(%qkv: tensor<3x50x384xf32>, %mask: tensor<50x50xi1>, %x: tensor<3x50x4x32xf32>) -> tensor<3x50x4x32xf32> {
  %q0 = mlc.slice %qkv starts = [0, 0, 0] strides = [1, 1, 1] : tensor<3x50x384xf32> -> tensor<3x50x128xf32>
  %k0 = mlc.slice %qkv starts = [0, 0, 128] strides = [1, 1, 1] : tensor<3x50x384xf32> -> tensor<3x50x128xf32>
  %v0 = mlc.slice %qkv starts = [0, 0, 256] strides = [1, 1, 1] : tensor<3x50x384xf32> -> tensor<3x50x128xf32>
  %q = mlc.reshape %q0 : tensor<3x50x128xf32> -> tensor<3x50x4x32xf32>
  %k = mlc.reshape %k0 : tensor<3x50x128xf32> -> tensor<3x50x4x32xf32>
  %v = mlc.reshape %v0 : tensor<3x50x128xf32> -> tensor<3x50x4x32xf32>
  %s = mlc.contract "abcd,aecd->acbe" %q, %k : (tensor<3x50x4x32xf32>, tensor<3x50x4x32xf32>) -> tensor<3x4x50x50xf32>
  %c = mlc.constant dense<0.25> : tensor<3x4x50x50xf32>
  %t = mlc.mul %s, %c : tensor<3x4x50x50xf32>
  %m = mlc.broadcast %mask axes = [2, 3] : tensor<50x50xi1> -> tensor<3x4x50x50xi1>
  %n = mlc.constant dense<-1.0e9> : tensor<3x4x50x50xf32>
  %u = mlc.select %m, %t, %n : tensor<3x4x50x50xf32>
  %max = mlc.reduce max %u axes = [3] : tensor<3x4x50x50xf32> -> tensor<3x4x50xf32>
  %maxes = mlc.broadcast %max axes = [0, 1, 2] : tensor<3x4x50xf32> -> tensor<3x4x50x50xf32>
  %d = mlc.sub %u, %maxes : tensor<3x4x50x50xf32>
  %e = mlc.exp %d : tensor<3x4x50x50xf32>
  %sum = mlc.reduce sum %e axes = [3] : tensor<3x4x50x50xf32> -> tensor<3x4x50xf32>
  %sums = mlc.broadcast %sum axes = [0, 1, 2] : tensor<3x4x50xf32> -> tensor<3x4x50x50xf32>
  %p = mlc.div %e, %sums : tensor<3x4x50x50xf32>
  %o = mlc.contract "acbe,aecd->abcd" %p, %v : (tensor<3x4x50x50xf32>, tensor<3x50x4x32xf32>) -> tensor<3x50x4x32xf32>
  %y = mlc.add %o, %x : tensor<3x50x4x32xf32>
  return %y : tensor<3x50x4x32xf32>
}

// Rows that do not come out even in blocks; other columns than rows; weights and sums are wanted, too.
// PLAN: uneven: attention, chunks {{[2-9]|1[0-6]}},
func.func @uneven(%q: tensor<2x129x8xf32>, %k: tensor<2x1537x8xf32>, %v: tensor<2x1537x8xf32>)
    -> (tensor<2x129x8xf32>, tensor<2x129x1537xf32>, tensor<2x129xf32>) {
  %s = mlc.contract "abd,acd->abc" %q, %k : (tensor<2x129x8xf32>, tensor<2x1537x8xf32>) -> tensor<2x129x1537xf32>
  %e = mlc.exp %s : tensor<2x129x1537xf32>
  %sum = mlc.reduce sum %e axes = [2] : tensor<2x129x1537xf32> -> tensor<2x129xf32>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<2x129xf32> -> tensor<2x129x1537xf32>
  %p = mlc.div %e, %sums : tensor<2x129x1537xf32>
  %o = mlc.contract "abc,acd->abd" %p, %v : (tensor<2x129x1537xf32>, tensor<2x1537x8xf32>) -> tensor<2x129x8xf32>
  return %o, %p, %sum : tensor<2x129x8xf32>, tensor<2x129x1537xf32>, tensor<2x129xf32>
}

// The backward pass of a softmax: other tensors of the scores' shape are read in place, and what is handed on is wanted.
// PLAN: backward: attention,
func.func @backward(%dy: tensor<2x3x40x16xf64>, %v: tensor<2x3x24x16xf64>, %p: tensor<2x3x40x24xf64>, %k: tensor<2x3x24x16xf64>)
    -> (tensor<2x3x40x24xf64>, tensor<2x3x40x16xf64>) {
  %dp = mlc.contract "abcd,abed->abce" %dy, %v : (tensor<2x3x40x16xf64>, tensor<2x3x24x16xf64>) -> tensor<2x3x40x24xf64>
  %m = mlc.mul %dp, %p : tensor<2x3x40x24xf64>
  %sum = mlc.reduce sum %m axes = [3] : tensor<2x3x40x24xf64> -> tensor<2x3x40xf64>
  %sums = mlc.broadcast %sum axes = [0, 1, 2] : tensor<2x3x40xf64> -> tensor<2x3x40x24xf64>
  %d = mlc.sub %dp, %sums : tensor<2x3x40x24xf64>
  %ds = mlc.mul %p, %d : tensor<2x3x40x24xf64>
  %dq = mlc.contract "abce,abed->abcd" %ds, %k : (tensor<2x3x40x24xf64>, tensor<2x3x24x16xf64>) -> tensor<2x3x40x16xf64>
  return %ds, %dq : tensor<2x3x40x24xf64>, tensor<2x3x40x16xf64>
}

// Not attention: rows of the scores move before they are summed, so a block of them is not enough.
// PLAN: moved: staged,
func.func @moved(%q: tensor<40x16xf32>, %k: tensor<24x16xf32>, %v: tensor<24x16xf32>) -> tensor<40x16xf32> {
  %s = mlc.contract "ad,cd->ac" %q, %k : (tensor<40x16xf32>, tensor<24x16xf32>) -> tensor<40x24xf32>
  %r = mlc.reverse %s axes = [0] : tensor<40x24xf32> -> tensor<40x24xf32>
  %sum = mlc.reduce sum %r axes = [1] : tensor<40x24xf32> -> tensor<40xf32>
  %sums = mlc.broadcast %sum axes = [0] : tensor<40xf32> -> tensor<40x24xf32>
  %p = mlc.sub %r, %sums : tensor<40x24xf32>
  %o = mlc.contract "ac,cd->ad" %p, %v : (tensor<40x24xf32>, tensor<24x16xf32>) -> tensor<40x16xf32>
  return %o : tensor<40x16xf32>
}

// The weights are written before the epilogue reads what is to be added to the mix: it cannot lie in their memory.
// PLAN: added: attention, chunks 1, scratch {{[0-9]+$}}
func.func @added(%q: tensor<64x16xf32>, %k: tensor<24x16xf32>, %v: tensor<24x24xf32>, %y: tensor<64x24xf32>) -> (tensor<64x24xf32>, tensor<64x24xf32>) {
  %s = mlc.contract "ad,cd->ac" %q, %k : (tensor<64x16xf32>, tensor<24x16xf32>) -> tensor<64x24xf32>
  %sum = mlc.reduce sum %s axes = [1] : tensor<64x24xf32> -> tensor<64xf32>
  %sums = mlc.broadcast %sum axes = [0] : tensor<64xf32> -> tensor<64x24xf32>
  %p = mlc.sub %s, %sums : tensor<64x24xf32>
  %o = mlc.contract "ac,cd->ad" %p, %v : (tensor<64x24xf32>, tensor<24x24xf32>) -> tensor<64x24xf32>
  %z = mlc.add %o, %y : tensor<64x24xf32>
  return %p, %z : tensor<64x24xf32>, tensor<64x24xf32>
}

// Scores that are a result, too, are written there.
// PLAN: wanted: attention,
func.func @wanted(%q: tensor<2x70x16xf32>, %k: tensor<2x33x16xf32>, %v: tensor<2x33x24xf32>) -> (tensor<2x70x24xf32>, tensor<2x70x33xf32>) {
  %s = mlc.contract "abd,acd->abc" %q, %k : (tensor<2x70x16xf32>, tensor<2x33x16xf32>) -> tensor<2x70x33xf32>
  %sum = mlc.reduce max %s axes = [2] : tensor<2x70x33xf32> -> tensor<2x70xf32>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<2x70xf32> -> tensor<2x70x33xf32>
  %p = mlc.sub %s, %sums : tensor<2x70x33xf32>
  %o = mlc.contract "abc,acd->abd" %p, %v : (tensor<2x70x33xf32>, tensor<2x33x24xf32>) -> tensor<2x70x24xf32>
  return %o, %s : tensor<2x70x24xf32>, tensor<2x70x33xf32>
}
