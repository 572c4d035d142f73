// Floats of 16 bits as memory and files hold them: IEEE 754 binary16 and bfloat16.
#ifndef MLC_RUNTIME_FLOAT16_H
#define MLC_RUNTIME_FLOAT16_H

#include <cstdint>
#include <limits>

namespace mlc {

/// One sign, 16 - `digits` bits of exponent, and a mantissa of `digits` bits of which the first is not
/// stored. For keeping: arithmetic is done in what it converts to.
template <int digits> struct Float16 {
  uint16_t bits;

  Float16() = default;
  /// Rounded once, to nearest, ties to even: through subnormals to a zero of `value`'s sign, and to infinity
  /// from half a step above the largest number. A NaN stays one, with its sign and what fits of its payload,
  /// and quiet.
  explicit Float16(double value);
  /// Exact; a NaN keeps its payload.
  operator float() const; // NOLINT(google-explicit-constructor): nothing is lost
};

using Half = Float16<11>;
using BFloat = Float16<8>;

extern template struct Float16<11>;
extern template struct Float16<8>;

} // namespace mlc

/// As those of the standard's types, which the table of element types reads. The standard permits it for
/// types of one's own.
// NOLINTNEXTLINE(bugprone-std-namespace-modification)
template <int mantissa> class std::numeric_limits<mlc::Float16<mantissa>> {
public:
  static constexpr bool is_specialized = true, is_signed = true, is_integer = false, is_iec559 = true;
  static constexpr int digits = mantissa;
  static constexpr int max_exponent = 1 << (15 - mantissa);
  static mlc::Float16<mantissa> max() noexcept { return of((0xffff >> 1) - (1 << (mantissa - 1))); }
  static mlc::Float16<mantissa> lowest() noexcept { return of(0xffff - (1 << (mantissa - 1))); }

private:
  static mlc::Float16<mantissa> of(int bits) noexcept {
    mlc::Float16<mantissa> value;
    value.bits = static_cast<uint16_t>(bits);
    return value;
  }
};

#endif
