// Verify in place: bufferisation has neither allocated nor copied.
//
// A training step reads and writes its whole state every time; one hidden copy of it can double the time of a
// small step, and nothing else would ever show it. So after bufferisation a step function may hold launches,
// buffers that fusion asked for, constants, views, and nothing else: no memref.alloc, no memref.copy. And a
// launch must not write to what is not its own: inputs, scalars, the random stream, constants.
//
// The pass names the state tensors of the offending size, since those are what it is about.
#include "compiler/plan/Plan.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

/// The logical name of the state that `value` lies in, or empty.
StringRef stateOf(func::FuncOp function, Value value) {
  auto argument = dyn_cast<BlockArgument>(storageOf(value));
  if (!argument)
    return {};
  auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "mlc.state");
  return name ? name.getValue() : StringRef();
}

/// Names a state tensor of as many bytes, for a note.
StringRef stateOfSize(func::FuncOp function, int64_t bytes) {
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    StringRef name = stateOf(function, argument);
    if (type && !name.empty() && step::byteSize(type) == bytes)
      return name;
  }
  return {};
}

LogicalResult verify(func::FuncOp function, Operation &op) {
  if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    auto diagnostic = op.emitError("a copy of ")
                      << step::byteSize(cast<ShapedType>(copy.getSource().getType()))
                      << " bytes was inserted";
    if (StringRef from = stateOf(function, copy.getSource()); !from.empty())
      diagnostic.attachNote() << "of state '" << from << "', which is overwritten before its last reader";
    if (StringRef to = stateOf(function, copy.getTarget()); !to.empty())
      diagnostic.attachNote() << "to state '" << to << "', which should have been updated in place";
    return diagnostic;
  }
  if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
    int64_t bytes = step::byteSize(alloc.getType());
    auto diagnostic = op.emitError("a buffer of ") << bytes << " bytes was allocated beside the plan";
    if (StringRef name = stateOfSize(function, bytes); !name.empty())
      diagnostic.attachNote() << "of the size of state '" << name << "'";
    return diagnostic;
  }
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
      auto role = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), step::roleAttr);
      if (!role || (role.getValue() != "state" && role.getValue() != "output"))
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
  StringRef getDescription() const override {
    return "Fail if bufferisation copied or allocated anything in a step function";
  }
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
