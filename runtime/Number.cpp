#include "runtime/Number.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace mlc {
namespace {

template <typename T> std::string print(T value) {
  if (std::isnan(value))
    return "nan";
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

template <typename T> std::optional<T> parse(std::string_view text) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && (text.front() == '-' || text.front() == '+'))
      return std::nullopt;
  }
  T value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty())
    return std::nullopt;
  if (error == std::errc())
    return value;
  if constexpr (std::is_floating_point_v<T>) {
    if (error == std::errc::result_out_of_range) {
      // from_chars does not say which way it went out of range: the sign of the decimal exponent does.
      bool negative = text.front() == '-';
      size_t exponent = text.find_first_of("eE");
      bool tiny = false;
      if (exponent != std::string_view::npos && exponent + 1 < text.size())
        tiny = text[exponent + 1] == '-';
      else if (size_t first = text.find_first_not_of("-0."); first != std::string_view::npos)
        tiny = text.find('.') < first;
      T magnitude = tiny ? T(0) : std::numeric_limits<T>::infinity();
      return negative ? -magnitude : magnitude;
    }
  }
  return std::nullopt;
}

} // namespace

std::string printNumber(double value) { return print(value); }
std::string printNumber(float value) { return print(value); }
std::optional<double> parseF64(std::string_view text) { return parse<double>(text); }
std::optional<float> parseF32(std::string_view text) { return parse<float>(text); }
std::optional<int64_t> parseI64(std::string_view text) { return parse<int64_t>(text); }

} // namespace mlc
