// What kernels do not compute is said, where it stands.
// RUN: not mlc-kernel --plan %s 2>&1 | FileCheck %s

// CHECK: invalid.mlir":[[#@LINE+2]]:{{[0-9]+}}): error: 'mlc.contract' op accumulates 'f32' in 'f64', which kernels do not: convert the operands, or leave `accumulate` out
func.func @wide(%a: tensor<2x3xf32>, %b: tensor<3x4xf32>) -> tensor<2x4xf32> {
  %r = mlc.contract "mk,kn->mn" %a, %b accumulate = f64 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}
