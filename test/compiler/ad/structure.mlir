// Calls, several results, several sets of arguments, derivatives of derivatives: what is left when all is inlined.
// RUN: mlc-opt --mlc-autodiff --mlc-inline --canonicalize --cse %s | FileCheck %s

// A function with a derivative of its own is not looked into; the other one is, its stop_gradient goes with mlc-inline.
// CHECK-LABEL: func.func @calls_use(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<1.68294191> : tensor<3xf32>
// CHECK-NEXT: return %[[V0]] : tensor<3xf32>
// CHECK-NEXT: }
func.func private @cube(%x: tensor<3xf32>, %n: tensor<3xi32>) -> (tensor<3xf32>, tensor<3xi32>) {
  %0 = mlc.mul %x, %x : tensor<3xf32>
  %1 = mlc.mul %0, %x : tensor<3xf32>
  return %1, %n : tensor<3xf32>, tensor<3xi32>
}
func.func private @cube_vjp(%x: tensor<3xf32>, %n: tensor<3xi32>, %d: tensor<3xf32>, %dn: tensor<3xi32>) -> tensor<3xf32> {
  %0 = mlc.sin %d : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @twice(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = mlc.add %x, %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func private @calls(%x: tensor<3xf32>, %n: tensor<3xi32>) -> tensor<f32> {
  %0 = mlc.call @twice(%x) : (tensor<3xf32>) -> tensor<3xf32>
  %1:2 = mlc.call @cube(%0, %n) vjp = @cube_vjp : (tensor<3xf32>, tensor<3xi32>) -> (tensor<3xf32>, tensor<3xi32>)
  %2 = mlc.reduce sum %1#0 axes = [0] : tensor<3xf32> -> tensor<f32>
  return %2 : tensor<f32>
}
func.func @calls_use(%x: tensor<3xf32>, %n: tensor<3xi32>) -> tensor<3xf32> {
  %0:2 = mlc.gradient @calls(%x, %n) wrt = [0] : (tensor<3xf32>, tensor<3xi32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// Two sets of arguments are two functions.
// CHECK-LABEL: func.func @both_use(
// CHECK-NEXT: return %arg1, %arg0, %arg1 : tensor<f32>, tensor<f32>, tensor<f32>
// CHECK-NEXT: }
func.func private @both(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  %0 = mlc.mul %x, %y : tensor<f32>
  return %0 : tensor<f32>
}
func.func @both_use(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %0:2 = mlc.gradient @both(%x, %y) wrt = [0] : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  %1:2 = mlc.gradient @both(%x, %y) wrt = [1] : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  %2:2 = mlc.gradient @both(%y, %x) wrt = [1] : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#1, %1#1, %2#1 : tensor<f32>, tensor<f32>, tensor<f32>
}

// Several results: the first is differentiated, the others come along; integers get nothing.
// CHECK-LABEL: func.func @results_use(
// CHECK-NEXT: %[[V0:.*]] = mlc.convert %arg1 : tensor<3xi32> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %arg0, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.convert %[[V1]] : tensor<3xf32> -> tensor<3xi32>
// CHECK-NEXT: return %[[V2]], %[[V0]] : tensor<3xi32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @results(%x: tensor<3xf32>, %i: tensor<3xi32>) -> (tensor<f32>, tensor<3xi32>) {
  %0 = mlc.convert %i : tensor<3xi32> -> tensor<3xf32>
  %1 = mlc.mul %x, %0 : tensor<3xf32>
  %2 = mlc.reduce sum %1 axes = [0] : tensor<3xf32> -> tensor<f32>
  %3 = mlc.convert %1 : tensor<3xf32> -> tensor<3xi32>
  return %2, %3 : tensor<f32>, tensor<3xi32>
}
func.func @results_use(%x: tensor<3xf32>, %i: tensor<3xi32>) -> (tensor<3xi32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @results(%x, %i) wrt = [0] : (tensor<3xf32>, tensor<3xi32>) -> (tensor<f32>, tensor<3xi32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xi32>, tensor<3xf32>
}

// The derivative of a derivative: 3 x^2, then 6 x.
// CHECK-LABEL: func.func @third_use(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<6.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %arg0, %[[V0]] : tensor<f32>
// CHECK-NEXT: return %[[V1]] : tensor<f32>
// CHECK-NEXT: }
func.func private @third(%x: tensor<f32>) -> tensor<f32> {
  %0 = mlc.mul %x, %x : tensor<f32>
  %1 = mlc.mul %0, %x : tensor<f32>
  return %1 : tensor<f32>
}
func.func private @third_slope(%x: tensor<f32>) -> tensor<f32> {
  %0:2 = mlc.gradient @third(%x) wrt = [0] : (tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#1 : tensor<f32>
}
func.func @third_use(%x: tensor<f32>) -> tensor<f32> {
  %0:2 = mlc.gradient @third_slope(%x) wrt = [0] : (tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#1 : tensor<f32>
}
