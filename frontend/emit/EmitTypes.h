// MLIR's types of elements, and the runtime's names for them.
#ifndef MLC_FRONTEND_EMIT_EMITTYPES_H
#define MLC_FRONTEND_EMIT_EMITTYPES_H

#include "runtime/DType.h"

#include "mlir/IR/Builders.h"

namespace mlc::frontend {

/// MLIR's type of the elements of `dtype`: i8 for U8, whose ops know that it is unsigned; i1 for Bool.
inline mlir::Type elementTypeOf(DType dtype, mlir::MLIRContext *context) {
  mlir::Builder builder(context);
  switch (dtype) {
#define MLC_PROGRAM_TYPE(id, name, type, mlir, ...)                                                          \
  case DType::id:                                                                                            \
    return builder.get##mlir##Type();
#include "runtime/ElementTypes.def"
  }
  __builtin_unreachable();
}

/// The dtype of an element type; nothing for a type that programs do not hold.
inline std::optional<DType> dtypeOf(mlir::Type element) {
#define MLC_PROGRAM_TYPE(id, name, type, mlir, ...)                                                          \
  if (element == elementTypeOf(DType::id, element.getContext()))                                             \
    return DType::id;
#include "runtime/ElementTypes.def"
  return std::nullopt;
}

} // namespace mlc::frontend

#endif
