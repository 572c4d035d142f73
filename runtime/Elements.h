// Numbers as other programs' files hold them, and how they become elements of ours.
#ifndef MLC_RUNTIME_ELEMENTS_H
#define MLC_RUNTIME_ELEMENTS_H

#include "runtime/DType.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace mlc {

/// The element types that can be read: those of DType, and what only files have.
enum class StoredType {
#define MLC_ELEMENT_TYPE(id, ...) id,
#include "runtime/ElementTypes.def"
};

/// Bytes of one element.
int64_t sizeOf(StoredType type);
/// "f16", as nameOf(DType) where there is one.
std::string_view nameOf(StoredType type);
/// "F32", "BOOL": as safetensors spells it, and the type that it spells so.
std::string_view formatName(StoredType type);
std::optional<StoredType> storedTypeOf(std::string_view formatName);
/// "f4": as numpy spells it behind the order of bytes; empty where numpy has no name for it.
std::string_view numpyName(StoredType type);
std::optional<StoredType> storedTypeOfNumpy(std::string_view numpyName);
/// The type of what we write ourselves.
StoredType storedAs(DType dtype);

/// Writes `value` to `to` as `dtype`: to a float type rounded once to nearest, to an integer or bool exactly.
/// False, and nothing is written, if the dtype cannot hold it: a fraction, a NaN or an infinity for an
/// integer type, anything but 0 and 1 for a bool, what is out of range, a finite number that would round to
/// infinity. Infinities and NaN stay what they are in float types.
bool writeNumber(double value, DType dtype, uint8_t *to);
bool writeNumber(int64_t value, DType dtype, uint8_t *to);
bool writeNumber(uint64_t value, DType dtype, uint8_t *to);

/// Writes `value` to `to` as `dtype`, a float type: rounded once to nearest, to infinity beyond its range.
void writeRounded(double value, DType dtype, uint8_t *to);
/// The element at `at` as a double: exact but for an i64 beyond 2^53.
double readNumber(DType dtype, const uint8_t *at);

/// The element at `at`, of any alignment, with its value as a double, an int64_t or a uint64_t.
template <typename T> auto widened(const uint8_t *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (!std::numeric_limits<T>::is_integer)
    return static_cast<double>(value);
  else if constexpr (std::is_signed_v<T>)
    return static_cast<int64_t>(value);
  else
    return static_cast<uint64_t>(value);
}
/// Calls `visit` with that.
template <typename Visit> auto visitElement(StoredType stored, const uint8_t *at, Visit &&visit) {
  switch (stored) {
#define MLC_ELEMENT_TYPE(id, name, type, format, numpy)                                                      \
  case StoredType::id:                                                                                       \
    return visit(widened<type>(at));
#include "runtime/ElementTypes.def"
  }
  __builtin_unreachable();
}

/// Converts `count` elements (little-endian, at any address) by the rules of writeNumber. Gives the index of
/// the first that `to` cannot hold, or nothing if all are written to `out`.
std::optional<int64_t> convertElements(StoredType from, const uint8_t *data, int64_t count, DType to,
                                       uint8_t *out);

/// The element at `at` in decimal, for messages.
std::string printElement(StoredType type, const uint8_t *at);

} // namespace mlc
#endif
