// Element types of everything that leaves compiled code: state, fields, outputs, checkpoints.
#ifndef MLC_RUNTIME_DTYPE_H
#define MLC_RUNTIME_DTYPE_H

#include "runtime/Float16.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mlc {

/// `U8` and `Bool` take one byte; a Bool is 0 or 1.
enum class DType {
#define MLC_PROGRAM_TYPE(id, ...) id,
#include "runtime/ElementTypes.def"
};

/// A dtype as a type, with the C++ type of its elements.
template <DType dtype> struct Element;
#define MLC_PROGRAM_TYPE(id, name, type, mlir, format, numpy)                                                \
  template <> struct Element<DType::id> {                                                                    \
    using Type = type;                                                                                       \
    static constexpr DType dtype = DType::id;                                                                \
    static constexpr bool isFloat = !std::numeric_limits<type>::is_integer;                                  \
  };
#include "runtime/ElementTypes.def"

/// Calls visit(Element<dtype>()), and gives what it gives.
template <typename Visit> auto visitDType(DType dtype, Visit &&visit) {
  switch (dtype) {
#define MLC_PROGRAM_TYPE(id, ...)                                                                            \
  case DType::id:                                                                                            \
    return visit(Element<DType::id>());
#include "runtime/ElementTypes.def"
  }
  __builtin_unreachable();
}

/// Bytes of one element.
inline int64_t sizeOf(DType dtype) {
  return visitDType(dtype, [](auto element) { return int64_t(sizeof(typename decltype(element)::Type)); });
}

inline bool isFloat(DType dtype) {
  return visitDType(dtype, [](auto element) { return element.isFloat; });
}

/// Whether the text of a program can name it, and programs compute with it.
inline bool isOfLanguage(DType dtype) {
  switch (dtype) {
#define MLC_LANGUAGE_TYPE(id, ...) case DType::id:
#include "runtime/ElementTypes.def"
    return true;
  default:
    return false;
  }
}

/// The numbers from lowest to highest; exact but for i64. Of a float type the finite ones.
struct NumberRange {
  double lowest, highest;
};
inline NumberRange rangeOf(DType dtype) {
  if (dtype == DType::Bool)
    return {0, 1};
  return visitDType(dtype, [](auto element) {
    using Limits = std::numeric_limits<typename decltype(element)::Type>;
    return NumberRange{static_cast<double>(Limits::lowest()), static_cast<double>(Limits::max())};
  });
}

/// The name in programs and manifests: f32 f64 i32 ...
inline std::string_view nameOf(DType dtype) {
  switch (dtype) {
#define MLC_PROGRAM_TYPE(id, name, ...)                                                                      \
  case DType::id:                                                                                            \
    return name;
#include "runtime/ElementTypes.def"
  }
  __builtin_unreachable();
}

inline std::optional<DType> dtypeNamed(std::string_view name) {
#define MLC_PROGRAM_TYPE(id, text, ...)                                                                      \
  if (name == text)                                                                                          \
    return DType::id;
#include "runtime/ElementTypes.def"
  return std::nullopt;
}

/// The product of the dims times `factor`, or nothing when a dim is negative or the product overflows.
inline std::optional<int64_t> checkedProduct(const std::vector<int64_t> &shape, int64_t factor = 1) {
  int64_t product = factor;
  bool empty = factor == 0;
  for (int64_t dim : shape) {
    if (dim < 0)
      return std::nullopt;
    if (dim == 0)
      empty = true;
    else if (__builtin_mul_overflow(product, dim, &product))
      return std::nullopt;
  }
  return empty ? 0 : product;
}

} // namespace mlc
#endif
