// What kernels cost: operations, time, and the shares that are worth a thread.
#ifndef MLC_COMPILER_KERNELS_COST_COST_H
#define MLC_COMPILER_KERNELS_COST_COST_H

#include "compiler/kernels/code/Group.h"

namespace mlc::compiler {

/// Times on one thread, as the cost model guesses them: of the multiply-adds of a matrix product, and of
/// those of a convolution, in floating-point operations.
double productNanoseconds(double flops, const Target &target);
double convolutionNanoseconds(double flops, const Target &target);
/// No kernel is shared among more chunks.
constexpr int64_t mostChunks = 16;
/// Chunks for work of about `nanoseconds` on one thread: a function of the work alone.
int64_t chunksFor(double nanoseconds, int64_t most);
/// A guess of the time to compute the group's values, once each, by elements and ops.
double nanosecondsOf(const Group &group, const Target &target);
/// Floating-point operations of one op.
double flopsOf(mlir::Operation *op);
/// The widest vector in lanes that suits the group's types.
int64_t lanesFor(const Group &group, const Target &target);

} // namespace mlc::compiler

#endif
