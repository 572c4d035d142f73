// What a selection left out is selected again where a factor may be NaN or infinite, and nowhere else.
// RUN: mlc-opt --mlc-autodiff %s | FileCheck %s

// A chain of factors is selected once, at its end.
// CHECK-LABEL: func.func private @chain.grad(
// CHECK: mlc.reduce sum
// CHECK-NEXT: %[[D:.*]] = mlc.select %arg1, %{{.*}}, %{{.*}} : tensor<4xf32>
// CHECK-NEXT: %[[ONCE:.*]] = mlc.mul %[[D]], %{{.*}} : tensor<4xf32>
// CHECK-NEXT: %[[TWICE:.*]] = mlc.mul %[[ONCE]], %{{.*}} : tensor<4xf32>
// CHECK-NEXT: %[[LOG:.*]] = mlc.div %[[TWICE]], %arg0 : tensor<4xf32>
// CHECK-NEXT: %[[KEPT:.*]] = mlc.select %arg1, %[[LOG]], %{{.*}} : tensor<4xf32>
// CHECK-NEXT: return %{{.*}}, %[[KEPT]]
func.func private @chain(%x: tensor<4xf32> {mlc.role = #mlc.role<field, "x">}, %c: tensor<4xi1>) -> tensor<f32> {
  %log = mlc.log %x : tensor<4xf32>
  %square = mlc.mul %log, %log : tensor<4xf32>
  %zero = mlc.constant dense<0.0> : tensor<4xf32>
  %kept = mlc.select %c, %square, %zero : tensor<4xf32>
  %sum = mlc.reduce sum %kept axes = [0] : tensor<4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @chain_use(%x: tensor<4xf32> {mlc.role = #mlc.role<field, "x">}, %c: tensor<4xi1>) -> tensor<4xf32> {
  %0:2 = mlc.gradient @chain(%x, %c) wrt = [0] : (tensor<4xf32>, tensor<4xi1>) -> (tensor<f32>, tensor<4xf32>)
  return %0#1 : tensor<4xf32>
}

// Numbers that cannot be NaN or infinite are multiplied as they are.
// CHECK-LABEL: func.func private @finite.grad(
// CHECK: mlc.select
// CHECK: mlc.select
// CHECK-NOT: mlc.select
// CHECK: return
func.func private @finite(%x: tensor<4xf32>, %c: tensor<4xi1>) -> tensor<f32> {
  %tanh = mlc.tanh %x : tensor<4xf32>
  %zero = mlc.constant dense<0.0> : tensor<4xf32>
  %kept = mlc.select %c, %tanh, %zero : tensor<4xf32>
  %sum = mlc.reduce sum %kept axes = [0] : tensor<4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @finite_use(%x: tensor<4xf32>, %c: tensor<4xi1>) -> tensor<4xf32> {
  %0:2 = mlc.gradient @finite(%x, %c) wrt = [0] : (tensor<4xf32>, tensor<4xi1>) -> (tensor<f32>, tensor<4xf32>)
  return %0#1 : tensor<4xf32>
}

// Rows that are left out are left out of what is multiplied by the weights' cotangent.
// CHECK-LABEL: func.func private @rows.grad(
// CHECK: %[[ROWS:.*]] = mlc.broadcast %arg2 axes = [0] : tensor<4xi1> -> tensor<4x3xi1>
// CHECK-NEXT: %[[X:.*]] = mlc.select %[[ROWS]], %arg1, %{{.*}} : tensor<4x3xf32>
// CHECK-NEXT: mlc.contract "ab,ac->bc" %[[X]], %{{.*}} : (tensor<4x3xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
func.func private @rows(%w: tensor<3x2xf32>, %x: tensor<4x3xf32> {mlc.role = #mlc.role<field, "x">}, %c: tensor<4xi1>) -> tensor<f32> {
  %y = mlc.contract "ab,bc->ac" %x, %w : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  %row = mlc.reduce sum %y axes = [1] : tensor<4x2xf32> -> tensor<4xf32>
  %zero = mlc.constant dense<0.0> : tensor<4xf32>
  %kept = mlc.select %c, %row, %zero : tensor<4xf32>
  %sum = mlc.reduce sum %kept axes = [0] : tensor<4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @rows_use(%w: tensor<3x2xf32>, %x: tensor<4x3xf32> {mlc.role = #mlc.role<field, "x">}, %c: tensor<4xi1>) -> tensor<3x2xf32> {
  %0:2 = mlc.gradient @rows(%w, %x, %c) wrt = [0] : (tensor<3x2xf32>, tensor<4x3xf32>, tensor<4xi1>) -> (tensor<f32>, tensor<3x2xf32>)
  return %0#1 : tensor<3x2xf32>
}

// A maximum is no selection of data: NaN wins. What ops make infinite it may hide.
// CHECK-LABEL: func.func private @maximum.grad(
// CHECK: %[[D:.*]] = mlc.div %{{.*}}, %arg0 : tensor<4xf32>
// CHECK-NEXT: mlc.select %{{.*}}, %{{.*}}, %[[D]] : tensor<4xf32>
func.func private @maximum(%x: tensor<4xf32>) -> tensor<f32> {
  %log = mlc.log %x : tensor<4xf32>
  %least = mlc.constant dense<-100.0> : tensor<4xf32>
  %clipped = mlc.max %log, %least : tensor<4xf32>
  %sum = mlc.reduce sum %clipped axes = [0] : tensor<4xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @maximum_use(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0:2 = mlc.gradient @maximum(%x) wrt = [0] : (tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>)
  return %0#1 : tensor<4xf32>
}

// Of a carry what holds at every step is known in the loop.
// CHECK-LABEL: func.func private @loop.grad(
// CHECK: mlc.scan {{.*}} constants(%[[C:.*]] = %arg1 : tensor<4xi1>{{.*}} reverse
// CHECK: mlc.select %[[C]]
func.func private @loop(%x: tensor<4x6xf32> {mlc.role = #mlc.role<field, "x">}, %c: tensor<4xi1>) -> tensor<f32> {
  %zero = mlc.constant dense<0.0> : tensor<4xf32>
  %s = mlc.transpose %x [1, 0] : tensor<4x6xf32> -> tensor<6x4xf32>
  %r = mlc.scan carries(%h = %zero : tensor<4xf32>) slices(%a = %s : tensor<6x4xf32>) -> (tensor<7x4xf32>) {
    %p = mlc.mul %a, %a : tensor<4xf32>
    %q = mlc.add %h, %p : tensor<4xf32>
    mlc.yield %q : tensor<4xf32>
  }
  %e = mlc.reduce sum %r axes = [0] : tensor<7x4xf32> -> tensor<4xf32>
  %w = mlc.select %c, %e, %zero : tensor<4xf32>
  %l = mlc.reduce sum %w axes = [0] : tensor<4xf32> -> tensor<f32>
  return %l : tensor<f32>
}
func.func @loop_use(%x: tensor<4x6xf32> {mlc.role = #mlc.role<field, "x">}, %c: tensor<4xi1>) -> tensor<4x6xf32> {
  %0:2 = mlc.gradient @loop(%x, %c) wrt = [0] : (tensor<4x6xf32>, tensor<4xi1>) -> (tensor<f32>, tensor<4x6xf32>)
  return %0#1 : tensor<4x6xf32>
}
