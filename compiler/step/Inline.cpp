// Inline: calls of functions disappear from step functions.
//
// After the last autodiff nothing needs a function as a thing of its own: neither derivative clauses nor the
// functions that autodiff made. Each mlc.call and func.call is replaced by a copy of its callee's body, whose
// own calls are next; then the private functions go. The language has no recursion; a module that has it is
// refused.
#include "compiler/step/Passes.h"

#include "compiler/plan/Plan.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/step/StepDialect.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

FlatSymbolRefAttr calleeOf(Operation *op) {
  if (auto call = dyn_cast<ir::CallOp>(op))
    return call.getCalleeAttr();
  if (auto call = dyn_cast<func::CallOp>(op))
    return call.getCalleeAttr();
  return {};
}

class Inliner {
public:
  explicit Inliner(SymbolTable &symbols) : symbols(symbols) {}

  /// Inlines the calls of `block`, callees before what they are inlined into.
  LogicalResult run(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      for (Region &region : op.getRegions())
        for (Block &inner : region)
          if (failed(run(inner)))
            return failure();
      if (FlatSymbolRefAttr name = calleeOf(&op))
        if (failed(replace(&op, name)))
          return failure();
    }
    return success();
  }

private:
  LogicalResult replace(Operation *call, FlatSymbolRefAttr name) {
    auto callee = symbols.lookup<func::FuncOp>(name.getValue());
    if (!callee || callee.isDeclaration())
      return call->emitError("calls ") << name << ", which has no body";
    if (!finished.contains(callee)) {
      if (!open.insert(callee).second)
        return call->emitError("calls ") << name << ", which calls itself";
      if (failed(run(callee.getBody().front())))
        return failure();
      finished.insert(callee);
    }
    IRMapping mapping;
    Block &body = callee.getBody().front();
    mapping.map(body.getArguments(), call->getOperands());
    OpBuilder builder(call);
    for (Operation &op : body.without_terminator())
      builder.clone(op, mapping);
    for (auto [result, value] : llvm::zip_equal(call->getResults(), body.getTerminator()->getOperands()))
      result.replaceAllUsesWith(mapping.lookupOrDefault(value));
    call->erase();
    return success();
  }

  SymbolTable &symbols;
  DenseSet<Operation *> open, finished;
};

struct InlinePass : PassWrapper<InlinePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(InlinePass)
  StringRef getArgument() const override { return "mlc-inline"; }
  StringRef getDescription() const override { return "Inline all calls of step functions; drop the callees"; }
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    auto functions = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    for (auto function : functions)
      if (isStepFunction(function) && failed(Inliner(symbols).run(function.getBody().front())))
        return signalPassFailure();
    for (auto function : functions)
      if (function.isPrivate() && !function->hasAttr(step::kernelAttr))
        symbols.erase(function);
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createInlinePass() { return std::make_unique<InlinePass>(); }
