#include "runtime/Elements.h"

#include "runtime/Number.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace mlc {
namespace {

/// IEEE binary16 and bfloat16 as files hold them.
struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};

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
  return visitDType(dtype, [&](auto element) {
    using To = typename decltype(element)::Type;
    if constexpr (element.dtype == DType::Bool)
      return (value == 0 || value == 1) && store(static_cast<uint8_t>(value), to);
    else if constexpr (std::is_floating_point_v<To>)
      return writeFloat<To>(value, to);
    else
      return writeInteger<To>(value, to);
  });
}

/// The value as a double, int64_t or uint64_t.
template <typename T> auto widened(T value) {
  if constexpr (std::is_same_v<T, Half>)
    return static_cast<double>(halfToFloat(value.bits));
  else if constexpr (std::is_same_v<T, BFloat>)
    return static_cast<double>(bfloatToFloat(value.bits));
  else if constexpr (std::is_floating_point_v<T>)
    return static_cast<double>(value);
  else if constexpr (std::is_signed_v<T>)
    return static_cast<int64_t>(value);
  else
    return static_cast<uint64_t>(value);
}

/// Calls `visit` with the element as a double, int64_t or uint64_t that has its value.
template <typename Visit> auto visitElement(StoredType stored, const uint8_t *at, Visit visit) {
  switch (stored) {
#define MLC_PROGRAM_TYPE(id, name, type, mlir, format) MLC_FILE_TYPE(id, name, type, format)
#define MLC_FILE_TYPE(id, name, type, format)                                                                \
  case StoredType::id:                                                                                       \
    return visit(widened(load<type>(at)));
#include "runtime/ElementTypes.def"
  }
  __builtin_unreachable();
}

/// What a row of the table says of each type, in the order of StoredType.
struct Row {
  std::string_view name, format;
  int64_t bytes;
};
constexpr Row rows[] = {
#define MLC_PROGRAM_TYPE(id, name, type, mlir, format) {name, format, sizeof(type)},
#define MLC_FILE_TYPE(id, name, type, format) {name, format, sizeof(type)},
#include "runtime/ElementTypes.def"
};
const Row &rowOf(StoredType type) { return rows[static_cast<size_t>(type)]; }

} // namespace

int64_t sizeOf(StoredType type) { return rowOf(type).bytes; }
std::string_view nameOf(StoredType type) { return rowOf(type).name; }
std::string_view formatName(StoredType type) { return rowOf(type).format; }

std::optional<StoredType> storedTypeOf(std::string_view formatName) {
  for (const Row &row : rows)
    if (row.format == formatName)
      return static_cast<StoredType>(&row - rows);
  return std::nullopt;
}

StoredType storedAs(DType dtype) {
  switch (dtype) {
#define MLC_PROGRAM_TYPE(id, name, type, mlir, format)                                                       \
  case DType::id:                                                                                            \
    return StoredType::id;
#include "runtime/ElementTypes.def"
  }
  __builtin_unreachable();
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
