// How far compiled results may be from the oracle's.
#ifndef MLC_COMPILER_ORACLE_COMPARE_H
#define MLC_COMPILER_ORACLE_COMPARE_H

#include "compiler/oracle/Tensor.h"

#include <optional>
#include <string>

namespace mlc::compiler::oracle {

/// |actual - expected| <= absolute + relative * |expected| + scaled * (largest finite |expected| of the
/// tensor).
///
/// `scaled` is what sums in another order need: their error grows with the terms, not with what is left after
/// they cancel. With k random terms a sum in f32 is off by about sqrt(k) * 2^-24 of the terms' size, so the
/// defaults hold for k up to about 10^4 and for the polynomial approximations of exp, tanh, erf and log (4
/// ulp, 5e-7).
struct Tolerance {
  double absolute = 1e-6, relative = 1e-5, scaled = 1e-5;
};

/// The worst element of a comparison that failed.
struct Mismatch {
  int64_t element; // row-major
  int64_t failed;  // number of elements out of bounds
  double expected, actual, bound;
  std::string text() const;
};

/// Nothing when all elements agree. Integers and bools must be equal; NaN agrees with NaN, and an infinity
/// with itself, only. Types that differ are a mismatch of element -1.
std::optional<Mismatch> compare(const Tensor &expected, const Tensor &actual, Tolerance tolerance = {});

} // namespace mlc::compiler::oracle
#endif
