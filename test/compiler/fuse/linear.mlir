// One step of least squares as kernels: a product with its bias, the error with its loss, two gradients, updates.
// RUN: mlc-opt %s --mlc-fuse | FileCheck %s

// CHECK-LABEL: func.func @train_step
// CHECK-SAME: %[[W:arg0]]: tensor<3x1xf32>
// CHECK-SAME: %[[B:arg1]]: tensor<1xf32>
// CHECK-SAME: %[[X:arg2]]: tensor<64x3xf32>
// CHECK-SAME: %[[Y:arg3]]: tensor<64xf32>
// CHECK-SAME: %[[S:arg4]]: tensor<2xf64>
func.func @train_step(%w: tensor<3x1xf32> {mlc.role = #mlc.role<state, "w">}, %b: tensor<1xf32> {mlc.role = #mlc.role<state, "b">},
    %x: tensor<64x3xf32>, %y: tensor<64xf32>, %scalars: tensor<2xf64> {mlc.role = #mlc.role<scalars>}, %stream: tensor<3xi64> {mlc.role = #mlc.role<stream>})
    -> (tensor<3x1xf32> {mlc.role = #mlc.role<state, "w">}, tensor<1xf32> {mlc.role = #mlc.role<state, "b">}, tensor<f32>) {
  // CHECK: %[[P1:.*]] = step.launch @k_0 ins(%[[X]], %[[W]], %[[B]] {{.*}}) outs(%{{.*}} : tensor<64x1xf32>)
  %p0 = mlc.contract "ab,bc->ac" %x, %w : (tensor<64x3xf32>, tensor<3x1xf32>) -> tensor<64x1xf32>
  %bb = mlc.broadcast %b axes = [1] : tensor<1xf32> -> tensor<64x1xf32>
  %p1 = mlc.add %p0, %bb : tensor<64x1xf32>
  // A reshape is a view.
  // CHECK: %[[P:.*]] = step.view %[[P1]] : tensor<64x1xf32> to tensor<64xf32>
  %p = mlc.reshape %p1 : tensor<64x1xf32> -> tensor<64xf32>
  // CHECK: %[[E:.*]]:2 = step.launch @k_1 ins(%[[P]], %[[Y]]
  %e = mlc.sub %p, %y : tensor<64xf32>
  %e2 = mlc.mul %e, %e : tensor<64xf32>
  %sum = mlc.reduce sum %e2 axes = [0] : tensor<64xf32> -> tensor<f32>
  %two = mlc.constant dense<0.03125> : tensor<64xf32>
  %de = mlc.mul %e, %two : tensor<64xf32>
  // CHECK: %[[DP:.*]] = step.view %[[E]]#1 : tensor<64xf32> to tensor<64x1xf32>
  %dp = mlc.reshape %de : tensor<64xf32> -> tensor<64x1xf32>
  // The gradient is a kernel of its own: the update of state stays a plain loop.
  // CHECK: %[[DW:.*]] = step.launch @k_2 ins(%[[X]], %[[DP]]
  %dw = mlc.contract "ab,ac->bc" %x, %dp : (tensor<64x3xf32>, tensor<64x1xf32>) -> tensor<3x1xf32>
  // CHECK: %[[DB:.*]] = step.launch @k_3 ins(%[[DP]]
  %db = mlc.reduce sum %dp axes = [0] : tensor<64x1xf32> -> tensor<1xf32>
  // One element of the scalars is a view, and its conversion is in every kernel that needs it.
  // CHECK: %[[LR1:.*]] = step.view %[[S]] at 1 : tensor<2xf64> to tensor<1xf64>
  // CHECK: %[[LR:.*]] = step.view %[[LR1]] : tensor<1xf64> to tensor<f64>
  %lr1 = mlc.slice %scalars starts = [1] strides = [1] : tensor<2xf64> -> tensor<1xf64>
  %lr2 = mlc.reshape %lr1 : tensor<1xf64> -> tensor<f64>
  %lr = mlc.convert %lr2 : tensor<f64> -> tensor<f32>
  // CHECK: %[[W1:.*]] = step.launch @k_4 ins(%[[DW]], %[[LR]], %[[W]] :
  %lrw = mlc.broadcast %lr axes = [] : tensor<f32> -> tensor<3x1xf32>
  %uw = mlc.mul %dw, %lrw : tensor<3x1xf32>
  %w1 = mlc.sub %w, %uw : tensor<3x1xf32>
  // CHECK: %[[B1:.*]] = step.launch @k_5 ins(%[[B]], %[[DB]], %[[LR]] :
  %lrb = mlc.broadcast %lr axes = [] : tensor<f32> -> tensor<1xf32>
  %ub = mlc.mul %db, %lrb : tensor<1xf32>
  %b1 = mlc.sub %b, %ub : tensor<1xf32>
  // CHECK: return %[[W1]], %[[B1]], %[[E]]#0
  return %w1, %b1, %sum : tensor<3x1xf32>, tensor<1xf32>, tensor<f32>
}

// CHECK: func.func private @k_0(%[[A:.*]]: tensor<64x3xf32>, %[[C:.*]]: tensor<3x1xf32>, %[[D:.*]]: tensor<1xf32>)
// CHECK-SAME: attributes {step.kernel}
// CHECK-NEXT: mlc.contract "ab,bc->ac" %[[A]], %[[C]]
// CHECK-NEXT: mlc.broadcast %[[D]]
// CHECK-NEXT: mlc.add
// CHECK-NEXT: return

// CHECK: func.func private @k_1
// CHECK: mlc.reduce sum
// CHECK: return %{{.*}}, %{{.*}} : tensor<f32>, tensor<64xf32>

// CHECK: func.func private @k_4(%{{.*}}: tensor<3x1xf32>, %[[RATE:.*]]: tensor<f64>,
// CHECK-NEXT: mlc.convert %[[RATE]]
// CHECK-NEXT: mlc.broadcast
// CHECK-NEXT: mlc.mul
// CHECK-NEXT: mlc.sub
