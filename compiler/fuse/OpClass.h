// What the ops of the graph are to fusion.
#ifndef MLC_COMPILER_FUSE_OPCLASS_H
#define MLC_COMPILER_FUSE_OPCLASS_H

#include "dialects/mlc/MlcOps.h"

#include <optional>

namespace mlc::compiler {

/// Marks arithmetic on single numbers that is a kernel all the same: see storeLongNumbers in Fuse.cpp.
inline constexpr llvm::StringLiteral storedAttr = "mlc.stored";

enum class OpClass {
  /// Same elements in the same order: a view of the operand's buffer, never a kernel.
  View,
  /// So cheap that every kernel that needs it makes it anew: constants, iotas, broadcasts, arithmetic on
  /// single
  /// numbers, bytes read as numbers.
  Cheap,
  /// One element of the result at a time, from elements at the same place of the operands (or from none).
  Pointwise,
  /// A slice, or the transpose of a matrix in panels (stridedAttr), that products alone read, which they do
  /// in
  /// place: part of each of them, never a kernel.
  Strided,
  /// One element of the result at a time, from elements elsewhere: the operands have to be buffers.
  IndexMap,
  /// A reduction over the last axes: the rows of the operand are independent.
  RowReduction,
  /// A reduction over other axes.
  ColumnReduction,
  /// Products, convolutions, windows, scatter, scan: a kernel each, with what follows elementwise.
  Anchor
};

OpClass classOf(mlir::Operation *op);

/// For a view: the number of the first element that it shows. Nothing for ops that are not views.
std::optional<int64_t> viewOffset(mlir::Operation *op);

/// The value whose buffer `value` would show, through views.
mlir::Value viewedBy(mlir::Value value);

/// Whether `value` is made anew in every kernel that needs it: it comes from cheap ops and from views of
/// such. A view of a buffer is not: it is an input of the kernel.
bool isRemade(mlir::Value value);

/// Whether `value` is of OpClass::Strided, or a view of such.
bool isStrided(mlir::Value value);

/// The buffers that the operands of `product` are read from.
llvm::SmallVector<mlir::Value> buffersOf(mlir::Operation *product);

/// Shape of a value.
llvm::ArrayRef<int64_t> shapeOf(mlir::Value value);

} // namespace mlc::compiler

#endif
