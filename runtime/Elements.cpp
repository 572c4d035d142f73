#include "runtime/Elements.h"

#include "runtime/Number.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace mlc {
namespace {

template <typename T> bool store(T value, uint8_t *to) {
  std::memcpy(to, &value, sizeof value);
  return true;
}

/// As a number that any float type of fewer than 53 bits rounds as it would round `value`: the bits that a
/// double has no room for leave a trace in the last that it has.
template <typename From> double beforeRounding(From value) {
  if constexpr (std::is_floating_point_v<From>) {
    return static_cast<double>(value);
  } else {
    bool negative = value < 0;
    uint64_t size = negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    if (size >> 53 != 0)
      size = (size & ~uint64_t(4095)) | ((size & 4095) != 0 ? 2048 : 0);
    return negative ? -static_cast<double>(size) : static_cast<double>(size);
  }
}

template <typename To, typename From> bool writeFloat(From value, uint8_t *to) {
  To rounded;
  if constexpr (std::is_floating_point_v<To>)
    rounded = static_cast<To>(value);
  else
    rounded = To(beforeRounding(value));
  if (std::isinf(static_cast<double>(rounded)) && !std::isinf(static_cast<double>(value)))
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
    else if constexpr (element.isFloat)
      return writeFloat<To>(value, to);
    else
      return writeInteger<To>(value, to);
  });
}

/// What a row of the table says of each type, in the order of StoredType.
struct Row {
  std::string_view name, format, numpy;
  int64_t bytes;
};
constexpr Row rows[] = {
#define MLC_ELEMENT_TYPE(id, name, type, format, numpy) {name, format, numpy, sizeof(type)},
#include "runtime/ElementTypes.def"
};
const Row &rowOf(StoredType type) { return rows[static_cast<size_t>(type)]; }

} // namespace

int64_t sizeOf(StoredType type) { return rowOf(type).bytes; }
std::string_view nameOf(StoredType type) { return rowOf(type).name; }
std::string_view formatName(StoredType type) { return rowOf(type).format; }

std::string_view numpyName(StoredType type) { return rowOf(type).numpy; }

/// The type whose row says `name` there.
static std::optional<StoredType> find(std::string_view Row::*column, std::string_view name) {
  for (const Row &row : rows)
    if (row.*column == name && !name.empty())
      return static_cast<StoredType>(&row - rows);
  return std::nullopt;
}

std::optional<StoredType> storedTypeOf(std::string_view formatName) { return find(&Row::format, formatName); }
std::optional<StoredType> storedTypeOfNumpy(std::string_view numpyName) {
  return find(&Row::numpy, numpyName);
}

StoredType storedAs(DType dtype) {
  switch (dtype) {
#define MLC_PROGRAM_TYPE(id, ...)                                                                            \
  case DType::id:                                                                                            \
    return StoredType::id;
#include "runtime/ElementTypes.def"
  }
  __builtin_unreachable();
}

bool writeNumber(double value, DType dtype, uint8_t *to) { return writeAs(value, dtype, to); }
bool writeNumber(int64_t value, DType dtype, uint8_t *to) { return writeAs(value, dtype, to); }
bool writeNumber(uint64_t value, DType dtype, uint8_t *to) { return writeAs(value, dtype, to); }

void writeRounded(double value, DType dtype, uint8_t *to) {
  visitDType(dtype, [&](auto element) {
    if constexpr (element.isFloat)
      store(static_cast<typename decltype(element)::Type>(value), to);
  });
}

double readNumber(DType dtype, const uint8_t *at) {
  return visitElement(storedAs(dtype), at, [](auto value) { return static_cast<double>(value); });
}

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
