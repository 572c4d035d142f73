// Grids of chunks over rows and columns, neither of which comes out even.
// RUN: mlc-kernel --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: mlc-kernel %s | FileCheck %s
// RUN: mlc-kernel --target=avx2 %s | FileCheck %s
// RUN: mlc-kernel --target=sse2 %s | FileCheck %s

// PLAN: biased: contraction, chunks {{[4-9]|1[0-6]}},
// CHECK: biased: agrees
func.func @biased(%a: tensor<301x257xf32>, %b: tensor<257x333xf32>, %c: tensor<333xf32>) -> tensor<301x333xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<301x257xf32>, tensor<257x333xf32>) -> tensor<301x333xf32>
  %1 = mlc.broadcast %c axes = [1] : tensor<333xf32> -> tensor<301x333xf32>
  %2 = mlc.add %0, %1 : tensor<301x333xf32>
  return %2 : tensor<301x333xf32>
}

// Panels that are turned as they are packed.
// PLAN: turned: contraction, chunks {{[4-9]|1[0-6]}},
// CHECK: turned: agrees
func.func @turned(%a: tensor<301x257xf32>, %b: tensor<333x257xf32>) -> tensor<301x333xf32> {
  %0 = mlc.contract "mk,nk->mn" %a, %b : (tensor<301x257xf32>, tensor<333x257xf32>) -> tensor<301x333xf32>
  return %0 : tensor<301x333xf32>
}

// Panels far apart, packed as they lie.
// PLAN: far: contraction, chunks {{[4-9]|1[0-6]}}, scratch {{[1-9]}}
// CHECK: far: agrees
func.func @far(%a: tensor<301x129xf32>, %b: tensor<129x1037xf32>) -> tensor<301x1037xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<301x129xf32>, tensor<129x1037xf32>) -> tensor<301x1037xf32>
  return %0 : tensor<301x1037xf32>
}

// Long sums, of which the last block does not come out even either.
// PLAN: long: long contraction, chunks {{[4-9]|1[0-6]}},
// CHECK: long: agrees
func.func @long(%a: tensor<1111x301xf32>, %b: tensor<1111x333xf32>) -> tensor<301x333xf32> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<1111x301xf32>, tensor<1111x333xf32>) -> tensor<301x333xf32>
  return %0 : tensor<301x333xf32>
}
