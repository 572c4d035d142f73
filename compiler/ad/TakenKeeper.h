// The walk of Taken.cpp, for the files it is written in.
#pragma once

#include "compiler/ad/Taken.h"

#include "llvm/ADT/DenseSet.h"

namespace mlc::compiler {

/// `condition` (i1), or its contrary, whose axis i lies along axis `axes[i]` of what it is a condition of.
struct Taken {
  mlir::Value condition;
  llvm::SmallVector<int64_t, 4> axes;
  bool inverted = false;
  bool extremum = false;

  bool operator==(const Taken &other) const {
    return condition == other.condition && axes == other.axes && inverted == other.inverted &&
           extremum == other.extremum;
  }
};
using Conditions = llvm::SmallVector<Taken, 2>;

class Keeper {
public:
  Keeper(mlir::Operation *first, Ranges &fields, Ranges &made) : builder(first), fields(fields), made(made) {}

  void run(mlir::Operation *first);

private:
  void visit(mlir::Operation *op);
  void elementwise(mlir::Operation *op);
  void select(ir::SelectOp op);
  void contract(ir::ContractOp op);
  void convolution(mlir::Operation *op);
  void scan(ir::ScanOp op);
  mlir::BlockArgument addInput(ir::ScanOp op, mlir::Value condition, bool isSlice);
  Taken intoBody(ir::ScanOp op, Taken taken, bool isStack);
  Conditions shape(mlir::Operation *op, const Conditions &from);
  std::optional<Taken> reshaped(ir::ReshapeOp op, const Taken &taken);
  std::optional<Taken> padded(ir::PadOp op, const Taken &taken);
  std::optional<Taken> sliced(ir::SliceOp op, const Taken &taken);

  const Conditions &of(mlir::Value value) { return conditions[value]; }
  void set(mlir::Value value, Conditions list) {
    if (!list.empty())
      conditions[value] = std::move(list);
  }
  /// Adds what `condition` says, as small as it can be said.
  void addCondition(Conditions &list, mlir::Value condition, bool inverted, bool extremum);
  static Conditions both(const Conditions &a, const Conditions &b);
  Conditions either(const Conditions &a, const Conditions &b, mlir::Location loc);
  /// Whether `factor` may be NaN or infinite where one of the conditions fails.
  bool isRisky(mlir::Value factor, const Conditions &list, bool divides = false);
  bool isRisky(mlir::Value factor, const Taken &taken, bool divides = false);
  /// `taken` as a tensor over the axes `axes` of `shape`, those of `taken` among them.
  mlir::Value spread(mlir::Location loc, const Taken &taken, llvm::ArrayRef<int64_t> shape,
                     llvm::ArrayRef<int64_t> axes);
  mlir::Value straight(mlir::Location loc, mlir::Value condition, bool inverted);
  mlir::Value selected(mlir::Location loc, mlir::Value value, const Taken &taken);
  /// `value`, zero where its conditions fail, if it is tainted.
  mlir::Value clean(mlir::Value value);
  void cleanOperands(mlir::Operation *op);

  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
    return mlir::cast<ir::RankedTensorType>(value.getType()).getShape();
  }

  mlir::OpBuilder builder;
  Ranges &fields, &made;
  llvm::DenseMap<mlir::Value, Conditions> conditions;
  llvm::DenseSet<mlir::Value> tainted;
  llvm::DenseMap<mlir::Value, mlir::Value> cleaned;
};

} // namespace mlc::compiler
