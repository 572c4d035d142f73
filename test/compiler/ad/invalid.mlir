// What cannot be differentiated, or inlined, and why.
// RUN: mlc-opt %s -mlc-autodiff -mlc-inline -split-input-file -verify-diagnostics

func.func private @f(%x: tensor<4x8x2xf32>, %y: tensor<4x6x3xf32>) -> tensor<f32> {
  // expected-error @+1 {{'mlc.conv_filter' op has no derivative by operand 0}}
  %0 = mlc.conv_filter %x, %y strides = [1] pads = [0] [0] dilations = [1] groups = 1 {partials = 2} : (tensor<4x8x2xf32>, tensor<4x6x3xf32>) -> tensor<2x3x2x3xf32>
  %1 = mlc.reduce sum %0 axes = [0, 1, 2, 3] : tensor<2x3x2x3xf32> -> tensor<f32>
  return %1 : tensor<f32>
}
func.func @partials(%x: tensor<4x8x2xf32>, %y: tensor<4x6x3xf32>) -> tensor<4x8x2xf32> {
  %0:2 = mlc.gradient @f(%x, %y) wrt = [0] : (tensor<4x8x2xf32>, tensor<4x6x3xf32>) -> (tensor<f32>, tensor<4x8x2xf32>)
  return %0#1 : tensor<4x8x2xf32>
}

// -----

// expected-error @+1 {{'func.func' op calls itself}}
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %0:2 = mlc.gradient @f(%x) wrt = [0] : (tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#1 : tensor<f32>
}

// -----

// expected-error @+1 {{'func.func' op has no body to differentiate}}
func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @external(%x: tensor<f32>) -> tensor<f32> {
  %0:2 = mlc.gradient @f(%x) wrt = [0] : (tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %0#1 : tensor<f32>
}

// -----

func.func private @f(%x: tensor<f32>) -> tensor<f32>
func.func @nothing_to_inline(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @+1 {{there is no body of @f}}
  %0 = mlc.call @f(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

// expected-error @+1 {{'func.func' op calls itself}}
func.func @loop(%x: tensor<f32>) -> tensor<f32> {
  %0 = mlc.call @loop(%x) : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
