// What the code of the main classes must look like: vectors in the inner loops, scalars nowhere but in broadcasts, masks for tails.
// RUN: mlc-kernel --target=avx512 --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: mlc-kernel --target=avx512 --loops %s | FileCheck %s --check-prefix=LOOPS
// RUN: mlc-kernel --target=avx512 --asm %s | FileCheck %s --check-prefix=ASM

// A product of whole tiles: no masks, sums in registers, four steps of the sum written out, a factor broadcast from memory.
// PLAN: product: contraction, chunks 12, scratch 0
// LOOPS-LABEL: func.func @product
// LOOPS-NOT: masked
// LOOPS: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>,
// LOOPS-COUNT-8: llvm.load {{.*}} -> vector<16xf32>
// LOOPS: math.fma {{.*}} : vector<16xf32>
// ASM-LABEL: product:
// ASM: vfmadd231ps {{.*}}{1to16}
// ASM-NOT: {{vfmadd[0-9]+ss}}
func.func @product(%a: tensor<64x784xf32>, %b: tensor<784x256xf32>) -> tensor<64x256xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<64x784xf32>, tensor<784x256xf32>) -> tensor<64x256xf32>
  return %0 : tensor<64x256xf32>
}

// What the epilogue reads and writes is asked for in the first turns of a long sum, a line of each in a turn.
// PLAN: residual: contraction
// LOOPS-LABEL: func.func @residual
// LOOPS: scf.for {{.*}} to %c112_i64 step %c4_i64 iter_args
// LOOPS-COUNT-2: "llvm.intr.prefetch"
// LOOPS: scf.for {{.*}} = %c112_i64 to %c256_i64 step %c4_i64 iter_args
// LOOPS-NOT: "llvm.intr.prefetch"
// LOOPS: llvm.store
func.func @residual(%a: tensor<1008x256xf32>, %b: tensor<256x512xf32>, %c: tensor<1008x512xf32>) -> tensor<1008x512xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<1008x256xf32>, tensor<256x512xf32>) -> tensor<1008x512xf32>
  %1 = mlc.add %0, %c : tensor<1008x512xf32>
  return %1 : tensor<1008x512xf32>
}

// Columns that do not fill a vector: a masked one.
// PLAN: narrow: contraction, chunks 1, scratch 0
// LOOPS-LABEL: func.func @narrow
// LOOPS: llvm.intr.masked.load
// LOOPS: math.fma {{.*}} : vector<16xf32>
// LOOPS: llvm.intr.masked.store
func.func @narrow(%a: tensor<64x128xf32>, %b: tensor<128x10xf32>) -> tensor<64x10xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<64x128xf32>, tensor<128x10xf32>) -> tensor<64x10xf32>
  return %0 : tensor<64x10xf32>
}

// A transposed operand is packed through registers.
// PLAN: transposed: contraction, chunks 1, scratch 16384
// LOOPS-LABEL: func.func @transposed
// LOOPS: vector.shuffle
// LOOPS: math.fma {{.*}} : vector<16xf32>
func.func @transposed(%a: tensor<64x128xf32>, %b: tensor<32x128xf32>) -> tensor<64x32xf32> {
  %0 = mlc.contract "mk,nk->mn" %a, %b : (tensor<64x128xf32>, tensor<32x128xf32>) -> tensor<64x32xf32>
  return %0 : tensor<64x32xf32>
}

// An elementwise kernel is one loop over all axes.
// PLAN: flat: map, chunks 1, scratch 0, in place 0->0
// LOOPS-LABEL: func.func @flat
// LOOPS-COUNT-1: scf.for
// LOOPS-NOT: scf.for
// LOOPS: math.tanh {{.*}} : vector<16xf32>
// LOOPS-LABEL: func.func @softmax
func.func @flat(%a: tensor<3x4x16xf32>) -> tensor<3x4x16xf32> {
  %0 = mlc.tanh %a : tensor<3x4x16xf32>
  return %0 : tensor<3x4x16xf32>
}

// Softmax: two passes, of four vectors at a time, and one that writes; the exponentials, in vectors, are kept
// for it in scratch.
// PLAN: softmax: rows, chunks 1, scratch 1024, in place 0->0
// LOOPS: scf.for
// LOOPS: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// LOOPS: arith.maximumf {{.*}} : vector<16xf32>
// LOOPS: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// LOOPS-COUNT-4: math.exp {{.*}} : vector<16xf32>
// LOOPS: scf.for
// LOOPS-NOT: math.exp
// LOOPS: llvm.store {{.*}} : vector<16xf32>
func.func @softmax(%a: tensor<8x256xf32>) -> tensor<8x256xf32> {
  %m = mlc.reduce max %a axes = [1] : tensor<8x256xf32> -> tensor<8xf32>
  %0 = mlc.broadcast %m axes = [0] : tensor<8xf32> -> tensor<8x256xf32>
  %1 = mlc.sub %a, %0 : tensor<8x256xf32>
  %2 = mlc.exp %1 : tensor<8x256xf32>
  %3 = mlc.reduce sum %2 axes = [1] : tensor<8x256xf32> -> tensor<8xf32>
  %4 = mlc.broadcast %3 axes = [0] : tensor<8xf32> -> tensor<8x256xf32>
  %5 = mlc.div %2, %4 : tensor<8x256xf32>
  return %5 : tensor<8x256xf32>
}

// A column sum runs along the columns: two vectors side by side, four rows of each.
// PLAN: columns: columns, chunks 1, scratch 0
// LOOPS-LABEL: func.func @columns
// LOOPS: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// LOOPS-COUNT-8: arith.addf {{.*}} : vector<16xf32>
func.func @columns(%a: tensor<64x32xf32>) -> tensor<32xf32> {
  %0 = mlc.reduce sum %a axes = [0] : tensor<64x32xf32> -> tensor<32xf32>
  return %0 : tensor<32xf32>
}

// A convolution keeps pixels x filters in registers and its border in scratch.
// PLAN: convolution: convolution, chunks {{[0-9]+}}, scratch 4096
// LOOPS-LABEL: func.func @convolution
// LOOPS: math.fma {{.*}} : vector<16xf32>
// PLAN: filter: convolution_filter, chunks 4, scratch 4096
// LOOPS-LABEL: func.func @filter
// LOOPS: math.fma {{.*}} : vector<16xf32>
func.func @convolution(%x: tensor<64x28x28x1xf32>, %w: tensor<5x5x1x16xf32>) -> tensor<64x28x28x16xf32> {
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [2, 2] [2, 2] dilations = [1, 1] groups = 1 : (tensor<64x28x28x1xf32>, tensor<5x5x1x16xf32>) -> tensor<64x28x28x16xf32>
  return %0 : tensor<64x28x28x16xf32>
}
func.func @filter(%x: tensor<64x28x28x1xf32>, %y: tensor<64x28x28x16xf32>) -> tensor<4x5x5x1x16xf32> {
  %0 = mlc.conv_filter %x, %y strides = [1, 1] pads = [2, 2] [2, 2] dilations = [1, 1] groups = 1 {partials = 4 : i64} : (tensor<64x28x28x1xf32>, tensor<64x28x28x16xf32>) -> tensor<4x5x5x1x16xf32>
  return %0 : tensor<4x5x5x1x16xf32>
}

// What the fuse pass should not have made: two products in one kernel run as stages on one thread.
// PLAN: two_products: staged, chunks 1, scratch 4096
func.func @two_products(%a: tensor<32x32xf32>, %b: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<32x32xf32>, tensor<32x32xf32>) -> tensor<32x32xf32>
  %1 = mlc.contract "mk,kn->mn" %0, %b : (tensor<32x32xf32>, tensor<32x32xf32>) -> tensor<32x32xf32>
  return %1 : tensor<32x32xf32>
}

// An update of state that one core's cache holds stays on one core; of more state it is shared.
// PLAN: small_update: map, chunks 1,
// PLAN: large_update: map, chunks {{[2-9]|1[0-6]}},
func.func @small_update(%w: tensor<100000xf32>, %g: tensor<100000xf32>) -> tensor<100000xf32> attributes {mlc.update} {
  %0 = mlc.sub %w, %g : tensor<100000xf32>
  return %0 : tensor<100000xf32>
}
func.func @large_update(%w: tensor<300000xf32>, %g: tensor<300000xf32>) -> tensor<300000xf32> attributes {mlc.update} {
  %0 = mlc.sub %w, %g : tensor<300000xf32>
  return %0 : tensor<300000xf32>
}
