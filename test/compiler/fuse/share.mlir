// Equal kernels become one; numbers in which they differ become arguments, numbers in which all agree stay.
// RUN: mlc-opt %s --mlc-fuse --mlc-share-kernels | FileCheck %s

// CHECK-LABEL: func.func @train_step
func.func @train_step(%x: tensor<8xf32>, %y: tensor<4xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<4xf32>) {
  // CHECK: %[[C0:.*]] = step.constant dense<1.000000e+00> : tensor<f32>
  // CHECK: step.launch @[[K:k_0]] ins(%{{.*}}, %[[C0]] :
  %a = mlc.slice %x starts = [0] strides = [1] : tensor<8xf32> -> tensor<2xf32>
  %one = mlc.constant dense<1.0> : tensor<2xf32>
  %half = mlc.constant dense<0.5> : tensor<2xf32>
  %a1 = mlc.mul %a, %half : tensor<2xf32>
  %a2 = mlc.add %a1, %one : tensor<2xf32>
  %ar = mlc.exp %a2 : tensor<2xf32>
  // CHECK: %[[C1:.*]] = step.constant dense<2.000000e+00> : tensor<f32>
  // CHECK: step.launch @[[K]] ins(%{{.*}}, %[[C1]] :
  %b = mlc.slice %x starts = [2] strides = [1] : tensor<8xf32> -> tensor<2xf32>
  %two = mlc.constant dense<2.0> : tensor<2xf32>
  %b1 = mlc.mul %b, %half : tensor<2xf32>
  %b2 = mlc.add %b1, %two : tensor<2xf32>
  %br = mlc.exp %b2 : tensor<2xf32>
  // Another shape is another kernel.
  // CHECK: step.launch @[[OTHER:k_2]] ins(%arg1 :
  %oney = mlc.constant dense<1.0> : tensor<4xf32>
  %yr = mlc.add %y, %oney : tensor<4xf32>
  return %ar, %br, %yr : tensor<2xf32>, tensor<2xf32>, tensor<4xf32>
}

// CHECK: func.func private @k_0(%[[A:.*]]: tensor<2xf32>, %[[N:.*]]: tensor<f32>) -> tensor<2xf32>
// CHECK-DAG: mlc.constant dense<5.000000e-01> : tensor<2xf32>
// CHECK-DAG: mlc.broadcast %[[N]] axes = [] : tensor<f32> -> tensor<2xf32>
// CHECK: return
// CHECK-NOT: @k_1
// CHECK: func.func private @k_2
