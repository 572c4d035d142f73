// Identities and canonical forms of the ops that move elements.
//
// Ops that only insert or drop axes of size 1 become reshapes, which cost nothing; then every op looks
// through the op that made its operand, so that what a derivative undoes at once is gone.
#include "dialects/mlc/MlcOps.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace mlc::ir {

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

static bool areAll(ArrayRef<int64_t> list, int64_t number) {
  return llvm::all_of(list, [&](int64_t each) { return each == number; });
}

//===--- Folds ------------------------------------------------------------------------------------------===//

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

//===--- Broadcast --------------------------------------------------------------------------------------===//

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

//===--- Reshape and transpose --------------------------------------------------------------------------===//

// A reshaped broadcast of a scalar is a broadcast of it.
static LogicalResult reshapeOfScalar(ReshapeOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<BroadcastOp>();
  if (!inner || tensor(inner.getX()).getRank() != 0)
    return failure();
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getX(), ArrayRef<int64_t>());
  return success();
}

/// Whether what makes `x`, for nobody else, are elementwise ops on constants and on reshaped tensors of
/// `shape`.
static bool comesReshaped(Value x, ArrayRef<int64_t> shape) {
  Operation *op = x.getDefiningOp();
  if (!op || !isa<ElementwiseOpInterface>(op) || !op->hasOneUse() || op->getNumOperands() == 0)
    return false;
  bool hasTensor = false;
  for (Value operand : op->getOperands()) {
    auto inner = operand.getDefiningOp<ReshapeOp>();
    if (operand.getDefiningOp<ConstantOp>())
      continue;
    if (!(inner && tensor(inner.getX()).getShape() == shape) && !comesReshaped(operand, shape))
      return false;
    hasTensor = true;
  }
  return hasTensor;
}

// Of a tensor that got an axis of size 1, was computed with and loses it again, the axis is never seen: so
// the numbers of rows keep one shape, and one kernel.
static LogicalResult reshapeOfReshaped(ReshapeOp op, PatternRewriter &rewriter) {
  if (!comesReshaped(op.getX(), op.getType().getShape()))
    return failure();
  Operation *inner = op.getX().getDefiningOp();
  SmallVector<Value> operands;
  for (Value operand : inner->getOperands())
    operands.push_back(rewriter.createOrFold<ReshapeOp>(
        op.getLoc(), withShape(tensor(operand), op.getType().getShape()), operand));
  OperationState state(inner->getLoc(), inner->getName(), operands, op.getType(), inner->getAttrs());
  rewriter.replaceOp(op, rewriter.create(state));
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
  rewriter.replaceOpWithNewOp<ContractOp>(op, inner.getA(), inner.getB(), inner.getLhs(), inner.getRhs(), out,
                                          inner.getAccumulateAttr());
  return success();
}

// And so with its bias, and whatever else is done to it with values that are the same along axes.
static LogicalResult transposeOfEpilogue(TransposeOp op, PatternRewriter &rewriter) {
  Operation *inner = op.getX().getDefiningOp();
  if (!inner || !inner->hasOneUse() || !isa<ElementwiseOpInterface>(inner))
    return failure();
  bool hasProduct = false;
  for (Value operand : inner->getOperands()) {
    auto product = operand.getDefiningOp<ContractOp>();
    bool isProduct = product && product->hasOneUse();
    if (!isProduct && !operand.getDefiningOp<BroadcastOp>())
      return failure();
    hasProduct |= isProduct;
  }
  if (!hasProduct)
    return failure();
  SmallVector<Value> operands;
  for (Value operand : inner->getOperands())
    operands.push_back(rewriter.createOrFold<TransposeOp>(op.getLoc(), operand, op.getPermutation()));
  OperationState state(inner->getLoc(), inner->getName(), operands, op.getType(), inner->getAttrs());
  rewriter.replaceOp(op, rewriter.create(state));
  return success();
}

//===--- Slice, pad and concat --------------------------------------------------------------------------===//

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

//===--- Who has which ----------------------------------------------------------------------------------===//

void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(broadcastOfUnitAxes);
  set.add(broadcastOfBroadcast);
}
void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(reshapeOfScalar);
  set.add(reshapeOfReshaped);
  set.add(movedNegative<ReshapeOp>);
}
void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(transposeOfUnitAxes);
  set.add(transposeOfTranspose);
  set.add(transposeOfBroadcast);
  set.add(transposeOfContract);
  set.add(transposeOfEpilogue);
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

} // namespace mlc::ir
