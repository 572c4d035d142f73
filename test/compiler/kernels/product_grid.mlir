// Grids of chunks over rows and columns, neither of which comes out even.
// RUN: mlc-kernel --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: %every-isa %s

// PLAN: biased: contraction, chunks {{[4-9]|1[0-6]}},
func.func @biased(%a: tensor<301x257xf32>, %b: tensor<257x333xf32>, %c: tensor<333xf32>) -> tensor<301x333xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<301x257xf32>, tensor<257x333xf32>) -> tensor<301x333xf32>
  %1 = mlc.broadcast %c axes = [1] : tensor<333xf32> -> tensor<301x333xf32>
  %2 = mlc.add %0, %1 : tensor<301x333xf32>
  return %2 : tensor<301x333xf32>
}

// Panels that are turned as they are packed.
// PLAN: turned: contraction, chunks {{[4-9]|1[0-6]}},
func.func @turned(%a: tensor<301x257xf32>, %b: tensor<333x257xf32>) -> tensor<301x333xf32> {
  %0 = mlc.contract "mk,nk->mn" %a, %b : (tensor<301x257xf32>, tensor<333x257xf32>) -> tensor<301x333xf32>
  return %0 : tensor<301x333xf32>
}

// Panels far apart, packed as they lie.
// PLAN: far: contraction, chunks {{[4-9]|1[0-6]}}, scratch {{[1-9]}}
func.func @far(%a: tensor<301x129xf32>, %b: tensor<129x1037xf32>) -> tensor<301x1037xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<301x129xf32>, tensor<129x1037xf32>) -> tensor<301x1037xf32>
  return %0 : tensor<301x1037xf32>
}

// The same: rows of 1 KiB share few sets of a cache.
// PLAN: crowded: contraction, chunks {{[4-9]|1[0-6]}}, scratch {{[1-9]}}
func.func @crowded(%a: tensor<1031x129xf32>, %b: tensor<129x256xf32>) -> tensor<1031x256xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<1031x129xf32>, tensor<129x256xf32>) -> tensor<1031x256xf32>
  return %0 : tensor<1031x256xf32>
}

// Long sums, of which the last block does not come out even either.
// PLAN: long: long contraction, chunks {{[4-9]|1[0-6]}},
func.func @long(%a: tensor<1111x301xf32>, %b: tensor<1111x333xf32>) -> tensor<301x333xf32> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<1111x301xf32>, tensor<1111x333xf32>) -> tensor<301x333xf32>
  return %0 : tensor<301x333xf32>
}

// Stages whose products would be shared by a grid of chunks alone: the one chunk of the kernel does the work of all.
// PLAN: stages: staged, chunks 1,
func.func @stages(%a: tensor<256x256xf32>, %b: tensor<256x256xf32>) -> tensor<256x256xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
  %1 = mlc.contract "mk,kn->mn" %0, %b : (tensor<256x256xf32>, tensor<256x256xf32>) -> tensor<256x256xf32>
  return %1 : tensor<256x256xf32>
}

// An update is one chunk where there is little of it, whatever it is made of.
// PLAN: update: contraction, chunks 1,
func.func @update(%a: tensor<256x512xf32>, %b: tensor<512x256xf32>) -> tensor<256x256xf32> attributes {mlc.update} {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<256x512xf32>, tensor<512x256xf32>) -> tensor<256x256xf32>
  return %0 : tensor<256x256xf32>
}
