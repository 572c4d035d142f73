// Reverse-mode differentiation of functions of mlc ops.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlc::compiler {

/// `mlc-autodiff`: replaces every mlc.gradient by a call of a function it generates, named after the callee
/// with
/// `.grad` behind. Fails, with a diagnostic, on recursion and on an op without a derivative.
std::unique_ptr<mlir::Pass> createAutodiffPass();

/// `mlc-inline`: replaces every call of a function of this module by the function's body and drops
/// stop_gradient and the edges of remat regions: what nothing is needed for once no gradient op is left.
/// Private functions that nothing names any more are erased.
std::unique_ptr<mlir::Pass> createInlinePass();

/// Replaces the func.calls, and those mlc.calls that have no vjp (or all, if `withVjp`), in and under `root`
/// by their callee's body, until there are none. Fails on recursion and on functions without a body.
llvm::LogicalResult inlineCalls(mlir::Operation *root, bool withVjp);

/// Visits the symbols that ops in and under `root` name. Ops that name symbols say so by an interface: others
/// are not asked for their attributes, which takes MLIR longer than anything that is done with them here.
void forEachSymbol(mlir::Operation *root, llvm::function_ref<void(mlir::FlatSymbolRefAttr)> visit);

/// Makes the passes of this library known to mlc-opt.
void registerAutodiffPasses();

} // namespace mlc::compiler
