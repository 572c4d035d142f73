// Bufferise: a step function over tensors becomes one over memrefs that returns nothing.
//
// 1. Every argument becomes a memref, read into a tensor at the head of the function: writable if it is state
//    or an output, read-only else. (Doing this by hand, instead of letting one-shot bufferisation convert
//    function boundaries, keeps it from looking at kernels, which stay functions of tensors.)
// 2. Every result is materialised in the argument that step-destinations named.
// 3. One-shot bufferisation. All destinations exist, so it has nothing to decide but whether each launch may
//    write where it says. Where it may not, it copies, and step-verify-in-place will say so.
// 4. Copies of a buffer to itself go, and views of views.
#include "compiler/plan/Plan.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

MemRefType bufferOf(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get(type.getShape(), type.getElementType());
}

LogicalResult argumentsToBuffers(func::FuncOp function) {
  Block &body = function.getBody().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&body);
  for (BlockArgument argument : body.getArguments()) {
    auto role = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), step::roleAttr);
    if (!role)
      return function.emitError("argument ")
             << argument.getArgNumber() << " has no " << step::roleAttr << ": step-destinations comes first";
    bool writable = role.getValue() == "state" || role.getValue() == "output";
    Type tensor = argument.getType();
    argument.setType(bufferOf(tensor));
    auto value = bufferization::ToTensorOp::create(builder, argument.getLoc(), tensor, argument,
                                                   /*restrict=*/true, writable);
    argument.replaceAllUsesExcept(value, value);
  }
  return success();
}

LogicalResult resultsToDestinations(func::FuncOp function) {
  Block &body = function.getBody().front();
  auto terminator = cast<func::ReturnOp>(body.getTerminator());
  OpBuilder builder(terminator);
  for (auto [i, value] : llvm::enumerate(terminator.getOperands())) {
    auto number = function.getResultAttrOfType<IntegerAttr>(i, destinationAttr);
    if (!number || number.getInt() < 0 || number.getInt() >= body.getNumArguments())
      return function.emitError("result ") << i << " has no " << destinationAttr;
    auto op = bufferization::MaterializeInDestinationOp::create(builder, terminator.getLoc(), TypeRange(),
                                                                value, body.getArgument(number.getInt()));
    op.setWritable(true);
  }
  func::ReturnOp::create(builder, terminator.getLoc());
  terminator.erase();

  SmallVector<DictionaryAttr> attributes;
  function.getAllArgAttrs(attributes);
  function.setType(FunctionType::get(function.getContext(), body.getArgumentTypes(), {}));
  function.removeResAttrsAttr();
  return success();
}

struct BufferizePass : PassWrapper<BufferizePass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(BufferizePass)
  StringRef getArgument() const override { return "step-bufferize"; }
  StringRef getDescription() const override { return "Turn the tensors of a step function into memrefs"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<bufferization::BufferizationDialect, memref::MemRefDialect, step::StepDialect>();
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (!isStepFunction(function))
      return;
    if (failed(argumentsToBuffers(function)) || failed(resultsToDestinations(function)))
      return signalPassFailure();

    bufferization::OneShotBufferizationOptions options;
    bufferization::BufferizationState state;
    options.setFunctionBoundaryTypeConversion(bufferization::LayoutMapOption::IdentityLayoutMap);
    options.defaultMemorySpaceFn = [](TensorType) -> std::optional<Attribute> { return Attribute(); };
    options.unknownTypeConverterFn = [](TensorType type, Attribute,
                                        const bufferization::BufferizationOptions &) {
      return bufferOf(type);
    };
    if (failed(bufferization::runOneShotBufferize(function, options, state)))
      return signalPassFailure();

    RewritePatternSet patterns(&getContext());
    memref::CopyOp::getCanonicalizationPatterns(patterns, &getContext());
    bufferization::ToTensorOp::getCanonicalizationPatterns(patterns, &getContext());
    (void)applyPatternsGreedily(function, std::move(patterns));
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createBufferizePass() { return std::make_unique<BufferizePass>(); }
