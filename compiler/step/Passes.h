// The pass between fusion and planning.
#ifndef MLC_COMPILER_STEP_PASSES_H
#define MLC_COMPILER_STEP_PASSES_H

#include "compiler/target/Target.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlc::compiler {

/// `step-annotate`: asks the kernel emitter about every kernel, and writes chunks, scratch and in-place pairs
/// on the launches.
std::unique_ptr<mlir::Pass> createAnnotatePass(const Target &target);

void registerStepPasses();

} // namespace mlc::compiler

#endif
