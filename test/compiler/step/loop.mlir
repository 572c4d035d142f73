// A scan is a launch that loops over its body; the body is a step function of its own, with a workspace in the
// arena around it.
// RUN: mlc-opt %s --pass-pipeline='builtin.module(mlc-fuse)' | FileCheck %s --check-prefix=FUSE
// RUN: mlc-opt %s --pass-pipeline='builtin.module(mlc-fuse,mlc-share-kernels,step-annotate,step-destinations,step-annotate,func.func(step-schedule,step-bufferize,step-verify-in-place,cse),step-plan-memory,step-print-plan)' -o /dev/null | FileCheck %s

// The stack is read by somebody, so it has all 8 places; of the second carry only the end is.
// FUSE-LABEL: func.func @predict
//       FUSE: %[[LOOP:.*]]:3 = step.launch @[[BODY:scan_[0-9]+]] ins({{.*}} : tensor<4x3xf32>, tensor<4xf32>, tensor<7x4x3xf32>, tensor<3x3xf32>) outs({{.*}} : tensor<8x4x3xf32>, tensor<2x4xf32>, tensor<7x4x3xf32>) {{{.*}}loop = #step.loop<steps = 7, carries = 2, slices = 1>
//       FUSE: step.view %[[LOOP]]#1 at 4 : tensor<2x4xf32> to tensor<1x4xf32>
//       FUSE: func.func private @[[BODY]](%{{.*}}: tensor<4x3xf32>, %{{.*}}: tensor<4xf32>, %{{.*}}: tensor<4x3xf32>, %{{.*}}: tensor<3x3xf32>) -> (tensor<4x3xf32>, tensor<4xf32>, tensor<4x3xf32>) attributes {step.body}
//       FUSE: step.launch @k_

//      CHECK: @predict:
//      CHECK: scan_{{[0-9]+}} {{.*}} 7 steps, workspace {{[0-9]+}}: i0 i1 i2 i3 -> o0 b0 o2
//      CHECK: @scan_{{[0-9]+}}: {{[0-9]+}} launches a step of its loop
func.func @predict(%h0: tensor<4x3xf32>, %n0: tensor<4xf32>, %xs: tensor<7x4x3xf32>, %w: tensor<3x3xf32>)
    -> (tensor<8x4x3xf32>, tensor<1x4xf32>, tensor<7x4x3xf32>) {
  %0:3 = mlc.scan carries(%h = %h0 : tensor<4x3xf32>, %n = %n0 : tensor<4xf32>) slices(%x = %xs : tensor<7x4x3xf32>) constants(%q = %w : tensor<3x3xf32>) -> (tensor<8x4x3xf32>, tensor<8x4xf32>, tensor<7x4x3xf32>) {
    %1 = mlc.contract "bk,kn->bn" %h, %q : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
    %2 = mlc.add %x, %1 : tensor<4x3xf32>
    %3 = mlc.tanh %2 : tensor<4x3xf32>
    %4 = mlc.reduce sum %3 axes = [1] : tensor<4x3xf32> -> tensor<4xf32>
    %5 = mlc.add %n, %4 : tensor<4xf32>
    %6 = mlc.exp %3 : tensor<4x3xf32>
    mlc.yield %3, %5, %6 : tensor<4x3xf32>, tensor<4xf32>, tensor<4x3xf32>
  }
  %last = mlc.slice %0#1 starts = [7, 0] strides = [1, 1] : tensor<8x4xf32> -> tensor<1x4xf32>
  return %0#0, %last, %0#2 : tensor<8x4x3xf32>, tensor<1x4xf32>, tensor<7x4x3xf32>
}
