// Weights of products in loops as panels of 32 columns, made before the loop; what follows the product stays with it.
// RUN: mlc-opt --mlc-pack-scan-weights --canonicalize %s | FileCheck %s

// CHECK-LABEL: func.func @forward
// CHECK: %[[R:.*]] = mlc.reshape %arg2 : tensor<128x256xf32> -> tensor<128x8x32xf32>
// CHECK: %[[P:.*]] = mlc.transpose %[[R]] [1, 0, 2]
// CHECK: mlc.scan {{.*}} = %[[P]] : tensor<8x128x32xf32>
// CHECK: mlc.contract "mk,okn->mon" {{.*}} -> tensor<2x8x32xf32>
// CHECK: mlc.add {{.*}} tensor<2x8x32xf32>
// CHECK: mlc.tanh {{.*}} tensor<2x8x32xf32>
// CHECK: mlc.reshape {{.*}} tensor<2x8x32xf32> -> tensor<2x256xf32>
func.func @forward(%h0: tensor<2x128xf32> {mlc.role = #mlc.role<state, "h">}, %xs: tensor<5x2x256xf32>, %w: tensor<128x256xf32>, %b: tensor<256xf32>) -> tensor<5x2x256xf32> {
  %stack, %ys = mlc.scan carries(%h = %h0 : tensor<2x128xf32>) slices(%x = %xs : tensor<5x2x256xf32>) constants(%k = %w : tensor<128x256xf32>, %c = %b : tensor<256xf32>) -> (tensor<6x2x128xf32>, tensor<5x2x256xf32>) {
    %0 = mlc.contract "mk,kn->mn" %h, %k : (tensor<2x128xf32>, tensor<128x256xf32>) -> tensor<2x256xf32>
    %1 = mlc.add %0, %x : tensor<2x256xf32>
    %2 = mlc.broadcast %c axes = [1] : tensor<256xf32> -> tensor<2x256xf32>
    %3 = mlc.add %1, %2 : tensor<2x256xf32>
    %4 = mlc.tanh %3 : tensor<2x256xf32>
    %5 = mlc.slice %4 starts = [0, 0] strides = [1, 1] : tensor<2x256xf32> -> tensor<2x128xf32>
    mlc.yield %5, %4 : tensor<2x128xf32>, tensor<2x256xf32>
  }
  return %ys : tensor<5x2x256xf32>
}

// Transposed weights, as the backward loop reads them; small ones stay as they are (and go behind the loop).
// CHECK-LABEL: func.func @backward
// CHECK: %[[R:.*]] = mlc.reshape %arg2 : tensor<128x256xf32> -> tensor<4x32x256xf32>
// CHECK: mlc.transpose %[[R]] [0, 2, 1]
// CHECK: mlc.contract "mk,okn->mon" {{.*}} -> tensor<2x4x32xf32>
// CHECK: mlc.contract {{.*}} -> tensor<5x2x64xf32>
func.func @backward(%h0: tensor<2x128xf32> {mlc.role = #mlc.role<state, "h">}, %xs: tensor<5x2x256xf32>, %w: tensor<128x256xf32>, %s: tensor<128x64xf32>) -> tensor<5x2x64xf32> {
  %stack, %ys = mlc.scan carries(%h = %h0 : tensor<2x128xf32>) slices(%x = %xs : tensor<5x2x256xf32>) constants(%k = %w : tensor<128x256xf32>, %j = %s : tensor<128x64xf32>) -> (tensor<6x2x128xf32>, tensor<5x2x64xf32>) {
    %g = mlc.concat %h, %h axis = 1 : (tensor<2x128xf32>, tensor<2x128xf32>) -> tensor<2x256xf32>
    %d = mlc.add %g, %x : tensor<2x256xf32>
    %0 = mlc.contract "mk,nk->mn" %d, %k : (tensor<2x256xf32>, tensor<128x256xf32>) -> tensor<2x128xf32>
    %1 = mlc.contract "mk,kn->mn" %h, %j : (tensor<2x128xf32>, tensor<128x64xf32>) -> tensor<2x64xf32>
    mlc.yield %0, %1 : tensor<2x128xf32>, tensor<2x64xf32>
  }
  return %ys : tensor<5x2x64xf32>
}
