#include "test/unit/oracle/Numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>

namespace mlc::test {

const Precision Precision::single{"f32", 23, -126, std::numeric_limits<float>::max(),
                                  std::numeric_limits<float>::min()};
const Precision Precision::wide{"f64", 52, -1022, std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::min()};

bool Precision::isSubnormal(double x) const { return x != 0 && std::abs(x) < leastNormal; }

double Precision::after(double x) const {
  if (isSingle())
    return std::nextafter(static_cast<float>(x), std::numeric_limits<float>::infinity());
  return std::nextafter(x, std::numeric_limits<double>::infinity());
}

static double fromBits(uint64_t bits, const Precision &precision) {
  if (precision.isSingle()) {
    auto word = static_cast<uint32_t>(bits);
    float number;
    std::memcpy(&number, &word, sizeof number);
    return number;
  }
  double number;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

static double rounded(Real x, const Precision &precision) {
  return precision.isSingle() ? static_cast<float>(x) : static_cast<double>(x);
}

std::vector<double> specialNumbers(const Precision &precision) {
  std::vector<double> sizes{0, precision.leastNormal, precision.largest,
                            std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::quiet_NaN()};
  sizes.push_back(precision.after(0));
  sizes.push_back(precision.leastNormal / 2);
  for (double about : {1.0, 0.5, 2.0, 3.0, 1.5, 10.0, 88.72283, 709.78271, 1e-3, 1e5, 504847.6875,
                       1036048.625, 16777216.0, 2147483648.0}) {
    double at = rounded(about, precision);
    sizes.insert(sizes.end(), {at - (precision.after(at) - at), at, precision.after(at)});
  }
  for (double tenth : {0.5, 0.9, 0.1})
    for (int sign : {1, -1})
      sizes.push_back(std::ldexp(1.0, int(tenth * sign * (-precision.leastExponent))));
  std::vector<double> numbers;
  for (double size : sizes)
    numbers.insert(numbers.end(), {rounded(size, precision), rounded(-size, precision)});
  return numbers;
}

std::vector<double> manyNumbers(const Precision &precision) {
  std::vector<double> numbers;
  std::mt19937_64 random(7);
  if (precision.isSingle())
    for (uint64_t bits = 0; bits < uint64_t(1) << 32; bits += 16411)
      numbers.push_back(fromBits(bits, precision));
  else
    for (int i = 0; i < 200000; ++i) {
      numbers.push_back(fromBits(random(), precision));
      double size = std::ldexp(1 + std::ldexp(double(random() >> 11), -53), int(random() % 80) - 60);
      numbers.push_back(random() & 1 ? size : -size);
    }
  for (double special : specialNumbers(precision))
    for (int i = 0; i < 100; ++i, special = precision.after(special))
      numbers.push_back(special);
  const Real quarter = 1.570796326794896619231321691639751442L;
  for (int k = 1; k < 200000; k += k < 2000 ? 1 : 97) {
    double near = rounded(quarter * k, precision);
    numbers.insert(numbers.end(), {near, precision.after(near), -near});
  }
  return numbers;
}

std::vector<std::pair<double, double>> manyPairs(const Precision &precision) {
  std::vector<std::pair<double, double>> pairs;
  std::vector<double> special = specialNumbers(precision);
  for (double x : special)
    for (double y : special)
      pairs.emplace_back(x, y);
  std::mt19937_64 random(11);
  for (int i = 0; i < 30000; ++i) {
    double x = fromBits(random(), precision), y = fromBits(random(), precision);
    pairs.emplace_back(x, y);
    pairs.emplace_back(x, x);
    auto moderate = [&] {
      double size = std::ldexp(1 + std::ldexp(double(random() >> 11), -53), int(random() % 24) - 12);
      return rounded(random() & 1 ? size : -size, precision);
    };
    pairs.emplace_back(moderate(), moderate());
    pairs.emplace_back(std::abs(x), moderate());
  }
  return pairs;
}

double unitsOff(Real wanted, double got, const Precision &precision, double least) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(wanted) || std::isnan(got))
    return std::isnan(wanted) && std::isnan(got) ? 0 : infinity;
  if (std::isinf(wanted))
    return double(wanted) == got ? 0 : infinity;
  Real size = std::abs(wanted), largest = precision.largest;
  int exponent = std::ilogb(std::max<Real>({size, least, precision.leastNormal}));
  Real unit = std::ldexp(Real(1), std::min(exponent, -precision.leastExponent + 1) - precision.fractionBits);
  if (std::isinf(got)) {
    if ((got > 0) != (wanted > 0))
      return infinity;
    return size > largest ? 0 : double((largest - size) / unit + 1);
  }
  Real off = std::abs(wanted - Real(got));
  if (size < precision.leastNormal && off <= precision.leastNormal)
    return 0;
  return double(off / unit);
}

} // namespace mlc::test
