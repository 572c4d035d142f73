// Canonical forms: each function is what is left of it. x * 0 and the like stay, for x may be NaN.
// RUN: mlc-opt --canonicalize %s | FileCheck %s

// CHECK-LABEL: func.func @add_zero(
// CHECK-NEXT: return %arg0 : tensor<3xf32>
// CHECK-NEXT: }
func.func @add_zero(%x: tensor<3xf32>) -> tensor<3xf32> {
  %k = mlc.constant dense<0.0> : tensor<3xf32>
  %0 = mlc.add %k, %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// CHECK-LABEL: func.func @add_negative(
// CHECK-NEXT: %[[V0:.*]] = mlc.sub %arg1, %arg0 : tensor<3xf32>
// CHECK-NEXT: return %[[V0]] : tensor<3xf32>
// CHECK-NEXT: }
func.func @add_negative(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = mlc.neg %x : tensor<3xf32>
  %1 = mlc.add %0, %y : tensor<3xf32>
  return %1 : tensor<3xf32>
}

// CHECK-LABEL: func.func @add_same(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<2.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %arg0, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: return %[[V1]] : tensor<3xf32>
// CHECK-NEXT: }
func.func @add_same(%x: tensor<3xf32>) -> tensor<3xf32> {
  %0 = mlc.add %x, %x : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// A - -b; 0 - b; -(a - b).
// CHECK-LABEL: func.func @signs(
// CHECK-NEXT: %[[V0:.*]] = mlc.add %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.neg %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.sub %arg1, %arg0 : tensor<3xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V2]] : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func @signs(%a: tensor<3xf32>, %b: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %k = mlc.constant dense<0.0> : tensor<3xf32>
  %0 = mlc.neg %b : tensor<3xf32>
  %1 = mlc.sub %a, %0 : tensor<3xf32>
  %2 = mlc.sub %k, %b : tensor<3xf32>
  %3 = mlc.sub %a, %b : tensor<3xf32>
  %4 = mlc.neg %3 : tensor<3xf32>
  return %1, %2, %4 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// Numbers gather, a sign goes into them.
// CHECK-LABEL: func.func @scales(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<-2.500000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %arg0, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: return %[[V1]] : tensor<3xf32>
// CHECK-NEXT: }
func.func @scales(%x: tensor<3xf32>) -> tensor<3xf32> {
  %2 = mlc.constant dense<2.0> : tensor<3xf32>
  %8 = mlc.constant dense<8.0> : tensor<3xf32>
  %0 = mlc.mul %x, %2 : tensor<3xf32>
  %1 = mlc.div %0, %8 : tensor<3xf32>
  %3 = mlc.neg %1 : tensor<3xf32>
  return %3 : tensor<3xf32>
}

// X * 0 may be NaN.
// CHECK-LABEL: func.func @mul_zero(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<0> : tensor<3xi32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %arg0, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V1]] : tensor<3xf32>, tensor<3xi32>
// CHECK-NEXT: }
func.func @mul_zero(%x: tensor<3xf32>, %i: tensor<3xi32>) -> (tensor<3xf32>, tensor<3xi32>) {
  %k = mlc.constant dense<0.0> : tensor<3xf32>
  %n = mlc.constant dense<0> : tensor<3xi32>
  %0 = mlc.mul %x, %k : tensor<3xf32>
  %1 = mlc.mul %i, %n : tensor<3xi32>
  return %0, %1 : tensor<3xf32>, tensor<3xi32>
}

// CHECK-LABEL: func.func @products_of_negatives(
// CHECK-NEXT: %[[V0:.*]] = mlc.mul %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.neg %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.div %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.neg %arg0 : tensor<3xf32>
// CHECK-NEXT: return %[[V1]], %[[V2]], %[[V3]] : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func @products_of_negatives(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %k = mlc.constant dense<-1.0> : tensor<3xf32>
  %0 = mlc.neg %x : tensor<3xf32>
  %1 = mlc.mul %0, %y : tensor<3xf32>
  %2 = mlc.mul %y, %k : tensor<3xf32>
  %3 = mlc.div %0, %2 : tensor<3xf32>
  %4 = mlc.mul %x, %k : tensor<3xf32>
  return %1, %3, %4 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func @powers(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<1.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %arg0, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.sqrt %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.div %[[V0]], %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.rsqrt %arg0 : tensor<3xf32>
// CHECK-NEXT: return %[[V1]], %[[V2]], %[[V3]], %arg0, %[[V4]] : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func @powers(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %2 = mlc.constant dense<2.0> : tensor<3xf32>
  %h = mlc.constant dense<0.5> : tensor<3xf32>
  %m = mlc.constant dense<-1.0> : tensor<3xf32>
  %1 = mlc.constant dense<1.0> : tensor<3xf32>
  %r = mlc.constant dense<-0.5> : tensor<3xf32>
  %a = mlc.pow %x, %2 : tensor<3xf32>
  %b = mlc.pow %x, %h : tensor<3xf32>
  %c = mlc.pow %x, %m : tensor<3xf32>
  %d = mlc.pow %x, %1 : tensor<3xf32>
  %e = mlc.pow %x, %r : tensor<3xf32>
  return %a, %b, %c, %d, %e : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func @selects(
// CHECK-NEXT: %[[V0:.*]] = mlc.select %arg0, %arg2, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.exp %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.select %arg0, %arg1, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: return %[[V0]], %[[V2]] : tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func @selects(%c: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %n = mlc.not %c : tensor<3xi1>
  %0 = mlc.select %n, %x, %y : tensor<3xf32>
  %1 = mlc.select %c, %x, %y : tensor<3xf32>
  %2 = mlc.exp %x : tensor<3xf32>
  %3 = mlc.select %c, %1, %2 : tensor<3xf32>
  return %0, %3 : tensor<3xf32>, tensor<3xf32>
}

// Wide and back is nothing; narrow and back stays.
// CHECK-LABEL: func.func @converts(
// CHECK-NEXT: %[[V0:.*]] = mlc.convert %arg0 : tensor<3xf32> -> tensor<3xi32>
// CHECK-NEXT: %[[V1:.*]] = mlc.convert %[[V0]] : tensor<3xi32> -> tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.convert %arg1 : tensor<3xi8> -> tensor<3xf32>
// CHECK-NEXT: return %arg0, %[[V1]], %[[V2]] : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func @converts(%x: tensor<3xf32>, %u: tensor<3xi8>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %0 = mlc.convert %x : tensor<3xf32> -> tensor<3xf64>
  %1 = mlc.convert %0 : tensor<3xf64> -> tensor<3xf32>
  %2 = mlc.convert %x : tensor<3xf32> -> tensor<3xi32>
  %3 = mlc.convert %2 : tensor<3xi32> -> tensor<3xf32>
  %4 = mlc.convert %u : tensor<3xi8> -> tensor<3xi32>
  %5 = mlc.convert %4 : tensor<3xi32> -> tensor<3xf32>
  return %1, %3, %5 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// Constants, rounded to their type; saturated; i8 unsigned.
// CHECK-LABEL: func.func @constants(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<[1.10517097, 1.64872122]> : tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<[0, -56, -1]> : tensor<3xi8>
// CHECK-NEXT: %[[V2:.*]] = mlc.constant dense<[true, false]> : tensor<2xi1>
// CHECK-NEXT: %[[V3:.*]] = mlc.constant dense<1.73205078> : tensor<1000xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V2]], %[[V3]] : tensor<2xf32>, tensor<3xi8>, tensor<2xi1>, tensor<1000xf32>
// CHECK-NEXT: }
func.func @constants() -> (tensor<2xf32>, tensor<3xi8>, tensor<2xi1>, tensor<1000xf32>) {
  %a = mlc.constant dense<[0.1, 0.5]> : tensor<2xf32>
  %0 = mlc.exp %a : tensor<2xf32>
  %b = mlc.constant dense<[-3.7, 200.9, 1000.0]> : tensor<3xf32>
  %1 = mlc.convert %b : tensor<3xf32> -> tensor<3xi8>
  %c = mlc.constant dense<[200, 3]> : tensor<2xi8>
  %d = mlc.constant dense<[100, 4]> : tensor<2xi8>
  %2 = mlc.compare gt %c, %d : tensor<2xi8>
  %e = mlc.constant dense<3.0> : tensor<f32>
  %f = mlc.broadcast %e axes = [] : tensor<f32> -> tensor<1000xf32>
  %3 = mlc.sqrt %f : tensor<1000xf32>
  return %0, %1, %2, %3 : tensor<2xf32>, tensor<3xi8>, tensor<2xi1>, tensor<1000xf32>
}

// An integer that does not fit is not folded.
// CHECK-LABEL: func.func @no_overflow(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<2147483647> : tensor<2xi32>
// CHECK-NEXT: %[[V1:.*]] = mlc.add %[[V0]], %[[V0]] : tensor<2xi32>
// CHECK-NEXT: return %[[V1]] : tensor<2xi32>
// CHECK-NEXT: }
func.func @no_overflow() -> tensor<2xi32> {
  %a = mlc.constant dense<2147483647> : tensor<2xi32>
  %0 = mlc.add %a, %a : tensor<2xi32>
  return %0 : tensor<2xi32>
}

// Elementwise before repeating.
// CHECK-LABEL: func.func @elementwise_of_broadcasts(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<5.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.add %[[V1]], %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.broadcast %[[V2]] axes = [1] : tensor<3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x3xf32>
// CHECK-NEXT: }
func.func @elementwise_of_broadcasts(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
  %k = mlc.constant dense<5.0> : tensor<2x3xf32>
  %0 = mlc.broadcast %x axes = [1] : tensor<3xf32> -> tensor<2x3xf32>
  %1 = mlc.broadcast %y axes = [1] : tensor<3xf32> -> tensor<2x3xf32>
  %2 = mlc.mul %0, %1 : tensor<2x3xf32>
  %3 = mlc.add %2, %k : tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @broadcasts(
// CHECK-NEXT: %[[V0:.*]] = mlc.broadcast %arg0 axes = [2] : tensor<3xf32> -> tensor<2x4x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reshape %arg0 : tensor<3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]] : tensor<2x4x3xf32>, tensor<1x3xf32>
// CHECK-NEXT: }
func.func @broadcasts(%x: tensor<3xf32>) -> (tensor<2x4x3xf32>, tensor<1x3xf32>) {
  %0 = mlc.broadcast %x axes = [1] : tensor<3xf32> -> tensor<4x3xf32>
  %1 = mlc.broadcast %0 axes = [1, 2] : tensor<4x3xf32> -> tensor<2x4x3xf32>
  %2 = mlc.broadcast %x axes = [1] : tensor<3xf32> -> tensor<1x3xf32>
  return %1, %2 : tensor<2x4x3xf32>, tensor<1x3xf32>
}

// CHECK-LABEL: func.func @reshapes(
// CHECK-NEXT: %[[V0:.*]] = mlc.reshape %arg0 : tensor<2x3xf32> -> tensor<3x2x1xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.broadcast %arg1 axes = [] : tensor<f32> -> tensor<6xf32>
// CHECK-NEXT: return %arg0, %[[V0]], %[[V1]] : tensor<2x3xf32>, tensor<3x2x1xf32>, tensor<6xf32>
// CHECK-NEXT: }
func.func @reshapes(%x: tensor<2x3xf32>, %s: tensor<f32>) -> (tensor<2x3xf32>, tensor<3x2x1xf32>, tensor<6xf32>) {
  %0 = mlc.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %1 = mlc.reshape %0 : tensor<6xf32> -> tensor<2x3xf32>
  %2 = mlc.reshape %0 : tensor<6xf32> -> tensor<3x2x1xf32>
  %3 = mlc.broadcast %s axes = [] : tensor<f32> -> tensor<2x3xf32>
  %4 = mlc.reshape %3 : tensor<2x3xf32> -> tensor<6xf32>
  return %1, %2, %4 : tensor<2x3xf32>, tensor<3x2x1xf32>, tensor<6xf32>
}

// CHECK-LABEL: func.func @transposes(
// CHECK-NEXT: %[[V0:.*]] = mlc.transpose %arg0 [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reshape %arg1 : tensor<2x1x3xf32> -> tensor<1x2x3xf32>
// CHECK-NEXT: return %arg0, %[[V0]], %[[V1]] : tensor<2x3x4xf32>, tensor<4x2x3xf32>, tensor<1x2x3xf32>
// CHECK-NEXT: }
func.func @transposes(%x: tensor<2x3x4xf32>, %y: tensor<2x1x3xf32>) -> (tensor<2x3x4xf32>, tensor<4x2x3xf32>, tensor<1x2x3xf32>) {
  %0 = mlc.transpose %x [2, 1, 0] : tensor<2x3x4xf32> -> tensor<4x3x2xf32>
  %1 = mlc.transpose %0 [2, 1, 0] : tensor<4x3x2xf32> -> tensor<2x3x4xf32>
  %2 = mlc.transpose %0 [0, 2, 1] : tensor<4x3x2xf32> -> tensor<4x2x3xf32>
  %3 = mlc.transpose %y [1, 0, 2] : tensor<2x1x3xf32> -> tensor<1x2x3xf32>
  return %1, %2, %3 : tensor<2x3x4xf32>, tensor<4x2x3xf32>, tensor<1x2x3xf32>
}

// CHECK-LABEL: func.func @transpose_of_broadcast(
// CHECK-NEXT: %[[V0:.*]] = mlc.transpose %arg0 [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.broadcast %[[V0]] axes = [0, 2] : tensor<3x2xf32> -> tensor<3x5x2xf32>
// CHECK-NEXT: return %[[V1]] : tensor<3x5x2xf32>
// CHECK-NEXT: }
func.func @transpose_of_broadcast(%x: tensor<2x3xf32>) -> tensor<3x5x2xf32> {
  %0 = mlc.broadcast %x axes = [0, 2] : tensor<2x3xf32> -> tensor<2x5x3xf32>
  %1 = mlc.transpose %0 [2, 1, 0] : tensor<2x5x3xf32> -> tensor<3x5x2xf32>
  return %1 : tensor<3x5x2xf32>
}

// CHECK-LABEL: func.func @reverses(
// CHECK-NEXT: return %arg0 : tensor<2x3xf32>
// CHECK-NEXT: }
func.func @reverses(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = mlc.reverse %x axes = [0, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  %1 = mlc.reverse %0 axes = [0, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}

// Wholly inside; half outside; wholly outside; stepping over the gaps.
// CHECK-LABEL: func.func @slice_of_pad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.slice %arg0 starts = [1] strides = [1] : tensor<4xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.slice %arg0 starts = [0] strides = [1] : tensor<4xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.pad %[[V2]] low = [2] high = [0] interior = [0] : tensor<2xf32> -> tensor<4xf32>
// CHECK-NEXT: return %[[V1]], %[[V3]], %[[V0]], %arg0 : tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>
// CHECK-NEXT: }
func.func @slice_of_pad(%x: tensor<4xf32>) -> (tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>) {
  %0 = mlc.pad %x low = [2] high = [2] interior = [0] : tensor<4xf32> -> tensor<8xf32>
  %1 = mlc.slice %0 starts = [3] strides = [1] : tensor<8xf32> -> tensor<2xf32>
  %2 = mlc.slice %0 starts = [0] strides = [1] : tensor<8xf32> -> tensor<4xf32>
  %3 = mlc.slice %0 starts = [6] strides = [1] : tensor<8xf32> -> tensor<2xf32>
  %4 = mlc.pad %x low = [1] high = [0] interior = [2] : tensor<4xf32> -> tensor<11xf32>
  %5 = mlc.slice %4 starts = [1] strides = [3] : tensor<11xf32> -> tensor<4xf32>
  return %1, %2, %3, %5 : tensor<2xf32>, tensor<4xf32>, tensor<2xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @slices(
// CHECK-NEXT: %[[V0:.*]] = mlc.slice %arg0 starts = [5] strides = [4] : tensor<20xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.slice %arg1 starts = [1] strides = [1] : tensor<3xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.broadcast %[[V1]] axes = [1] : tensor<2xf32> -> tensor<2x2xf32>
// CHECK-NEXT: return %[[V0]], %[[V2]], %arg2 : tensor<3xf32>, tensor<2x2xf32>, tensor<2xf32>
// CHECK-NEXT: }
func.func @slices(%x: tensor<20xf32>, %y: tensor<3xf32>, %z: tensor<2xf32>) -> (tensor<3xf32>, tensor<2x2xf32>, tensor<2xf32>) {
  %0 = mlc.slice %x starts = [1] strides = [2] : tensor<20xf32> -> tensor<8xf32>
  %1 = mlc.slice %0 starts = [2] strides = [2] : tensor<8xf32> -> tensor<3xf32>
  %2 = mlc.broadcast %y axes = [1] : tensor<3xf32> -> tensor<4x3xf32>
  %3 = mlc.slice %2 starts = [2, 1] strides = [1, 1] : tensor<4x3xf32> -> tensor<2x2xf32>
  %4 = mlc.concat %y, %z axis = 0 : (tensor<3xf32>, tensor<2xf32>) -> tensor<5xf32>
  %5 = mlc.slice %4 starts = [3] strides = [1] : tensor<5xf32> -> tensor<2xf32>
  return %1, %3, %5 : tensor<3xf32>, tensor<2x2xf32>, tensor<2xf32>
}

// Three slices put back; gradients of three slices side by side.
// CHECK-LABEL: func.func @concats(
// CHECK-NEXT: %[[V0:.*]] = mlc.concat %arg1, %arg2, %arg3 axis = 1 : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x6xf32>
// CHECK-NEXT: return %arg0, %[[V0]] : tensor<2x6xf32>, tensor<2x6xf32>
// CHECK-NEXT: }
func.func @concats(%x: tensor<2x6xf32>, %a: tensor<2x2xf32>, %b: tensor<2x2xf32>, %c: tensor<2x2xf32>) -> (tensor<2x6xf32>, tensor<2x6xf32>) {
  %0 = mlc.slice %x starts = [0, 0] strides = [1, 1] : tensor<2x6xf32> -> tensor<2x2xf32>
  %1 = mlc.slice %x starts = [0, 2] strides = [1, 1] : tensor<2x6xf32> -> tensor<2x3xf32>
  %2 = mlc.slice %x starts = [0, 5] strides = [1, 1] : tensor<2x6xf32> -> tensor<2x1xf32>
  %3 = mlc.concat %0, %1, %2 axis = 1 : (tensor<2x2xf32>, tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x6xf32>
  %4 = mlc.pad %a low = [0, 0] high = [0, 4] interior = [0, 0] : tensor<2x2xf32> -> tensor<2x6xf32>
  %5 = mlc.pad %b low = [0, 2] high = [0, 2] interior = [0, 0] : tensor<2x2xf32> -> tensor<2x6xf32>
  %6 = mlc.pad %c low = [0, 4] high = [0, 0] interior = [0, 0] : tensor<2x2xf32> -> tensor<2x6xf32>
  %7 = mlc.add %6, %5 : tensor<2x6xf32>
  %8 = mlc.add %7, %4 : tensor<2x6xf32>
  return %3, %8 : tensor<2x6xf32>, tensor<2x6xf32>
}

// CHECK-LABEL: func.func @reduce_of_broadcast(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<5.000000e+00> : tensor<2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<8.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = mlc.constant dense<8.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %arg0, %[[V2]] : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %arg0 axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = mlc.mul %[[V4]], %[[V1]] : tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = mlc.reduce sum %arg1 axes = [1] : tensor<2x3xf32> -> tensor<2xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %[[V6]], %[[V0]] : tensor<2xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.broadcast %[[V7]] axes = [0] : tensor<2xf32> -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]], %[[V5]], %arg0, %[[V8]] : tensor<3xf32>, tensor<f32>, tensor<3xf32>, tensor<2x4xf32>
// CHECK-NEXT: }
func.func @reduce_of_broadcast(%x: tensor<3xf32>, %y: tensor<2x3xf32>) -> (tensor<3xf32>, tensor<f32>, tensor<3xf32>, tensor<2x4xf32>) {
  %0 = mlc.broadcast %x axes = [1] : tensor<3xf32> -> tensor<8x3xf32>
  %1 = mlc.reduce sum %0 axes = [0] : tensor<8x3xf32> -> tensor<3xf32>
  %2 = mlc.reduce sum %0 axes = [0, 1] : tensor<8x3xf32> -> tensor<f32>
  %3 = mlc.reduce max %0 axes = [0] : tensor<8x3xf32> -> tensor<3xf32>
  %4 = mlc.broadcast %y axes = [0, 3] : tensor<2x3xf32> -> tensor<2x5x4x3xf32>
  %5 = mlc.reduce sum %4 axes = [1, 3] : tensor<2x5x4x3xf32> -> tensor<2x4xf32>
  return %1, %2, %3, %5 : tensor<3xf32>, tensor<f32>, tensor<3xf32>, tensor<2x4xf32>
}

// CHECK-LABEL: func.func @reduces(
// CHECK-NEXT: %[[V0:.*]] = mlc.reduce sum %arg0 axes = [0, 2] : tensor<2x3x4xf32> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reduce sum %arg0 axes = [0, 1, 2] : tensor<2x3x4xf32> -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reshape %arg1 : tensor<2x1x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %arg1 axes = [0] : tensor<2x1x3xf32> -> tensor<1x3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reshape %[[V3]] : tensor<1x3xf32> -> tensor<3x1xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.reduce max %arg0 axes = [1] : tensor<2x3x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.transpose %[[V5]] [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
// CHECK-NEXT: return %[[V0]], %[[V1]], %[[V2]], %[[V4]], %[[V6]] : tensor<3xf32>, tensor<f32>, tensor<2x3xf32>, tensor<3x1xf32>, tensor<4x2xf32>
// CHECK-NEXT: }
func.func @reduces(%x: tensor<2x3x4xf32>, %y: tensor<2x1x3xf32>) -> (tensor<3xf32>, tensor<f32>, tensor<2x3xf32>, tensor<3x1xf32>, tensor<4x2xf32>) {
  %0 = mlc.reduce sum %x axes = [2] : tensor<2x3x4xf32> -> tensor<2x3xf32>
  %1 = mlc.reduce sum %0 axes = [0] : tensor<2x3xf32> -> tensor<3xf32>
  %2 = mlc.reshape %x : tensor<2x3x4xf32> -> tensor<6x4xf32>
  %3 = mlc.reduce sum %2 axes = [0, 1] : tensor<6x4xf32> -> tensor<f32>
  %4 = mlc.reduce max %y axes = [1] : tensor<2x1x3xf32> -> tensor<2x3xf32>
  %5 = mlc.reshape %y : tensor<2x1x3xf32> -> tensor<2x3x1xf32>
  %6 = mlc.reduce sum %5 axes = [0] : tensor<2x3x1xf32> -> tensor<3x1xf32>
  %7 = mlc.transpose %x [2, 1, 0] : tensor<2x3x4xf32> -> tensor<4x3x2xf32>
  %8 = mlc.reduce max %7 axes = [1] : tensor<4x3x2xf32> -> tensor<4x2xf32>
  return %1, %3, %4, %6, %8 : tensor<3xf32>, tensor<f32>, tensor<2x3xf32>, tensor<3x1xf32>, tensor<4x2xf32>
}

// CHECK-LABEL: func.func @contracts(
// CHECK-NEXT: %[[V0:.*]] = mlc.contract "km,nk->nm" %arg0, %arg1 : (tensor<3x2xf32>, tensor<4x3xf32>) -> tensor<4x2xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.neg %[[V0]] : tensor<4x2xf32>
// CHECK-NEXT: return %[[V1]] : tensor<4x2xf32>
// CHECK-NEXT: }
func.func @contracts(%a: tensor<3x2xf32>, %b: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %0 = mlc.transpose %a [1, 0] : tensor<3x2xf32> -> tensor<2x3xf32>
  %1 = mlc.neg %b : tensor<4x3xf32>
  %2 = mlc.contract "mk,nk->mn" %0, %1 : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  %3 = mlc.transpose %2 [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
  return %3 : tensor<4x2xf32>
}

// A product with its bias is made in the order that is asked for.
// CHECK-LABEL: func.func @transposed_epilogue(
// CHECK-NEXT: %[[V0:.*]] = mlc.contract "abk,kn->ban" %arg0, %arg1 : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<3x2x5xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.broadcast %arg2 axes = [2] : tensor<5xf32> -> tensor<3x2x5xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.add %[[V0]], %[[V1]] : tensor<3x2x5xf32>
// CHECK-NEXT: return %[[V2]] : tensor<3x2x5xf32>
func.func @transposed_epilogue(%a: tensor<2x3x4xf32>, %b: tensor<4x5xf32>, %c: tensor<5xf32>) -> tensor<3x2x5xf32> {
  %0 = mlc.contract "abk,kn->abn" %a, %b : (tensor<2x3x4xf32>, tensor<4x5xf32>) -> tensor<2x3x5xf32>
  %1 = mlc.broadcast %c axes = [2] : tensor<5xf32> -> tensor<2x3x5xf32>
  %2 = mlc.add %0, %1 : tensor<2x3x5xf32>
  %3 = mlc.transpose %2 [1, 0, 2] : tensor<2x3x5xf32> -> tensor<3x2x5xf32>
  return %3 : tensor<3x2x5xf32>
}

// Not what others read, too.
// CHECK-LABEL: func.func @transposed_and_read(
// CHECK: %[[V0:.*]] = mlc.add
// CHECK-NEXT: %[[V1:.*]] = mlc.transpose %[[V0]] [1, 0]
// CHECK-NEXT: return %[[V0]], %[[V1]]
func.func @transposed_and_read(%a: tensor<3x4xf32>, %b: tensor<4x5xf32>, %c: tensor<5xf32>) -> (tensor<3x5xf32>, tensor<5x3xf32>) {
  %0 = mlc.contract "mk,kn->mn" %a, %b : (tensor<3x4xf32>, tensor<4x5xf32>) -> tensor<3x5xf32>
  %1 = mlc.broadcast %c axes = [1] : tensor<5xf32> -> tensor<3x5xf32>
  %2 = mlc.add %0, %1 : tensor<3x5xf32>
  %3 = mlc.transpose %2 [1, 0] : tensor<3x5xf32> -> tensor<5x3xf32>
  return %2, %3 : tensor<3x5xf32>, tensor<5x3xf32>
}

// An axis of size 1 that comes and goes is never there; a value that somebody else sees keeps it.
// CHECK-LABEL: func.func @unit_axis
// CHECK-NEXT: %[[EPS:.*]] = mlc.constant dense<{{.*}}> : tensor<2x3xf32>
// CHECK-NEXT: %[[SUM:.*]] = mlc.add %arg0, %[[EPS]] : tensor<2x3xf32>
// CHECK-NEXT: %[[ROOT:.*]] = mlc.rsqrt %[[SUM]] : tensor<2x3xf32>
// CHECK-NEXT: return %[[ROOT]]
func.func @unit_axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = mlc.reshape %x : tensor<2x3xf32> -> tensor<2x3x1xf32>
  %1 = mlc.constant dense<1.0e-5> : tensor<2x3x1xf32>
  %2 = mlc.add %0, %1 : tensor<2x3x1xf32>
  %3 = mlc.rsqrt %2 : tensor<2x3x1xf32>
  %4 = mlc.reshape %3 : tensor<2x3x1xf32> -> tensor<2x3xf32>
  return %4 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @seen_axis
// CHECK: mlc.exp {{.*}} : tensor<2x3x1xf32>
func.func @seen_axis(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3x1xf32>) {
  %0 = mlc.reshape %x : tensor<2x3xf32> -> tensor<2x3x1xf32>
  %1 = mlc.exp %0 : tensor<2x3x1xf32>
  %2 = mlc.reshape %1 : tensor<2x3x1xf32> -> tensor<2x3xf32>
  return %2, %1 : tensor<2x3xf32>, tensor<2x3x1xf32>
}

// Sums keep what they are accumulated in, and become one only where that is the same.
// CHECK-LABEL: func.func @accumulation
func.func @accumulation(%x: tensor<2x3x4xf32>, %a: tensor<3x2xf32>, %b: tensor<3x4xf32>) -> (tensor<f32>, tensor<f32>, tensor<2x4xf32>) {
  // CHECK-DAG: mlc.reduce sum %arg0 axes = [0, 1, 2] accumulate = f64
  %0 = mlc.reduce sum %x axes = [1] accumulate = f64 : tensor<2x3x4xf32> -> tensor<2x4xf32>
  %1 = mlc.reduce sum %0 axes = [0, 1] accumulate = f64 : tensor<2x4xf32> -> tensor<f32>
  // CHECK-DAG: %[[PART:.*]] = mlc.reduce sum %arg0 axes = [2] : tensor<2x3x4xf32> -> tensor<2x3xf32>
  // CHECK-DAG: mlc.reduce sum %[[PART]] axes = [0, 1] accumulate = f64
  %2 = mlc.reduce sum %x axes = [2] : tensor<2x3x4xf32> -> tensor<2x3xf32>
  %3 = mlc.reduce sum %2 axes = [0, 1] accumulate = f64 : tensor<2x3xf32> -> tensor<f32>
  // CHECK-DAG: mlc.contract "km,kn->mn" %arg1, %arg2 accumulate = f64
  %4 = mlc.transpose %a [1, 0] : tensor<3x2xf32> -> tensor<2x3xf32>
  %5 = mlc.contract "mk,kn->mn" %4, %b accumulate = f64 : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  return %1, %3, %5 : tensor<f32>, tensor<f32>, tensor<2x4xf32>
}
