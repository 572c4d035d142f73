// What kernels make again instead of reading it.
// RUN: mlc-opt --split-input-file --mlc-fuse %s | FileCheck %s

// Of a GELU's way, the backward product's kernel reads the sum before it alone, and makes its half, its error function and the rest again.
// CHECK-LABEL: func.func @gelu
// CHECK: %[[F:.*]]:2 = step.launch @k_0 {{.*}} -> tensor<64x64xf32>, tensor<64x64xf32>
// CHECK: step.launch @k_2 ins(%arg4, %arg3, %[[F]]#0 :
// CHECK: func.func private @k_2(
// CHECK: mlc.erf
func.func @gelu(%x: tensor<64x64xf32>, %w: tensor<64x64xf32>, %b: tensor<64x64xf32>, %v: tensor<64x64xf32>, %g: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64x64xf32>) {
  %0 = mlc.contract "mk,kn->mn" %x, %w : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %1 = mlc.add %0, %b : tensor<64x64xf32>
  %2 = mlc.constant dense<0.5> : tensor<64x64xf32>
  %3 = mlc.mul %1, %2 : tensor<64x64xf32>
  %4 = mlc.erf %1 : tensor<64x64xf32>
  %5 = mlc.mul %3, %4 : tensor<64x64xf32>
  %6 = mlc.contract "mk,kn->mn" %5, %v : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %7 = mlc.contract "mk,nk->mn" %g, %v : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %8 = mlc.mul %7, %4 : tensor<64x64xf32>
  %9 = mlc.mul %7, %3 : tensor<64x64xf32>
  %10 = mlc.add %8, %9 : tensor<64x64xf32>
  return %6, %10 : tensor<64x64xf32>, tensor<64x64xf32>
}

// -----

// Both readers make x + x from the argument, and no launch is left for it.
// CHECK-LABEL: func.func @nothing_left
// CHECK: step.launch @k_{{[0-9]+}} ins(%arg0, %arg1
// CHECK: step.launch @k_{{[0-9]+}} ins(%arg0, %arg1
// CHECK-NOT: step.launch
func.func @nothing_left(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
  %0 = mlc.add %x, %x : tensor<64x64xf32>
  %1 = mlc.mul %0, %y : tensor<64x64xf32>
  %2 = mlc.reduce sum %1 axes = [0] : tensor<64x64xf32> -> tensor<64xf32>
  %3 = mlc.sub %0, %y : tensor<64x64xf32>
  %4 = mlc.reduce max %3 axes = [0] : tensor<64x64xf32> -> tensor<64xf32>
  return %2, %4 : tensor<64xf32>, tensor<64xf32>
}

// -----

// A product reads it in memory: then it is there for all.
// CHECK-LABEL: func.func @needed
// CHECK: %[[S:.*]] = step.launch @k_0
// CHECK: step.launch @k_1 ins(%[[S]], %arg1
// CHECK: step.launch @k_2 ins(%[[S]], %arg1
func.func @needed(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64xf32>) {
  %0 = mlc.sin %x : tensor<64x64xf32>
  %1 = mlc.contract "mk,kn->mn" %0, %y : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %2 = mlc.mul %0, %y : tensor<64x64xf32>
  %3 = mlc.reduce sum %2 axes = [0] : tensor<64x64xf32> -> tensor<64xf32>
  return %1, %3 : tensor<64x64xf32>, tensor<64xf32>
}

// -----

// What is normalised is made again from x and the numbers of its columns, though the difference, itself made again,
// is of another group than its scaling.
// CHECK-LABEL: func.func @normalised
// CHECK: %[[N:.*]] = step.launch @k_{{[0-9]+}} ins(%arg0, {{.*}}, %arg1 : {{.*}} -> tensor<64x64xf32>
// CHECK: step.launch @k_{{[0-9]+}} ins(%[[N]], %arg1
// CHECK: step.launch @[[SUM:k_[0-9]+]] ins(%arg2, %arg0, {{.*}} -> tensor<64xf32>
// CHECK: func.func private @[[SUM]](%arg0: tensor<64x64xf32>, %arg1: tensor<64x64xf32>, %arg2: tensor<64xf32>, %arg3: tensor<64xf32>)
func.func @normalised(%x: tensor<64x64xf32>, %w: tensor<64x64xf32>, %g: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64xf32>) {
  %0 = mlc.reduce sum %x axes = [0] : tensor<64x64xf32> -> tensor<64xf32>
  %1 = mlc.broadcast %0 axes = [1] : tensor<64xf32> -> tensor<64x64xf32>
  %2 = mlc.sub %x, %1 : tensor<64x64xf32>
  %3 = mlc.mul %2, %2 : tensor<64x64xf32>
  %4 = mlc.reduce sum %3 axes = [0] : tensor<64x64xf32> -> tensor<64xf32>
  %5 = mlc.rsqrt %4 : tensor<64xf32>
  %6 = mlc.broadcast %5 axes = [1] : tensor<64xf32> -> tensor<64x64xf32>
  %7 = mlc.mul %2, %6 : tensor<64x64xf32>
  %8 = mlc.add %7, %w : tensor<64x64xf32>
  %9 = mlc.contract "mk,kn->mn" %8, %w : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %10 = mlc.mul %g, %7 : tensor<64x64xf32>
  %11 = mlc.reduce sum %10 axes = [0] : tensor<64x64xf32> -> tensor<64xf32>
  return %9, %11 : tensor<64x64xf32>, tensor<64xf32>
}
