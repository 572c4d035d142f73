#include "runtime/Elements.h"

#include "runtime/Number.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace mlc {
namespace {

// In the order of StoredType.
constexpr std::array<std::string_view, 13> names = {"f32",  "f64", "i32", "i64", "u8",  "bool", "f16",
                                                    "bf16", "i8",  "i16", "u16", "u32", "u64"};
constexpr std::array<int64_t, 13> sizes = {4, 8, 4, 8, 1, 1, 2, 2, 1, 2, 2, 4, 8};

template <typename T> T load(const uint8_t *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T> bool store(T value, uint8_t *to) {
  std::memcpy(to, &value, sizeof value);
  return true;
}

template <typename To, typename From> bool writeFloat(From value, uint8_t *to) {
  auto rounded = static_cast<To>(value);
  if constexpr (std::is_floating_point_v<From>)
    if (std::isinf(rounded) && !std::isinf(value))
      return false;
  return store(rounded, to);
}

template <typename To, typename From> bool writeInteger(From value, uint8_t *to) {
  using Limits = std::numeric_limits<To>;
  if constexpr (std::is_floating_point_v<From>) {
    // Both bounds are exact in f64: the upper one is a power of two, exclusive. Not so NaN.
    double below = std::ldexp(1.0, Limits::digits);
    double least = std::is_signed_v<To> ? -below : 0;
    if (!(value >= least && value < below) || value != std::floor(value))
      return false;
  } else if constexpr (std::is_signed_v<From>) {
    if (value < static_cast<int64_t>(Limits::min()) || value > static_cast<int64_t>(Limits::max()))
      return false;
  } else if (value > static_cast<uint64_t>(Limits::max())) {
    return false;
  }
  return store(static_cast<To>(value), to);
}

template <typename From> bool writeAs(From value, DType dtype, uint8_t *to) {
  switch (dtype) {
  case DType::F32:
    return writeFloat<float>(value, to);
  case DType::F64:
    return writeFloat<double>(value, to);
  case DType::I32:
    return writeInteger<int32_t>(value, to);
  case DType::I64:
    return writeInteger<int64_t>(value, to);
  case DType::U8:
    return writeInteger<uint8_t>(value, to);
  case DType::Bool:
    return (value == 0 || value == 1) && store(static_cast<uint8_t>(value), to);
  }
  return false;
}

/// Calls `visit` with the element as a double, int64_t or uint64_t that has its value.
template <typename Visit> auto visitElement(StoredType type, const uint8_t *at, Visit visit) {
  switch (type) {
  case StoredType::F16:
    return visit(static_cast<double>(halfToFloat(load<uint16_t>(at))));
  case StoredType::BF16:
    return visit(static_cast<double>(bfloatToFloat(load<uint16_t>(at))));
  case StoredType::F32:
    return visit(static_cast<double>(load<float>(at)));
  case StoredType::F64:
    return visit(load<double>(at));
  case StoredType::I8:
    return visit(static_cast<int64_t>(load<int8_t>(at)));
  case StoredType::I16:
    return visit(static_cast<int64_t>(load<int16_t>(at)));
  case StoredType::I32:
    return visit(static_cast<int64_t>(load<int32_t>(at)));
  case StoredType::I64:
    return visit(load<int64_t>(at));
  case StoredType::U16:
    return visit(static_cast<uint64_t>(load<uint16_t>(at)));
  case StoredType::U32:
    return visit(static_cast<uint64_t>(load<uint32_t>(at)));
  case StoredType::U64:
    return visit(load<uint64_t>(at));
  case StoredType::U8:
  case StoredType::Bool:
    break;
  }
  return visit(static_cast<uint64_t>(*at));
}

} // namespace

int64_t sizeOf(StoredType type) { return sizes[static_cast<size_t>(type)]; }
std::string_view nameOf(StoredType type) { return names[static_cast<size_t>(type)]; }

StoredType storedAs(DType dtype) {
  static_assert(static_cast<int>(StoredType::Bool) == static_cast<int>(DType::Bool), "the same order");
  return static_cast<StoredType>(dtype);
}

float bfloatToFloat(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  return load<float>(reinterpret_cast<const uint8_t *>(&wide));
}

float halfToFloat(uint16_t bits) {
  int exponent = bits >> 10 & 31, fraction = bits & 1023;
  float value = exponent == 0    ? std::ldexp(static_cast<float>(fraction), -24)
                : exponent == 31 ? (fraction ? std::numeric_limits<float>::quiet_NaN()
                                             : std::numeric_limits<float>::infinity())
                                 : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  return bits & 0x8000 ? -value : value;
}

bool writeNumber(double value, DType dtype, uint8_t *to) { return writeAs(value, dtype, to); }
bool writeNumber(int64_t value, DType dtype, uint8_t *to) { return writeAs(value, dtype, to); }
bool writeNumber(uint64_t value, DType dtype, uint8_t *to) { return writeAs(value, dtype, to); }

std::optional<int64_t> convertElements(StoredType from, const uint8_t *data, int64_t count, DType to,
                                       uint8_t *out) {
  const int64_t read = sizeOf(from), written = sizeOf(to);
  if (from == storedAs(to) && from != StoredType::Bool) {
    std::memcpy(out, data, static_cast<size_t>(count * read));
    return std::nullopt;
  }
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t *at = data + i * read;
    uint8_t *place = out + i * written;
    bool isBool = from != StoredType::Bool || *at <= 1;
    if (!isBool || !visitElement(from, at, [&](auto value) { return writeAs(value, to, place); }))
      return i;
  }
  return std::nullopt;
}

std::string printElement(StoredType type, const uint8_t *at) {
  return visitElement(type, at, [](auto value) {
    if constexpr (std::is_floating_point_v<decltype(value)>)
      return printNumber(value);
    else
      return std::to_string(value);
  });
}

} // namespace mlc
