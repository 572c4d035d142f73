// Algorithm: the number is counted in steps of the format, which are those of its binade and never less than
// the smallest subnormal. The count is rounded. The formats being ordered as their bits are, a count that
// reaches the next binade, the normal numbers or infinity carries into the exponent by itself.
#include "runtime/Float16.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace mlc {

template <int digits> Float16<digits>::Float16(double value) {
  constexpr int maxExponent = std::numeric_limits<Float16>::max_exponent;
  constexpr unsigned infinity = (2u * maxExponent - 1) << (digits - 1);
  unsigned sign = std::signbit(value) ? 0x8000 : 0;
  double size = std::fabs(value);
  if (std::isnan(value)) {
    uint64_t wide;
    std::memcpy(&wide, &value, sizeof wide);
    auto payload = static_cast<unsigned>(wide >> (53 - digits)) & ((1u << (digits - 1)) - 1);
    bits = static_cast<uint16_t>(sign | infinity | 1u << (digits - 2) | payload);
    return;
  }
  if (std::isinf(value) || size == 0) {
    bits = static_cast<uint16_t>(sign | (size == 0 ? 0 : infinity));
    return;
  }
  constexpr int leastStep = 3 - maxExponent - digits;
  int exponent;
  (void)std::frexp(size, &exponent);
  int step = std::max(exponent - digits, leastStep);
  if (step - leastStep > 2 * maxExponent) {
    bits = static_cast<uint16_t>(sign | infinity);
    return;
  }
  auto count = static_cast<unsigned>(std::nearbyint(std::ldexp(size, -step)));
  unsigned magnitude = (static_cast<unsigned>(step - leastStep) << (digits - 1)) + count;
  bits = static_cast<uint16_t>(sign | std::min(magnitude, infinity));
}

template <int digits> Float16<digits>::operator float() const {
  constexpr int maxExponent = std::numeric_limits<Float16>::max_exponent;
  const unsigned fraction = bits & ((1u << (digits - 1)) - 1);
  const int exponent = (bits & 0x7fff) >> (digits - 1);
  if (exponent == 2 * maxExponent - 1) {
    uint32_t wide = (bits & 0x8000u) << 16 | 0x7f800000u | fraction << (24 - digits);
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
  }
  const unsigned count = exponent == 0 ? fraction : fraction | 1u << (digits - 1);
  float value = std::ldexp(static_cast<float>(count), std::max(exponent, 1) + 2 - maxExponent - digits);
  return bits & 0x8000 ? -value : value;
}

template struct Float16<11>;
template struct Float16<8>;

} // namespace mlc
