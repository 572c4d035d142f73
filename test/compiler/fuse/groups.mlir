// Which ops become one kernel, case by case.
// RUN: mlc-opt %s --split-input-file --mlc-fuse | FileCheck %s

// Softmax and its use by row reductions: one kernel over rows, results of both shapes.
// CHECK-LABEL: func.func @softmax
// CHECK: step.launch @k_0 ins(%arg0 : tensor<32x10xf32>) outs(%{{.*}}, %{{.*}} : tensor<32x10xf32>, tensor<32xf32>)
// CHECK-NOT: step.launch
func.func @softmax(%x: tensor<32x10xf32>) -> (tensor<32x10xf32>, tensor<32xf32>) {
  %m = mlc.reduce max %x axes = [1] : tensor<32x10xf32> -> tensor<32xf32>
  %mb = mlc.broadcast %m axes = [0] : tensor<32xf32> -> tensor<32x10xf32>
  %d = mlc.sub %x, %mb : tensor<32x10xf32>
  %e = mlc.exp %d : tensor<32x10xf32>
  %s = mlc.reduce sum %e axes = [1] : tensor<32x10xf32> -> tensor<32xf32>
  %sb = mlc.broadcast %s axes = [0] : tensor<32xf32> -> tensor<32x10xf32>
  %p = mlc.div %e, %sb : tensor<32x10xf32>
  %l = mlc.log %s : tensor<32xf32>
  %lse = mlc.add %l, %m : tensor<32xf32>
  return %p, %lse : tensor<32x10xf32>, tensor<32xf32>
}

// -----

// What only the backward pass needs of a tanh is computed there: 1 - y^2 costs no buffer.
// CHECK-LABEL: func.func @tanh
// CHECK: %[[Y:.*]] = step.launch @k_0 ins(%arg0, %arg1 {{.*}}) outs(%{{.*}} : tensor<32x16xf32>)
// CHECK: %[[Z:.*]] = step.launch @k_1 ins(%[[Y]], %arg2 {{.*}}) outs(%{{.*}} : tensor<32x4xf32>)
// CHECK: step.launch @k_2 ins(%[[Y]], %[[Z]], %arg2
// CHECK: step.launch @k_3
// CHECK-NOT: step.launch
// CHECK: func.func private @k_0
// CHECK: mlc.contract
// CHECK-NEXT: mlc.tanh
// CHECK: func.func private @k_2
// CHECK: %[[D:.*]] = mlc.sub
// CHECK-NEXT: %[[G:.*]] = mlc.contract
// CHECK-NEXT: mlc.mul %[[G]], %[[D]]
// CHECK-NEXT: return
func.func @tanh(%x: tensor<32x8xf32>, %w: tensor<8x16xf32>, %v: tensor<16x4xf32>) -> tensor<8x16xf32> {
  %h = mlc.contract "ab,bc->ac" %x, %w : (tensor<32x8xf32>, tensor<8x16xf32>) -> tensor<32x16xf32>
  %y = mlc.tanh %h : tensor<32x16xf32>
  %z = mlc.contract "ab,bc->ac" %y, %v : (tensor<32x16xf32>, tensor<16x4xf32>) -> tensor<32x4xf32>
  %y2 = mlc.mul %y, %y : tensor<32x16xf32>
  %one = mlc.constant dense<1.0> : tensor<32x16xf32>
  %dy = mlc.sub %one, %y2 : tensor<32x16xf32>
  %dz = mlc.contract "ac,bc->ab" %z, %v : (tensor<32x4xf32>, tensor<16x4xf32>) -> tensor<32x16xf32>
  %dh = mlc.mul %dz, %dy : tensor<32x16xf32>
  %dw = mlc.contract "ab,ac->bc" %x, %dh : (tensor<32x8xf32>, tensor<32x16xf32>) -> tensor<8x16xf32>
  return %dw : tensor<8x16xf32>
}

// -----

// The mask of a relu leaves the forward kernel as a second result.
// CHECK-LABEL: func.func @relu
// CHECK: %[[H:.*]]:2 = step.launch @k_0 {{.*}} outs(%{{.*}}, %{{.*}} : tensor<32x16xi1>, tensor<32x16xf32>)
// CHECK: %[[D:.*]] = step.launch @k_1 ins(%[[H]]#1
// CHECK: step.launch @k_2 ins(%[[D]], %arg2, %[[H]]#0
func.func @relu(%x: tensor<32x8xf32>, %w: tensor<8x16xf32>, %v: tensor<16x4xf32>) -> tensor<32x16xf32> {
  %zero = mlc.constant dense<0.0> : tensor<32x16xf32>
  %h = mlc.contract "ab,bc->ac" %x, %w : (tensor<32x8xf32>, tensor<8x16xf32>) -> tensor<32x16xf32>
  %mask = mlc.compare le %h, %zero : tensor<32x16xf32>
  %y = mlc.select %mask, %zero, %h : tensor<32x16xf32>
  %z = mlc.contract "ab,bc->ac" %y, %v : (tensor<32x16xf32>, tensor<16x4xf32>) -> tensor<32x4xf32>
  %dy = mlc.contract "ac,bc->ab" %z, %v : (tensor<32x4xf32>, tensor<16x4xf32>) -> tensor<32x16xf32>
  %dh = mlc.select %mask, %zero, %dy : tensor<32x16xf32>
  return %dh : tensor<32x16xf32>
}

// -----

// A bias gradient takes the product before it that nobody else needs; the variance's epilogue follows.
// CHECK-LABEL: func.func @columns
// CHECK: step.launch @k_0 ins(%arg0, %arg1 {{.*}}) outs(%{{.*}} : tensor<8xf32>)
// CHECK-NOT: step.launch
func.func @columns(%x: tensor<64x8xf32>, %y: tensor<64x8xf32>) -> tensor<8xf32> {
  %p = mlc.mul %x, %y : tensor<64x8xf32>
  %s = mlc.reduce sum %p axes = [0] : tensor<64x8xf32> -> tensor<8xf32>
  %r = mlc.sqrt %s : tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

// An op that moves elements reads a buffer; what is not connected to a product is not computed on its tiles.
// CHECK-LABEL: func.func @moves
// CHECK: %[[E:.*]] = step.launch @k_0 ins(%arg0 {{.*}}) outs(%{{.*}} : tensor<8x4xf32>)
// CHECK: step.launch @k_1 ins(%[[E]] {{.*}}) outs(%{{.*}} : tensor<4x8xf32>)
func.func @moves(%x: tensor<8x4xf32>) -> tensor<4x8xf32> {
  %e = mlc.exp %x : tensor<8x4xf32>
  %t = mlc.transpose %e [1, 0] : tensor<8x4xf32> -> tensor<4x8xf32>
  %r = mlc.neg %t : tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: func.func @unconnected
// CHECK: %[[E:.*]] = step.launch @k_0 ins(%arg2
// CHECK: step.launch @k_1 ins(%arg0, %arg1, %[[E]]
func.func @unconnected(%x: tensor<8x4xf32>, %w: tensor<4x4xf32>, %y: tensor<8x4xf32>)
    -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %e = mlc.exp %y : tensor<8x4xf32>
  %p = mlc.contract "ab,bc->ac" %x, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  %r = mlc.add %p, %e : tensor<8x4xf32>
  return %r, %e : tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// Random sites leave the kernel; two dropouts of one shape draw from two streams.
// CHECK-LABEL: func.func @dropout
// CHECK-DAG: %[[A:.*]] = step.stream %arg1 site = 11
// CHECK-DAG: %[[B:.*]] = step.stream %arg1 site = 12
// CHECK: step.launch @k_0 ins(%[[A]], %[[B]], %arg0
// CHECK: func.func private @k_0(%[[KA:.*]]: tensor<3xi64>, %[[KB:.*]]: tensor<3xi64>
// CHECK-NEXT: mlc.random uniform %[[KA]] site = 0
// CHECK-NEXT: mlc.random uniform %[[KB]] site = 0
func.func @dropout(%x: tensor<8x4xf32>, %stream: tensor<3xi64>) -> tensor<8x4xf32> {
  %a = mlc.random uniform %stream site = 11 batched = true : tensor<3xi64> -> tensor<8x4xf32>
  %b = mlc.random uniform %stream site = 12 batched = true : tensor<3xi64> -> tensor<8x4xf32>
  %c = mlc.mul %a, %b : tensor<8x4xf32>
  %r = mlc.mul %c, %x : tensor<8x4xf32>
  return %r : tensor<8x4xf32>
}

// -----

// Bytes stay bytes in memory: the conversion is in the kernels that read them. A product wants numbers.
// CHECK-LABEL: func.func @pictures
// CHECK: %[[F:.*]] = step.launch @k_0 ins(%arg0 : tensor<8x4xi8>) outs(%{{.*}} : tensor<8x4xf32>)
// CHECK: step.launch @k_1 ins(%[[F]], %arg1
func.func @pictures(%x: tensor<8x4xi8>, %w: tensor<4x4xf32>) -> tensor<8x4xf32> {
  %f = mlc.convert %x : tensor<8x4xi8> -> tensor<8x4xf32>
  %p = mlc.contract "ab,bc->ac" %f, %w : (tensor<8x4xf32>, tensor<4x4xf32>) -> tensor<8x4xf32>
  return %p : tensor<8x4xf32>
}

// -----

// Constants: one number is inside kernels, many numbers are read-only data, and a result needs a buffer.
// CHECK-LABEL: func.func @constants
// CHECK: %[[C:.*]] = step.constant dense<[1.{{.*}}, 2.{{.*}}]>
// CHECK: %[[S:.*]]:2 = step.launch @k_0 ins(%arg0, %[[C]]
// CHECK: return %[[S]]#1, %[[S]]#0, %[[C]]
func.func @constants(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %c = mlc.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %half = mlc.constant dense<0.5> : tensor<2xf32>
  %a = mlc.mul %x, %c : tensor<2xf32>
  %b = mlc.mul %a, %half : tensor<2xf32>
  return %b, %half, %c : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// -----

// Adam: one kernel a parameter, three results.
// CHECK-LABEL: func.func @adam
// CHECK: step.launch @k_0 {{.*}} outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>)
// CHECK-NOT: step.launch
func.func @adam(%p: tensor<4x4xf32> {mlc.role = #mlc.role<state, "p">}, %m: tensor<4x4xf32> {mlc.role = #mlc.role<state, "m">},
                %v: tensor<4x4xf32> {mlc.role = #mlc.role<state, "v">}, %g: tensor<4x4xf32>)
    -> (tensor<4x4xf32> {mlc.role = #mlc.role<state, "p">}, tensor<4x4xf32> {mlc.role = #mlc.role<state, "m">}, tensor<4x4xf32> {mlc.role = #mlc.role<state, "v">}) {
  %b1 = mlc.constant dense<0.9> : tensor<4x4xf32>
  %b2 = mlc.constant dense<0.999> : tensor<4x4xf32>
  %m0 = mlc.mul %m, %b1 : tensor<4x4xf32>
  %m1 = mlc.add %m0, %g : tensor<4x4xf32>
  %g2 = mlc.mul %g, %g : tensor<4x4xf32>
  %v0 = mlc.mul %v, %b2 : tensor<4x4xf32>
  %v1 = mlc.add %v0, %g2 : tensor<4x4xf32>
  %r = mlc.rsqrt %v1 : tensor<4x4xf32>
  %u = mlc.mul %m1, %r : tensor<4x4xf32>
  %p1 = mlc.sub %p, %u : tensor<4x4xf32>
  return %p1, %m1, %v1 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
