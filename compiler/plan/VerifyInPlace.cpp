// Verify in place: a launch writes to what is its own.
//
// After bufferisation a step function holds launches, buffers that fusion asked for, constants, streams and
// views, and nothing else. A launch must not write to inputs, scalars, the random stream or constants, and
// may write to what it reads only where its kernel allows it.
#include "compiler/plan/Plan.h"
#include "dialects/mlc/Roles.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

LogicalResult verify(func::FuncOp function, Operation &op) {
  auto launch = dyn_cast<step::LaunchOp>(op);
  if (!launch) {
    if (isa<step::BufferOp, step::ConstantOp, step::StreamOp, step::ViewOp, func::ReturnOp>(op))
      return success();
    return op.emitError("does not belong into a step program");
  }
  for (auto [i, output] : llvm::enumerate(launch.getOutputs())) {
    Value storage = storageOf(output);
    if (isa_and_nonnull<step::ConstantOp, step::StreamOp>(storage.getDefiningOp()))
      return launch.emitError("writes output ") << i << " to what is read-only";
    if (auto argument = dyn_cast<BlockArgument>(storage)) {
      ir::RoleAttr role = ir::argumentRole(function, argument.getArgNumber());
      if (!ir::isOfKind(role, ir::RoleKind::State) && !ir::isOfKind(role, ir::RoleKind::Output))
        return launch.emitError("writes output ")
               << i << " to argument " << argument.getArgNumber() << ", which is not state and not an output";
    }
    for (auto [k, input] : llvm::enumerate(launch.getInputs()))
      if (storageOf(input) == storage && !launch.allowsInPlace(k, i))
        return launch.emitError("reads input ") << k << " where it writes output " << i;
  }
  return success();
}

struct VerifyInPlacePass : PassWrapper<VerifyInPlacePass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(VerifyInPlacePass)
  StringRef getArgument() const override { return "step-verify-in-place"; }
  StringRef getDescription() const override { return "Fail if a launch writes to what is not its own"; }
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!isStepFunction(function))
      return;
    bool failedOnce = false;
    for (Operation &op : function.getBody().front())
      failedOnce |= failed(verify(function, op));
    if (failedOnce)
      signalPassFailure();
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createVerifyInPlacePass() { return std::make_unique<VerifyInPlacePass>(); }
