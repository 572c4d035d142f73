// What the verifiers of the step dialect refuse.
// RUN: mlc-opt %s --split-input-file --verify-diagnostics

func.func @no_kernel(%x: memref<4xf32>) {
  // expected-error @below {{launches @k, which is not a function of this module}}
  step.launch @k ins(%x : memref<4xf32>) outs(%x : memref<4xf32>)
  return
}

// -----
func.func private @k(%a: tensor<4xf32>) -> tensor<4xf32> attributes {step.kernel} { return %a : tensor<4xf32> }
func.func @wrong_input(%x: memref<8xf32>, %y: memref<4xf32>) {
  // expected-error @below {{input 0 is 'memref<8xf32>', but the kernel takes 'tensor<4xf32>'}}
  step.launch @k ins(%x : memref<8xf32>) outs(%y : memref<4xf32>)
  return
}

// -----
func.func private @k(%a: tensor<4xf32>) -> tensor<4xf32> attributes {step.kernel} { return %a : tensor<4xf32> }
func.func @wrong_count(%x: memref<4xf32>) {
  // expected-error @below {{has 0 inputs and 1 outputs, but the kernel @k takes 1 and gives 1}}
  step.launch @k outs(%x : memref<4xf32>)
  return
}

// -----
func.func private @k(%a: tensor<4xf32>) -> tensor<4xf32> attributes {step.kernel} { return %a : tensor<4xf32> }
func.func @mixed(%x: tensor<4xf32>, %y: memref<4xf32>) {
  // expected-error @below {{mixes tensors and memrefs}}
  step.launch @k ins(%x : tensor<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----
func.func private @k(%a: tensor<4xf32>) -> tensor<4xf32> attributes {step.kernel} { return %a : tensor<4xf32> }
func.func @pairs(%x: memref<4xf32>, %y: memref<4xf32>) {
  // expected-error @below {{in_place names input 1 and output 0 of 1 and 1}}
  step.launch @k ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {in_place = array<i64: 1, 0>}
  return
}

// -----
func.func @view_too_long(%x: memref<4xf32>) {
  // expected-error @below {{takes 3 elements from number 2 on, but the source has 4}}
  %v = step.view %x at 2 : memref<4xf32> to memref<3xf32>
  return
}

// -----
func.func @view_type(%x: memref<4xf32>) {
  // expected-error @below {{cannot view 'f32' as 'i32'}}
  %v = step.view %x : memref<4xf32> to memref<4xi32>
  return
}

// -----
func.func @constant() {
  // expected-error @below {{value is 'tensor<2xf32>' but result is 'memref<3xf32>'}}
  %c = step.constant dense<[1.0, 2.0]> : tensor<2xf32> : memref<3xf32>
  return
}

// -----
func.func @strided(%x: memref<4xf32, strided<[2]>>) {
  // expected-error @below {{takes dense row-major buffers only}}
  %v = step.view %x : memref<4xf32, strided<[2]>> to memref<4xf32>
  return
}

// -----
func.func private @body(%h: tensor<3xf32>, %x: tensor<2xf32>) -> (tensor<3xf32>, tensor<2xf32>) attributes {step.body} { return %h, %x : tensor<3xf32>, tensor<2xf32> }
func.func @short_slice(%h: memref<3xf32>, %xs: memref<6x2xf32>, %b: memref<8x3xf32>, %c: memref<7x2xf32>) {
  // expected-error @below {{slice 1 has not 7 steps}}
  step.launch @body ins(%h, %xs : memref<3xf32>, memref<6x2xf32>) outs(%b, %c : memref<8x3xf32>, memref<7x2xf32>) {loop = #step.loop<steps = 7, carries = 1, slices = 1>}
  return
}

// -----
func.func private @body(%h: tensor<3xf32>, %x: tensor<2xf32>) -> (tensor<3xf32>, tensor<2xf32>) attributes {step.body} { return %h, %x : tensor<3xf32>, tensor<2xf32> }
func.func @short_stack(%h: memref<3xf32>, %xs: memref<7x2xf32>, %b: memref<7x3xf32>, %c: memref<7x2xf32>) {
  // expected-error @below {{output 0 has 7 places for 7 steps}}
  step.launch @body ins(%h, %xs : memref<3xf32>, memref<7x2xf32>) outs(%b, %c : memref<7x3xf32>, memref<7x2xf32>) {loop = #step.loop<steps = 7, carries = 1, slices = 1>}
  return
}

// -----
func.func private @body(%h: tensor<3xf32>, %x: tensor<2xf32>) -> (tensor<3xf32>, tensor<2xf32>) attributes {step.body} { return %h, %x : tensor<3xf32>, tensor<2xf32> }
func.func @too_many_slices(%h: memref<3xf32>, %xs: memref<7x2xf32>, %b: memref<8x3xf32>, %c: memref<7x2xf32>) {
  // expected-error @below {{has a loop of 7 steps, 1 carries and 2 slices over 2 inputs and 2 outputs}}
  step.launch @body ins(%h, %xs : memref<3xf32>, memref<7x2xf32>) outs(%b, %c : memref<8x3xf32>, memref<7x2xf32>) {loop = #step.loop<steps = 7, carries = 1, slices = 2>}
  return
}

// -----
func.func private @body(%h: tensor<3xf32>, %x: tensor<2xf32>) -> (tensor<3xf32>, tensor<2xf32>) attributes {step.body} { return %h, %x : tensor<3xf32>, tensor<2xf32> }
func.func @wrong_step(%h: memref<3xf32>, %xs: memref<7x5xf32>, %b: memref<8x3xf32>, %c: memref<7x2xf32>) {
  // expected-error @below {{input 1 is 'memref<7x5xf32>', but the kernel takes 'tensor<2xf32>'}}
  step.launch @body ins(%h, %xs : memref<3xf32>, memref<7x5xf32>) outs(%b, %c : memref<8x3xf32>, memref<7x2xf32>) {loop = #step.loop<steps = 7, carries = 1, slices = 1>}
  return
}

// -----
func.func private @body(%h: tensor<3xf32>, %x: tensor<2xf32>) -> (tensor<3xf32>, tensor<2xf32>) attributes {step.kernel} { return %h, %x : tensor<3xf32>, tensor<2xf32> }
func.func @no_body(%h: memref<3xf32>, %xs: memref<7x2xf32>, %b: memref<8x3xf32>, %c: memref<7x2xf32>) {
  // expected-error @below {{loops over @body, which is not a step.body}}
  step.launch @body ins(%h, %xs : memref<3xf32>, memref<7x2xf32>) outs(%b, %c : memref<8x3xf32>, memref<7x2xf32>) {loop = #step.loop<steps = 7, carries = 1, slices = 1>}
  return
}
