// The whole way from a step function to its plan: a dense layer with relu under gradient descent. The update of
// the weights comes last, in place, after the product that still reads them.
// RUN: mlc-opt %s --pass-pipeline='builtin.module(mlc-inline,func.func(canonicalize,cse,mlc-split-reductions),mlc-fuse,mlc-share-kernels,step-annotate,step-destinations,step-annotate,func.func(step-schedule,step-bufferize,step-verify-in-place,cse),step-plan-memory,step-print-plan)' -o /dev/null | FileCheck %s

//      CHECK: @train_step: 4 launches
//      CHECK: s0 state 32x16xf32 2048 0 0..3 net.w
//      CHECK: o0 output 8x32xf32
//      CHECK: b0 arena 8x16xf32
//      CHECK: launch kernel
// The forward product reads w, the backward one too, and only then is it written.
// CHECK-NEXT: 0 {{.*}} i0 s0 i1 -> b0
// CHECK-NEXT: 1 {{.*}} b0 s0 -> o0
// CHECK-NEXT: 2 {{.*}} i0 b0 -> b1
// CHECK-NEXT: 3 {{.*}} b1 scalars s0 -> s0
//      CHECK: state 2048 bytes (of 2048)
func.func @train_step(%w: tensor<32x16xf32> {mlc.role = #mlc.role<state, "net.w">}, %x: tensor<8x32xf32>, %y: tensor<8x16xf32>,
    %scalars: tensor<1xf64> {mlc.role = #mlc.role<scalars>}, %stream: tensor<3xi64> {mlc.role = #mlc.role<stream>})
    -> (tensor<32x16xf32> {mlc.role = #mlc.role<state, "net.w">}, tensor<8x32xf32>) {
  %h = mlc.contract "ab,bc->ac" %x, %w : (tensor<8x32xf32>, tensor<32x16xf32>) -> tensor<8x16xf32>
  %e = mlc.call @difference(%h, %y) : (tensor<8x16xf32>, tensor<8x16xf32>) -> tensor<8x16xf32>
  %dw = mlc.contract "ab,ac->bc" %x, %e : (tensor<8x32xf32>, tensor<8x16xf32>) -> tensor<32x16xf32>
  %lr1 = mlc.reshape %scalars : tensor<1xf64> -> tensor<f64>
  %lr = mlc.convert %lr1 : tensor<f64> -> tensor<f32>
  %lrb = mlc.broadcast %lr axes = [] : tensor<f32> -> tensor<32x16xf32>
  %u = mlc.mul %dw, %lrb : tensor<32x16xf32>
  %w1 = mlc.sub %w, %u : tensor<32x16xf32>
  %dx = mlc.contract "ac,bc->ab" %e, %w : (tensor<8x16xf32>, tensor<32x16xf32>) -> tensor<8x32xf32>
  return %w1, %dx : tensor<32x16xf32>, tensor<8x32xf32>
}
func.func private @difference(%a: tensor<8x16xf32>, %b: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %d = mlc.sub %a, %b : tensor<8x16xf32>
  return %d : tensor<8x16xf32>
}
