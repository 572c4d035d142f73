// Well-formed functions of mlc ops, made from a seed: compositions nobody would think of writing a test for.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include "compiler/oracle/Tensor.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace mlc::test {

struct RandomProgramOptions {
  int ops = 12;
  /// Sizes that axes take, and the most elements a value may have.
  std::vector<int64_t> sizes = {1, 2, 3, 4};
  int64_t maxElements = 64;
  bool scans = true;
};

/// Adds a function @random to `module`: float inputs (of element type `element`) first and then i32 indices;
/// one block; every value that nothing reads is a result. Interval arithmetic keeps every value within about
/// 8 of zero, operands of log, sqrt, rsqrt, div and pow away from 0, so that finite differences and f32 sums
/// can be trusted. Float inputs are meant to be in -1..1, indices in 0..8 (larger ones than there are rows
/// clamp).
mlir::func::FuncOp addRandomProgram(mlir::ModuleOp module, uint64_t seed, mlir::Type element,
                                    const RandomProgramOptions &options = {});

/// Arguments for a function that addRandomProgram made, or for a loss or gradient of it.
std::vector<compiler::oracle::Tensor> argumentsFor(mlir::func::FuncOp function, uint64_t seed);

/// The arguments that can be differentiated.
llvm::SmallVector<int64_t> floatArguments(mlir::func::FuncOp function);

/// Calls test(seed) for seeds 1 to `count`. In the environment, MLC_RANDOM_COUNT changes the count, and
/// MLC_RANDOM_SEED picks one seed, as a failed test names it.
template <typename Test> void forSeeds(int count, Test &&test) {
  if (const char *seed = std::getenv("MLC_RANDOM_SEED"))
    return test(std::strtoull(seed, nullptr, 10));
  if (const char *wanted = std::getenv("MLC_RANDOM_COUNT"))
    count = std::atoi(wanted);
  for (int seed = 1; seed <= count; ++seed)
    test(uint64_t(seed));
}

} // namespace mlc::test
