// The passes that frame fusion and planning.
#ifndef MLC_COMPILER_STEP_PASSES_H
#define MLC_COMPILER_STEP_PASSES_H

#include "compiler/target/Target.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlc::compiler {

/// `mlc-inline`: step functions call nothing any more.
std::unique_ptr<mlir::Pass> createInlinePass();

/// `step-annotate`: asks the kernel emitter about every kernel, and writes chunks, scratch and in-place pairs
/// on the launches.
std::unique_ptr<mlir::Pass> createAnnotatePass(const Target &target);

void registerStepPasses();

} // namespace mlc::compiler

#endif
