// Numbers of all magnitudes and kinds for sweeps of elementwise ops, and how far a result is from the exact
// one.
#pragma once

#include <utility>
#include <vector>

namespace mlc::test {

/// Wider than either precision of programs.
using Real = long double;

/// f32 or f64: what a sweep needs to know of it. Numbers of both are held as doubles.
struct Precision {
  const char *name;
  int fractionBits, leastExponent;
  double largest, leastNormal;

  static const Precision single, wide;
  bool isSingle() const { return fractionBits == 23; }
  /// Whether it is a subnormal number, which compiled code reads and writes as zero.
  bool isSubnormal(double x) const;
  /// The next number of this precision, upwards.
  double after(double x) const;
};

/// Zeros, infinities, NaN, subnormal numbers, 1, 2, 0.5 and others with their neighbours, the largest and the
/// least, of both signs.
std::vector<double> specialNumbers(const Precision &precision);

/// Of f32 every 16411th pattern of bits, which is a quarter of a million numbers of all exponents and both
/// signs; of f64 as many random ones, and as many between 2^-60 and 2^20. Then the special ones, and those
/// next to multiples of pi / 2.
std::vector<double> manyNumbers(const Precision &precision);

/// Pairs of all special numbers with each other, and random ones of all magnitudes, near each other and
/// equal.
std::vector<std::pair<double, double>> manyPairs(const Precision &precision);

/// How far `got` is from `wanted`, in units in the last place of `wanted`, or of `least` where that is
/// larger. 0 for NaN where NaN is wanted, for an infinity where the exact value rounds to it, and for
/// anything up to the least normal number where less than that is wanted; infinity where one of them has no
/// such reason.
double unitsOff(Real wanted, double got, const Precision &precision, double least);

} // namespace mlc::test
