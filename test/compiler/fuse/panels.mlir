// State in panels: products read it where it lies, the gradient comes in panels, and the update never sees a matrix.
// RUN: mlc-opt --mlc-lay-out-weights --canonicalize %s | FileCheck %s
// RUN: mlc-opt --mlc-lay-out-weights --canonicalize --mlc-fuse %s | FileCheck %s --check-prefix=FUSED

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %arg0: tensor<4x64x32xf32> {mlc.panel = 32 : i64, mlc.role = #mlc.role<state, "w">}
// CHECK: %[[T:.*]] = mlc.transpose %arg0 [1, 0, 2]
// CHECK: %[[W:.*]] = mlc.reshape %[[T]] : tensor<64x4x32xf32> -> tensor<64x128xf32>
// CHECK: mlc.contract "mk,kn->mn" %arg2, %[[W]]
// CHECK: %[[DY:.*]] = mlc.reshape %arg4 : tensor<8x128xf32> -> tensor<8x4x32xf32>
// CHECK: %[[G:.*]] = mlc.contract "mk,mon->okn" %arg2, %[[DY]] {{.*}} -> tensor<4x64x32xf32>
// CHECK: mlc.contract "mn,kn->mk" %arg4, %[[W]]
// CHECK: %[[GG:.*]] = mlc.mul %[[G]], %[[G]]
// CHECK: mlc.reduce sum %[[GG]] axes = [0, 1, 2]
// CHECK: %[[NEW:.*]] = mlc.sub %arg0, {{.*}} tensor<4x64x32xf32>
// CHECK: return %[[NEW]],

// Two products with it, the gradient, the norm and the update: no kernel copies weights.
// FUSED: step.launch @k_0 ins(%arg2, %arg0, %arg3
// FUSED: step.launch @k_1 ins(%arg2, %{{.*}} : tensor<8x64xf32>, tensor<8x4x32xf32>)
// FUSED: step.launch @k_2 ins(%arg4, %arg0
// FUSED: step.launch @k_3
// FUSED: step.launch @k_4 ins({{.*}}%arg0
// FUSED-NOT: step.launch
// FUSED: return
func.func @train_step(%w: tensor<64x128xf32> {mlc.role = #mlc.role<state, "w">, mlc.panel = 32 : i64}, %m: tensor<64x128xf32> {mlc.role = #mlc.role<state, "m">, mlc.panel = 32 : i64}, %x: tensor<8x64xf32>, %b: tensor<128xf32>, %dy: tensor<8x128xf32>) -> (tensor<64x128xf32> {mlc.role = #mlc.role<state, "w">, mlc.panel = 32 : i64}, tensor<64x128xf32> {mlc.role = #mlc.role<state, "m">, mlc.panel = 32 : i64}, tensor<8x128xf32>, tensor<8x64xf32>, tensor<f32>) {
  %0 = mlc.contract "mk,kn->mn" %x, %w : (tensor<8x64xf32>, tensor<64x128xf32>) -> tensor<8x128xf32>
  %1 = mlc.broadcast %b axes = [1] : tensor<128xf32> -> tensor<8x128xf32>
  %y = mlc.add %0, %1 : tensor<8x128xf32>
  %g = mlc.contract "mk,mn->kn" %x, %dy : (tensor<8x64xf32>, tensor<8x128xf32>) -> tensor<64x128xf32>
  %dx = mlc.contract "mn,kn->mk" %dy, %w : (tensor<8x128xf32>, tensor<64x128xf32>) -> tensor<8x64xf32>
  %gg = mlc.mul %g, %g : tensor<64x128xf32>
  %norm = mlc.reduce sum %gg axes = [0, 1] : tensor<64x128xf32> -> tensor<f32>
  %s = mlc.broadcast %norm axes = [] : tensor<f32> -> tensor<64x128xf32>
  %clipped = mlc.mul %g, %s : tensor<64x128xf32>
  %c = mlc.constant dense<0.9> : tensor<64x128xf32>
  %m1 = mlc.mul %m, %c : tensor<64x128xf32>
  %m2 = mlc.add %m1, %clipped : tensor<64x128xf32>
  %w2 = mlc.sub %w, %m2 : tensor<64x128xf32>
  return %w2, %m2, %y, %dx, %norm : tensor<64x128xf32>, tensor<64x128xf32>, tensor<8x128xf32>, tensor<8x64xf32>, tensor<f32>
}

// What cannot be computed in panels is copied: first values, the gradient of a loop, and a use that is no product.
// CHECK-LABEL: func.func @copies
// CHECK: %[[S:.*]] = mlc.reshape %arg1 : tensor<64x128xf32> -> tensor<64x4x32xf32>
// CHECK: %[[P:.*]] = mlc.transpose %[[S]] [1, 0, 2] {{.*}} -> tensor<4x64x32xf32>
// CHECK: %[[T:.*]] = mlc.transpose %arg0 [1, 0, 2]
// CHECK: %[[W:.*]] = mlc.reshape %[[T]]
// CHECK: mlc.cumsum %[[W]]
// CHECK: mlc.add %arg0, %[[P]] : tensor<4x64x32xf32>
func.func @copies(%w: tensor<64x128xf32> {mlc.role = #mlc.role<state, "w">, mlc.panel = 32 : i64}, %g: tensor<64x128xf32>) -> (tensor<64x128xf32> {mlc.role = #mlc.role<state, "w">, mlc.panel = 32 : i64}, tensor<64x128xf32>) {
  %c = mlc.cumsum %w axis = 0 : tensor<64x128xf32> -> tensor<64x128xf32>
  %new = mlc.add %w, %g : tensor<64x128xf32>
  return %new, %c : tensor<64x128xf32>, tensor<64x128xf32>
}

// One operand is made of another.
// CHECK-LABEL: func.func @diamond
// CHECK: %[[B:.*]] = mlc.barrier %arg0 : tensor<2x32x32xf32>
// CHECK: %[[E:.*]] = mlc.exp %[[B]] : tensor<2x32x32xf32>
// CHECK: %[[M:.*]] = mlc.mul %[[E]], %[[B]] : tensor<2x32x32xf32>
// CHECK: %[[R:.*]] = mlc.add %[[M]], %[[E]] : tensor<2x32x32xf32>
// CHECK: return %[[R]]
func.func @diamond(%w: tensor<32x64xf32> {mlc.role = #mlc.role<state, "w">, mlc.panel = 32 : i64}) -> (tensor<32x64xf32> {mlc.role = #mlc.role<state, "w">, mlc.panel = 32 : i64}) {
  %b = mlc.barrier %w : tensor<32x64xf32>
  %e = mlc.exp %b : tensor<32x64xf32>
  %m = mlc.mul %e, %b : tensor<32x64xf32>
  %r = mlc.add %m, %e : tensor<32x64xf32>
  return %r : tensor<32x64xf32>
}
