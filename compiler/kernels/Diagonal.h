// What is known of a value past the diagonal of its last two axes: where the last index is greater than the
// one before it. There lie the keys that a causal mask hides from a query: their weights are zero, and so is
// what products would do with them.
#ifndef MLC_COMPILER_KERNELS_DIAGONAL_H
#define MLC_COMPILER_KERNELS_DIAGONAL_H

#include "dialects/mlc/MlcOps.h"

namespace mlc::compiler {

/// Marks an argument of a kernel that is zero, or false, past the diagonal.
inline constexpr llvm::StringLiteral triangularAttr = "mlc.triangular";

/// The number that `value` is everywhere past the diagonal, if there is one: as a function of what computes
/// it, where every number that is not known is taken for finite and not zero. (Of one that is not, a NaN is
/// kept from places that the mask hides, not from those that it shows.)
std::optional<double> pastDiagonal(mlir::Value value);

} // namespace mlc::compiler

#endif
