// What numbers a value can be: bounds, and whether it may be NaN or infinite.
#pragma once

#include "dialects/mlc/MlcOps.h"

#include "llvm/ADT/DenseMap.h"

namespace mlc::compiler {

/// Every element that is not NaN lies in [low, high]. Finite numbers of no known size are within
/// +-`ordinary`: sums and products of finite numbers count as finite.
struct Range {
  static constexpr double ordinary = 1e300;

  double low = -ordinary, high = ordinary;
  bool nan = false;
  /// One element at least of every row is as large as this; `low` if absent. A causal mask writes minus
  /// infinity, but never into all of a row.
  std::optional<double> largest = std::nullopt;

  /// Anything a float can be.
  static Range any();
  bool isFinite() const { return !nan && low >= -ordinary && high <= ordinary; }
  double largestOf() const { return largest.value_or(low); }
  bool mayBeZero() const { return low <= 0 && high >= 0; }
};

/// The ranges of the values of functions whose ops are in program order. Arguments: what `assume` says, else
/// the numbers of an integer type, else ordinary floats; float fields of the data (by their roles) are as
/// `Fields` says.
class Ranges {
public:
  /// Any: a field may be NaN or infinite. Finite: it is not, so what may be so was made by an op.
  enum class Fields { Any, Finite };
  explicit Ranges(Fields fields) : fields(fields) {}

  void assume(mlir::Value value, Range range) { known[value] = range; }
  /// Computes what is asked for and not known yet; cheap where the ops before it were asked for.
  Range of(mlir::Value value);
  /// All values of a block, in order.
  void visit(mlir::Block &block);

private:
  void visit(mlir::Operation *op);
  void visitScan(ir::ScanOp op);
  void visitCall(ir::CallOp op);
  Range argument(mlir::BlockArgument argument);
  Range elementwise(mlir::Operation *op);
  Range single(mlir::Operation *op);

  Fields fields;
  llvm::DenseMap<mlir::Value, Range> known;
};

} // namespace mlc::compiler
