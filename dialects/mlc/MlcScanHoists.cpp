// Canonical forms of scan: out of the loop what can be done for all steps at once.
#include "dialects/mlc/ScanEditor.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace mlc::ir {

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

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
    if (!isInvariant || !readsInput || isa<BroadcastOp, BarrierOp>(inner))
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
                               rhs, prefixed(*t, contract.getOut()), contract.getAccumulateAttr());
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
                                   isFirst ? stack : constant, lhs, rhs, out, contract.getAccumulateAttr());
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
                                  contract.getOut(), contract.getAccumulateAttr());
        next += 2;
      } else {
        SmallVector<int64_t> axes = {0};
        TypeAttr accumulate;
        if (auto reduce = term.getDefiningOp<ReduceOp>(); reduce && reduce.getKind() == "sum") {
          accumulate = reduce.getAccumulateAttr();
          for (int64_t axis : reduce.getAxes())
            axes.push_back(axis + 1);
        }
        part = ReduceOp::create(rewriter, term.getLoc(), "sum", stacks[next++], axes, accumulate);
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

void addScanHoists(RewritePatternSet &set) {
  set.add(hoistInvariant);
  set.add(hoistProductOfSlice);
  set.add(sinkProductOfOutput);
  set.add(hoistAccumulation);
}

} // namespace mlc::ir
