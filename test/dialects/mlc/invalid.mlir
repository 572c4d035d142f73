// What every verifier says: both shapes in conflict.
// RUN: mlc-opt %s -split-input-file -verify-diagnostics

func.func @shapes_differ(%x: tensor<2x3xf32>, %y: tensor<3x2xf32>) {
  // expected-error @+1 {{operand 1 is 'tensor<3x2xf32>' but the result is 'tensor<2x3xf32>': shapes must be equal}}
  %0 = "mlc.add"(%x, %y) : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @element_types_differ(%x: tensor<2xf32>, %y: tensor<2xf64>) {
  // expected-error @+1 {{operand 1 is 'tensor<2xf64>' but operand 0 is 'tensor<2xf32>'}}
  %0 = "mlc.add"(%x, %y) : (tensor<2xf32>, tensor<2xf64>) -> tensor<2xf32>
  return
}

// -----

func.func @branches_differ(%c: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xi32>) {
  // expected-error @+1 {{operand 2 is 'tensor<2xi32>' but operand 1 is 'tensor<2xf32>'}}
  %0 = "mlc.select"(%c, %x, %y) : (tensor<2xi1>, tensor<2xf32>, tensor<2xi32>) -> tensor<2xf32>
  return
}

// -----

func.func @inferred(%x: tensor<2xf32>) {
  // expected-error @+2 {{'mlc.tanh' op inferred type(s) 'tensor<2xf32>' are incompatible with return type(s) of operation 'tensor<2xf64>'}}
  // expected-error @+1 {{'mlc.tanh' op failed to infer returned types}}
  %0 = "mlc.tanh"(%x) : (tensor<2xf32>) -> tensor<2xf64>
  return
}

// -----

func.func @dynamic(%x: tensor<?xf32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor}}
  %0 = "mlc.tanh"(%x) : (tensor<?xf32>) -> tensor<?xf32>
  return
}

// -----

func.func @predicate(%x: tensor<2xf32>) {
  // expected-error @+1 {{one of eq, ne, lt, le, gt, ge}}
  %0 = mlc.compare less %x, %x : tensor<2xf32>
  return
}

// -----

func.func @iota() {
  // expected-error @+1 {{axis 2 is not an axis of 'tensor<2x3xi32>'}}
  %0 = mlc.iota 2 : tensor<2x3xi32>
  return
}

// -----

func.func @random_stream(%s: tensor<2xi64>) {
  // expected-error @+1 {{stream is 'tensor<2xi64>', expected tensor<3xi64>: seed, update, first row}}
  %0 = mlc.random uniform %s site = 0 : tensor<2xi64> -> tensor<4xf32>
  return
}

// -----

func.func @random_bits(%s: tensor<3xi64>) {
  // expected-error @+1 {{result is 'tensor<4xf32>', but bits gives i32}}
  %0 = mlc.random bits %s site = 0 : tensor<3xi64> -> tensor<4xf32>
  return
}

// -----

func.func @random_scalar(%s: tensor<3xi64>) {
  // expected-error @+1 {{is batched, but a scalar has no rows}}
  %0 = mlc.random normal %s site = 0 batched = true : tensor<3xi64> -> tensor<f32>
  return
}

// -----

func.func @broadcast_axes(%x: tensor<3xf32>) {
  // expected-error @+1 {{has 2 axes for an operand 'tensor<3xf32>'}}
  %0 = mlc.broadcast %x axes = [0, 1] : tensor<3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @broadcast_size(%x: tensor<3xf32>) {
  // expected-error @+1 {{axis 0 of 'tensor<3xf32>' does not fit axis 0 of 'tensor<2x3xf32>'}}
  %0 = mlc.broadcast %x axes = [0] : tensor<3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @broadcast_order(%x: tensor<3x2xf32>) {
  // expected-error @+1 {{axes must increase strictly, but 1 precedes 0}}
  %0 = mlc.broadcast %x axes = [1, 0] : tensor<3x2xf32> -> tensor<2x3x4xf32>
  return
}

// -----

func.func @reshape(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{cannot make 'tensor<5xf32>' of 'tensor<2x3xf32>'}}
  %0 = mlc.reshape %x : tensor<2x3xf32> -> tensor<5xf32>
  return
}

// -----

func.func @transpose(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{permutation is not one of the axes of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.transpose %x [0, 0] : tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @transpose_result(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{inferred type(s) 'tensor<3x2xf32>' are incompatible with return type(s) of operation 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.transpose %x [1, 0] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @slice(%x: tensor<5xf32>) {
  // expected-error @+1 {{leaves axis 0 of 'tensor<5xf32>': 3 elements from 1, 2 apart}}
  %0 = mlc.slice %x starts = [1] strides = [2] : tensor<5xf32> -> tensor<3xf32>
  return
}

// -----

func.func @pad(%x: tensor<5xf32>) {
  // expected-error @+2 {{low has -1, expected at least 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.pad %x low = [-1] high = [0] interior = [0] : tensor<5xf32> -> tensor<4xf32>
  return
}

// -----

func.func @pad_overflow(%x: tensor<5xf32>) {
  // expected-error @+2 {{high has 9223372036854775807, expected at most 4294967296}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.pad %x low = [1] high = [9223372036854775807] interior = [0] : tensor<5xf32> -> tensor<4xf32>
  return
}

// -----

func.func @concat(%x: tensor<2x3xf32>, %y: tensor<3x2xf32>) {
  // expected-error @+2 {{'tensor<3x2xf32>' does not fit 'tensor<2x3xf32>' beside axis 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.concat %x, %y axis = 0 : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<5x3xf32>
  return
}

// -----

func.func @reduce(%x: tensor<2x3xf32>) {
  // expected-error @+2 {{axes 2 is not an axis of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.reduce sum %x axes = [2] : tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----

func.func @reduce_kind(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{one of sum, max, min}}
  %0 = mlc.reduce mean %x axes = [0] : tensor<2x3xf32> -> tensor<3xf32>
  return
}

// -----

func.func @contract_size(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @+2 {{axis 0 of 'tensor<4x5xf32>' has the label of an axis of 3 in 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @contract_lonely(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @+2 {{a label is in one list only: reduce that axis of 'tensor<2x3xf32>' or 'tensor<4x5xf32>' first}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.contract "mk,ln->mn" %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @contract_twice(%a: tensor<3x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+2 {{a label occurs twice in one list}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.contract "kk,k->k" %a, %b : (tensor<3x3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @contract_letters(%a: tensor<3xf32>) {
  // expected-error @+1 {{expected labels like "mk,kn->mn", letters only}}
  %0 = mlc.contract "k k->" %a, %a : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  return
}

// -----

func.func @conv_channels(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x4x6xf32>) {
  // expected-error @+2 {{channels of x 'tensor<1x8x8x3xf32>' and w 'tensor<3x3x4x6xf32>' do not fit in 1 groups}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<1x8x8x3xf32>, tensor<3x3x4x6xf32>) -> tensor<1x6x6x6xf32>
  return
}

// -----

func.func @conv_large(%x: tensor<1x2x2x3xf32>, %w: tensor<3x3x3x6xf32>) {
  // expected-error @+2 {{filter 'tensor<3x3x3x6xf32>' is larger than the padded input 'tensor<1x2x2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.conv %x, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<1x2x2x3xf32>, tensor<3x3x3x6xf32>) -> tensor<1x0x0x6xf32>
  return
}

// -----

func.func @conv_input(%y: tensor<1x5x5x6xf32>, %w: tensor<3x3x3x6xf32>) {
  // expected-error @+1 {{y is 'tensor<1x5x5x6xf32>', but x 'tensor<1x8x8x3xf32>' and w 'tensor<3x3x3x6xf32>' give 'tensor<1x6x6x6xf32>'}}
  %0 = mlc.conv_input %y, %w strides = [1, 1] pads = [0, 0] [0, 0] dilations = [1, 1] groups = 1 : (tensor<1x5x5x6xf32>, tensor<3x3x3x6xf32>) -> tensor<1x8x8x3xf32>
  return
}

// -----

func.func @conv_filter(%x: tensor<3x8x3xf32>, %y: tensor<3x6x6xf32>) {
  // expected-error @+1 {{cannot cut 'tensor<3x8x3xf32>' in 2 equal parts}}
  %0 = mlc.conv_filter %x, %y strides = [1] pads = [0] [0] dilations = [1] groups = 1 {partials = 2} : (tensor<3x8x3xf32>, tensor<3x6x6xf32>) -> tensor<2x3x3x6xf32>
  return
}

// -----

func.func @window_padding(%x: tensor<1x4x1xf32>) {
  // expected-error @+2 {{a window of 2 can lie wholly in the padding of 'tensor<1x4x1xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.window_sum %x window = [2] strides = [1] pads = [2] [0] : (tensor<1x4x1xf32>) -> tensor<1x5x1xf32>
  return
}

// -----

func.func @window_spread(%x: tensor<1x3x1xf32>) {
  // expected-error @+1 {{operand is 'tensor<1x3x1xf32>', but the windows of 'tensor<1x4x1xf32>' are 'tensor<1x2x1xf32>'}}
  %0 = mlc.window_spread %x window = [2] strides = [2] pads = [0] [0] : (tensor<1x3x1xf32>) -> tensor<1x4x1xf32>
  return
}

// -----

func.func @gather(%t: tensor<0x4xf32>, %i: tensor<2xi32>) {
  // expected-error @+2 {{table 'tensor<0x4xf32>' has no rows}}
  // expected-error @+1 {{failed to infer returned types}}
  %0 = mlc.gather %t, %i : (tensor<0x4xf32>, tensor<2xi32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @scatter(%u: tensor<2x3xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{updates 'tensor<2x3xf32>' at indices 'tensor<2xi32>' do not fit a table 'tensor<5x4xf32>'}}
  %0 = mlc.scatter_add %u, %i : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<5x4xf32>
  return
}

// -----

func.func @scan_steps(%h: tensor<3xf32>, %xs: tensor<7x3xf32>) {
  // expected-error @+1 {{result 0 is 'tensor<7x3xf32>', expected 8 elements along axis 0}}
  %0 = mlc.scan carries(%c = %h : tensor<3xf32>) slices(%x = %xs : tensor<7x3xf32>) -> (tensor<7x3xf32>) {
    mlc.yield %x : tensor<3xf32>
  }
  return
}

// -----

func.func @scan_slices(%xs: tensor<7x3xf32>, %ys: tensor<6x3xf32>) {
  // expected-error @+1 {{slice 'tensor<6x3xf32>' has not the 7 steps of 'tensor<7x3xf32>'}}
  %0 = mlc.scan slices(%x = %xs : tensor<7x3xf32>, %y = %ys : tensor<6x3xf32>) -> (tensor<7x3xf32>) {
    mlc.yield %x : tensor<3xf32>
  }
  return
}

// -----

func.func @scan_yield(%h: tensor<3xf32>, %xs: tensor<7x2xf32>) {
  // expected-error @+1 {{body yields 'tensor<2xf32>' for result 0, 'tensor<8x3xf32>'}}
  %0 = mlc.scan carries(%c = %h : tensor<3xf32>) slices(%x = %xs : tensor<7x2xf32>) -> (tensor<8x3xf32>) {
    mlc.yield %x : tensor<2xf32>
  }
  return
}

// -----

func.func @call_unknown(%x: tensor<2xf32>) {
  // expected-error @+1 {{there is no function @f}}
  %0 = mlc.call @f(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @call_vjp(%x: tensor<2xf32>) {
  // expected-error @+1 {{@f is '(tensor<2xf32>) -> tensor<2xf32>', used as '(tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>'}}
  %0 = mlc.call @f(%x) vjp = @f : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @gradient_of_vector(%x: tensor<2xf32>) {
  // expected-error @+1 {{needs a scalar float to differentiate, the first result is 'tensor<2xf32>'}}
  %0:2 = mlc.gradient @f(%x) wrt = [0] : (tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  return
}

// -----

func.func @f(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @gradient_by_nothing(%x: tensor<f32>) {
  // expected-error @+1 {{there is no argument 1}}
  %0:2 = mlc.gradient @f(%x) wrt = [1] : (tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return
}

// -----

func.func @accumulates_narrower(%a: tensor<2x3xf64>) {
  // expected-error @+1 {{accumulates 'f64' in 'f32', which is narrower}}
  %0 = mlc.reduce sum %a axes = [1] accumulate = f32 : tensor<2x3xf64> -> tensor<2xf64>
  return
}

// -----

func.func @accumulates_integers(%a: tensor<2x3xi32>) {
  // expected-error @+1 {{accumulates 'i32' in 'f64', expected floats in a float type}}
  %0 = mlc.reduce sum %a axes = [1] accumulate = f64 : tensor<2x3xi32> -> tensor<2xi32>
  return
}

// -----

func.func @accumulates_in_integers(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) {
  // expected-error @+1 {{accumulates 'f32' in 'i64', expected floats in a float type}}
  %0 = mlc.contract "mk,kn->mn" %a, %b accumulate = i64 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @accumulates_maximum(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{accumulates nothing: it is a max, not a sum}}
  %0 = mlc.reduce max %a axes = [1] accumulate = f64 : tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----

// expected-error @+1 {{argument 0: mlc.role is a #mlc.role, not "stream"}}
func.func @role_text(%s: tensor<3xi64> {mlc.role = "stream"}) {
  return
}

// -----

// expected-error @+1 {{argument 0: a role 'stream' is of three i64, not 'tensor<2xi64>'}}
func.func @role_stream(%s: tensor<2xi64> {mlc.role = #mlc.role<stream>}) {
  return
}

// -----

// expected-error @+1 {{argument 0: a role 'scalars' is of f64 of rank 1, not 'tensor<2xf32>'}}
func.func @role_scalars(%s: tensor<2xf32> {mlc.role = #mlc.role<scalars>}) {
  return
}

// -----

// expected-error @+1 {{argument 0: a role 'state' has a name}}
func.func @role_nameless(%s: tensor<2xf32> {mlc.role = #mlc.role<state>}) {
  return
}

// -----

// expected-error @+1 {{argument 0: a role 'input' has no name}}
func.func @role_named(%s: tensor<2xf32> {mlc.role = #mlc.role<input, "x">}) {
  return
}

// -----

// expected-error @+1 {{argument 0: a role 'gradient' is none of arguments}}
func.func @role_of_results(%s: tensor<2xf32> {mlc.role = #mlc.role<gradient, "w">}) {
  return
}

// -----

// expected-error @+1 {{result 0: a role 'stream' is none of results}}
func.func @role_of_arguments(%s: tensor<3xi64>) -> (tensor<3xi64> {mlc.role = #mlc.role<stream>}) {
  return %s : tensor<3xi64>
}

// -----

// expected-error @+1 {{result 0: a role 'gradient' is of floats, not 'tensor<2xi32>'}}
func.func @role_gradient(%s: tensor<2xi32>) -> (tensor<2xi32> {mlc.role = #mlc.role<gradient, "w">}) {
  return %s : tensor<2xi32>
}
