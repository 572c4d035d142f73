// Functions whose polynomials are our own: they stay in vectors, and are good to two units in the last place.
#ifndef MLC_COMPILER_LOWERING_FUNCTIONS_H
#define MLC_COMPILER_LOWERING_FUNCTIONS_H

#include "mlir/IR/PatternMatch.h"

namespace mlc::compiler {

/// Patterns that replace math.exp, erf, sin and cos of f32, log1p and expm1 of f32 and f64, and the same of
/// vectors, by arith and math ops that a processor has, and for sin and cos of large angles a loop of scf.
/// What stays a call of libm (pow, log of f64) gets zeros for subnormal numbers. docs/numerics.md says how
/// exact each of them is; exp gives 0 where the result is smaller than any normal number. NaN stays NaN.
void addFunctionPatterns(mlir::RewritePatternSet &patterns);

/// Whether `op` is one of those that the patterns replace.
bool hasFunctionPattern(mlir::Operation *op);

/// On a math.sin or math.cos: the angle is between 0 and one turn, and an absolute error of 2e-7 does. The
/// patterns leave it alone.
inline constexpr llvm::StringLiteral oneTurn = "mlc.one_turn";

/// Of Functions.h's patterns, those of sin and cos (Angles.cpp).
void addAnglePatterns(mlir::RewritePatternSet &patterns);

} // namespace mlc::compiler

#endif
