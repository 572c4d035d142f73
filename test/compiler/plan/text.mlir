// The plan as a page of text: buffers with role, size, place and life, launches with what they read and write.
// RUN: mlc-opt %s --step-plan-memory --step-print-plan -o /dev/null | FileCheck %s --strict-whitespace

func.func private @double(%a: tensor<32xf32>) -> tensor<32xf32> attributes {step.kernel} {
  %r = mlc.add %a, %a : tensor<32xf32>
  return %r : tensor<32xf32>
}
func.func private @update(%p: tensor<32xf32>, %g: tensor<32xf32>, %lr: tensor<f64>) -> tensor<32xf32>
    attributes {step.kernel} {
  %r = mlc.sub %p, %g : tensor<32xf32>
  return %r : tensor<32xf32>
}

func.func @train_step(%other: memref<2x4xf32> {mlc.role = #mlc.role<state, "net.other">},
                      %p: memref<32xf32> {mlc.role = #mlc.role<state, "net.p">},
                      %x: memref<32xf32> {mlc.role = #mlc.role<input>}, %scalars: memref<2xf64> {mlc.role = #mlc.role<scalars>}) {
  %b = step.buffer : memref<32xf32>
  %lr = step.view %scalars at 1 : memref<2xf64> to memref<f64>
  step.launch @double ins(%x : memref<32xf32>) outs(%b : memref<32xf32>) {chunks = 4 : i64, lines = ["net.mlc:3"]}
  step.launch @update ins(%p, %b, %lr : memref<32xf32>, memref<32xf32>, memref<f64>) outs(%p : memref<32xf32>)
    {in_place = array<i64: 0, 0>, scratch = 128 : i64}
  return
}

//      CHECK:@train_step: 2 launches
// CHECK-EMPTY:
// CHECK-NEXT:  buffer   role     type                        bytes     offset  life
// CHECK-NEXT:  s1       state    32xf32                        128         64  1..1      net.p
// CHECK-NEXT:  i0       input    32xf32                        128          -  0..0{{ *$}}
// CHECK-NEXT:  scalars  scalars  2xf64                          16          -  1..1{{ *$}}
// CHECK-NEXT:  b0       arena    32xf32                        128          0  0..1{{ *$}}
// CHECK-EMPTY:
// CHECK-NEXT:  launch  kernel               chunks  scratch  buffers
// CHECK-NEXT:  0       double                    4        0  i0 -> b0  (net.mlc:3)
// CHECK-NEXT:  1       update                    1      128  s1 b0 scalars+8 -> s1
// CHECK-EMPTY:
// CHECK-NEXT:  state 160 bytes (of 192), arena 128 bytes (buffers 128), scratch 128 bytes
