// Canonical forms of scan: nothing dead, nothing twice.
#include "dialects/mlc/ScanEditor.h"

using namespace mlir;

namespace mlc::ir {

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

int64_t ScanEditor::inputOf(Value value) const {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == &body ? static_cast<int64_t>(argument.getArgNumber()) : -1;
}

Value ScanEditor::slots(int64_t i, bool written) {
  Value stack = op.getResult(i);
  SmallVector<int64_t> shape(tensor(stack).getShape()), starts(shape.size(), 0), strides(shape.size(), 1);
  shape[0] = steps;
  starts[0] = written != op.getReverse() ? 1 : 0;
  return rewriter.createOrFold<SliceOp>(op.getLoc(), withShape(stack.getType(), shape), stack, starts,
                                        strides);
}

BlockArgument ScanEditor::addConstant(Value value) {
  rewriter.modifyOpInPlace(op, [&] { op.getInputsMutable().append(value); });
  ++inputs;
  return body.addArgument(value.getType(), value.getLoc());
}

BlockArgument ScanEditor::addSlice(Value value) {
  unsigned at = carries + slices;
  rewriter.modifyOpInPlace(op, [&] {
    op->insertOperands(at, value);
    op.setNumSlices(++slices);
  });
  ++inputs;
  return body.insertArgument(at, withShape(value.getType(), tensor(value).getShape().drop_front()),
                             value.getLoc());
}

void ScanEditor::eraseDeadOps() {
  for (Operation *inner = body.back().getPrevNode(); inner;) {
    Operation *previous = inner->getPrevNode();
    if (isOpTriviallyDead(inner))
      rewriter.eraseOp(inner);
    inner = previous;
  }
}

ScanOp ScanEditor::recreate(const llvm::SmallBitVector &kept, ArrayRef<Value> outputs) {
  SmallVector<Value> yields, operands;
  SmallVector<Type> types;
  SmallVector<Value> replaced;
  for (int64_t i = 0; i < static_cast<int64_t>(op.getNumResults()); ++i) {
    if (!kept[i])
      continue;
    yields.push_back(yielded(i));
    types.push_back(op.getResult(i).getType());
    replaced.push_back(op.getResult(i));
  }
  for (Value output : outputs) {
    yields.push_back(output);
    SmallVector<int64_t> shape = {steps};
    llvm::append_range(shape, tensor(output).getShape());
    types.push_back(withShape(output.getType(), shape));
  }
  rewriter.modifyOpInPlace(op.getYield(), [&] { op.getYield()->setOperands(yields); });
  eraseDeadOps();
  int64_t newCarries = carries;
  llvm::BitVector dropped(body.getNumArguments());
  for (int64_t i = 0; i < inputs; ++i) {
    if (i < carries && !kept[i]) {
      dropped.set(i);
      --newCarries;
    } else {
      operands.push_back(op.getInputs()[i]);
    }
  }
  OperationState state(op.getLoc(), ScanOp::getOperationName(), operands, types, op->getAttrs());
  state.addRegion();
  state.attributes.set("num_carries", rewriter.getI64IntegerAttr(newCarries));
  auto result = cast<ScanOp>(rewriter.create(state));
  body.eraseArguments(dropped);
  rewriter.inlineRegionBefore(op.getBody(), result.getBody(), result.getBody().end());
  for (auto [i, old] : llvm::enumerate(replaced))
    rewriter.replaceAllUsesWith(old, result.getResult(i));
  rewriter.eraseOp(op);
  return result;
}

// Results nobody reads and what only they need; inputs the body does not read.
static LogicalResult dropDead(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  llvm::SmallBitVector kept(op.getNumResults());
  for (OpResult result : op.getResults())
    if (!result.use_empty())
      kept.set(result.getResultNumber());
  if (kept.none())
    return failure(); // the whole op is dead
  llvm::DenseSet<Value> live;
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (int i : kept.set_bits())
      live.insert(scan.yielded(i));
    for (Operation &inner : llvm::reverse(scan.body.without_terminator()))
      if (llvm::any_of(inner.getResults(), [&](Value v) { return live.contains(v); }))
        live.insert(inner.operand_begin(), inner.operand_end());
    for (int64_t i = 0; i < scan.carries; ++i)
      if (!kept[i] && live.contains(scan.body.getArgument(i)))
        hasChanged = true, kept.set(i);
  }
  if (!kept.all()) {
    scan.recreate(kept, {});
    return success();
  }
  bool hasChanged = false;
  scan.eraseDeadOps();
  for (int64_t i = scan.inputs - 1; i >= scan.carries; --i) {
    if (!scan.body.getArgument(i).use_empty())
      continue;
    rewriter.modifyOpInPlace(op, [&] {
      op->eraseOperand(i);
      scan.body.eraseArgument(i);
      if (scan.isSlice(i))
        op.setNumSlices(--scan.slices);
    });
    hasChanged = true;
  }
  return success(hasChanged);
}

// An input that is one number, or another input again; a slice that is the same in every step.
static LogicalResult simplifyInputs(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  for (int64_t i = scan.carries; i < scan.inputs; ++i) {
    BlockArgument argument = scan.body.getArgument(i);
    Value input = op.getInputs()[i];
    if (argument.use_empty())
      continue;
    if (std::optional<double> number = splatOf(input)) {
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(&scan.body);
      rewriter.replaceAllUsesWith(argument,
                                  ConstantOp::create(rewriter, op.getLoc(), argument.getType(), *number));
      return success();
    }
    for (int64_t j = scan.carries; j < i; ++j) {
      if (op.getInputs()[j] != input || scan.isSlice(j) != scan.isSlice(i))
        continue;
      rewriter.replaceAllUsesWith(argument, scan.body.getArgument(j));
      return success();
    }
    auto broadcast = input.getDefiningOp<BroadcastOp>();
    if (!scan.isSlice(i) || !broadcast || llvm::is_contained(broadcast.getAxes(), 0))
      continue;
    SmallVector<int64_t> axes;
    for (int64_t axis : broadcast.getAxes())
      axes.push_back(axis - 1);
    Value same =
        rewriter.createOrFold<BroadcastOp>(broadcast.getLoc(), argument.getType(), broadcast.getX(), axes);
    rewriter.replaceAllUsesWith(argument, scan.addConstant(same));
    return success();
  }
  return failure();
}

// A carry that never changes is a constant.
static LogicalResult carryOfItself(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  for (int64_t i = 0; i < scan.carries; ++i) {
    BlockArgument argument = scan.body.getArgument(i);
    if (scan.yielded(i) != argument || (argument.hasOneUse() && op.getResult(i).use_empty()))
      continue;
    Value initial = op.getInputs()[i];
    SmallVector<int64_t> axes;
    for (int64_t axis = 0; axis < tensor(initial).getRank(); ++axis)
      axes.push_back(axis + 1);
    Value stack = rewriter.createOrFold<BroadcastOp>(op.getLoc(), op.getResult(i).getType(), initial, axes);
    rewriter.replaceAllUsesWith(op.getResult(i), stack);
    BlockArgument constant = scan.addConstant(initial);
    rewriter.replaceUsesWithIf(argument, constant,
                               [](OpOperand &use) { return !isa<YieldOp>(use.getOwner()); });
    rewriter.modifyOpInPlace(op.getYield(), [&] {
      for (OpOperand &operand : op.getYield()->getOpOperands())
        if (operand.get() == argument && operand.getOperandNumber() != i)
          operand.set(constant);
    });
    return success();
  }
  return failure();
}

// An output that is there already: in the stack of a carry, in a slice read, in another output, or the same
// each step.
static LogicalResult outputOfKnown(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  for (int64_t i = scan.carries; i < static_cast<int64_t>(op.getNumResults()); ++i) {
    Value result = op.getResult(i);
    if (result.use_empty())
      continue;
    Value value = scan.yielded(i), known;
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointAfter(op);
    int64_t input = scan.inputOf(value);
    for (int64_t j = 0; j < i && !known; ++j)
      if (scan.yielded(j) == value)
        known = scan.isCarry(j) ? scan.slots(j, /*written=*/true) : Value(op.getResult(j));
    if (!known && input >= 0 && scan.isCarry(input))
      known = scan.slots(input, /*written=*/false);
    else if (!known && input >= 0 && scan.isSlice(input))
      known = op.getInputs()[input];
    else if (!known && (input >= 0 || splatOf(value))) {
      Value same =
          input >= 0
              ? op.getInputs()[input]
              : ConstantOp::create(rewriter, op.getLoc(), value.getType(), *splatOf(value)).getResult();
      SmallVector<int64_t> axes;
      for (int64_t axis = 0; axis < tensor(same).getRank(); ++axis)
        axes.push_back(axis + 1);
      known = rewriter.createOrFold<BroadcastOp>(op.getLoc(), result.getType(), same, axes);
    }
    if (!known)
      continue;
    rewriter.replaceAllUsesWith(result, known);
    return success();
  }
  return failure();
}

/// Of no steps nothing is left but the first carries.
static LogicalResult noSteps(ScanOp op, PatternRewriter &rewriter) {
  if (op.getSteps() != 0)
    return failure();
  SmallVector<Value> results;
  for (auto [i, result] : llvm::enumerate(op.getResults())) {
    if (i < static_cast<size_t>(op.getNumCarries()))
      results.push_back(
          ReshapeOp::create(rewriter, op.getLoc(), tensor(result), op.getCarries()[i]).getResult());
    else
      results.push_back(ConstantOp::create(rewriter, op.getLoc(), tensor(result), 0.0).getResult());
  }
  rewriter.replaceOp(op, results);
  return success();
}

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(noSteps);
  set.add(dropDead);
  set.add(simplifyInputs);
  set.add(carryOfItself);
  set.add(outputOfKnown);
  addScanHoists(set);
}

} // namespace mlc::ir
