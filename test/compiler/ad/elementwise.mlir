// The derivative of each elementwise op, as it is printed. %d is the cotangent: the last argument.
// RUN: mlc-opt --mlc-autodiff %s | FileCheck %s

// CHECK-LABEL: func.func private @neg.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.mul %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.reduce sum %[[V0]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V2:.*]] = mlc.neg %[[V1]] : tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.neg %arg1 : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @neg(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.neg %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @neg_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @neg(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @exp.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.exp %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: return %[[V2]], %[[V1]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @exp(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.exp %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @exp_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @exp(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @log.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.log %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.div %arg1, %arg0 : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @log(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.log %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @log_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @log(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @sqrt.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.sqrt %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg1, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.div %[[V4]], %[[V1]] : tensor<3xf32>
// CHECK-NEXT: return %[[V3]], %[[V5]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @sqrt(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.sqrt %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @sqrt_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @sqrt(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @rsqrt.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<-5.000000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.rsqrt %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %[[V1]], %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.mul %[[V4]], %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.mul %[[V5]], %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %arg1, %[[V6]] : tensor<3xf32>
// CHECK-NEXT: return %[[V3]], %[[V7]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @rsqrt(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.rsqrt %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @rsqrt_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @rsqrt(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @tanh.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<1.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.tanh %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %[[V1]], %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.sub %[[V0]], %[[V4]] : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.mul %arg1, %[[V5]] : tensor<3xf32>
// CHECK-NEXT: return %[[V3]], %[[V6]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @tanh(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.tanh %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @tanh_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @tanh(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @erf.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<1.12837923> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.erf %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg0, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.neg %[[V4]] : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.exp %[[V5]] : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %[[V6]], %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.mul %arg1, %[[V7]] : tensor<3xf32>
// CHECK-NEXT: return %[[V3]], %[[V8]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @erf(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.erf %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @erf_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @erf(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @abs.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.abs %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.sign %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg1, %[[V3]] : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V4]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @abs(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.abs %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @abs_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @abs(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @sin.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.sin %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.cos %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg1, %[[V3]] : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V4]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @sin(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.sin %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @sin_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @sin(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @cos.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.cos %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.sin %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg1, %[[V3]] : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.neg %[[V4]] : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V5]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @cos(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.cos %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @cos_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @cos(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @add.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.add %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: return %[[V2]], %arg2, %arg2 : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @add(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.add %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @add_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @add(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @sub.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.sub %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.neg %arg2 : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %arg2, %[[V3]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @sub(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.sub %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @sub_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @sub(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @mul.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.mul %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %arg2, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg2, %arg0 : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V4]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @mul(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.mul %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @mul_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @mul(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @div.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.div %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.div %arg2, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.div %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.neg %[[V4]] : tensor<3xf32>
// CHECK-NEXT: return %[[V2]], %[[V3]], %[[V5]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @div(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.div %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @div_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @div(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @max.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.max %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %[[V2]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %[[V3]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = mlc.compare lt %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.compare eq %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %arg2, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.select %[[V6]], %[[V7]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.select %[[V5]], %[[V0]], %[[V8]] : tensor<3xf32>
// CHECK-NEXT: %[[V10:.*]] = mlc.compare lt %arg1, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V11:.*]] = mlc.select %[[V10]], %[[V0]], %[[V8]] : tensor<3xf32>
// CHECK-NEXT: return %[[V4]], %[[V9]], %[[V11]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @max(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.max %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @max_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @max(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @min.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.min %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %[[V2]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %[[V3]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = mlc.compare gt %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.compare eq %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %arg2, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.select %[[V6]], %[[V7]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.select %[[V5]], %[[V0]], %[[V8]] : tensor<3xf32>
// CHECK-NEXT: %[[V10:.*]] = mlc.compare gt %arg1, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V11:.*]] = mlc.select %[[V10]], %[[V0]], %[[V8]] : tensor<3xf32>
// CHECK-NEXT: return %[[V4]], %[[V9]], %[[V11]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @min(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.min %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @min_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @min(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @pow.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<1.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.pow %arg0, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %[[V2]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %[[V3]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = mlc.compare eq %arg1, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.sub %arg1, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.pow %arg0, %[[V6]] : tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.mul %arg1, %[[V7]] : tensor<3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.mul %arg2, %[[V8]] : tensor<3xf32>
// CHECK-NEXT: %[[V10:.*]] = mlc.select %[[V5]], %[[V0]], %[[V9]] : tensor<3xf32>
// CHECK-NEXT: %[[V11:.*]] = mlc.compare eq %arg0, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V12:.*]] = mlc.compare eq %arg1, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V13:.*]] = mlc.compare lt %arg1, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V14:.*]] = mlc.log %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V15:.*]] = mlc.mul %[[V3]], %[[V14]] : tensor<3xf32>
// CHECK-NEXT: %[[V16:.*]] = mlc.select %[[V13]], %[[V15]], %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V17:.*]] = mlc.mul %arg2, %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V18:.*]] = mlc.select %[[V12]], %[[V16]], %[[V17]] : tensor<3xf32>
// CHECK-NEXT: %[[V19:.*]] = mlc.select %[[V11]], %[[V18]], %[[V15]] : tensor<3xf32>
// CHECK-NEXT: return %[[V4]], %[[V10]], %[[V19]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @pow(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.pow %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @pow_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @pow(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @select.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.select %arg0, %arg1, %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg3 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.select %arg0, %arg3, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.select %arg0, %[[V0]], %arg3 : tensor<3xf32>
// CHECK-NEXT: return %[[V3]], %[[V4]], %[[V5]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @select(%c: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.select %c, %x, %y : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @select_use(%c: tensor<3xi1>, %x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @select(%c, %x, %y, %d) wrt = [1, 2] : (tensor<3xi1>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// Steps have no derivative.
// CHECK-LABEL: func.func private @floor.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.floor %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.sign %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.add %[[V1]], %[[V2]] : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %[[V3]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.reduce sum %[[V4]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: return %[[V5]], %[[V0]], %[[V0]] : tensor<f32>, tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @floor(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %0 = mlc.floor %x : tensor<3xf32>
  %1 = mlc.sign %y : tensor<3xf32>
  %r = mlc.add %0, %1 : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @floor_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %0:3 = mlc.gradient @floor(%x, %y, %d) wrt = [0, 1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>)
  return %0#1, %0#2 : tensor<3xf32>, tensor<3xf32>
}

// CHECK-LABEL: func.func private @stop_gradient.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.stop_gradient %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg1, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: return %[[V3]], %[[V4]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @stop_gradient(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %0 = mlc.stop_gradient %x : tensor<3xf32>
  %r = mlc.mul %0, %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @stop_gradient_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @stop_gradient(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @convert.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.convert %arg0 : tensor<3xf64> -> tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %[[V0]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.reduce sum %[[V1]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = mlc.convert %arg1 : tensor<3xf32> -> tensor<3xf64>
// CHECK-NEXT: return %[[V2]], %[[V3]] : tensor<f32>, tensor<3xf64>
// CHECK-NEXT: }
func.func private @convert(%x: tensor<3xf64>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.convert %x : tensor<3xf64> -> tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @convert_use(%x: tensor<3xf64>, %d: tensor<3xf32>) -> (tensor<3xf64>) {
  %0:2 = mlc.gradient @convert(%x, %d) wrt = [0] : (tensor<3xf64>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf64>)
  return %0#1 : tensor<3xf64>
}

// A constant on the other side changes nothing: at 0 the derivative is one half.
// CHECK-LABEL: func.func private @relu.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<5.000000e-01> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.max %arg0, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.mul %[[V2]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.reduce sum %[[V3]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V5:.*]] = mlc.compare lt %arg0, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V6:.*]] = mlc.compare eq %arg0, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %arg1, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.select %[[V6]], %[[V7]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.select %[[V5]], %[[V1]], %[[V8]] : tensor<3xf32>
// CHECK-NEXT: return %[[V4]], %[[V9]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @relu(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %k = mlc.constant dense<0.0> : tensor<3xf32>
  %r = mlc.max %x, %k : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @relu_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @relu(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// CHECK-LABEL: func.func private @square.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<2.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.mul %arg0, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %arg1, %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.mul %[[V4]], %[[V0]] : tensor<3xf32>
// CHECK-NEXT: return %[[V3]], %[[V5]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @square(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %k = mlc.constant dense<2.0> : tensor<3xf32>
  %r = mlc.pow %x, %k : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @square_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @square(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// Cotangents of all uses are added.
// CHECK-LABEL: func.func private @several_uses.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.exp %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.sin %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V0]], %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.add %[[V2]], %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V4:.*]] = mlc.mul %[[V3]], %arg1 : tensor<3xf32>
// CHECK-NEXT: %[[V5:.*]] = mlc.reduce sum %[[V4]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: %[[V6:.*]] = mlc.mul %arg1, %[[V1]] : tensor<3xf32>
// CHECK-NEXT: %[[V7:.*]] = mlc.mul %arg1, %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V8:.*]] = mlc.cos %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V9:.*]] = mlc.mul %[[V7]], %[[V8]] : tensor<3xf32>
// CHECK-NEXT: %[[V10:.*]] = mlc.add %arg1, %[[V9]] : tensor<3xf32>
// CHECK-NEXT: %[[V11:.*]] = mlc.mul %[[V6]], %[[V0]] : tensor<3xf32>
// CHECK-NEXT: %[[V12:.*]] = mlc.add %[[V10]], %[[V11]] : tensor<3xf32>
// CHECK-NEXT: return %[[V5]], %[[V12]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @several_uses(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %0 = mlc.exp %x : tensor<3xf32>
  %1 = mlc.sin %x : tensor<3xf32>
  %2 = mlc.mul %0, %1 : tensor<3xf32>
  %r = mlc.add %2, %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @several_uses_use(%x: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @several_uses(%x, %d) wrt = [0] : (tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}

// Zeros where nothing comes.
// CHECK-LABEL: func.func private @unreached.grad(
// CHECK-NEXT: %[[V0:.*]] = mlc.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK-NEXT: %[[V1:.*]] = mlc.exp %arg0 : tensor<3xf32>
// CHECK-NEXT: %[[V2:.*]] = mlc.mul %[[V1]], %arg2 : tensor<3xf32>
// CHECK-NEXT: %[[V3:.*]] = mlc.reduce sum %[[V2]] axes = [0] : tensor<3xf32> -> tensor<f32>
// CHECK-NEXT: return %[[V3]], %[[V0]] : tensor<f32>, tensor<3xf32>
// CHECK-NEXT: }
func.func private @unreached(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<f32> {
  %r = mlc.exp %x : tensor<3xf32>
  %weighted = mlc.mul %r, %d : tensor<3xf32>
  %sum = mlc.reduce sum %weighted axes = [0] : tensor<3xf32> -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @unreached_use(%x: tensor<3xf32>, %y: tensor<3xf32>, %d: tensor<3xf32>) -> (tensor<3xf32>) {
  %0:2 = mlc.gradient @unreached(%x, %y, %d) wrt = [1] : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<3xf32>)
  return %0#1 : tensor<3xf32>
}
