// Bufferise: a step function over tensors becomes one over memrefs that returns nothing.
//
// All destinations exist, so a tensor is what a place holds from the launch that writes it until the next
// launch that writes there, and nothing is left to decide but whether every read comes in time:
//
// 1. From the first op to the last, what each place holds: at first what the argument or buffer began as,
//    then the result of the last launch that wrote to it. Whoever reads another tensor of that place comes
//    too late. That is an error which names the state, and not a copy: a training step reads and writes its
//    whole state every time; one hidden copy of it can double the time of a small step, and nothing else
//    would ever show it.
// 2. Every result of the function must be what the argument that step-destinations named holds at the end.
// 3. Arguments, buffers, constants and views become memrefs of the same shape; a launch loses its results,
//    which are where its outputs are. Views of views become one.
//
// Each step takes time in the number of operands: steps have tens of thousands of launches that all read the
// same scalars, which MLIR's one-shot bufferisation would compare pair by pair.
#include "compiler/passes/RunPasses.h"
#include "compiler/plan/Plan.h"
#include "dialects/mlc/Roles.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

MemRefType bufferOf(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get(type.getShape(), type.getElementType());
}

class FunctionBuffers {
public:
  explicit FunctionBuffers(func::FuncOp function)
      : function(function), body(function.getBody().front()),
        terminator(cast<func::ReturnOp>(body.getTerminator())) {}

  LogicalResult run() {
    for (BlockArgument argument : body.getArguments())
      if (!ir::argumentRole(function, argument.getArgNumber()))
        return function.emitError("argument ")
               << argument.getArgNumber() << " has no " << ir::roleAttr << ": step-destinations comes first";
    for (Operation &op : body.without_terminator())
      if (failed(follow(op)))
        return failure();
    if (failed(checkResults()))
      return failure();
    convert();
    return success();
  }

private:
  /// The argument, buffer or constant that `value` lies in.
  Value placeOf(Value value) {
    Value storage = storageOf(value);
    auto launch = storage.getDefiningOp<step::LaunchOp>();
    return launch ? places.lookup(storage) : storage;
  }

  /// What `place` holds now.
  Value heldBy(Value place) {
    auto found = held.find(place);
    return found == held.end() ? place : found->second;
  }

  InFlightDiagnostic late(Operation *op, Value place, Value value) {
    int64_t bytes = step::byteSize(cast<ShapedType>(value.getType()));
    auto argument = dyn_cast<BlockArgument>(place);
    auto name = argument ? ir::stateOfArgument(function, argument.getArgNumber()) : StringAttr();
    InFlightDiagnostic diagnostic = op->emitError("reads ") << bytes << " bytes";
    if (name)
      diagnostic << " of state '" << name.getValue() << "'";
    diagnostic << " that were overwritten before";
    if (Operation *writer = heldBy(place).getDefiningOp())
      diagnostic.attachNote(writer->getLoc()) << "here";
    return diagnostic;
  }

  LogicalResult follow(Operation &op) {
    auto launch = dyn_cast<step::LaunchOp>(op);
    if (!launch && !isa<step::StreamOp>(op))
      return success();
    for (Value input : launch ? launch.getInputs() : op.getOperands())
      if (Value place = placeOf(input); heldBy(place) != storageOf(input))
        return late(&op, place, input);
    if (!launch)
      return success();
    for (auto [output, result] : llvm::zip_equal(launch.getOutputs(), launch.getResults())) {
      Value place = placeOf(output);
      places[result] = place;
      held[place] = result;
    }
    return success();
  }

  LogicalResult checkResults() {
    for (auto [i, value] : llvm::enumerate(terminator.getOperands())) {
      auto number = function.getResultAttrOfType<IntegerAttr>(i, destinationAttr);
      if (!number || number.getInt() < 0 || number.getInt() >= body.getNumArguments())
        return function.emitError("result ") << i << " has no " << destinationAttr;
      Value place = placeOf(value);
      if (heldBy(place) != storageOf(value))
        return late(terminator, place, value);
      Value destination = body.getArgument(number.getInt());
      bool isWhole = step::byteSize(cast<ShapedType>(value.getType())) ==
                     step::byteSize(cast<ShapedType>(destination.getType()));
      if (place != destination || !isWhole)
        return terminator.emitError("result ")
               << i << " is not in argument " << number.getInt() << ", where it is to end";
    }
    return success();
  }

  void convert() {
    for (BlockArgument argument : body.getArguments())
      argument.setType(bufferOf(argument.getType()));
    for (Operation &op : llvm::make_early_inc_range(body.without_terminator())) {
      if (auto launch = dyn_cast<step::LaunchOp>(op)) {
        OpBuilder builder(launch);
        auto written = step::LaunchOp::create(
            builder, launch.getLoc(), TypeRange(), launch.getKernelAttr(), launch.getInputs(),
            launch.getOutputs(), launch.getChunksAttr(), launch.getScratchAttr(), launch.getInPlaceAttr(),
            launch.getLinesAttr(), launch.getLoopAttr(), launch.getWorkspaceAttr());
        written->setDiscardableAttrs(launch->getDiscardableAttrDictionary());
        launch.replaceAllUsesWith(launch.getOutputs());
        launch.erase();
        continue;
      }
      for (OpResult result : op.getResults())
        if (isa<RankedTensorType>(result.getType()))
          result.setType(bufferOf(result.getType()));
    }
    OpBuilder builder(terminator);
    func::ReturnOp::create(builder, terminator.getLoc());
    terminator.erase();
    function.setType(FunctionType::get(function.getContext(), body.getArgumentTypes(), {}));
    function.removeResAttrsAttr();
  }

  func::FuncOp function;
  Block &body;
  func::ReturnOp terminator;
  DenseMap<Value, Value> places; // of results of launches
  DenseMap<Value, Value> held;
};

struct BufferizePass : PassWrapper<BufferizePass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(BufferizePass)
  StringRef getArgument() const override { return "step-bufferize"; }
  StringRef getDescription() const override {
    return "Turn the tensors of a step function into memrefs, or say who reads what is overwritten before";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<memref::MemRefDialect, step::StepDialect>();
  }

  void runOnOperation() override {
    if (!isStepFunction(getOperation()))
      return;
    if (failed(FunctionBuffers(getOperation()).run()))
      return signalPassFailure();
    // Views of views, and views that nobody reads.
    (void)applyPatternsGreedily(getOperation(), RewritePatternSet(&getContext()), straightLine());
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createBufferizePass() { return std::make_unique<BufferizePass>(); }
