// Calls replaced by bodies. All functions are pure and straight-line, so this is cloning and nothing else.
#include "compiler/ad/Autodiff.h"

#include "dialects/mlc/MlcOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

/// The symbol a call names, if it is one to inline.
static FlatSymbolRefAttr calleeOf(Operation *op, bool withVjp) {
  if (auto call = dyn_cast<func::CallOp>(op))
    return call.getCalleeAttr();
  if (auto call = dyn_cast<CallOp>(op); call && (withVjp || !call.getVjp()))
    return call.getCalleeAttr();
  return {};
}

void forEachSymbol(Operation *root, llvm::function_ref<void(FlatSymbolRefAttr)> visit) {
  root->walk([&](SymbolUserOpInterface user) {
    for (NamedAttribute attribute : user->getAttrs())
      if (auto symbol = dyn_cast<FlatSymbolRefAttr>(attribute.getValue()))
        visit(symbol);
  });
}

/// A location in a function that is called at `call`; what it is part of (its name) is what the call is.
static Location calledAt(Location location, Location call) {
  if (isa<UnknownLoc>(call))
    return location;
  if (isa<UnknownLoc>(location))
    return call;
  if (auto named = dyn_cast<NameLoc>(location))
    location = named.getChildLoc();
  if (auto named = dyn_cast<NameLoc>(call))
    return NameLoc::get(named.getName(), CallSiteLoc::get(location, named.getChildLoc()));
  return CallSiteLoc::get(location, call);
}

LogicalResult inlineCalls(Operation *root, bool withVjp) {
  SymbolTableCollection tables;
  // A call with the functions it came through, so that recursion is seen.
  struct Pending {
    Operation *call;
    SmallVector<StringAttr> path;
  };
  SmallVector<Pending> pending;
  SmallVector<StringAttr> start;
  if (auto function = dyn_cast<func::FuncOp>(root))
    start.push_back(function.getSymNameAttr());
  root->walk([&](Operation *op) {
    if (calleeOf(op, withVjp))
      pending.push_back({op, start});
  });
  while (!pending.empty()) {
    auto [call, path] = pending.pop_back_val();
    FlatSymbolRefAttr symbol = calleeOf(call, withVjp);
    auto callee = tables.lookupNearestSymbolFrom<func::FuncOp>(call, symbol);
    if (!callee || callee.isExternal())
      return call->emitOpError("there is no body of ") << symbol;
    if (llvm::is_contained(path, callee.getSymNameAttr()))
      return call->emitOpError() << symbol << " calls itself";
    path.push_back(callee.getSymNameAttr());

    OpBuilder builder(call);
    IRMapping mapping;
    Block &body = callee.getBody().front();
    mapping.map(body.getArguments(), call->getOperands());
    for (Operation &op : body.without_terminator()) {
      Operation *copy = builder.clone(op, mapping);
      copy->walk([&, call = call, &path = path](Operation *inner) {
        inner->setLoc(calledAt(inner->getLoc(), call->getLoc()));
        if (calleeOf(inner, withVjp))
          pending.push_back({inner, path});
      });
    }
    for (auto [result, value] : llvm::zip_equal(call->getResults(), body.getTerminator()->getOperands()))
      result.replaceAllUsesWith(mapping.lookupOrDefault(value));
    call->erase();
  }
  return success();
}

namespace {
struct InlinePass : PassWrapper<InlinePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(InlinePass)
  StringRef getArgument() const override { return "mlc-inline"; }
  StringRef getDescription() const override {
    return "Inline all calls, drop stop_gradient and the edges of remat regions";
  }

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isPrivate() && failed(inlineCalls(function, /*withVjp=*/true)))
        return signalPassFailure();
    eraseUnnamed();
    getOperation().walk([](StopGradientOp op) {
      op.getResult().replaceAllUsesWith(op.getX());
      op.erase();
    });
    getOperation().walk([](BarrierOp op) {
      if (!op.getEnter() && !op.getLeave())
        return;
      op.getResult().replaceAllUsesWith(op.getX());
      op.erase();
    });
  }

private:
  /// What only the inlined calls named is erased; what is left private is named by something else.
  void eraseUnnamed() {
    SmallVector<func::FuncOp> privates;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPrivate() && !function.isExternal())
        privates.push_back(function);
    if (privates.empty())
      return;
    // Who names whom is looked up once: the module is large.
    DenseMap<StringAttr, int> named;
    auto count = [&](func::FuncOp function, int by) {
      forEachSymbol(function, [&](FlatSymbolRefAttr symbol) { named[symbol.getAttr()] += by; });
    };
    for (auto function : getOperation().getOps<func::FuncOp>())
      count(function, 1);
    for (bool hasErased = true; hasErased;) {
      hasErased = false;
      for (func::FuncOp &function : privates) {
        if (function && named.lookup(function.getSymNameAttr()) == 0) {
          count(function, -1);
          function.erase();
          function = {};
          hasErased = true;
        }
      }
    }
  }
};
} // namespace

std::unique_ptr<Pass> createInlinePass() { return std::make_unique<InlinePass>(); }

} // namespace mlc::compiler
