// The phases from step functions to the planned step program, and why they come in this order.
#include "compiler/ad/Autodiff.h"
#include "compiler/ad/CheckIndices.h"
#include "compiler/fuse/Fuse.h"
#include "compiler/kernels/Kernel.h"
#include "compiler/passes/RunPasses.h"
#include "compiler/plan/Plan.h"
#include "compiler/step/Passes.h"
#include "compiler/step/StepCompiler.h"
#include "dialects/mlc/MlcOps.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

void compiler::registerStepCompilerDialects(DialectRegistry &registry) {
  registry.insert<func::FuncDialect, ir::MlcDialect, memref::MemRefDialect, step::StepDialect>();
  registerKernelDialects(registry);
}

/// Brings functions as a person may write them into the form that is expected below.
static void simplify(OpPassManager &passes) {
  // One graph a function: only then can the same value, or a value and its derivative, be seen to be the
  // same.
  passes.addPass(createInlinePass());
  // What was to be counted is; nothing computes a check.
  passes.addPass(createDropChecksPass());
  passes.addNestedPass<func::FuncOp>(createStraightLineCanonicalizerPass());
  passes.addNestedPass<func::FuncOp>(createCSEPass());
}

void compiler::buildStepPipeline(OpPassManager &passes, const Target &target, StepPhase last,
                                 bool isSimplified) {
  if (!isSimplified)
    simplify(passes);

  // After canonical forms, so that what an optimizer does stands there in few ops; what they become is
  // canonical again.
  passes.addNestedPass<func::FuncOp>(createLayOutWeightsPass());
  passes.addNestedPass<func::FuncOp>(createStraightLineCanonicalizerPass());
  passes.addNestedPass<func::FuncOp>(createCSEPass());

  // Before fusion: the first level of a split reduction takes what comes before it into its kernel.
  passes.addNestedPass<func::FuncOp>(createSplitReductionsPass());
  // After canonical forms, which hoist products out of loops and would not know these.
  passes.addNestedPass<func::FuncOp>(createPackScanWeightsPass());
  passes.addPass(createFusePass());
  // Before anybody asks about kernels: there are far fewer afterwards.
  passes.addPass(createShareKernelsPass());
  // In-place pairs decide where state may be written.
  passes.addPass(createAnnotatePass(target));
  if (last == StepPhase::Fuse)
    return;

  passes.addPass(createDestinationsPass());
  // Again, for the copying kernels that destinations may need.
  passes.addPass(createAnnotatePass(target));
  // After destinations, which decide what is overwritten; before buffers, after which order is fixed.
  passes.addNestedPass<func::FuncOp>(createSchedulePass());
  passes.addNestedPass<func::FuncOp>(createBufferizePass());
  passes.addNestedPass<func::FuncOp>(createVerifyInPlacePass());
  // Two launches may write the same constants and views; addresses are made once.
  passes.addNestedPass<func::FuncOp>(createCSEPass());
  passes.addPass(createPlanMemoryPass());
}
