// Element types of everything that leaves compiled code: state, fields, outputs, checkpoints.
#ifndef MLC_RUNTIME_DTYPE_H
#define MLC_RUNTIME_DTYPE_H

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mlc {

/// `U8` and `Bool` take one byte; a Bool is 0 or 1.
enum class DType { F32, F64, I32, I64, U8, Bool };

/// Bytes of one element.
inline int64_t sizeOf(DType dtype) {
  switch (dtype) {
  case DType::F64:
  case DType::I64:
    return 8;
  case DType::F32:
  case DType::I32:
    return 4;
  case DType::U8:
  case DType::Bool:
    return 1;
  }
  return 1;
}

/// The name in manifests: f32 f64 i32 i64 u8 bool.
inline std::string_view nameOf(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return "f32";
  case DType::F64:
    return "f64";
  case DType::I32:
    return "i32";
  case DType::I64:
    return "i64";
  case DType::U8:
    return "u8";
  case DType::Bool:
    return "bool";
  }
  return "";
}

inline std::optional<DType> dtypeNamed(std::string_view name) {
  for (DType dtype : {DType::F32, DType::F64, DType::I32, DType::I64, DType::U8, DType::Bool})
    if (nameOf(dtype) == name)
      return dtype;
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
