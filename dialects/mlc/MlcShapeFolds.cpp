// Identities and canonical forms of the ops that move elements, and of reductions and products over them.
//
// Ops that only insert or drop axes of size 1 become reshapes, which cost nothing; then every op looks
// through the op that made its operand, so that what a derivative undoes at once is gone.
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

static bool areAll(ArrayRef<int64_t> list, int64_t number) {
  return llvm::all_of(list, [&](int64_t each) { return each == number; });
}

//===--- Folds
//--------------------------------------------------------------------------------------------------===//

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (std::optional<double> number = splatOf(adaptor.getX()))
    return splatAttr(getType(), *number);
  return {};
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX()))
    return elements.reshape(getType());
  if (auto inner = getX().getDefiningOp<ReshapeOp>()) {
    if (inner.getX().getType() == getType())
      return inner.getX();
    getXMutable().assign(inner.getX());
    return getResult();
  }
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getX();
  if (std::optional<double> number = splatOf(adaptor.getX()))
    return splatAttr(getType(), *number);
  return {};
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  if (llvm::all_of(getAxes(), [&](int64_t axis) { return getType().getDimSize(axis) == 1; }))
    return getX();
  if (splatOf(adaptor.getX()))
    return adaptor.getX();
  auto inner = getX().getDefiningOp<ReverseOp>();
  return inner && inner.getAxes() == getAxes() ? inner.getX() : OpFoldResult();
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (std::optional<double> number = splatOf(adaptor.getX()))
    return splatAttr(getType(), *number);
  return {};
}

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (splatOf(adaptor.getX()) == 0)
    return splatAttr(getType(), 0);
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor) { return getXs().size() == 1 ? getXs()[0] : Value(); }

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

//===--- Broadcast
//----------------------------------------------------------------------------------------------===//

static LogicalResult broadcastOfUnitAxes(BroadcastOp op, PatternRewriter &rewriter) {
  if (!llvm::all_of(op.getNewAxes(), [&](int64_t axis) { return op.getType().getDimSize(axis) == 1; }))
    return failure();
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getX());
  return success();
}

static LogicalResult broadcastOfBroadcast(BroadcastOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<BroadcastOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> axes;
  for (int64_t axis : inner.getAxes())
    axes.push_back(op.getAxes()[axis]);
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getX(), axes);
  return success();
}

//===--- Reshape and transpose
//----------------------------------------------------------------------------------===//

// A reshaped broadcast of a scalar is a broadcast of it.
static LogicalResult reshapeOfScalar(ReshapeOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<BroadcastOp>();
  if (!inner || tensor(inner.getX()).getRank() != 0)
    return failure();
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getX(), ArrayRef<int64_t>());
  return success();
}

static LogicalResult transposeOfUnitAxes(TransposeOp op, PatternRewriter &rewriter) {
  SmallVector<int64_t> moved;
  for (int64_t axis : op.getPermutation())
    if (tensor(op.getX()).getDimSize(axis) != 1)
      moved.push_back(axis);
  if (!llvm::is_sorted(moved))
    return failure();
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getX());
  return success();
}

static LogicalResult transposeOfTranspose(TransposeOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> permutation;
  for (int64_t axis : op.getPermutation())
    permutation.push_back(inner.getPermutation()[axis]);
  rewriter.replaceOpWithNewOp<TransposeOp>(op, inner.getX(), permutation);
  return success();
}

// Transposing comes before repeating.
static LogicalResult transposeOfBroadcast(TransposeOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<BroadcastOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> axes, permutation;
  for (auto [i, axis] : llvm::enumerate(op.getPermutation())) {
    const auto *found = llvm::find(inner.getAxes(), axis);
    if (found == inner.getAxes().end())
      continue;
    axes.push_back(static_cast<int64_t>(i));
    permutation.push_back(found - inner.getAxes().begin());
  }
  Value x = rewriter.createOrFold<TransposeOp>(op.getLoc(), inner.getX(), permutation);
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), x, axes);
  return success();
}

// A sign goes past, to where a sum or product takes it in.
template <typename OpTy> static LogicalResult movedNegative(OpTy op, PatternRewriter &rewriter) {
  auto neg = op.getX().template getDefiningOp<NegOp>();
  if (!neg || !neg->hasOneUse())
    return failure();
  OperationState state(op.getLoc(), op->getName(), neg.getX(), op.getType(), op->getAttrs());
  rewriter.replaceOpWithNewOp<NegOp>(op, rewriter.create(state)->getResult(0));
  return success();
}

// A product can put its axes in any order itself.
static LogicalResult transposeOfContract(TransposeOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<ContractOp>();
  if (!inner || !inner->hasOneUse())
    return failure();
  SmallVector<int64_t> out;
  for (int64_t axis : op.getPermutation())
    out.push_back(inner.getOut()[axis]);
  rewriter.replaceOpWithNewOp<ContractOp>(op, inner.getA(), inner.getB(), inner.getLhs(), inner.getRhs(),
                                          out);
  return success();
}

//===--- Slice, pad and concat
//----------------------------------------------------------------------------------===//

static LogicalResult sliceOfSlice(SliceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<SliceOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> starts, strides;
  for (auto [start, stride, innerStart, innerStride] :
       llvm::zip_equal(op.getStarts(), op.getStrides(), inner.getStarts(), inner.getStrides())) {
    starts.push_back(innerStart + start * innerStride);
    strides.push_back(stride * innerStride);
  }
  rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), inner.getX(), starts, strides);
  return success();
}

static LogicalResult sliceOfBroadcast(SliceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<BroadcastOp>();
  if (!inner)
    return failure();
  SmallVector<int64_t> shape, starts, strides;
  for (int64_t axis : inner.getAxes()) {
    shape.push_back(op.getType().getDimSize(axis));
    starts.push_back(op.getStarts()[axis]);
    strides.push_back(op.getStrides()[axis]);
  }
  Value x = rewriter.createOrFold<SliceOp>(op.getLoc(), withShape(op.getType(), shape), inner.getX(), starts,
                                           strides);
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), x, inner.getAxes());
  return success();
}

// What a slice takes of padding is padding, and of what was padded a slice.
static LogicalResult sliceOfPad(SliceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<PadOp>();
  if (!inner)
    return failure();
  RankedTensorType from = tensor(inner.getX()), to = op.getType();
  SmallVector<int64_t> shape, starts, low, high, ones(to.getRank(), 1);
  for (int64_t i = 0; i < to.getRank(); ++i) {
    int64_t begin = op.getStarts()[i], size = to.getDimSize(i), stride = op.getStrides()[i];
    int64_t first = inner.getLow()[i], gap = inner.getInterior()[i], count = from.getDimSize(i);
    if (stride == gap + 1 && begin == first && size == count) {
      // The stride steps over the gaps.
      starts.push_back(0);
      shape.push_back(size);
      low.push_back(0);
      high.push_back(0);
      continue;
    }
    if (stride != 1 || gap != 0)
      return failure();
    int64_t overlapBegin = std::max(begin, first), overlapEnd = std::min(begin + size, first + count);
    if (overlapBegin >= overlapEnd) {
      rewriter.replaceOpWithNewOp<ConstantOp>(op, to, 0.0);
      return success();
    }
    starts.push_back(overlapBegin - first);
    shape.push_back(overlapEnd - overlapBegin);
    low.push_back(overlapBegin - begin);
    high.push_back(begin + size - overlapEnd);
  }
  Value x = rewriter.createOrFold<SliceOp>(op.getLoc(), withShape(to, shape), inner.getX(), starts, ones);
  rewriter.replaceOp(
      op, rewriter.createOrFold<PadOp>(op.getLoc(), x, low, high, SmallVector<int64_t>(to.getRank(), 0)));
  return success();
}

// A slice that lies in one operand of a concat is a slice of that one.
static LogicalResult sliceOfConcat(SliceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<ConcatOp>();
  int64_t axis = inner ? static_cast<int64_t>(inner.getAxis()) : 0, offset = 0;
  if (!inner || op.getType().getDimSize(axis) == 0)
    return failure();
  int64_t begin = op.getStarts()[axis];
  int64_t end = begin + (op.getType().getDimSize(axis) - 1) * op.getStrides()[axis] + 1;
  for (Value x : inner.getXs()) {
    int64_t size = tensor(x).getDimSize(axis);
    if (begin >= offset && end <= offset + size) {
      SmallVector<int64_t> starts(op.getStarts());
      starts[axis] -= offset;
      rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), x, starts, op.getStrides());
      return success();
    }
    offset += size;
  }
  return failure();
}

static LogicalResult concatOfConcat(ConcatOp op, PatternRewriter &rewriter) {
  SmallVector<Value> xs;
  for (Value x : op.getXs()) {
    auto inner = x.getDefiningOp<ConcatOp>();
    if (inner && inner.getAxis() == op.getAxis())
      llvm::append_range(xs, inner.getXs());
    else
      xs.push_back(x);
  }
  if (xs.size() == op.getXs().size())
    return failure();
  rewriter.replaceOpWithNewOp<ConcatOp>(op, xs, op.getAxis());
  return success();
}

// Neighbouring slices of one tensor, put together again.
static LogicalResult concatOfSlices(ConcatOp op, PatternRewriter &rewriter) {
  int64_t axis = op.getAxis();
  SmallVector<Value> xs;
  for (Value x : op.getXs()) {
    auto next = x.getDefiningOp<SliceOp>();
    auto last = xs.empty() ? SliceOp() : xs.back().getDefiningOp<SliceOp>();
    bool follows = next && last && next.getX() == last.getX() && areAll(next.getStrides(), 1) &&
                   areAll(last.getStrides(), 1);
    for (int64_t i = 0; follows && i < op.getType().getRank(); ++i)
      follows =
          next.getStarts()[i] == last.getStarts()[i] + (i == axis ? last.getType().getDimSize(axis) : 0);
    if (!follows) {
      xs.push_back(x);
      continue;
    }
    SmallVector<int64_t> shape(last.getType().getShape());
    shape[axis] += next.getType().getDimSize(axis);
    xs.back() = SliceOp::create(rewriter, op.getLoc(), withShape(op.getType(), shape), last.getX(),
                                last.getStarts(), last.getStrides());
  }
  if (xs.size() == op.getXs().size())
    return failure();
  rewriter.replaceOpWithNewOp<ConcatOp>(op, xs, op.getAxis());
  return success();
}

// The sum of two tensors padded to lie side by side is one after the other: what slices send back to what
// they cut.
LogicalResult addOfPads(AddOp op, PatternRewriter &rewriter) {
  auto a = op.getX().getDefiningOp<PadOp>(), b = op.getY().getDefiningOp<PadOp>();
  if (!a || !b || !areAll(a.getInterior(), 0) || !areAll(b.getInterior(), 0))
    return failure();
  int64_t axis = -1;
  for (int64_t i = 0; i < op.getType().getRank(); ++i) {
    if (a.getLow()[i] == b.getLow()[i] && a.getHigh()[i] == b.getHigh()[i])
      continue;
    if (axis >= 0)
      return failure();
    axis = i;
  }
  if (axis < 0)
    return failure();
  if (a.getLow()[axis] > b.getLow()[axis])
    std::swap(a, b);
  if (a.getLow()[axis] + tensor(a.getX()).getDimSize(axis) != b.getLow()[axis])
    return failure();
  SmallVector<int64_t> high(a.getHigh());
  high[axis] = b.getHigh()[axis];
  Value both = ConcatOp::create(rewriter, op.getLoc(), ValueRange{a.getX(), b.getX()}, axis);
  rewriter.replaceOp(op, rewriter.createOrFold<PadOp>(op.getLoc(), both, a.getLow(), high, a.getInterior()));
  return success();
}

static LogicalResult padOfPad(PadOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<PadOp>();
  if (!inner || !areAll(op.getInterior(), 0))
    return failure();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < op.getType().getRank(); ++i) {
    low.push_back(op.getLow()[i] + inner.getLow()[i]);
    high.push_back(op.getHigh()[i] + inner.getHigh()[i]);
  }
  rewriter.replaceOpWithNewOp<PadOp>(op, inner.getX(), low, high, inner.getInterior());
  return success();
}

//===--- Reductions and products
//--------------------------------------------------------------------------------===//

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
  Value x = rewriter.createOrFold<ReduceOp>(loc, op.getKind(), inner.getX(), reduced);
  if (op.getKind() == "sum" && count != 1)
    x = rewriter.createOrFold<MulOp>(loc, x, ConstantOp::create(rewriter, loc, x.getType(), count));
  rewriter.replaceOp(op, rewriter.createOrFold<BroadcastOp>(loc, op.getType(), x, kept));
  return success();
}

static LogicalResult reduceOfReduce(ReduceOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<ReduceOp>();
  if (!inner || inner.getKind() != op.getKind() || !inner->hasOneUse())
    return failure();
  SmallVector<int64_t> kept, axes(inner.getAxes());
  for (int64_t axis : everyAxis(tensor(inner.getX()).getRank()))
    if (!llvm::is_contained(inner.getAxes(), axis))
      kept.push_back(axis);
  for (int64_t axis : op.getAxes())
    axes.push_back(kept[axis]);
  llvm::sort(axes);
  rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getKind(), inner.getX(), axes);
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
    rewriter.replaceOpWithNewOp<ReduceOp>(op, op.getKind(), inner.getX(), everyAxis(from.getRank()));
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
  Value x = rewriter.createOrFold<ReduceOp>(op.getLoc(), op.getKind(), inner.getX(), axes);
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
  Value x = ReduceOp::create(rewriter, op.getLoc(), op.getKind(), inner.getX(), axes);
  rewriter.replaceOp(op, rewriter.createOrFold<TransposeOp>(op.getLoc(), x, permutation));
  return success();
}

// A sign leaves a sum.
static LogicalResult sumOfNegative(ReduceOp op, PatternRewriter &rewriter) {
  auto neg = op.getX().getDefiningOp<NegOp>();
  if (!neg || op.getKind() != "sum" || !neg->hasOneUse())
    return failure();
  Value sum = ReduceOp::create(rewriter, op.getLoc(), "sum", neg.getX(), op.getAxes());
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
  Value product = ContractOp::create(rewriter, op.getLoc(), a, b, lhs, rhs, op.getOut());
  if (isNegative)
    rewriter.replaceOpWithNewOp<NegOp>(op, product);
  else
    rewriter.replaceOp(op, product);
  return success();
}

//===--- Who has which
//------------------------------------------------------------------------------------------===//

void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(broadcastOfUnitAxes);
  set.add(broadcastOfBroadcast);
}
void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(reshapeOfScalar);
}
void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(transposeOfUnitAxes);
  set.add(transposeOfTranspose);
  set.add(transposeOfBroadcast);
  set.add(transposeOfContract);
  set.add(movedNegative<TransposeOp>);
}
void SliceOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(sliceOfSlice);
  set.add(sliceOfBroadcast);
  set.add(sliceOfPad);
  set.add(sliceOfConcat);
}
void PadOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) { set.add(padOfPad); }
void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(concatOfConcat);
  set.add(concatOfSlices);
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
