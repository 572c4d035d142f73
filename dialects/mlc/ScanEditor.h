// A scan taken apart, for rewriting: what MlcScanFolds.cpp and MlcScanHoists.cpp share.
#pragma once

#include "dialects/mlc/MlcOps.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SmallBitVector.h"

namespace mlc::ir {

/// A scan taken apart: indices of its parts, and changes that keep it consistent.
struct ScanEditor {
  ScanEditor(ScanOp op, mlir::PatternRewriter &rewriter)
      : op(op), rewriter(rewriter), body(op.getBody().front()), steps(op.getSteps()),
        carries(op.getNumCarries()), slices(op.getNumSlices()), inputs(op.getInputs().size()) {}

  bool isCarry(int64_t i) const { return i < carries; }
  bool isSlice(int64_t i) const { return i >= carries && i < carries + slices; }
  bool isConstant(int64_t i) const { return i >= carries + slices; }
  /// The input that is `value` in the body, or -1.
  int64_t inputOf(mlir::Value value) const;
  mlir::Value yielded(int64_t i) { return op.getYield()->getOperand(i); }
  /// The slot of a stack in which the last step leaves its carry.
  int64_t lastSlot() { return op.getReverse() ? 0 : steps; }
  /// The slots of carry `i` that steps read, or those they write.
  mlir::Value slots(int64_t i, bool written);

  /// One more input; what it is in the body.
  mlir::BlockArgument addConstant(mlir::Value value);
  mlir::BlockArgument addSlice(mlir::Value value);

  /// The scan anew, with those results that are kept and then `outputs`, values of the body. A carry that is
  /// not kept must be unused in the body but for its own yield. Replaces the op; the editor is spent.
  ScanOp recreate(const llvm::SmallBitVector &kept, llvm::ArrayRef<mlir::Value> outputs);
  /// Removes ops of the body that nothing uses.
  void eraseDeadOps();

  ScanOp op;
  mlir::PatternRewriter &rewriter;
  mlir::Block &body;
  int64_t steps, carries, slices, inputs;
};

/// Adds the patterns of MlcScanHoists.cpp.
void addScanHoists(mlir::RewritePatternSet &set);

} // namespace mlc::ir
