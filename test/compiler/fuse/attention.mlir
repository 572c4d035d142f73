// Products that read slices in place, and attention as one kernel.
// RUN: mlc-opt %s --split-input-file --mlc-fuse | FileCheck %s

// Queries, keys and values are slices of one buffer, which is read where it lies; the scores are never a buffer.
// CHECK-LABEL: func.func @attention
// CHECK: %[[QKV:.*]] = step.launch @k_0
// CHECK: step.launch @k_1 ins(%[[QKV]] : tensor<2x20x96xf32>) outs(%{{.*}} : tensor<2x20x4x8xf32>)
// CHECK-NOT: step.launch
// CHECK: func.func private @k_1
// CHECK: mlc.slice %arg0 starts = [0, 0, 0]
// CHECK: mlc.slice %arg0 starts = [0, 0, 32]
// CHECK: mlc.contract
// CHECK: mlc.reduce max
// CHECK: mlc.reduce sum
// CHECK: mlc.slice %arg0 starts = [0, 0, 64]
// CHECK: mlc.contract
// CHECK-NEXT: return
func.func @attention(%x: tensor<2x20x32xf32>, %w: tensor<32x96xf32>) -> tensor<2x20x4x8xf32> {
  %qkv = mlc.contract "abc,cd->abd" %x, %w : (tensor<2x20x32xf32>, tensor<32x96xf32>) -> tensor<2x20x96xf32>
  %q0 = mlc.slice %qkv starts = [0, 0, 0] strides = [1, 1, 1] : tensor<2x20x96xf32> -> tensor<2x20x32xf32>
  %k0 = mlc.slice %qkv starts = [0, 0, 32] strides = [1, 1, 1] : tensor<2x20x96xf32> -> tensor<2x20x32xf32>
  %v0 = mlc.slice %qkv starts = [0, 0, 64] strides = [1, 1, 1] : tensor<2x20x96xf32> -> tensor<2x20x32xf32>
  %q = mlc.reshape %q0 : tensor<2x20x32xf32> -> tensor<2x20x4x8xf32>
  %k = mlc.reshape %k0 : tensor<2x20x32xf32> -> tensor<2x20x4x8xf32>
  %v = mlc.reshape %v0 : tensor<2x20x32xf32> -> tensor<2x20x4x8xf32>
  %s = mlc.contract "abcd,aecd->acbe" %q, %k : (tensor<2x20x4x8xf32>, tensor<2x20x4x8xf32>) -> tensor<2x4x20x20xf32>
  %m = mlc.reduce max %s axes = [3] : tensor<2x4x20x20xf32> -> tensor<2x4x20xf32>
  %mb = mlc.broadcast %m axes = [0, 1, 2] : tensor<2x4x20xf32> -> tensor<2x4x20x20xf32>
  %d = mlc.sub %s, %mb : tensor<2x4x20x20xf32>
  %e = mlc.exp %d : tensor<2x4x20x20xf32>
  %z = mlc.reduce sum %e axes = [3] : tensor<2x4x20x20xf32> -> tensor<2x4x20xf32>
  %zb = mlc.broadcast %z axes = [0, 1, 2] : tensor<2x4x20xf32> -> tensor<2x4x20x20xf32>
  %p = mlc.div %e, %zb : tensor<2x4x20x20xf32>
  %o = mlc.contract "acbe,aecd->abcd" %p, %v : (tensor<2x4x20x20xf32>, tensor<2x20x4x8xf32>) -> tensor<2x20x4x8xf32>
  return %o : tensor<2x20x4x8xf32>
}

// -----

// Scores that somebody else wants are a buffer, and so the rows are a kernel of their own.
// CHECK-LABEL: func.func @scores
// CHECK-COUNT-3: step.launch
// CHECK-NOT: step.launch
// CHECK: func.func private @k_0
func.func @scores(%q: tensor<20x8xf32>, %k: tensor<30x8xf32>, %v: tensor<30x8xf32>) -> (tensor<20x8xf32>, tensor<20x30xf32>) {
  %s = mlc.contract "ad,bd->ab" %q, %k : (tensor<20x8xf32>, tensor<30x8xf32>) -> tensor<20x30xf32>
  %z = mlc.reduce sum %s axes = [1] : tensor<20x30xf32> -> tensor<20xf32>
  %zb = mlc.broadcast %z axes = [0] : tensor<20xf32> -> tensor<20x30xf32>
  %p = mlc.sub %s, %zb : tensor<20x30xf32>
  %o = mlc.contract "ab,bd->ad" %p, %v : (tensor<20x30xf32>, tensor<30x8xf32>) -> tensor<20x8xf32>
  return %o, %s : tensor<20x8xf32>, tensor<20x30xf32>
}

// -----

// Weights that the way to the values goes through, too, cannot wait for them in one kernel.
// CHECK-LABEL: func.func @around
// CHECK-COUNT-4: step.launch
// CHECK-NOT: step.launch
// CHECK: func.func private @k_0
func.func @around(%q: tensor<30x8xf32>, %k: tensor<30x8xf32>) -> tensor<30x30xf32> {
  %s = mlc.contract "ad,bd->ab" %q, %k : (tensor<30x8xf32>, tensor<30x8xf32>) -> tensor<30x30xf32>
  %z = mlc.reduce sum %s axes = [1] : tensor<30x30xf32> -> tensor<30xf32>
  %zb = mlc.broadcast %z axes = [0] : tensor<30xf32> -> tensor<30x30xf32>
  %p = mlc.sub %s, %zb : tensor<30x30xf32>
  %v = mlc.cumsum %p axis = 0 : tensor<30x30xf32> -> tensor<30x30xf32>
  %o = mlc.contract "ab,bd->ad" %p, %v : (tensor<30x30xf32>, tensor<30x30xf32>) -> tensor<30x30xf32>
  return %o : tensor<30x30xf32>
}

// -----

// Wide products are worth a kernel each, with or without rows between them.
// CHECK-LABEL: func.func @wide
// CHECK-COUNT-3: step.launch
// CHECK-NOT: step.launch
// CHECK: func.func private @k_0
func.func @wide(%x: tensor<20x300xf32>, %w: tensor<300x40xf32>, %v: tensor<40x8xf32>) -> tensor<20x8xf32> {
  %s = mlc.contract "ad,db->ab" %x, %w : (tensor<20x300xf32>, tensor<300x40xf32>) -> tensor<20x40xf32>
  %z = mlc.reduce sum %s axes = [1] : tensor<20x40xf32> -> tensor<20xf32>
  %zb = mlc.broadcast %z axes = [0] : tensor<20xf32> -> tensor<20x40xf32>
  %p = mlc.sub %s, %zb : tensor<20x40xf32>
  %o = mlc.contract "ab,bd->ad" %p, %v : (tensor<20x40xf32>, tensor<40x8xf32>) -> tensor<20x8xf32>
  return %o : tensor<20x8xf32>
}

// -----

// A chain of products and rows: two of them are one kernel, the third is not.
// CHECK-LABEL: func.func @chain
// CHECK-COUNT-3: step.launch
// CHECK-NOT: step.launch
// CHECK: func.func private @k_0
func.func @chain(%x: tensor<20x8xf32>, %w: tensor<8x40xf32>, %v: tensor<40x8xf32>, %u: tensor<8x9xf32>) -> tensor<20x9xf32> {
  %s = mlc.contract "ad,db->ab" %x, %w : (tensor<20x8xf32>, tensor<8x40xf32>) -> tensor<20x40xf32>
  %z = mlc.reduce sum %s axes = [1] : tensor<20x40xf32> -> tensor<20xf32>
  %zb = mlc.broadcast %z axes = [0] : tensor<20xf32> -> tensor<20x40xf32>
  %p = mlc.sub %s, %zb : tensor<20x40xf32>
  %t = mlc.contract "ab,bd->ad" %p, %v : (tensor<20x40xf32>, tensor<40x8xf32>) -> tensor<20x8xf32>
  %y = mlc.reduce sum %t axes = [1] : tensor<20x8xf32> -> tensor<20xf32>
  %yb = mlc.broadcast %y axes = [0] : tensor<20xf32> -> tensor<20x8xf32>
  %q = mlc.sub %t, %yb : tensor<20x8xf32>
  %o = mlc.contract "ab,bd->ad" %q, %u : (tensor<20x8xf32>, tensor<8x9xf32>) -> tensor<20x9xf32>
  return %o : tensor<20x9xf32>
}

// -----

// A slice that somebody else than a product reads is a buffer.
// CHECK-LABEL: func.func @copied
// CHECK: %[[S:.*]] = step.launch @k_0 ins(%arg0 : tensor<20x96xf32>)
// CHECK: step.launch @k_1 ins(%[[S]]
// CHECK: step.launch @k_2 ins(%[[S]]
func.func @copied(%x: tensor<20x96xf32>, %w: tensor<32x8xf32>) -> (tensor<20x8xf32>, tensor<20x32xf32>) {
  %s = mlc.slice %x starts = [0, 32] strides = [1, 1] : tensor<20x96xf32> -> tensor<20x32xf32>
  %o = mlc.contract "ab,bc->ac" %s, %w : (tensor<20x32xf32>, tensor<32x8xf32>) -> tensor<20x8xf32>
  %r = mlc.cumsum %s axis = 1 : tensor<20x32xf32> -> tensor<20x32xf32>
  return %o, %r : tensor<20x8xf32>, tensor<20x32xf32>
}

// -----

// A slice of what is otherwise made again at every use needs it in memory.
// CHECK-LABEL: func.func @repeated
// CHECK: %[[B:.*]] = step.launch @k_0 ins(%arg0 : tensor<30xf32>) outs(%{{.*}} : tensor<20x30xf32>)
// CHECK: step.launch @k_1 ins(%[[B]], %arg1
// CHECK-NOT: step.launch
// CHECK: func.func private @k_1
// CHECK: mlc.slice
func.func @repeated(%x: tensor<30xf32>, %w: tensor<10x8xf32>) -> tensor<20x8xf32> {
  %b = mlc.broadcast %x axes = [1] : tensor<30xf32> -> tensor<20x30xf32>
  %s = mlc.slice %b starts = [0, 5] strides = [1, 2] : tensor<20x30xf32> -> tensor<20x10xf32>
  %o = mlc.contract "ab,bc->ac" %s, %w : (tensor<20x10xf32>, tensor<10x8xf32>) -> tensor<20x8xf32>
  return %o : tensor<20x8xf32>
}

// -----

// Values that are made of the same rows as the weights cannot wait for these in one kernel.
// CHECK-LABEL: func.func @of_the_rows
// CHECK-COUNT-3: step.launch
// CHECK-NOT: step.launch
// CHECK: func.func private @k_0
func.func @of_the_rows(%q: tensor<20x16xf32>, %k: tensor<30x16xf32>) -> tensor<20x20xf32> {
  %s = mlc.contract "ad,bd->ab" %q, %k : (tensor<20x16xf32>, tensor<30x16xf32>) -> tensor<20x30xf32>
  %m = mlc.reduce max %s axes = [1] : tensor<20x30xf32> -> tensor<20xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<20xf32> -> tensor<20x30xf32>
  %d = mlc.sub %s, %mb : tensor<20x30xf32>
  %e = mlc.exp %d : tensor<20x30xf32>
  %z = mlc.reduce sum %e axes = [1] : tensor<20x30xf32> -> tensor<20xf32>
  %zb = mlc.broadcast %z axes = [0] : tensor<20xf32> -> tensor<20x30xf32>
  %p = mlc.div %e, %zb : tensor<20x30xf32>
  %o = mlc.contract "ab,cb->ac" %p, %e : (tensor<20x30xf32>, tensor<20x30xf32>) -> tensor<20x20xf32>
  return %o : tensor<20x20xf32>
}
