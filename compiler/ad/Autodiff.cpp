// Reverse-mode differentiation, from functions to functions; there is no tape.
//
// For `mlc.gradient @f(args) wrt [...]`:
//   1. gradient ops in what f calls are replaced first, so f is made of ordinary ops (innermost first);
//   2. @f.grad starts as a copy of f in canonical form, its calls inlined but for those with a derivative of
//   their own;
//   3. activity: only what depends on the arguments of `wrt` varies, and only what varies gets a cotangent;
//   4. from the last op to the first, an op with a cotangent hands it to its varying operands by its rule,
//   and where
//      a value has several uses their cotangents are added (Pullback.cpp; scan: ScanPullback.cpp);
//   5. what a selection left out is kept out of products with what is NaN or infinite there (Taken.cpp);
//   6. the function returns f's results and the cotangents of `wrt`, zeros where nothing came;
//   7. the ops of `remat` regions that backward ops read are repeated (Remat.cpp);
//   8. simplified to canonical form, common subexpressions merged.
// The backward ops read the forward ops' values; which of them are kept in memory is the memory planner's
// business. Since a derivative is made of the same ops, @f.grad is as differentiable as f.
#include "compiler/ad/Autodiff.h"
#include "compiler/ad/CheckIndices.h"
#include "compiler/ad/Pullback.h"
#include "compiler/ad/Remat.h"
#include "compiler/ad/Taken.h"
#include "compiler/passes/RunPasses.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

#include <map>

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

namespace {

struct AutodiffPass : PassWrapper<AutodiffPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AutodiffPass)
  StringRef getArgument() const override { return "mlc-autodiff"; }
  StringRef getDescription() const override { return "Replace mlc.gradient by generated functions"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<MlcDialect, func::FuncDialect>();
  }

  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    for (RegisteredOperationName name : context->getRegisteredOperations())
      if (name.getDialectNamespace() == MlcDialect::getDialectNamespace())
        name.getCanonicalizationPatterns(set, context);
    context->getOrLoadDialect<MlcDialect>()->getCanonicalizationPatterns(set);
    patterns = FrozenRewritePatternSet(std::move(set));
    return success();
  }

  void runOnOperation() override {
    SymbolTable table(getOperation());
    symbols = &table;
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (failed(expand(function)))
        signalPassFailure();
    states.clear();
    gradients.clear();
  }

private:
  /// Replaces the gradient ops of `function`, after those of everything it names.
  LogicalResult expand(func::FuncOp function);
  /// The function that computes `function` and its derivatives by the arguments `wrt`. Arguments at `risky`
  /// may be NaN or infinite. Null on failure, reported.
  func::FuncOp differentiate(func::FuncOp function, ArrayRef<int64_t> wrt, ArrayRef<int64_t> risky);
  /// What selections left out is kept out of the backward ops, those from `seed` on.
  LogicalResult keepTakenBehind(Operation *seed, ArrayRef<int64_t> risky);
  void simplify(func::FuncOp function);

  enum State { New, Underway, Done };
  SymbolTable *symbols = nullptr;
  DenseMap<Operation *, State> states;
  std::map<std::tuple<Operation *, std::vector<int64_t>, std::vector<int64_t>>, func::FuncOp> gradients;
  FrozenRewritePatternSet patterns;
};

} // namespace

LogicalResult AutodiffPass::expand(func::FuncOp function) {
  if (states[function] == Done)
    return success();
  if (states[function] == Underway)
    return function.emitOpError("calls itself");
  states[function] = Underway;
  bool isExpanded = true;
  forEachSymbol(function, [&](FlatSymbolRefAttr symbol) {
    auto callee = symbols->lookup<func::FuncOp>(symbol.getValue());
    isExpanded = isExpanded && (!callee || succeeded(expand(callee)));
  });
  if (!isExpanded)
    return failure();
  SmallVector<GradientOp> ops;
  function.walk([&](GradientOp op) { ops.push_back(op); });
  Ranges fields(Ranges::Fields::Any);
  if (!ops.empty())
    fields.visit(function.getBody().front());
  for (GradientOp op : ops) {
    SmallVector<int64_t> risky;
    for (auto [i, operand] : llvm::enumerate(op.getInputs()))
      if (isa<FloatType>(getElementTypeOrSelf(operand)) && !fields.of(operand).isFinite())
        risky.push_back(static_cast<int64_t>(i));
    func::FuncOp gradient = differentiate(symbols->lookup<func::FuncOp>(op.getCallee()), op.getWrt(), risky);
    if (!gradient)
      return failure();
    OpBuilder builder(op);
    op->replaceAllUsesWith(func::CallOp::create(builder, op.getLoc(), gradient, op.getInputs()));
    op->erase();
  }
  states[function] = Done;
  return success();
}

func::FuncOp AutodiffPass::differentiate(func::FuncOp function, ArrayRef<int64_t> wrt,
                                         ArrayRef<int64_t> risky) {
  func::FuncOp &gradient = gradients[{function, wrt.vec(), risky.vec()}];
  if (gradient)
    return gradient;
  if (function.isExternal()) {
    function.emitOpError("has no body to differentiate");
    return {};
  }
  auto copy = cast<func::FuncOp>(function->clone());
  copy.setName((function.getName() + ".grad").str());
  copy.setPrivate();
  symbols->insert(copy, std::next(Block::iterator(function)));
  if (failed(inlineCalls(copy, /*withVjp=*/false)))
    return {};
  simplify(copy);

  Block &block = copy.getBody().front();
  putOutCostlyValues(block);
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  Operation *end = block.getTerminator();
  OpBuilder builder(end);
  Pullback pullback(builder);
  for (int64_t index : wrt)
    pullback.vary(block.getArgument(index));
  pullback.spread(ops);
  Value result = end->getOperand(0);
  auto seed = ConstantOp::create(builder, result.getLoc(), result.getType(), 1.0);
  pullback.add(result, seed);
  if (failed(pullback.run(ops)))
    return {};
  SmallVector<Value> results(end->getOperands());
  for (int64_t index : wrt)
    results.push_back(pullback.getOrZeros(block.getArgument(index)));
  end->setOperands(results);
  if (failed(keepTakenBehind(seed, risky)))
    return {};
  if (!rematOps(ops).empty()) {
    ops.push_back(end);
    repeatRematOps(ops);
  }
  copy.setFunctionType(FunctionType::get(copy.getContext(), copy.getArgumentTypes(), end->getOperandTypes()));
  // Attributes of results are the callee's own; the derivatives have none.
  copy.removeResAttrsAttr();
  simplify(copy);
  states[copy] = Done;
  return gradient = copy;
}

/// Whether `op`, or a derivative clause that it calls, selects by itself: not as a maximum does.
static bool selects(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        if (auto select = dyn_cast<SelectOp>(inner); select && !isExtremum(select))
          return WalkResult::interrupt();
        auto call = dyn_cast<CallOp>(inner);
        auto callee = call ? SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr())
                           : func::FuncOp();
        return callee && selects(callee) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult AutodiffPass::keepTakenBehind(Operation *seed, ArrayRef<int64_t> risky) {
  Block &block = *seed->getBlock();
  Ranges made(Ranges::Fields::Finite);
  made.visit(block);
  bool isWanted = false;
  for (Operation &op : block.without_terminator()) {
    bool isForward = op.isBeforeInBlock(seed);
    isWanted |= !isForward && selects(&op);
    for (Value result : op.getResults())
      isWanted |= isForward && isa<FloatType>(getElementTypeOrSelf(result)) && !made.of(result).isFinite();
  }
  if (!isWanted) {
    for (Operation *op = seed; op; op = op->getNextNode())
      op->walk([](SelectOp select) { select->removeAttr(extremumAttr); });
    return success();
  }
  // Derivative clauses are made of ordinary ops, among which it is seen what they read where.
  if (failed(inlineCalls(block.getParentOp(), /*withVjp=*/false)))
    return failure();
  Ranges fields(Ranges::Fields::Any);
  for (int64_t index : risky)
    fields.assume(block.getArgument(index), Range::any());
  fields.visit(block);
  made.visit(block);
  keepTaken(seed, fields, made);
  return success();
}

void AutodiffPass::simplify(func::FuncOp function) {
  IRRewriter rewriter(function.getContext());
  DominanceInfo dominance(function);
  (void)applyPatternsGreedily(function, patterns, straightLine());
  eliminateCommonSubExpressions(rewriter, dominance, function);
  // Merged operands can make more of the same kind trivial.
  (void)applyPatternsGreedily(function, patterns, straightLine());
}

std::unique_ptr<Pass> createAutodiffPass() { return std::make_unique<AutodiffPass>(); }

void registerAutodiffPasses() {
  registerPass([] { return createAutodiffPass(); });
  registerPass([] { return createInlinePass(); });
  registerPass([] { return createCheckIndicesPass(); });
  registerPass([] { return createDropChecksPass(); });
}

} // namespace mlc::compiler
