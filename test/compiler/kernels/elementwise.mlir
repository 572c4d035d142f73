// Every elementwise op in f32 and f64, with NaN and infinities, and every conversion.
// RUN: %every-isa %s
func.func @neg_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.neg %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @exp_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.exp %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @log_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.log %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sqrt_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.sqrt %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @rsqrt_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.rsqrt %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @tanh_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.tanh %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @erf_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.erf %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @abs_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.abs %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sin_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.sin %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @cos_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.cos %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @floor_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.floor %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sign_f32(%x: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.sign %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @add_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.add %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sub_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.sub %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @mul_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.mul %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @div_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.div %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @max_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.max %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @min_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.min %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @pow_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xf32> {
  %0 = mlc.pow %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @cmp_eq_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xi1> {
  %0 = mlc.compare eq %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_ne_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xi1> {
  %0 = mlc.compare ne %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_lt_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xi1> {
  %0 = mlc.compare lt %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_le_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xi1> {
  %0 = mlc.compare le %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_gt_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xi1> {
  %0 = mlc.compare gt %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_ge_f32(%x: tensor<3x37xf32>, %y: tensor<3x37xf32>) -> tensor<3x37xi1> {
  %0 = mlc.compare ge %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @neg_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.neg %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @exp_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.exp %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @log_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.log %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sqrt_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.sqrt %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @rsqrt_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.rsqrt %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @tanh_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.tanh %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @erf_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.erf %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @abs_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.abs %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sin_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.sin %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @cos_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.cos %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @floor_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.floor %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sign_f32_nan(%x: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.sign %x : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @add_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.add %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @sub_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.sub %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @mul_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.mul %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @div_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.div %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @max_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.max %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @min_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.min %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @pow_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xf32> {
  %0 = mlc.pow %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xf32>
}
func.func @cmp_eq_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xi1> {
  %0 = mlc.compare eq %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_ne_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xi1> {
  %0 = mlc.compare ne %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_lt_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xi1> {
  %0 = mlc.compare lt %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_le_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xi1> {
  %0 = mlc.compare le %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_gt_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xi1> {
  %0 = mlc.compare gt %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @cmp_ge_f32_nan(%x: tensor<3x37xf32> {check.nan}, %y: tensor<3x37xf32> {check.nan}) -> tensor<3x37xi1> {
  %0 = mlc.compare ge %x, %y : tensor<3x37xf32>
  return %0 : tensor<3x37xi1>
}
func.func @neg_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.neg %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @exp_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.exp %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @log_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.log %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sqrt_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.sqrt %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @rsqrt_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.rsqrt %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @tanh_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.tanh %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @erf_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.erf %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @abs_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.abs %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sin_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.sin %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @cos_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.cos %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @floor_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.floor %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sign_f64(%x: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.sign %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @add_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.add %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sub_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.sub %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @mul_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.mul %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @div_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.div %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @max_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.max %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @min_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.min %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @pow_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xf64> {
  %0 = mlc.pow %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @cmp_eq_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xi1> {
  %0 = mlc.compare eq %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_ne_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xi1> {
  %0 = mlc.compare ne %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_lt_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xi1> {
  %0 = mlc.compare lt %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_le_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xi1> {
  %0 = mlc.compare le %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_gt_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xi1> {
  %0 = mlc.compare gt %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_ge_f64(%x: tensor<3x21xf64>, %y: tensor<3x21xf64>) -> tensor<3x21xi1> {
  %0 = mlc.compare ge %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @neg_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.neg %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @exp_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.exp %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @log_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.log %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sqrt_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.sqrt %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @rsqrt_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.rsqrt %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @tanh_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.tanh %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @erf_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.erf %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @abs_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.abs %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sin_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.sin %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @cos_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.cos %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @floor_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.floor %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sign_f64_nan(%x: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.sign %x : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @add_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.add %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @sub_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.sub %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @mul_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.mul %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @div_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.div %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @max_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.max %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @min_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.min %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @pow_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xf64> {
  %0 = mlc.pow %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xf64>
}
func.func @cmp_eq_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xi1> {
  %0 = mlc.compare eq %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_ne_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xi1> {
  %0 = mlc.compare ne %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_lt_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xi1> {
  %0 = mlc.compare lt %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_le_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xi1> {
  %0 = mlc.compare le %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_gt_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xi1> {
  %0 = mlc.compare gt %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @cmp_ge_f64_nan(%x: tensor<3x21xf64> {check.nan}, %y: tensor<3x21xf64> {check.nan}) -> tensor<3x21xi1> {
  %0 = mlc.compare ge %x, %y : tensor<3x21xf64>
  return %0 : tensor<3x21xi1>
}
func.func @convert_f32_f64(%x: tensor<37xf32> {check.nan}) -> tensor<37xf64> {
  %0 = mlc.convert %x : tensor<37xf32> -> tensor<37xf64>
  return %0 : tensor<37xf64>
}
func.func @convert_f32_i32(%x: tensor<37xf32> {check.nan}) -> tensor<37xi32> {
  %0 = mlc.convert %x : tensor<37xf32> -> tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @convert_f32_i64(%x: tensor<37xf32> {check.nan}) -> tensor<37xi64> {
  %0 = mlc.convert %x : tensor<37xf32> -> tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @convert_f32_i8(%x: tensor<37xf32> {check.nan}) -> tensor<37xi8> {
  %0 = mlc.convert %x : tensor<37xf32> -> tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @convert_f32_i1(%x: tensor<37xf32> {check.nan}) -> tensor<37xi1> {
  %0 = mlc.convert %x : tensor<37xf32> -> tensor<37xi1>
  return %0 : tensor<37xi1>
}
func.func @convert_f64_f32(%x: tensor<37xf64> {check.nan}) -> tensor<37xf32> {
  %0 = mlc.convert %x : tensor<37xf64> -> tensor<37xf32>
  return %0 : tensor<37xf32>
}
func.func @convert_f64_i32(%x: tensor<37xf64> {check.nan}) -> tensor<37xi32> {
  %0 = mlc.convert %x : tensor<37xf64> -> tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @convert_f64_i64(%x: tensor<37xf64> {check.nan}) -> tensor<37xi64> {
  %0 = mlc.convert %x : tensor<37xf64> -> tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @convert_f64_i8(%x: tensor<37xf64> {check.nan}) -> tensor<37xi8> {
  %0 = mlc.convert %x : tensor<37xf64> -> tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @convert_f64_i1(%x: tensor<37xf64> {check.nan}) -> tensor<37xi1> {
  %0 = mlc.convert %x : tensor<37xf64> -> tensor<37xi1>
  return %0 : tensor<37xi1>
}
func.func @convert_i32_f32(%x: tensor<37xi32>) -> tensor<37xf32> {
  %0 = mlc.convert %x : tensor<37xi32> -> tensor<37xf32>
  return %0 : tensor<37xf32>
}
func.func @convert_i32_f64(%x: tensor<37xi32>) -> tensor<37xf64> {
  %0 = mlc.convert %x : tensor<37xi32> -> tensor<37xf64>
  return %0 : tensor<37xf64>
}
func.func @convert_i32_i64(%x: tensor<37xi32>) -> tensor<37xi64> {
  %0 = mlc.convert %x : tensor<37xi32> -> tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @convert_i32_i8(%x: tensor<37xi32>) -> tensor<37xi8> {
  %0 = mlc.convert %x : tensor<37xi32> -> tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @convert_i32_i1(%x: tensor<37xi32>) -> tensor<37xi1> {
  %0 = mlc.convert %x : tensor<37xi32> -> tensor<37xi1>
  return %0 : tensor<37xi1>
}
func.func @convert_i64_f32(%x: tensor<37xi64>) -> tensor<37xf32> {
  %0 = mlc.convert %x : tensor<37xi64> -> tensor<37xf32>
  return %0 : tensor<37xf32>
}
func.func @convert_i64_f64(%x: tensor<37xi64>) -> tensor<37xf64> {
  %0 = mlc.convert %x : tensor<37xi64> -> tensor<37xf64>
  return %0 : tensor<37xf64>
}
func.func @convert_i64_i32(%x: tensor<37xi64>) -> tensor<37xi32> {
  %0 = mlc.convert %x : tensor<37xi64> -> tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @convert_i64_i8(%x: tensor<37xi64>) -> tensor<37xi8> {
  %0 = mlc.convert %x : tensor<37xi64> -> tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @convert_i64_i1(%x: tensor<37xi64>) -> tensor<37xi1> {
  %0 = mlc.convert %x : tensor<37xi64> -> tensor<37xi1>
  return %0 : tensor<37xi1>
}
func.func @convert_i8_f32(%x: tensor<37xi8>) -> tensor<37xf32> {
  %0 = mlc.convert %x : tensor<37xi8> -> tensor<37xf32>
  return %0 : tensor<37xf32>
}
func.func @convert_i8_f64(%x: tensor<37xi8>) -> tensor<37xf64> {
  %0 = mlc.convert %x : tensor<37xi8> -> tensor<37xf64>
  return %0 : tensor<37xf64>
}
func.func @convert_i8_i32(%x: tensor<37xi8>) -> tensor<37xi32> {
  %0 = mlc.convert %x : tensor<37xi8> -> tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @convert_i8_i64(%x: tensor<37xi8>) -> tensor<37xi64> {
  %0 = mlc.convert %x : tensor<37xi8> -> tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @convert_i8_i1(%x: tensor<37xi8>) -> tensor<37xi1> {
  %0 = mlc.convert %x : tensor<37xi8> -> tensor<37xi1>
  return %0 : tensor<37xi1>
}
func.func @convert_i1_f32(%x: tensor<37xi1>) -> tensor<37xf32> {
  %0 = mlc.convert %x : tensor<37xi1> -> tensor<37xf32>
  return %0 : tensor<37xf32>
}
func.func @convert_i1_f64(%x: tensor<37xi1>) -> tensor<37xf64> {
  %0 = mlc.convert %x : tensor<37xi1> -> tensor<37xf64>
  return %0 : tensor<37xf64>
}
func.func @convert_i1_i32(%x: tensor<37xi1>) -> tensor<37xi32> {
  %0 = mlc.convert %x : tensor<37xi1> -> tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @convert_i1_i64(%x: tensor<37xi1>) -> tensor<37xi64> {
  %0 = mlc.convert %x : tensor<37xi1> -> tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @convert_i1_i8(%x: tensor<37xi1>) -> tensor<37xi8> {
  %0 = mlc.convert %x : tensor<37xi1> -> tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @add_i32(%x: tensor<37xi32>, %y: tensor<37xi32>) -> tensor<37xi32> {
  %0 = mlc.add %x, %y : tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @add_i64(%x: tensor<37xi64>, %y: tensor<37xi64>) -> tensor<37xi64> {
  %0 = mlc.add %x, %y : tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @add_i8(%x: tensor<37xi8>, %y: tensor<37xi8>) -> tensor<37xi8> {
  %0 = mlc.add %x, %y : tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @sub_i32(%x: tensor<37xi32>, %y: tensor<37xi32>) -> tensor<37xi32> {
  %0 = mlc.sub %x, %y : tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @sub_i64(%x: tensor<37xi64>, %y: tensor<37xi64>) -> tensor<37xi64> {
  %0 = mlc.sub %x, %y : tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @sub_i8(%x: tensor<37xi8>, %y: tensor<37xi8>) -> tensor<37xi8> {
  %0 = mlc.sub %x, %y : tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @mul_i32(%x: tensor<37xi32>, %y: tensor<37xi32>) -> tensor<37xi32> {
  %0 = mlc.mul %x, %y : tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @mul_i64(%x: tensor<37xi64>, %y: tensor<37xi64>) -> tensor<37xi64> {
  %0 = mlc.mul %x, %y : tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @mul_i8(%x: tensor<37xi8>, %y: tensor<37xi8>) -> tensor<37xi8> {
  %0 = mlc.mul %x, %y : tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @max_i32(%x: tensor<37xi32>, %y: tensor<37xi32>) -> tensor<37xi32> {
  %0 = mlc.max %x, %y : tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @max_i64(%x: tensor<37xi64>, %y: tensor<37xi64>) -> tensor<37xi64> {
  %0 = mlc.max %x, %y : tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @max_i8(%x: tensor<37xi8>, %y: tensor<37xi8>) -> tensor<37xi8> {
  %0 = mlc.max %x, %y : tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @min_i32(%x: tensor<37xi32>, %y: tensor<37xi32>) -> tensor<37xi32> {
  %0 = mlc.min %x, %y : tensor<37xi32>
  return %0 : tensor<37xi32>
}
func.func @min_i64(%x: tensor<37xi64>, %y: tensor<37xi64>) -> tensor<37xi64> {
  %0 = mlc.min %x, %y : tensor<37xi64>
  return %0 : tensor<37xi64>
}
func.func @min_i8(%x: tensor<37xi8>, %y: tensor<37xi8>) -> tensor<37xi8> {
  %0 = mlc.min %x, %y : tensor<37xi8>
  return %0 : tensor<37xi8>
}
func.func @logic(%x: tensor<37xi1>, %y: tensor<37xi1>, %a: tensor<37xf32>, %b: tensor<37xf32>) -> (tensor<37xi1>, tensor<37xi1>, tensor<37xf32>) {
  %0 = mlc.and %x, %y : tensor<37xi1>
  %1 = mlc.or %x, %y : tensor<37xi1>
  %2 = mlc.not %1 : tensor<37xi1>
  %3 = mlc.select %2, %a, %b : tensor<37xf32>
  return %0, %2, %3 : tensor<37xi1>, tensor<37xi1>, tensor<37xf32>
}
