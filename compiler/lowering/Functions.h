// f32 functions whose polynomials are our own, for speed: they stay in vectors and take no division.
#ifndef MLC_COMPILER_LOWERING_FUNCTIONS_H
#define MLC_COMPILER_LOWERING_FUNCTIONS_H

#include "mlir/IR/PatternMatch.h"

namespace mlc::compiler {

/// Patterns that replace math.exp and math.erf of f32 and of vectors of it by arith, math.fma, math.absf and
/// math.copysign. Within 1 and 2.5 units in the last place of the exact value where that is a normal number;
/// exp gives 0 where it is smaller. NaN stays NaN.
void addFunctionPatterns(mlir::RewritePatternSet &patterns);

} // namespace mlc::compiler

#endif
