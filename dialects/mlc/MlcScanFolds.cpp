// Canonical forms of scan: nothing dead, nothing twice, and out of the loop what can be done for all steps at
// once.
#include "dialects/mlc/MlcOps.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;

namespace mlc::ir {

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

namespace {
/// A scan taken apart: indices of its parts, and changes that keep it consistent.
struct ScanEditor {
  ScanEditor(ScanOp op, PatternRewriter &rewriter)
      : op(op), rewriter(rewriter), body(op.getBody().front()), steps(op.getSteps()),
        carries(op.getNumCarries()), slices(op.getNumSlices()), inputs(op.getInputs().size()) {}

  bool isCarry(int64_t i) const { return i < carries; }
  bool isSlice(int64_t i) const { return i >= carries && i < carries + slices; }
  bool isConstant(int64_t i) const { return i >= carries + slices; }
  /// The input that is `value` in the body, or -1.
  int64_t inputOf(Value value) const {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == &body ? static_cast<int64_t>(argument.getArgNumber()) : -1;
  }
  Value yielded(int64_t i) { return op.getYield()->getOperand(i); }
  /// The slot of a stack in which the last step leaves its carry.
  int64_t lastSlot() { return op.getReverse() ? 0 : steps; }
  /// The slots of carry `i` that steps read, or those they write.
  Value slots(int64_t i, bool written) {
    Value stack = op.getResult(i);
    SmallVector<int64_t> shape(tensor(stack).getShape()), starts(shape.size(), 0), strides(shape.size(), 1);
    shape[0] = steps;
    starts[0] = written != op.getReverse() ? 1 : 0;
    return rewriter.createOrFold<SliceOp>(op.getLoc(), withShape(stack.getType(), shape), stack, starts,
                                          strides);
  }

  BlockArgument addConstant(Value value) {
    rewriter.modifyOpInPlace(op, [&] { op.getInputsMutable().append(value); });
    ++inputs;
    return body.addArgument(value.getType(), value.getLoc());
  }
  BlockArgument addSlice(Value value) {
    unsigned at = carries + slices;
    rewriter.modifyOpInPlace(op, [&] {
      op->insertOperands(at, value);
      op.setNumSlices(++slices);
    });
    ++inputs;
    return body.insertArgument(at, withShape(value.getType(), tensor(value).getShape().drop_front()),
                               value.getLoc());
  }

  /// The scan anew, with those results that are kept and then `outputs`, values of the body. A carry that is
  /// not kept must be unused in the body but for its own yield. Replaces the op; the editor is spent.
  ScanOp recreate(const llvm::SmallBitVector &kept, ArrayRef<Value> outputs);
  /// Removes ops of the body that nothing uses.
  void eraseDeadOps();

  ScanOp op;
  PatternRewriter &rewriter;
  Block &body;
  int64_t steps, carries, slices, inputs;
};
} // namespace

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

//===--- Nothing dead, nothing twice
//----------------------------------------------------------------------------===//

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

//===--- Once for all steps
//-------------------------------------------------------------------------------------===//

/// A label that none of the lists has.
static std::optional<int64_t> freeLabel(ContractOp op) {
  for (int64_t label = 0; label < 52; ++label)
    if (!llvm::is_contained(op.getLhs(), label) && !llvm::is_contained(op.getRhs(), label))
      return label;
  return std::nullopt;
}

static SmallVector<int64_t> prefixed(int64_t label, ArrayRef<int64_t> labels) {
  SmallVector<int64_t> result = {label};
  llvm::append_range(result, labels);
  return result;
}

// What depends on nothing but constants is computed before the loop.
static LogicalResult hoistInvariant(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  for (Operation &inner : scan.body.without_terminator()) {
    bool readsInput = false, isInvariant = inner.getNumRegions() == 0 && inner.getNumOperands() > 0;
    for (Value operand : inner.getOperands()) {
      int64_t input = scan.inputOf(operand);
      readsInput |= input >= 0;
      isInvariant &= input >= 0 ? scan.isConstant(input) : splatOf(operand).has_value();
    }
    if (!isInvariant || !readsInput || isa<BroadcastOp>(inner))
      continue;
    IRMapping mapping;
    for (Value operand : inner.getOperands())
      mapping.map(operand,
                  scan.inputOf(operand) >= 0
                      ? op.getInputs()[scan.inputOf(operand)]
                      : ConstantOp::create(rewriter, op.getLoc(), operand.getType(), *splatOf(operand)));
    Operation *outer = rewriter.clone(inner, mapping);
    for (auto [old, value] : llvm::zip_equal(inner.getResults(), outer->getResults()))
      rewriter.replaceAllUsesWith(old, scan.addConstant(value));
    rewriter.eraseOp(&inner);
    return success();
  }
  return failure();
}

// A product of a slice and a constant, and the rows of a constant table at a slice of indices, are computed
// for all steps at once: one large product is faster than many small ones.
static LogicalResult hoistProductOfSlice(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  auto outer = [&](Value value) { return op.getInputs()[scan.inputOf(value)]; };
  for (Operation &inner : scan.body.without_terminator()) {
    if (inner.getNumOperands() != 2)
      continue;
    int64_t first = scan.inputOf(inner.getOperand(0)), second = scan.inputOf(inner.getOperand(1));
    if (first < 0 || second < 0)
      continue;
    Value all;
    auto contract = dyn_cast<ContractOp>(inner);
    std::optional<int64_t> t = contract ? freeLabel(contract) : std::nullopt;
    if (t && ((scan.isSlice(first) && scan.isConstant(second)) ||
              (scan.isConstant(first) && scan.isSlice(second)))) {
      SmallVector<int64_t> lhs(contract.getLhs()), rhs(contract.getRhs());
      (scan.isSlice(first) ? lhs : rhs).insert((scan.isSlice(first) ? lhs : rhs).begin(), *t);
      all = ContractOp::create(rewriter, inner.getLoc(), outer(contract.getA()), outer(contract.getB()), lhs,
                               rhs, prefixed(*t, contract.getOut()));
    } else if (isa<GatherOp>(inner) && scan.isConstant(first) && scan.isSlice(second)) {
      all =
          GatherOp::create(rewriter, inner.getLoc(), outer(inner.getOperand(0)), outer(inner.getOperand(1)));
    } else {
      continue;
    }
    rewriter.replaceAllUsesWith(inner.getResult(0), scan.addSlice(all));
    rewriter.eraseOp(&inner);
    return success();
  }
  return failure();
}

// An output that is a product with a constant: the loop puts out the other factor, and one product follows
// it.
static LogicalResult sinkProductOfOutput(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  for (int64_t i = scan.carries; i < static_cast<int64_t>(op.getNumResults()); ++i) {
    auto contract = scan.yielded(i).getDefiningOp<ContractOp>();
    std::optional<int64_t> t = contract && contract->hasOneUse() ? freeLabel(contract) : std::nullopt;
    if (!t)
      continue;
    auto isConstant = [&](Value value) {
      return scan.inputOf(value) >= 0 && scan.isConstant(scan.inputOf(value));
    };
    bool isFirst = isConstant(contract.getA());
    if (isFirst == isConstant(contract.getB()))
      continue;
    Value factor = isFirst ? contract.getB() : contract.getA();
    Value constant = op.getInputs()[scan.inputOf(isFirst ? contract.getA() : contract.getB())];
    SmallVector<int64_t> lhs(contract.getLhs()), rhs(contract.getRhs()),
        out = prefixed(*t, contract.getOut());
    (isFirst ? rhs : lhs) = prefixed(*t, isFirst ? rhs : lhs);
    Value result = op.getResult(i);
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointAfter(op);
    // A stand-in for the factor's stack, until the scan that puts it out is made.
    SmallVector<int64_t> shape = prefixed(scan.steps, tensor(factor).getShape());
    Value stack = ConstantOp::create(rewriter, op.getLoc(), withShape(factor.getType(), shape), 0.0);
    Value all = ContractOp::create(rewriter, contract.getLoc(), isFirst ? constant : stack,
                                   isFirst ? stack : constant, lhs, rhs, out);
    rewriter.replaceAllUsesWith(result, all);
    llvm::SmallBitVector kept(op.getNumResults(), true);
    kept.reset(i);
    rewriter.setInsertionPoint(op);
    ScanOp anew = scan.recreate(kept, factor);
    rewriter.replaceAllUsesWith(stack, anew.getResults().back());
    return success();
  }
  return failure();
}

// A carry that only sums up, and of which only the end is read, becomes outputs that are summed after the
// loop; a product among the terms becomes one product over all steps.
static LogicalResult hoistAccumulation(ScanOp op, PatternRewriter &rewriter) {
  ScanEditor scan(op, rewriter);
  for (int64_t i = 0; i < scan.carries; ++i) {
    BlockArgument sum = scan.body.getArgument(i);
    Value stack = op.getResult(i);
    bool onlyEndIsRead = llvm::all_of(stack.getUsers(), [&](Operation *user) {
      auto slice = dyn_cast<SliceOp>(user);
      return slice && slice.getType().getDimSize(0) == 1 && slice.getStarts()[0] == scan.lastSlot();
    });
    if (!onlyEndIsRead || stack.use_empty() || !sum.hasOneUse() ||
        !isa<FloatType>(tensor(sum).getElementType()))
      continue;
    // The leaves of the additions that make the new carry.
    SmallVector<Value> pending = {scan.yielded(i)}, terms;
    bool isSum = scan.yielded(i).hasOneUse(), hasCarry = false;
    while (!pending.empty() && isSum) {
      Value value = pending.pop_back_val();
      auto add = value.getDefiningOp<AddOp>();
      if (value == sum)
        hasCarry = true;
      else if (add && add->hasOneUse() && add->getBlock() == &scan.body)
        pending.append({add.getY(), add.getX()});
      else
        terms.push_back(value);
    }
    if (!isSum || !hasCarry || terms.empty())
      continue;

    SmallVector<Value> outputs;
    for (Value term : terms) {
      if (auto contract = term.getDefiningOp<ContractOp>(); contract && freeLabel(contract))
        outputs.append({contract.getA(), contract.getB()});
      else if (auto reduce = term.getDefiningOp<ReduceOp>(); reduce && reduce.getKind() == "sum")
        outputs.push_back(reduce.getX());
      else
        outputs.push_back(term);
    }
    // What the terms become is built on stand-ins, for the old scan goes when the new one is made.
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointAfter(op);
    SmallVector<Value> stacks;
    for (Value output : outputs)
      stacks.push_back(ConstantOp::create(
          rewriter, op.getLoc(), withShape(output.getType(), prefixed(scan.steps, tensor(output).getShape())),
          0.0));
    Value total;
    size_t next = 0;
    for (Value term : terms) {
      Value part;
      if (auto contract = term.getDefiningOp<ContractOp>(); contract && freeLabel(contract)) {
        int64_t t = *freeLabel(contract);
        part = ContractOp::create(rewriter, term.getLoc(), stacks[next], stacks[next + 1],
                                  prefixed(t, contract.getLhs()), prefixed(t, contract.getRhs()),
                                  contract.getOut());
        next += 2;
      } else {
        SmallVector<int64_t> axes = {0};
        if (auto reduce = term.getDefiningOp<ReduceOp>(); reduce && reduce.getKind() == "sum")
          for (int64_t axis : reduce.getAxes())
            axes.push_back(axis + 1);
        part = ReduceOp::create(rewriter, term.getLoc(), "sum", stacks[next++], axes);
      }
      total = total ? AddOp::create(rewriter, op.getLoc(), total, part).getResult() : part;
    }
    total = AddOp::create(rewriter, op.getLoc(), total, op.getInputs()[i]);
    for (Operation *user : llvm::make_early_inc_range(stack.getUsers()))
      rewriter.replaceOpWithNewOp<ReshapeOp>(user, user->getResult(0).getType(), total);
    llvm::SmallBitVector kept(op.getNumResults(), true);
    kept.reset(i);
    rewriter.setInsertionPoint(op);
    ScanOp anew = scan.recreate(kept, outputs);
    for (auto [standIn, value] : llvm::zip_equal(stacks, anew.getResults().take_back(stacks.size())))
      rewriter.replaceAllUsesWith(standIn, value);
    return success();
  }
  return failure();
}

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(dropDead);
  set.add(simplifyInputs);
  set.add(carryOfItself);
  set.add(outputOfKnown);
  set.add(hoistInvariant);
  set.add(hoistProductOfSlice);
  set.add(sinkProductOfOutput);
  set.add(hoistAccumulation);
}

} // namespace mlc::ir
