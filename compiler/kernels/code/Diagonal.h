// What is known of a value past the diagonal of its last two axes: where the last index is greater than the
// one before it. There lie the keys that a causal mask hides from a query: their weights are zero, and so is
// what products would do with them.
#ifndef MLC_COMPILER_KERNELS_CODE_DIAGONAL_H
#define MLC_COMPILER_KERNELS_CODE_DIAGONAL_H

#include "dialects/mlc/MlcOps.h"

#include "llvm/ADT/DenseMap.h"

namespace mlc::compiler {

/// Marks an argument of a kernel that is zero, or false, past the diagonal.
inline constexpr llvm::StringLiteral triangularAttr = "mlc.triangular";

/// What is known of the values of a function, which must not change meanwhile: for who asks of many, each of
/// which may be made of all before it.
class DiagonalFacts {
public:
  /// The number that `value` is everywhere past the diagonal, if there is one: as a function of what computes
  /// it, where every number that is not known is taken for finite and not zero. (Of one that is not, a NaN is
  /// kept from places that the mask hides, not from those that it shows.)
  std::optional<double> past(mlir::Value value);

private:
  struct Fact {
    enum Kind { Unknown, Number, Row, Column };
    Kind kind = Unknown;
    double number = 0;

    bool is(double what) const { return kind == Number && number == what; }
  };

  static Fact number(double value);
  static Fact rounded(double value, mlir::Type element);
  /// Finds what is not known yet of what `value` is made of, without recursion.
  Fact of(mlir::Value value);
  /// The values that the fact about `value` is made of.
  static llvm::SmallVector<mlir::Value> reasonsOf(mlir::Value value);
  Fact find(mlir::Value value) const;
  Fact ofElements(mlir::Operation *op) const;

  llvm::DenseMap<mlir::Value, Fact> known;
};

/// The same of one value.
std::optional<double> pastDiagonal(mlir::Value value);

} // namespace mlc::compiler

#endif
