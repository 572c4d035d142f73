// Under a causal mask nothing past the diagonal is computed that only meets zeros.
// RUN: mlc-kernel --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: mlc-kernel --target=avx512 --loops %s | FileCheck %s --check-prefix=LOOPS
// RUN: %every-isa %s

// The weights are wanted: zeros are written where nothing was computed.
// PLAN: forward: attention,
func.func @forward(%q: tensor<2x3x128x16xf32>, %k: tensor<2x3x128x16xf32>, %v: tensor<2x3x128x32xf32>, %mask: tensor<128x128xi1> {mlc.triangular})
    -> (tensor<2x3x128x32xf32>, tensor<2x3x128x128xf32>, tensor<2x3x128xf32>) {
  %s = mlc.contract "abtc,absc->abts" %q, %k : (tensor<2x3x128x16xf32>, tensor<2x3x128x16xf32>) -> tensor<2x3x128x128xf32>
  %m = mlc.broadcast %mask axes = [2, 3] : tensor<128x128xi1> -> tensor<2x3x128x128xi1>
  %hidden = mlc.constant dense<0xFF800000> : tensor<2x3x128x128xf32>
  %u = mlc.select %m, %s, %hidden : tensor<2x3x128x128xf32>
  %max = mlc.reduce max %u axes = [3] : tensor<2x3x128x128xf32> -> tensor<2x3x128xf32>
  %maxes = mlc.broadcast %max axes = [0, 1, 2] : tensor<2x3x128xf32> -> tensor<2x3x128x128xf32>
  %d = mlc.sub %u, %maxes : tensor<2x3x128x128xf32>
  %e = mlc.exp %d : tensor<2x3x128x128xf32>
  %sum = mlc.reduce sum %e axes = [3] : tensor<2x3x128x128xf32> -> tensor<2x3x128xf32>
  %sums = mlc.broadcast %sum axes = [0, 1, 2] : tensor<2x3x128xf32> -> tensor<2x3x128x128xf32>
  %p = mlc.div %e, %sums : tensor<2x3x128x128xf32>
  %o = mlc.contract "abts,abse->abte" %p, %v : (tensor<2x3x128x128xf32>, tensor<2x3x128x32xf32>) -> tensor<2x3x128x32xf32>
  return %o, %p, %sum : tensor<2x3x128x32xf32>, tensor<2x3x128x128xf32>, tensor<2x3x128xf32>
}

// The mask is made here; more rows than columns, of which the later ones see all.
// PLAN: positions: attention,
func.func @positions(%q: tensor<2x160x8xf32>, %k: tensor<2x96x8xf32>, %v: tensor<2x96x24xf32>)
    -> (tensor<2x160x24xf32>) {
  %rows = mlc.iota 0 : tensor<160xi32>
  %columns = mlc.iota 0 : tensor<96xi32>
  %row = mlc.broadcast %rows axes = [0] : tensor<160xi32> -> tensor<160x96xi32>
  %column = mlc.broadcast %columns axes = [1] : tensor<96xi32> -> tensor<160x96xi32>
  %mask = mlc.compare ge %row, %column : tensor<160x96xi32>
  %s = mlc.contract "atc,asc->ats" %q, %k : (tensor<2x160x8xf32>, tensor<2x96x8xf32>) -> tensor<2x160x96xf32>
  %m = mlc.broadcast %mask axes = [1, 2] : tensor<160x96xi1> -> tensor<2x160x96xi1>
  %hidden = mlc.constant dense<0xFF800000> : tensor<2x160x96xf32>
  %u = mlc.select %m, %s, %hidden : tensor<2x160x96xf32>
  %max = mlc.reduce max %u axes = [2] : tensor<2x160x96xf32> -> tensor<2x160xf32>
  %maxes = mlc.broadcast %max axes = [0, 1] : tensor<2x160xf32> -> tensor<2x160x96xf32>
  %d = mlc.sub %u, %maxes : tensor<2x160x96xf32>
  %e = mlc.exp %d : tensor<2x160x96xf32>
  %sum = mlc.reduce sum %e axes = [2] : tensor<2x160x96xf32> -> tensor<2x160xf32>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<2x160xf32> -> tensor<2x160x96xf32>
  %p = mlc.div %e, %sums : tensor<2x160x96xf32>
  %o = mlc.contract "ats,ase->ate" %p, %v : (tensor<2x160x96xf32>, tensor<2x96x24xf32>) -> tensor<2x160x24xf32>
  return %o : tensor<2x160x24xf32>
}

// More columns than rows: nobody sees the last ones.
// PLAN: later: attention,
func.func @later(%q: tensor<2x70x8xf32>, %k: tensor<2x192x8xf32>, %v: tensor<2x192x16xf32>)
    -> (tensor<2x70x16xf32>, tensor<2x70x192xf32>) {
  %rows = mlc.iota 0 : tensor<70xi32>
  %columns = mlc.iota 0 : tensor<192xi32>
  %row = mlc.broadcast %rows axes = [0] : tensor<70xi32> -> tensor<70x192xi32>
  %column = mlc.broadcast %columns axes = [1] : tensor<192xi32> -> tensor<70x192xi32>
  %mask = mlc.compare ge %row, %column : tensor<70x192xi32>
  %s = mlc.contract "atc,asc->ats" %q, %k : (tensor<2x70x8xf32>, tensor<2x192x8xf32>) -> tensor<2x70x192xf32>
  %m = mlc.broadcast %mask axes = [1, 2] : tensor<70x192xi1> -> tensor<2x70x192xi1>
  %hidden = mlc.constant dense<0xFF800000> : tensor<2x70x192xf32>
  %u = mlc.select %m, %s, %hidden : tensor<2x70x192xf32>
  %max = mlc.reduce max %u axes = [2] : tensor<2x70x192xf32> -> tensor<2x70xf32>
  %maxes = mlc.broadcast %max axes = [0, 1] : tensor<2x70xf32> -> tensor<2x70x192xf32>
  %d = mlc.sub %u, %maxes : tensor<2x70x192xf32>
  %e = mlc.exp %d : tensor<2x70x192xf32>
  %sum = mlc.reduce sum %e axes = [2] : tensor<2x70x192xf32> -> tensor<2x70xf32>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<2x70xf32> -> tensor<2x70x192xf32>
  %p = mlc.div %e, %sums : tensor<2x70x192xf32>
  %o = mlc.contract "ats,ase->ate" %p, %v : (tensor<2x70x192xf32>, tensor<2x192x16xf32>) -> tensor<2x70x16xf32>
  return %o, %p : tensor<2x70x16xf32>, tensor<2x70x192xf32>
}

// Blocks of rows, the last of which is smaller.
// PLAN: blocks: attention,
func.func @blocks(%q: tensor<1x297x8xf32>, %k: tensor<1x1024x8xf32>, %v: tensor<1x1024x16xf32>, %mask: tensor<297x1024xi1> {mlc.triangular})
    -> (tensor<1x297x16xf32>) {
  %s = mlc.contract "atc,asc->ats" %q, %k : (tensor<1x297x8xf32>, tensor<1x1024x8xf32>) -> tensor<1x297x1024xf32>
  %m = mlc.broadcast %mask axes = [1, 2] : tensor<297x1024xi1> -> tensor<1x297x1024xi1>
  %hidden = mlc.constant dense<0xFF800000> : tensor<1x297x1024xf32>
  %u = mlc.select %m, %s, %hidden : tensor<1x297x1024xf32>
  %max = mlc.reduce max %u axes = [2] : tensor<1x297x1024xf32> -> tensor<1x297xf32>
  %maxes = mlc.broadcast %max axes = [0, 1] : tensor<1x297xf32> -> tensor<1x297x1024xf32>
  %d = mlc.sub %u, %maxes : tensor<1x297x1024xf32>
  %e = mlc.exp %d : tensor<1x297x1024xf32>
  %sum = mlc.reduce sum %e axes = [2] : tensor<1x297x1024xf32> -> tensor<1x297xf32>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<1x297xf32> -> tensor<1x297x1024xf32>
  %p = mlc.div %e, %sums : tensor<1x297x1024xf32>
  %o = mlc.contract "ats,ase->ate" %p, %v : (tensor<1x297x1024xf32>, tensor<1x1024x16xf32>) -> tensor<1x297x16xf32>
  return %o : tensor<1x297x16xf32>
}

// Narrower panels.
// PLAN: doubles: attention,
func.func @doubles(%q: tensor<3x72x8xf64>, %k: tensor<3x80x8xf64>, %v: tensor<3x80x16xf64>)
    -> (tensor<3x72x16xf64>, tensor<3x72x80xf64>) {
  %rows = mlc.iota 0 : tensor<72xi32>
  %columns = mlc.iota 0 : tensor<80xi32>
  %row = mlc.broadcast %rows axes = [0] : tensor<72xi32> -> tensor<72x80xi32>
  %column = mlc.broadcast %columns axes = [1] : tensor<80xi32> -> tensor<72x80xi32>
  %mask = mlc.compare ge %row, %column : tensor<72x80xi32>
  %s = mlc.contract "atc,asc->ats" %q, %k : (tensor<3x72x8xf64>, tensor<3x80x8xf64>) -> tensor<3x72x80xf64>
  %m = mlc.broadcast %mask axes = [1, 2] : tensor<72x80xi1> -> tensor<3x72x80xi1>
  %hidden = mlc.constant dense<0xFFF0000000000000> : tensor<3x72x80xf64>
  %u = mlc.select %m, %s, %hidden : tensor<3x72x80xf64>
  %max = mlc.reduce max %u axes = [2] : tensor<3x72x80xf64> -> tensor<3x72xf64>
  %maxes = mlc.broadcast %max axes = [0, 1] : tensor<3x72xf64> -> tensor<3x72x80xf64>
  %d = mlc.sub %u, %maxes : tensor<3x72x80xf64>
  %e = mlc.exp %d : tensor<3x72x80xf64>
  %sum = mlc.reduce sum %e axes = [2] : tensor<3x72x80xf64> -> tensor<3x72xf64>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<3x72xf64> -> tensor<3x72x80xf64>
  %p = mlc.div %e, %sums : tensor<3x72x80xf64>
  %o = mlc.contract "ats,ase->ate" %p, %v : (tensor<3x72x80xf64>, tensor<3x80x16xf64>) -> tensor<3x72x16xf64>
  return %o, %p : tensor<3x72x16xf64>, tensor<3x72x80xf64>
}

// A hidden score that is a number may have a weight where all others are as low: all is computed.
// PLAN: finite: attention,
func.func @finite(%q: tensor<2x96x8xf32>, %k: tensor<2x96x8xf32>, %v: tensor<2x96x16xf32>, %mask: tensor<96x96xi1> {mlc.triangular})
    -> (tensor<2x96x16xf32>, tensor<2x96x96xf32>) {
  %s = mlc.contract "atc,asc->ats" %q, %k : (tensor<2x96x8xf32>, tensor<2x96x8xf32>) -> tensor<2x96x96xf32>
  %m = mlc.broadcast %mask axes = [1, 2] : tensor<96x96xi1> -> tensor<2x96x96xi1>
  %hidden = mlc.constant dense<-1.0e9> : tensor<2x96x96xf32>
  %u = mlc.select %m, %s, %hidden : tensor<2x96x96xf32>
  %max = mlc.reduce max %u axes = [2] : tensor<2x96x96xf32> -> tensor<2x96xf32>
  %maxes = mlc.broadcast %max axes = [0, 1] : tensor<2x96xf32> -> tensor<2x96x96xf32>
  %d = mlc.sub %u, %maxes : tensor<2x96x96xf32>
  %e = mlc.exp %d : tensor<2x96x96xf32>
  %sum = mlc.reduce sum %e axes = [2] : tensor<2x96x96xf32> -> tensor<2x96xf32>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<2x96xf32> -> tensor<2x96x96xf32>
  %p = mlc.div %e, %sums : tensor<2x96x96xf32>
  %o = mlc.contract "ats,ase->ate" %p, %v : (tensor<2x96x96xf32>, tensor<2x96x16xf32>) -> tensor<2x96x16xf32>
  return %o, %p : tensor<2x96x16xf32>, tensor<2x96x96xf32>
}

// The backward pass: scores are gradients, which are zero past the diagonal because the weights are.
// PLAN: backward: attention,
func.func @backward(%dy: tensor<2x2x128x24xf32>, %v: tensor<2x2x128x24xf32>, %p: tensor<2x2x128x128xf32> {mlc.triangular}, %mask: tensor<128x128xi1> {mlc.triangular}, %k: tensor<2x2x128x16xf32>)
    -> (tensor<2x2x128x128xf32>, tensor<2x2x128x16xf32>) {
  %dp = mlc.contract "abte,abse->abts" %dy, %v : (tensor<2x2x128x24xf32>, tensor<2x2x128x24xf32>) -> tensor<2x2x128x128xf32>
  %m = mlc.mul %dp, %p : tensor<2x2x128x128xf32>
  %sum = mlc.reduce sum %m axes = [3] : tensor<2x2x128x128xf32> -> tensor<2x2x128xf32>
  %sums = mlc.broadcast %sum axes = [0, 1, 2] : tensor<2x2x128xf32> -> tensor<2x2x128x128xf32>
  %c = mlc.sub %dp, %sums : tensor<2x2x128x128xf32>
  %w = mlc.mul %p, %c : tensor<2x2x128x128xf32>
  %seen = mlc.broadcast %mask axes = [2, 3] : tensor<128x128xi1> -> tensor<2x2x128x128xi1>
  %zero = mlc.constant dense<0.0> : tensor<2x2x128x128xf32>
  %ds = mlc.select %seen, %w, %zero : tensor<2x2x128x128xf32>
  %dq = mlc.contract "abts,absd->abtd" %ds, %k : (tensor<2x2x128x128xf32>, tensor<2x2x128x16xf32>) -> tensor<2x2x128x16xf32>
  return %ds, %dq : tensor<2x2x128x128xf32>, tensor<2x2x128x16xf32>
}

// The same of other sizes.
// PLAN: backward_doubles: attention,
func.func @backward_doubles(%dy: tensor<3x40x16xf64>, %v: tensor<3x96x16xf64>, %p: tensor<3x40x96xf64> {mlc.triangular}, %mask: tensor<40x96xi1> {mlc.triangular}, %k: tensor<3x96x8xf64>)
    -> (tensor<3x40x96xf64>, tensor<3x40x8xf64>) {
  %dp = mlc.contract "ate,ase->ats" %dy, %v : (tensor<3x40x16xf64>, tensor<3x96x16xf64>) -> tensor<3x40x96xf64>
  %m = mlc.mul %dp, %p : tensor<3x40x96xf64>
  %sum = mlc.reduce sum %m axes = [2] : tensor<3x40x96xf64> -> tensor<3x40xf64>
  %sums = mlc.broadcast %sum axes = [0, 1] : tensor<3x40xf64> -> tensor<3x40x96xf64>
  %c = mlc.sub %dp, %sums : tensor<3x40x96xf64>
  %w = mlc.mul %p, %c : tensor<3x40x96xf64>
  %seen = mlc.broadcast %mask axes = [1, 2] : tensor<40x96xi1> -> tensor<3x40x96xi1>
  %zero = mlc.constant dense<0.0> : tensor<3x40x96xf64>
  %ds = mlc.select %seen, %w, %zero : tensor<3x40x96xf64>
  %dq = mlc.contract "ats,asd->atd" %ds, %k : (tensor<3x40x96xf64>, tensor<3x96x8xf64>) -> tensor<3x40x8xf64>
  return %ds, %dq : tensor<3x40x96xf64>, tensor<3x40x8xf64>
}

// Gradients of values: sums begin at the diagonal. Rows are columns of the weights.
// PLAN: values: contraction,
// LOOPS-LABEL: func.func @values
// LOOPS: scf.for {{.*}} = %{{[0-9]+}} to %c96_i64 step %c4_i64 iter_args
func.func @values(%p: tensor<2x3x96x64xf32> {mlc.triangular}, %dy: tensor<2x96x3x32xf32>) -> tensor<2x64x3x32xf32> {
  %r = mlc.contract "abts,atbe->asbe" %p, %dy : (tensor<2x3x96x64xf32>, tensor<2x96x3x32xf32>) -> tensor<2x64x3x32xf32>
  return %r : tensor<2x64x3x32xf32>
}

// The same with the operands the other way around, more columns than rows, and a few more rows in each tile than sums.
// PLAN: keys: contraction,
func.func @keys(%q: tensor<2x36x3x20xf32>, %p: tensor<2x3x36x128xf32> {mlc.triangular}) -> tensor<2x128x3x20xf32> {
  %r = mlc.contract "atbe,abts->asbe" %q, %p : (tensor<2x36x3x20xf32>, tensor<2x3x36x128xf32>) -> tensor<2x128x3x20xf32>
  return %r : tensor<2x128x3x20xf32>
}

// Sums that end at the diagonal.
// PLAN: mix: contraction,
// LOOPS-LABEL: func.func @mix
// LOOPS: scf.for {{.*}} = %c0_i64 to %{{[0-9]+}} step %c4_i64 iter_args
func.func @mix(%p: tensor<3x100x64xf32> {mlc.triangular}, %v: tensor<3x64x32xf32>) -> tensor<3x100x32xf32> {
  %r = mlc.contract "ats,ase->ate" %p, %v : (tensor<3x100x64xf32>, tensor<3x64x32xf32>) -> tensor<3x100x32xf32>
  return %r : tensor<3x100x32xf32>
}

// Part of a triangle has another diagonal: all is added.
// PLAN: part: contraction,
// LOOPS-LABEL: func.func @part
// LOOPS-NOT: to %{{[0-9]+}} step %c4_i64 iter_args
func.func @part(%p: tensor<3x100x64xf32> {mlc.triangular}, %v: tensor<3x64x32xf32>) -> tensor<3x40x32xf32> {
  %h = mlc.slice %p starts = [0, 60, 0] strides = [1, 1, 1] : tensor<3x100x64xf32> -> tensor<3x40x64xf32>
  %r = mlc.contract "ats,ase->ate" %h, %v : (tensor<3x40x64xf32>, tensor<3x64x32xf32>) -> tensor<3x40x32xf32>
  return %r : tensor<3x40x32xf32>
}

// Slices of rows that run on from one triangle into the next: each has another diagonal.
// PLAN: shifted: contraction,
func.func @shifted(%p: tensor<65x64x64xf32> {mlc.triangular}, %v: tensor<64x64x32xf32>) -> tensor<64x64x32xf32> {
  %f = mlc.reshape %p : tensor<65x64x64xf32> -> tensor<64x65x64xf32>
  %s = mlc.slice %f starts = [0, 0, 0] strides = [1, 1, 1] : tensor<64x65x64xf32> -> tensor<64x64x64xf32>
  %r = mlc.contract "ats,ase->ate" %s, %v : (tensor<64x64x64xf32>, tensor<64x64x32xf32>) -> tensor<64x64x32xf32>
  return %r : tensor<64x64x32xf32>
}
