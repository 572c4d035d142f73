// From pure graphs of mlc ops to launches of kernels. The rules of what makes a good kernel are in
// compiler/kernels/README.md; Groups.h says how this folder keeps to them.
#ifndef MLC_COMPILER_FUSE_FUSE_H
#define MLC_COMPILER_FUSE_FUSE_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlc::compiler {

/// On arguments and results of step functions that are state [k, n]: they lie in panels of so many columns
/// (i64, which divides n), [n / panel, k, panel].
inline constexpr llvm::StringLiteral panelAttr = "mlc.panel";

/// `mlc-lay-out-weights`: gives state with a panelAttr the type that it has in memory.
std::unique_ptr<mlir::Pass> createLayOutWeightsPass();
/// `mlc-split-reductions`: large sums in two levels, so that the first one has parts that run at once.
std::unique_ptr<mlir::Pass> createSplitReductionsPass();
/// `mlc-pack-scan-weights`: the weights of products in loops are laid out for them before the loop.
std::unique_ptr<mlir::Pass> createPackScanWeightsPass();
/// `mlc-fuse`: groups the ops of every step function into kernels and launches them.
std::unique_ptr<mlir::Pass> createFusePass();
/// `mlc-share-kernels`: equal kernels become one; constants in which they differ become arguments.
std::unique_ptr<mlir::Pass> createShareKernelsPass();

void registerFusePasses();

} // namespace mlc::compiler

#endif
