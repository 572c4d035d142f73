// Canonical forms of reductions and products: they look through what made their operand.
#include "dialects/mlc/MlcOps.h"

#include "mlir/IR/PatternMatch.h"

#include <numeric>

using namespace mlir;

namespace mlc::ir {

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

static SmallVector<int64_t> everyAxis(int64_t rank) {
  SmallVector<int64_t> axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

OpFoldResult ReduceOp::fold(FoldAdaptor adaptor) {
  if (getAxes().empty())
    return getX();
  std::optional<double> number = splatOf(adaptor.getX());
  int64_t count = 1;
  for (int64_t axis : getAxes())
    count *= tensor(getX()).getDimSize(axis);
  if (!number || count == 0)
    return {};
  return splatAttr(getType(), getKind() == "sum" ? *number * static_cast<double>(count) : *number);
}

static LogicalResult reduceOfUnitAxes(ReduceOp op, PatternRewriter &rewriter) {
  if (!llvm::all_of(op.getAxes(), [&](int64_t axis) { return tensor(op.getX()).getDimSize(axis) == 1; }))
    return failure();
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getX());
  return success();
}

// Over an axis that a broadcast made there is one number n times: no loop, a multiplication.
static LogicalResult reduceOfBroadcast(ReduceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<BroadcastOp>();
  if (!inner || op.getType().getNumElements() == 0 || inner.getType().getNumElements() == 0)
    return failure();
  SmallVector<int64_t> newAxes = inner.getNewAxes(), reduced, kept;
  double count = 1;
  for (int64_t axis : op.getAxes())
    if (llvm::is_contained(newAxes, axis))
      count *= static_cast<double>(inner.getType().getDimSize(axis));
  if (!llvm::any_of(op.getAxes(), [&](int64_t axis) { return llvm::is_contained(newAxes, axis); }))
    return failure();
  for (auto [i, axis] : llvm::enumerate(inner.getAxes())) {
    if (llvm::is_contained(op.getAxes(), axis)) {
      reduced.push_back(static_cast<int64_t>(i));
      continue;
    }
    // The axis moves down by those that vanish before it.
    kept.push_back(axis -
                   llvm::count_if(op.getAxes(), [&, axis = axis](int64_t other) { return other < axis; }));
  }
  Location loc = op.getLoc();
  Value x = rewriter.createOrFold<ReduceOp>(loc, op.getKind(), inner.getX(), reduced, op.getAccumulateAttr());
  if (op.getKind() == "sum" && count != 1)
    x = rewriter.createOrFold<MulOp>(loc, x, ConstantOp::create(rewriter, loc, x.getType(), count));
  rewriter.replaceOp(op, rewriter.createOrFold<BroadcastOp>(loc, op.getType(), x, kept));
  return success();
}

static LogicalResult reduceOfReduce(ReduceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<ReduceOp>();
  if (!inner || inner.getKind() != op.getKind() || inner.getAccumulate() != op.getAccumulate() ||
      !inner->hasOneUse())
    return failure();
  SmallVector<int64_t> kept, axes(inner.getAxes());
  for (int64_t axis : everyAxis(tensor(inner.getX()).getRank()))
    if (!llvm::is_contained(inner.getAxes(), axis))
      kept.push_back(axis);
  for (int64_t axis : op.getAxes())
    axes.push_back(kept[axis]);
  llvm::sort(axes);
  rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getKind(), inner.getX(), axes, op.getAccumulateAttr());
  return success();
}

// Reducing every axis needs no shape; else only axes of size 1 may have come or gone, and they are looked
// through.
static LogicalResult reduceOfReshape(ReduceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<ReshapeOp>();
  if (!inner)
    return failure();
  RankedTensorType from = tensor(inner.getX()), to = inner.getType();
  if (static_cast<int64_t>(op.getAxes().size()) == to.getRank()) {
    rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getKind(), inner.getX(), everyAxis(from.getRank()),
                                          op.getAccumulateAttr());
    return success();
  }
  SmallVector<int64_t> fromAxes, toAxes, axes;
  for (int64_t axis : everyAxis(from.getRank()))
    if (from.getDimSize(axis) != 1)
      fromAxes.push_back(axis);
  for (int64_t axis : everyAxis(to.getRank()))
    if (to.getDimSize(axis) != 1)
      toAxes.push_back(axis);
  if (fromAxes.size() != toAxes.size())
    return failure();
  for (auto [fromAxis, toAxis] : llvm::zip_equal(fromAxes, toAxes)) {
    if (from.getDimSize(fromAxis) != to.getDimSize(toAxis))
      return failure();
    if (llvm::is_contained(op.getAxes(), toAxis))
      axes.push_back(fromAxis);
  }
  Value x =
      rewriter.createOrFold<ReduceOp>(op.getLoc(), op.getKind(), inner.getX(), axes, op.getAccumulateAttr());
  rewriter.replaceOp(op, rewriter.createOrFold<ReshapeOp>(op.getLoc(), op.getType(), x));
  return success();
}

static LogicalResult reduceOfTranspose(ReduceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> axes, kept;
  for (auto [i, axis] : llvm::enumerate(inner.getPermutation()))
    (llvm::is_contained(op.getAxes(), static_cast<int64_t>(i)) ? axes : kept).push_back(axis);
  llvm::sort(axes);
  // The order of what is left.
  SmallVector<int64_t> sorted(kept), permutation;
  llvm::sort(sorted);
  for (int64_t axis : kept)
    permutation.push_back(llvm::find(sorted, axis) - sorted.begin());
  Value x = ReduceOp::create(rewriter, op.getLoc(), op.getKind(), inner.getX(), axes, op.getAccumulateAttr());
  rewriter.replaceOp(op, rewriter.createOrFold<TransposeOp>(op.getLoc(), x, permutation));
  return success();
}

// A sign leaves a sum.
static LogicalResult sumOfNegative(ReduceOp op, PatternRewriter &rewriter) {
  auto neg = op.getX().getDefiningOp<NegOp>();
  if (!neg || op.getKind() != "sum" || !neg->hasOneUse())
    return failure();
  Value sum =
      ReduceOp::create(rewriter, op.getLoc(), "sum", neg.getX(), op.getAxes(), op.getAccumulateAttr());
  rewriter.replaceOpWithNewOp<NegOp>(op, sum);
  return success();
}

// A product reads its operands' axes in any order, and lets signs out.
static LogicalResult contractOfMoved(ContractOp op, PatternRewriter &rewriter) {
  Value a = op.getA(), b = op.getB();
  SmallVector<int64_t> lhs(op.getLhs()), rhs(op.getRhs());
  bool isNegative = false, hasChanged = false;
  for (auto [operand, labels] : {std::pair(&a, &lhs), std::pair(&b, &rhs)}) {
    if (auto transpose = operand->getDefiningOp<TransposeOp>()) {
      SmallVector<int64_t> old(*labels);
      for (auto [i, axis] : llvm::enumerate(transpose.getPermutation()))
        (*labels)[axis] = old[i];
      *operand = transpose.getX();
      hasChanged = true;
    }
    if (auto neg = operand->getDefiningOp<NegOp>()) {
      *operand = neg.getX();
      isNegative = !isNegative;
      hasChanged = true;
    }
  }
  if (!hasChanged)
    return failure();
  Value product =
      ContractOp::create(rewriter, op.getLoc(), a, b, lhs, rhs, op.getOut(), op.getAccumulateAttr());
  if (isNegative)
    rewriter.replaceOpWithNewOp<NegOp>(op, product);
  else
    rewriter.replaceOp(op, product);
  return success();
}

void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(reduceOfUnitAxes);
  set.add(reduceOfBroadcast);
  set.add(reduceOfReduce);
  set.add(reduceOfReshape);
  set.add(reduceOfTranspose);
  set.add(sumOfNegative);
}
void ContractOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(contractOfMoved);
}

} // namespace mlc::ir
