// The ops of a remat region are computed again, on barriers around what entered; what left it is read as it is.
// RUN: mlc-opt --mlc-autodiff --mlc-inline --canonicalize --cse %s | FileCheck %s

// sin and exp twice, the second time behind the barrier; the last product is outside.
// CHECK-LABEL: func.func @region_use(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
// CHECK-NOT: enter
// CHECK: mlc.sin %[[X]]
// CHECK: %[[OUT:.*]] = mlc.exp
// CHECK: mlc.mul %[[OUT]], %[[OUT]]
// CHECK: %[[AGAIN:.*]] = mlc.barrier %[[X]] : tensor<4xf32>
// CHECK: %[[SIN:.*]] = mlc.sin %[[AGAIN]]
// CHECK: mlc.exp %[[SIN]]
// CHECK: mlc.cos %[[X]]
// CHECK-NOT: leave
func.func private @region(%x: tensor<4xf32>) -> tensor<f32> {
  %e = mlc.barrier %x enter = 1 : tensor<4xf32>
  %0 = mlc.sin %e : tensor<4xf32>
  %1 = mlc.exp %0 : tensor<4xf32>
  %l = mlc.barrier %1 leave = 1 : tensor<4xf32>
  %2 = mlc.mul %l, %l : tensor<4xf32>
  %3 = mlc.reduce sum %2 axes = [0] : tensor<4xf32> -> tensor<f32>
  return %3 : tensor<f32>
}
func.func @region_use(%x: tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>) {
  %0:2 = mlc.gradient @region(%x) wrt = [0] : (tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>)
  return %0#0, %0#1 : tensor<f32>, tensor<4xf32>
}

// In a scan, nothing but the carries is kept, and products are not made for all steps at once.
// CHECK-LABEL: func.func @scan_use(
// CHECK: mlc.scan
// CHECK-SAME: -> (tensor<6x4xf32>) {
// CHECK: mlc.scan
// CHECK: mlc.barrier
// CHECK: mlc.contract
// CHECK: mlc.tanh
func.func private @scan(%h0: tensor<4xf32>, %xs: tensor<5x4xf32>, %w: tensor<4x4xf32>) -> tensor<f32> {
  %stack, %ys = mlc.scan carries(%h = %h0 : tensor<4xf32>) slices(%x = %xs : tensor<5x4xf32>) constants(%k = %w : tensor<4x4xf32>) -> (tensor<6x4xf32>, tensor<5x4xf32>) {
    %eh = mlc.barrier %h enter = 1 : tensor<4xf32>
    %ex = mlc.barrier %x enter = 1 : tensor<4xf32>
    %ek = mlc.barrier %k enter = 1 : tensor<4x4xf32>
    %0 = mlc.contract "i,ij->j" %eh, %ek : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4xf32>
    %1 = mlc.add %0, %ex : tensor<4xf32>
    %2 = mlc.tanh %1 : tensor<4xf32>
    %l = mlc.barrier %2 leave = 1 : tensor<4xf32>
    mlc.yield %l, %l : tensor<4xf32>, tensor<4xf32>
  }
  %0 = mlc.reduce sum %ys axes = [0, 1] : tensor<5x4xf32> -> tensor<f32>
  return %0 : tensor<f32>
}
func.func @scan_use(%h0: tensor<4xf32>, %xs: tensor<5x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0:2 = mlc.gradient @scan(%h0, %xs, %w) wrt = [2] : (tensor<4xf32>, tensor<5x4xf32>, tensor<4x4xf32>) -> (tensor<f32>, tensor<4x4xf32>)
  return %0#1 : tensor<4x4xf32>
}
