// The way of a program from the dialect to step functions, and each phase as a place to stop and print.
#pragma once

#include "compiler/target/Target.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"
#include "runtime/Status.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>
#include <vector>

namespace mlc::compiler {

/// A context with every dialect a program passes through. Diagnostics of passes become text in `errors`.
std::unique_ptr<mlir::MLIRContext> makeContext(std::string &errors);

/// `grad`: every mlc.gradient becomes a function that computes it.
void buildGradientPhase(mlir::OpPassManager &passes);
/// From there to the step functions that the step compiler takes: all calls inlined, simplified once more.
void buildStepFunctionPhase(mlir::OpPassManager &passes);

/// Runs both on `module`; a failure is a bug of ours and says which pass and why.
Status lowerToStepFunctions(mlir::ModuleOp module, std::string &errors);

/// Prints `program`, for batches of its settings and for `target`, after `phase`: mlc grad step fuse plan
/// kernels llvm asm obj. With `only` the function or kernel of that name alone, which is for the phases up to
/// kernels but for plan.
Status printPhase(const frontend::core::Program &program, const frontend::SourceManager &sources,
                  const std::string &phase, const std::string &only, const Target &target,
                  llvm::raw_ostream &out);

} // namespace mlc::compiler
