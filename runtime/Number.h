// Numbers as text that reads back to the same bits, whatever the locale.
#ifndef MLC_RUNTIME_NUMBER_H
#define MLC_RUNTIME_NUMBER_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlc {

/// The shortest decimal text that reads back to `value`; "inf", "-inf" and "nan" for what is not finite.
std::string printNumber(double value);
std::string printNumber(float value);

/// The whole of `text` as a number (decimal, "inf" and "nan" in any case, a leading '+' allowed), or nothing.
std::optional<double> parseF64(std::string_view text);
/// Rounded once, from decimal to f32. Too small gives a zero or subnormal, too large an infinity.
std::optional<float> parseF32(std::string_view text);
/// The whole of `text` as a decimal integer that fits, or nothing.
std::optional<int64_t> parseI64(std::string_view text);

} // namespace mlc
#endif
