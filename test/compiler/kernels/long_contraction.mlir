// Weight gradients: long sums, both operands sum by sum.
// RUN: mlc-kernel --plan %s | FileCheck %s --check-prefix=PLAN
// RUN: %every-isa %s

// PLAN: whole: long contraction, chunks {{[2-9]|1[0-6]}},
func.func @whole(%a: tensor<640x112xf32>, %b: tensor<640x256xf32>) -> tensor<112x256xf32> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<640x112xf32>, tensor<640x256xf32>) -> tensor<112x256xf32>
  return %0 : tensor<112x256xf32>
}

// Nothing is a multiple of anything; an epilogue with two results, one of which needs its place.
// PLAN: odd: long contraction
func.func @odd(%a: tensor<331x77xf32>, %b: tensor<331x51xf32>, %d: tensor<77x51xf32>, %e: tensor<51xf32>) -> (tensor<77x51xf32>, tensor<77x51xf32>) {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<331x77xf32>, tensor<331x51xf32>) -> tensor<77x51xf32>
  %1 = mlc.add %0, %d : tensor<77x51xf32>
  %2 = mlc.broadcast %e axes = [1] : tensor<51xf32> -> tensor<77x51xf32>
  %3 = mlc.mul %1, %2 : tensor<77x51xf32>
  return %3, %0 : tensor<77x51xf32>, tensor<77x51xf32>
}

// The sum over two axes that are one in memory.
// PLAN: sequence: long contraction
func.func @sequence(%a: tensor<20x17x40xf32>, %b: tensor<20x17x33xf32>) -> tensor<40x33xf32> {
  %0 = mlc.contract "tbk,tbn->kn" %a, %b : (tensor<20x17x40xf32>, tensor<20x17x33xf32>) -> tensor<40x33xf32>
  return %0 : tensor<40x33xf32>
}

// PLAN: doubles: long contraction
func.func @doubles(%a: tensor<500x45xf64>, %b: tensor<500x17xf64>) -> tensor<45x17xf64> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<500x45xf64>, tensor<500x17xf64>) -> tensor<45x17xf64>
  return %0 : tensor<45x17xf64>
}

// PLAN: short: contraction
func.func @short(%a: tensor<128x45xf32>, %b: tensor<128x17xf32>) -> tensor<45x17xf32> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<128x45xf32>, tensor<128x17xf32>) -> tensor<45x17xf32>
  return %0 : tensor<45x17xf32>
}

// Steps of A that crowd a cache's sets: its rows are copied, of heights that differ, in blocks that do.
// PLAN: crowded: long contraction, chunks {{[4-9]|1[0-6]}},
func.func @crowded(%a: tensor<333x2048xf32>, %b: tensor<333x75xf32>) -> tensor<2048x75xf32> {
  %0 = mlc.contract "km,kn->mn" %a, %b : (tensor<333x2048xf32>, tensor<333x75xf32>) -> tensor<2048x75xf32>
  return %0 : tensor<2048x75xf32>
}

// Few rows and many weights: A lies row by row.
// PLAN: streamed: long contraction, chunks {{[4-9]|1[0-6]}},
func.func @streamed(%a: tensor<37x700xf32>, %b: tensor<700x1024xf32>, %c: tensor<1024xf32>) -> tensor<37x1024xf32> {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<37x700xf32>, tensor<700x1024xf32>) -> tensor<37x1024xf32>
  %1 = mlc.broadcast %c axes = [1] : tensor<1024xf32> -> tensor<37x1024xf32>
  %2 = mlc.add %0, %1 : tensor<37x1024xf32>
  return %2 : tensor<37x1024xf32>
}
