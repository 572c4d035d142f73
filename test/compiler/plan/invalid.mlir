// What a step function over memrefs may not hold.
// RUN: mlc-opt %s --split-input-file --step-verify-in-place --verify-diagnostics

// An input is not the step's to write to.
func.func private @id(%p: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} { return %p : tensor<8xf32> }
func.func @eval_step(%x: memref<8xf32> {mlc.role = #mlc.role<input>}, %y: memref<8xf32> {mlc.role = #mlc.role<output>}) {
  // expected-error @below {{writes output 0 to argument 0, which is not state and not an output}}
  step.launch @id ins(%y : memref<8xf32>) outs(%x : memref<8xf32>)
  return
}

// -----

// A kernel that does not work in place must not find its input where it writes.
func.func private @id(%p: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} { return %p : tensor<8xf32> }
func.func @train_step(%p: memref<8xf32> {mlc.role = #mlc.role<state, "p">}) {
  // expected-error @below {{reads input 0 where it writes output 0}}
  step.launch @id ins(%p : memref<8xf32>) outs(%p : memref<8xf32>)
  return
}

// -----

func.func private @id(%p: tensor<3xi64>) -> tensor<3xi64> attributes {step.kernel} { return %p : tensor<3xi64> }
func.func @train_step(%s: memref<3xi64> {mlc.role = #mlc.role<stream>}) {
  %site = step.stream %s site = 4 : memref<3xi64>
  // expected-error @below {{writes output 0 to what is read-only}}
  step.launch @id ins(%s : memref<3xi64>) outs(%site : memref<3xi64>)
  return
}

// -----

func.func @train_step(%x: memref<8xf32> {mlc.role = #mlc.role<input>}) {
  // expected-error @below {{does not belong into a step program}}
  %0 = mlc.constant dense<0.0> : tensor<8xf32>
  return
}
