// Numbers as other programs' files hold them, and how they become elements of ours.
#ifndef MLC_RUNTIME_ELEMENTS_H
#define MLC_RUNTIME_ELEMENTS_H

#include "runtime/DType.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlc {

/// The element types that can be read: those of DType, and what only files have.
enum class StoredType {
#define MLC_PROGRAM_TYPE(id, name, type, mlir, format) id,
#define MLC_FILE_TYPE(id, name, type, format) id,
#include "runtime/ElementTypes.def"
};

/// Bytes of one element.
int64_t sizeOf(StoredType type);
/// "f16", as nameOf(DType) where there is one.
std::string_view nameOf(StoredType type);
/// "F32", "BOOL": as safetensors spells it, and the type that it spells so.
std::string_view formatName(StoredType type);
std::optional<StoredType> storedTypeOf(std::string_view formatName);
/// The type of what we write ourselves.
StoredType storedAs(DType dtype);

/// IEEE binary16 and bfloat16; exact, subnormals, infinities and NaN too.
float halfToFloat(uint16_t bits);
float bfloatToFloat(uint16_t bits);

/// Writes `value` to `to` as `dtype`: to a float type rounded once to nearest, to an integer or bool exactly.
/// False, and nothing is written, if the dtype cannot hold it: a fraction, a NaN or an infinity for an
/// integer type, anything but 0 and 1 for a bool, what is out of range, a finite number that would round to
/// infinity. Infinities and NaN stay what they are in float types.
bool writeNumber(double value, DType dtype, uint8_t *to);
bool writeNumber(int64_t value, DType dtype, uint8_t *to);
bool writeNumber(uint64_t value, DType dtype, uint8_t *to);

/// Converts `count` elements (little-endian, at any address) by the rules of writeNumber. Gives the index of
/// the first that `to` cannot hold, or nothing if all are written to `out`.
std::optional<int64_t> convertElements(StoredType from, const uint8_t *data, int64_t count, DType to,
                                       uint8_t *out);

/// The element at `at` in decimal, for messages.
std::string printElement(StoredType type, const uint8_t *at);

} // namespace mlc
#endif
