// Which ops become one kernel.
//
// A group has one of four forms:
//
//   Pointwise  every value has the same shape S; any number of results.
//   Rows       values are of shape S = [R, C] or R; reductions go over C: softmax, layer norm, cross-entropy.
//   Columns    reductions over other axes of S, to shape T; before them pointwise ops on S that nobody else
//              needs, after them pointwise ops on T.
//   Anchor     one product, convolution, window op, scatter or scan; after it pointwise ops on its shape. Or
//              attention: a product, the rows made of its rows, and the product that takes these rows.
//
// The operands of anchors and of ops that move elements are buffers, never values of the same group, but for
// the rows that attention takes.
#ifndef MLC_COMPILER_FUSE_GROUPS_H
#define MLC_COMPILER_FUSE_GROUPS_H

#include "compiler/fuse/OpClass.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <vector>

namespace mlc::compiler {

enum class GroupForm { Pointwise, Rows, Columns, Anchor };

struct FusionGroup {
  GroupForm form = GroupForm::Pointwise;
  /// S: what the group iterates over.
  llvm::SmallVector<int64_t> shape;
  /// R of Rows, T of Columns; equal to `shape` in the other forms.
  llvm::SmallVector<int64_t> reduced;
  /// Axes of S that Columns reduces.
  llvm::SmallVector<int64_t> axes;
  /// Holds an update of state. Such groups stay pointwise, so that updates are long plain loops.
  bool updates = false;
  /// In program order.
  std::vector<mlir::Operation *> ops;
};

/// Forms the groups of a step function. They are in an order in which they can run. An op that is Cheap is in
/// a group only if somebody needs its result in a buffer.
std::vector<FusionGroup> formGroups(mlir::func::FuncOp function);

} // namespace mlc::compiler

#endif
