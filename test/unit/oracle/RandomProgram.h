// Well-formed functions of mlc ops, made from a seed: compositions nobody would think of writing a test for.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <vector>

namespace mlc::test {

struct RandomProgramOptions {
  int ops = 12;
  /// Sizes that axes take, and the most elements a value may have.
  std::vector<int64_t> sizes = {1, 2, 3, 4};
  int64_t maxElements = 64;
};

/// Adds a function @random to `module`: float inputs (of element type `element`) first and then i32 indices;
/// one block; every value that nothing reads is a result. Interval arithmetic keeps every value within about
/// 8 of zero, operands of log, sqrt, rsqrt, div and pow away from 0, so that finite differences and f32 sums
/// can be trusted. Float inputs are meant to be in -1..1, indices in 0..8 (larger ones than there are rows
/// clamp).
mlir::func::FuncOp addRandomProgram(mlir::ModuleOp module, uint64_t seed, mlir::Type element,
                                    const RandomProgramOptions &options = {});

} // namespace mlc::test
