// Every op, printed as it is parsed.
// RUN: mlc-opt %s | mlc-opt | FileCheck %s

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %t: tensor<2x3xi1>) -> tensor<2x3xf32> {
  // CHECK: mlc.neg %arg0 : tensor<2x3xf32>
  %0 = mlc.neg %x : tensor<2x3xf32>
  // CHECK: mlc.exp
  %1 = mlc.exp %0 : tensor<2x3xf32>
  // CHECK: mlc.log
  %2 = mlc.log %1 : tensor<2x3xf32>
  // CHECK: mlc.sqrt
  %3 = mlc.sqrt %2 : tensor<2x3xf32>
  // CHECK: mlc.rsqrt
  %4 = mlc.rsqrt %3 : tensor<2x3xf32>
  // CHECK: mlc.tanh
  %5 = mlc.tanh %4 : tensor<2x3xf32>
  // CHECK: mlc.erf
  %6 = mlc.erf %5 : tensor<2x3xf32>
  // CHECK: mlc.abs
  %7 = mlc.abs %6 : tensor<2x3xf32>
  // CHECK: mlc.sin
  %8 = mlc.sin %7 : tensor<2x3xf32>
  // CHECK: mlc.cos
  %9 = mlc.cos %8 : tensor<2x3xf32>
  // CHECK: mlc.floor
  %10 = mlc.floor %9 : tensor<2x3xf32>
  // CHECK: mlc.sign
  %11 = mlc.sign %10 : tensor<2x3xf32>
  // CHECK: mlc.add %{{.*}}, %arg1 : tensor<2x3xf32>
  %12 = mlc.add %11, %y : tensor<2x3xf32>
  // CHECK: mlc.sub
  %13 = mlc.sub %12, %y : tensor<2x3xf32>
  // CHECK: mlc.mul
  %14 = mlc.mul %13, %y : tensor<2x3xf32>
  // CHECK: mlc.div
  %15 = mlc.div %14, %y : tensor<2x3xf32>
  // CHECK: mlc.max
  %16 = mlc.max %15, %y : tensor<2x3xf32>
  // CHECK: mlc.min
  %17 = mlc.min %16, %y : tensor<2x3xf32>
  // CHECK: mlc.pow
  %18 = mlc.pow %17, %y : tensor<2x3xf32>
  // CHECK: mlc.compare lt %{{.*}}, %arg1 : tensor<2x3xf32>
  %19 = mlc.compare lt %18, %y : tensor<2x3xf32>
  // CHECK: mlc.and %{{.*}}, %arg2 : tensor<2x3xi1>
  %20 = mlc.and %19, %t : tensor<2x3xi1>
  // CHECK: mlc.or
  %21 = mlc.or %20, %t : tensor<2x3xi1>
  // CHECK: mlc.not
  %22 = mlc.not %21 : tensor<2x3xi1>
  // CHECK: mlc.select %{{.*}}, %arg0, %arg1 : tensor<2x3xf32>
  %23 = mlc.select %22, %x, %y : tensor<2x3xf32>
  // CHECK: mlc.stop_gradient
  %24 = mlc.stop_gradient %23 : tensor<2x3xf32>
  // CHECK: mlc.convert %{{.*}} : tensor<2x3xf32> -> tensor<2x3xi8>
  %25 = mlc.convert %24 : tensor<2x3xf32> -> tensor<2x3xi8>
  // CHECK: mlc.compare eq %{{.*}} : tensor<2x3xi8>
  %26 = mlc.compare eq %25, %25 : tensor<2x3xi8>
  return %24 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @sources
func.func @sources(%stream: tensor<3xi64>) {
  // CHECK: mlc.constant dense<1.500000e+00> : tensor<f32>
  %0 = mlc.constant dense<1.5> : tensor<f32>
  // CHECK: mlc.iota 1 : tensor<2x3xi32>
  %1 = mlc.iota 1 : tensor<2x3xi32>
  // CHECK: mlc.random uniform %arg0 site = 7 batched = true : tensor<3xi64> -> tensor<4x2xf32>
  %2 = mlc.random uniform %stream site = 7 batched = true : tensor<3xi64> -> tensor<4x2xf32>
  // CHECK: mlc.random bits %arg0 site = 8 : tensor<3xi64> -> tensor<4xi32>
  %3 = mlc.random bits %stream site = 8 : tensor<3xi64> -> tensor<4xi32>
  return
}

// CHECK-LABEL: func.func @shapes
func.func @shapes(%x: tensor<2x3xf32>) {
  // CHECK: mlc.broadcast %arg0 axes = [0, 2] : tensor<2x3xf32> -> tensor<2x5x3xf32>
  %0 = mlc.broadcast %x axes = [0, 2] : tensor<2x3xf32> -> tensor<2x5x3xf32>
  // CHECK: mlc.reshape %arg0 : tensor<2x3xf32> -> tensor<6xf32>
  %1 = mlc.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  // CHECK: mlc.transpose %arg0 [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  %2 = mlc.transpose %x [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  // CHECK: mlc.barrier %arg0 : tensor<2x3xf32>
  mlc.barrier %x : tensor<2x3xf32>
  // CHECK: mlc.barrier %arg0 enter = 2 : tensor<2x3xf32>
  mlc.barrier %x enter = 2 : tensor<2x3xf32>
  // CHECK: mlc.barrier %arg0 leave = 2 : tensor<2x3xf32>
  mlc.barrier %x leave = 2 : tensor<2x3xf32>
  // CHECK: mlc.reverse %arg0 axes = [1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %3 = mlc.reverse %x axes = [1] : tensor<2x3xf32> -> tensor<2x3xf32>
  // CHECK: mlc.slice %arg0 starts = [0, 1] strides = [1, 1] : tensor<2x3xf32> -> tensor<2x2xf32>
  %4 = mlc.slice %x starts = [0, 1] strides = [1, 1] : tensor<2x3xf32> -> tensor<2x2xf32>
  // CHECK: mlc.pad %arg0 low = [1, 0] high = [0, 2] interior = [1, 0] : tensor<2x3xf32> -> tensor<4x5xf32>
  %5 = mlc.pad %x low = [1, 0] high = [0, 2] interior = [1, 0] : tensor<2x3xf32> -> tensor<4x5xf32>
  // CHECK: mlc.concat %arg0, %arg0 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %6 = mlc.concat %x, %x axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return
}

// CHECK-LABEL: func.func @products
func.func @products(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %x: tensor<2x8x8x4xf32>, %w: tensor<3x3x2x6xf32>) {
  // CHECK: mlc.reduce max %arg0 axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %0 = mlc.reduce max %a axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
  // CHECK: mlc.argmax %arg0 axis = 0 : tensor<2x3xf32> -> tensor<3xi32>
  %1 = mlc.argmax %a axis = 0 : tensor<2x3xf32> -> tensor<3xi32>
  // CHECK: mlc.contract "mk,kn->mn" %arg0, %arg1 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %2 = mlc.contract "mk,kn->mn" %a, %b : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  // CHECK: mlc.conv %arg2, %arg3 strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x4x6xf32>
  %3 = mlc.conv %x, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<2x8x8x4xf32>, tensor<3x3x2x6xf32>) -> tensor<2x4x4x6xf32>
  // CHECK: mlc.conv_input
  %4 = mlc.conv_input %3, %w strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<2x4x4x6xf32>, tensor<3x3x2x6xf32>) -> tensor<2x8x8x4xf32>
  // CHECK: mlc.conv_filter
  %5 = mlc.conv_filter %4, %3 strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 : (tensor<2x8x8x4xf32>, tensor<2x4x4x6xf32>) -> tensor<3x3x2x6xf32>
  // CHECK: mlc.conv_filter {{.*}} {partials = 2 : i64}
  %6 = mlc.conv_filter %4, %3 strides = [2, 2] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 2 {partials = 2} : (tensor<2x8x8x4xf32>, tensor<2x4x4x6xf32>) -> tensor<2x3x3x2x6xf32>
  return
}

// CHECK-LABEL: func.func @windows
func.func @windows(%x: tensor<1x4x4x2xf32>) {
  // CHECK: mlc.window_max %arg0 window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<1x4x4x2xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xi32>)
  %v, %i = mlc.window_max %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<1x4x4x2xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xi32>)
  // CHECK: mlc.window_gather
  %0 = mlc.window_gather %x, %i window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<1x4x4x2xf32>, tensor<1x2x2x2xi32>) -> tensor<1x2x2x2xf32>
  // CHECK: mlc.window_scatter
  %1 = mlc.window_scatter %v, %i window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xi32>) -> tensor<1x4x4x2xf32>
  // CHECK: mlc.window_sum
  %2 = mlc.window_sum %x window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  // CHECK: mlc.window_spread
  %3 = mlc.window_spread %2 window = [2, 2] strides = [2, 2] pads = [0, 0] [0, 0] : (tensor<1x2x2x2xf32>) -> tensor<1x4x4x2xf32>
  return
}

// CHECK-LABEL: func.func @tables
func.func @tables(%t: tensor<5x3xf32>, %i: tensor<2x4xi32>) {
  // CHECK: mlc.gather %arg0, %arg1 : (tensor<5x3xf32>, tensor<2x4xi32>) -> tensor<2x4x3xf32>
  %0 = mlc.gather %t, %i : (tensor<5x3xf32>, tensor<2x4xi32>) -> tensor<2x4x3xf32>
  // CHECK: mlc.scatter_add
  %1 = mlc.scatter_add %0, %i : (tensor<2x4x3xf32>, tensor<2x4xi32>) -> tensor<5x3xf32>
  return
}

// CHECK-LABEL: func.func @control
func.func @control(%h0: tensor<3xf32>, %xs: tensor<7x3xf32>, %w: tensor<3xf32>) -> tensor<8x3xf32> {
  // CHECK: mlc.scan carries(%[[H:.*]] = %arg0 : tensor<3xf32>) slices(%[[X:.*]] = %arg1 : tensor<7x3xf32>) constants(%[[W:.*]] = %arg2 : tensor<3xf32>) reverse -> (tensor<8x3xf32>, tensor<7x3xf32>) {
  %stack, %ys = mlc.scan carries(%h = %h0 : tensor<3xf32>) slices(%x = %xs : tensor<7x3xf32>) constants(%k = %w : tensor<3xf32>) reverse -> (tensor<8x3xf32>, tensor<7x3xf32>) {
    // CHECK: mlc.mul %[[H]], %[[W]]
    %0 = mlc.mul %h, %k : tensor<3xf32>
    %1 = mlc.add %0, %x : tensor<3xf32>
    // CHECK: mlc.yield
    mlc.yield %1, %0 : tensor<3xf32>, tensor<3xf32>
  }
  // CHECK: mlc.scan slices(
  %zs = mlc.scan slices(%x = %xs : tensor<7x3xf32>) -> (tensor<7x3xf32>) {
    mlc.yield %x : tensor<3xf32>
  }
  // CHECK: mlc.call @square(%arg0) vjp = @square_vjp : (tensor<3xf32>) -> tensor<3xf32>
  %s = mlc.call @square(%h0) vjp = @square_vjp : (tensor<3xf32>) -> tensor<3xf32>
  // CHECK: mlc.gradient @energy(%arg0) wrt = [0] : (tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  %e, %g = mlc.gradient @energy(%h0) wrt = [0] : (tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %stack : tensor<8x3xf32>
}

func.func @square(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = mlc.mul %x, %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @square_vjp(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<3xf32> {
  %0 = mlc.mul %x, %d : tensor<3xf32>
  %1 = mlc.add %0, %0 : tensor<3xf32>
  return %1 : tensor<3xf32>
}
func.func @energy(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = mlc.mul %x, %x : tensor<3xf32>
  %1 = mlc.reduce sum %0 axes = [0] : tensor<3xf32> -> tensor<f32>
  return %1 : tensor<f32>
}

// What a sum is accumulated in is printed where it is wider than what is summed.
// CHECK-LABEL: func.func @accumulation
func.func @accumulation(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>, %x: tensor<2x8x8x4xf32>, %w: tensor<3x3x4x6xf32>) -> tensor<2xf32> {
  // CHECK: mlc.reduce sum %arg0 axes = [1] accumulate = f64 : tensor<2x3xf32> -> tensor<2xf32>
  %0 = mlc.reduce sum %a axes = [1] accumulate = f64 : tensor<2x3xf32> -> tensor<2xf32>
  // CHECK: mlc.reduce sum %arg0 axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
  %1 = mlc.reduce sum %a axes = [1] accumulate = f32 : tensor<2x3xf32> -> tensor<2xf32>
  // CHECK: mlc.contract "mk,kn->mn" %arg0, %arg1 accumulate = f64 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %2 = mlc.contract "mk,kn->mn" %a, %b accumulate = f64 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  // CHECK: mlc.conv %arg2, %arg3 strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 accumulate = f64 :
  %3 = mlc.conv %x, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 accumulate = f64 : (tensor<2x8x8x4xf32>, tensor<3x3x4x6xf32>) -> tensor<2x8x8x6xf32>
  // CHECK: mlc.conv_input {{.*}} groups = 1 accumulate = f64 :
  %4 = mlc.conv_input %3, %w strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 accumulate = f64 : (tensor<2x8x8x6xf32>, tensor<3x3x4x6xf32>) -> tensor<2x8x8x4xf32>
  // CHECK: mlc.conv_filter {{.*}} groups = 1 accumulate = f64 :
  %5 = mlc.conv_filter %4, %3 strides = [1, 1] pads = [1, 1] [1, 1] dilations = [1, 1] groups = 1 accumulate = f64 : (tensor<2x8x8x4xf32>, tensor<2x8x8x6xf32>) -> tensor<3x3x4x6xf32>
  return %0 : tensor<2xf32>
}

// What arguments and results of step functions are.
// CHECK-LABEL: func.func @roles
// CHECK-SAME: %arg0: tensor<2xf32> {mlc.role = #mlc.role<state, "net.w">}, %arg1: tensor<4xf32> {mlc.role = #mlc.role<field, "x">}
// CHECK-SAME: tensor<5xf64> {mlc.role = #mlc.role<scalars>}, %arg3: tensor<3xi64> {mlc.role = #mlc.role<stream>}, %arg4: tensor<4xf32> {mlc.role = #mlc.role<input>}
// CHECK-SAME: -> (tensor<2xf32> {mlc.role = #mlc.role<state, "net.w">}, tensor<4xf32> {mlc.role = #mlc.role<prediction, "p">})
func.func @roles(%w: tensor<2xf32> {mlc.role = #mlc.role<state, "net.w">}, %x: tensor<4xf32> {mlc.role = #mlc.role<field, "x">},
                 %scalars: tensor<5xf64> {mlc.role = #mlc.role<scalars>}, %stream: tensor<3xi64> {mlc.role = #mlc.role<stream>},
                 %more: tensor<4xf32> {mlc.role = #mlc.role<input>})
    -> (tensor<2xf32> {mlc.role = #mlc.role<state, "net.w">}, tensor<4xf32> {mlc.role = #mlc.role<prediction, "p">}) {
  return %w, %x : tensor<2xf32>, tensor<4xf32>
}
