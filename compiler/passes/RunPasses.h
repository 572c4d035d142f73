// Canonical form of straight-line functions, and passes one after the other.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <memory>

namespace mlc::compiler {

/// How the patterns of canonical form are applied: without looking for control flow to simplify, of which
/// functions and bodies of scans have none. Dead ops are erased all the same.
mlir::GreedyRewriteConfig straightLine();

/// `canonicalize` in that way: top down, as MLIR's pass goes by default.
std::unique_ptr<mlir::Pass> createStraightLineCanonicalizerPass();

/// Runs the passes that `build` adds on `module`. What they leave is verified in the end, and after each pass
/// where assertions are on: each walks everything, and together that took as long as the passes themselves.
llvm::LogicalResult runPasses(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> build);

} // namespace mlc::compiler
