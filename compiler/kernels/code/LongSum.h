// Sums of many f32 terms. A sum that is kept in one f32 loses more with every term: what is added is rounded
// to the steps of what is there. So the f32 sums of a block of terms go to f64 totals before they are long,
// and the result is rounded once. Where blocks end follows from shapes alone.
#ifndef MLC_COMPILER_KERNELS_CODE_LONGSUM_H
#define MLC_COMPILER_KERNELS_CODE_LONGSUM_H

#include "compiler/kernels/code/Code.h"

namespace mlc::compiler {

/// Terms that one f32 may take in: longer sums are cut into blocks. Equal terms, the worst there is, are off
/// by at most a third of 2^-24 for each of them.
constexpr int64_t shortSum = 256;
/// The same for kernels that read fewer than `fewNumbers`, as of small batches, which have the terms of a
/// batch's rows in one run, and for those that read more, by what they run along.
struct ShortSum {
  int64_t ofFew, ofMany;
  int64_t operator()(int64_t numbers) const { return numbers < fewNumbers ? ofFew : ofMany; }
  static constexpr int64_t fewNumbers = 1 << 18;
};
constexpr ShortSum shortRow{320, 32}, shortColumn{4096, 256};
/// Terms of a block, for each of its accumulators. Whatever their sizes, terms of one sign are off by at most
/// 8 roundings, or 5e-7, and what four accumulators are joined by. Where a vector has one accumulator alone,
/// twice as many leave it in time for the next: 9e-7.
constexpr int64_t termsOfBlock = 8;

/// The same of products of matrices and convolutions, whose accumulators fill the registers: equal terms are
/// then off by at most 2^-12, and of a block 2^-17.
constexpr int64_t shortProduct = 8192;
constexpr int64_t stepsOfBlock = 256;

/// Loops over sizes, outermost first, whose sums are long: blocks are of `iterations` of the loop at `depth`.
struct SumBlocks {
  size_t depth = 0;
  int64_t iterations = 1;
};
/// Nothing if what is summed is not f32, or the terms, one for each iteration of the loops, are no more than
/// `mostTerms`. Blocks have about `terms` of them.
std::optional<SumBlocks> sumBlocks(mlir::Type element, llvm::ArrayRef<int64_t> sizes,
                                   int64_t mostTerms = shortSum, int64_t terms = termsOfBlock);

/// f64 zeros beside an f32 accumulator of `type`.
mlir::Value startTotal(Code &code, mlir::Type type);
/// `total` and the f32 sums of a block.
mlir::Value addToTotal(Code &code, mlir::Value total, mlir::Value sums);
/// A total as f32.
mlir::Value roundTotal(Code &code, mlir::Value total);

/// What a loop carries, with the sums of a block moved from its accumulators, which begin anew, to totals.
using Flush = llvm::function_ref<llvm::SmallVector<mlir::Value>(llvm::SmallVector<mlir::Value>)>;

/// Code::loop, with `flush` after each `iterations` of it, counted from `low`. What is left of the last ones
/// is still in the accumulators.
llvm::SmallVector<mlir::Value> loopInBlocks(Code &code, mlir::Value low, mlir::Value high, int64_t step,
                                            int64_t iterations, mlir::ValueRange carried, Code::Body body,
                                            Flush flush);

} // namespace mlc::compiler

#endif
