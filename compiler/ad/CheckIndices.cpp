// Counts of indices out of range.
//
// For each public function: what Ranges.cpp proves is dropped. Of the others, one reduction counts the
// elements outside. In a loop the count of a step is an output more of the loop, and the steps' are added
// behind it. All counts together are the function's last result, in f64: a sum of ones is exact.
#include "compiler/ad/CheckIndices.h"

#include "compiler/ad/Ranges.h"
#include "dialects/mlc/Roles.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

namespace {

Value constantLike(OpBuilder &builder, Location loc, Type type, double number) {
  return ConstantOp::create(builder, loc, type, number);
}

class Counter {
public:
  explicit Counter(MLIRContext *context) : builder(context) { ranges.emplace(Ranges::Fields::Any); }

  /// How many indices lie outside in all ops of the block, a tensor<f64>; null if none can.
  Value count(Block &block);
  void learn(Block &block) { ranges->visit(block); }

private:
  Value count(WithinOp op);
  Value count(ScanOp op);

  OpBuilder builder;
  std::optional<Ranges> ranges;
};

Value Counter::count(WithinOp op) {
  Range index = ranges->of(op.getX()), bound = ranges->of(op.getY());
  if (index.low >= 0 && index.high < bound.low) {
    op.getResult().replaceAllUsesWith(op.getX());
    op.erase();
    return {};
  }
  builder.setInsertionPointAfter(op);
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getType());
  Value below = CompareOp::create(builder, loc, "lt", op.getX(), constantLike(builder, loc, type, 0));
  Value above = CompareOp::create(builder, loc, "ge", op.getX(), op.getY());
  Value outside = OrOp::create(builder, loc, below, above);
  outside = ConvertOp::create(builder, loc, withElement(type, builder.getF64Type()), outside);
  return builder.createOrFold<ReduceOp>(loc, "sum", outside,
                                        llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())), TypeAttr());
}

Value Counter::count(ScanOp op) {
  Block &body = op.getBody().front();
  Value step = count(body);
  if (!step)
    return {};
  Operation *yield = body.getTerminator();
  yield->insertOperands(yield->getNumOperands(), step);
  SmallVector<Type> types(op.getResultTypes());
  auto counts = RankedTensorType::get({op.getSteps()}, builder.getF64Type());
  types.push_back(counts);
  builder.setInsertionPoint(op);
  OperationState state(op.getLoc(), op->getName(), op.getInputs(), types, op->getAttrs());
  state.addRegion()->takeBody(op.getBody());
  auto result = cast<ScanOp>(builder.create(state));
  op->replaceAllUsesWith(result.getResults().drop_back());
  op->erase();
  return ReduceOp::create(builder, result.getLoc(), "sum", result.getResults().back(), ArrayRef<int64_t>{0},
                          TypeAttr());
}

Value Counter::count(Block &block) {
  Value total;
  for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
    Value here;
    if (auto within = dyn_cast<WithinOp>(op))
      here = count(within);
    else if (auto scan = dyn_cast<ScanOp>(op))
      here = count(scan);
    if (!here)
      continue;
    builder.setInsertionPointAfterValue(here);
    total = total ? AddOp::create(builder, here.getLoc(), total, here).getResult() : here;
  }
  return total;
}

struct CheckIndicesPass : PassWrapper<CheckIndicesPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CheckIndicesPass)
  StringRef getArgument() const override { return "mlc-check-indices"; }
  StringRef getDescription() const override {
    return "Prove that indices lie inside, or count those that do not";
  }

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        check(function);
  }

private:
  static void check(func::FuncOp function) {
    bool looks = function.walk([](WithinOp) { return WalkResult::interrupt(); }).wasInterrupted();
    // What is not handed to anybody needs no count: gradients are a part of the step.
    if (!looks || (function.getNumResults() != 0 && isOfKind(resultRole(function, 0), RoleKind::Gradient)))
      return;
    Block &block = function.getBody().front();
    Counter counter(function.getContext());
    counter.learn(block);
    Value total = counter.count(block);
    if (!total)
      return;
    Operation *end = block.getTerminator();
    OpBuilder builder(end);
    auto one = RankedTensorType::get({1}, builder.getF64Type());
    total = ReshapeOp::create(builder, total.getLoc(), one, total);
    end->insertOperands(end->getNumOperands(), total);
    unsigned index = function.getNumResults();
    (void)function.insertResult(index, one, {});
    function.setResultAttr(index, roleAttr, RoleAttr::get(builder.getContext(), RoleKind::Outside, {}));
  }
};

struct DropChecksPass : PassWrapper<DropChecksPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DropChecksPass)
  StringRef getArgument() const override { return "mlc-drop-checks"; }
  StringRef getDescription() const override { return "Remove checks of indices that have been counted"; }

  void runOnOperation() override {
    getOperation().walk([](WithinOp op) {
      op.getResult().replaceAllUsesWith(op.getX());
      op.erase();
    });
  }
};

} // namespace

std::unique_ptr<Pass> createCheckIndicesPass() { return std::make_unique<CheckIndicesPass>(); }
std::unique_ptr<Pass> createDropChecksPass() { return std::make_unique<DropChecksPass>(); }

} // namespace mlc::compiler
