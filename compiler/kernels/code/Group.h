// What a kernel or a stage of it computes: values, and the ops between these and what lies in memory.
#ifndef MLC_COMPILER_KERNELS_CODE_GROUP_H
#define MLC_COMPILER_KERNELS_CODE_GROUP_H

#include "compiler/kernels/code/Code.h"
#include "dialects/mlc/MlcOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace mlc::compiler {

/// Values to compute, from values that lie in memory.
struct Group {
  llvm::SmallVector<mlir::Value> outs; // each once
  llvm::DenseSet<mlir::Value> stored;
  /// The ops between, operands first.
  llvm::SmallVector<mlir::Operation *> ops;

  Group(llvm::ArrayRef<mlir::Value> outs, llvm::DenseSet<mlir::Value> stored);
  /// Ops that are more than a map of elements: products, convolutions, reductions, windows, scatters.
  llvm::SmallVector<mlir::Operation *> anchors() const;
  /// Whether every op that needs `op`'s results, however indirectly, is elementwise. Then all outs that
  /// depend on it have its shape.
  bool onlyElementwiseAfter(mlir::Operation *op) const;
  /// Whether an out depends on it.
  bool reaches(mlir::Value from, mlir::Value to) const;
};

bool isAnchor(mlir::Operation *op);
/// An anchor that makes its whole result in one order, which no element can ask for alone: nothing follows it
/// in its group.
bool isSequential(mlir::Operation *op);

/// Whether everything that is computed from `input`, up to the function's results, is computed by ops that
/// `allowed` accepts.
bool flowsThrough(mlir::Value input, llvm::function_ref<bool(mlir::Operation *)> allowed);

inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}
inline mlir::Type elementOf(mlir::Value value) { return mlir::getElementTypeOrSelf(value.getType()); }
inline int64_t sizeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getNumElements();
}
inline int64_t bytesOf(mlir::Value value) { return sizeOf(value) * elementBytes(elementOf(value)); }

} // namespace mlc::compiler

#endif
