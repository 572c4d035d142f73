// The transposes of the linear ops: each is one or two ops of the same dialect.
#include "dialects/mlc/MlcOps.h"

using namespace mlir;

namespace mlc::ir {

static RankedTensorType tensor(Value value) { return cast<RankedTensorType>(value.getType()); }

//===--- Shapes -----------------------------------------------------------------------------------------===//

bool BroadcastOp::isLinearIn(unsigned) { return true; }
Value BroadcastOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return builder.createOrFold<ReduceOp>(getLoc(), "sum", ct, getNewAxes(), TypeAttr());
}

bool ReshapeOp::isLinearIn(unsigned) { return true; }
Value ReshapeOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return builder.createOrFold<ReshapeOp>(getLoc(), getX().getType(), ct);
}

bool TransposeOp::isLinearIn(unsigned) { return true; }
Value TransposeOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  SmallVector<int64_t> inverse(getPermutation().size());
  for (auto [i, axis] : llvm::enumerate(getPermutation()))
    inverse[axis] = static_cast<int64_t>(i);
  return builder.createOrFold<TransposeOp>(getLoc(), ct, inverse);
}

bool BarrierOp::isLinearIn(unsigned) { return true; }
Value BarrierOp::transpose(OpBuilder &, unsigned, Value ct) { return ct; }

bool ReverseOp::isLinearIn(unsigned) { return true; }
Value ReverseOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return builder.createOrFold<ReverseOp>(getLoc(), ct, getAxes());
}

bool SliceOp::isLinearIn(unsigned) { return true; }
Value SliceOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  SmallVector<int64_t> high, interior;
  for (int64_t i = 0; i < getType().getRank(); ++i) {
    int64_t size = getType().getDimSize(i);
    int64_t end = size == 0 ? getStarts()[i] : getStarts()[i] + (size - 1) * getStrides()[i] + 1;
    high.push_back(tensor(getX()).getDimSize(i) - end);
    interior.push_back(getStrides()[i] - 1);
  }
  return builder.createOrFold<PadOp>(getLoc(), ct, getStarts(), high, interior);
}

bool PadOp::isLinearIn(unsigned) { return true; }
Value PadOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  SmallVector<int64_t> strides;
  for (int64_t gap : getInterior())
    strides.push_back(gap + 1);
  return builder.createOrFold<SliceOp>(getLoc(), getX().getType(), ct, getLow(), strides);
}

bool ConcatOp::isLinearIn(unsigned) { return true; }
Value ConcatOp::transpose(OpBuilder &builder, unsigned index, Value ct) {
  SmallVector<int64_t> starts(getType().getRank(), 0), strides(getType().getRank(), 1);
  int64_t axis = getAxis();
  for (Value before : getXs().take_front(index))
    starts[axis] += tensor(before).getDimSize(axis);
  return builder.createOrFold<SliceOp>(getLoc(), getXs()[index].getType(), ct, starts, strides);
}

//===--- Reductions and products ------------------------------------------------------------------------===//

bool ReduceOp::isLinearIn(unsigned) { return getKind() == "sum"; }
Value ReduceOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  SmallVector<int64_t> kept;
  for (int64_t i = 0; i < tensor(getX()).getRank(); ++i)
    if (!llvm::is_contained(getAxes(), i))
      kept.push_back(i);
  return builder.createOrFold<BroadcastOp>(getLoc(), getX().getType(), ct, kept);
}

bool CumsumOp::isLinearIn(unsigned) { return true; }
Value CumsumOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return builder.createOrFold<CumsumOp>(getLoc(), ct, getAxis(), !getReverse());
}

bool ContractOp::isLinearIn(unsigned) { return true; }
Value ContractOp::transpose(OpBuilder &builder, unsigned index, Value ct) {
  if (index == 0)
    return builder.createOrFold<ContractOp>(getLoc(), ct, getB(), getOut(), getRhs(), getLhs(),
                                            getAccumulateAttr());
  return builder.createOrFold<ContractOp>(getLoc(), getA(), ct, getLhs(), getOut(), getRhs(),
                                          getAccumulateAttr());
}

// The three faces of the convolution: what was the result becomes an operand.

bool ConvOp::isLinearIn(unsigned) { return true; }
Value ConvOp::transpose(OpBuilder &builder, unsigned index, Value ct) {
  if (index == 0)
    return ConvInputOp::create(builder, getLoc(), getX().getType(), ct, getW(), getStrides(), getPadsLow(),
                               getPadsHigh(), getDilations(), getGroups(), getAccumulateAttr());
  return ConvFilterOp::create(builder, getLoc(), getW().getType(), getX(), ct, getStrides(), getPadsLow(),
                              getPadsHigh(), getDilations(), getGroups(), /*partials=*/1,
                              getAccumulateAttr());
}

bool ConvInputOp::isLinearIn(unsigned) { return true; }
Value ConvInputOp::transpose(OpBuilder &builder, unsigned index, Value ct) {
  if (index == 0)
    return ConvOp::create(builder, getLoc(), getY().getType(), ct, getW(), getStrides(), getPadsLow(),
                          getPadsHigh(), getDilations(), getGroups(), getAccumulateAttr());
  return ConvFilterOp::create(builder, getLoc(), getW().getType(), ct, getY(), getStrides(), getPadsLow(),
                              getPadsHigh(), getDilations(), getGroups(), /*partials=*/1,
                              getAccumulateAttr());
}

// Partial sums are made after autodiff, so their transpose has no rule.
bool ConvFilterOp::isLinearIn(unsigned) { return getPartials() == 1; }
Value ConvFilterOp::transpose(OpBuilder &builder, unsigned index, Value ct) {
  if (index == 0)
    return ConvInputOp::create(builder, getLoc(), getX().getType(), getY(), ct, getStrides(), getPadsLow(),
                               getPadsHigh(), getDilations(), getGroups(), getAccumulateAttr());
  return ConvOp::create(builder, getLoc(), getY().getType(), getX(), ct, getStrides(), getPadsLow(),
                        getPadsHigh(), getDilations(), getGroups(), getAccumulateAttr());
}

//===--- Windows and tables -----------------------------------------------------------------------------===//

bool WindowSumOp::isLinearIn(unsigned) { return true; }
Value WindowSumOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return WindowSpreadOp::create(builder, getLoc(), getX().getType(), ct, getWindow(), getStrides(),
                                getPadsLow(), getPadsHigh());
}

bool WindowSpreadOp::isLinearIn(unsigned) { return true; }
Value WindowSpreadOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return WindowSumOp::create(builder, getLoc(), ct, getWindow(), getStrides(), getPadsLow(), getPadsHigh());
}

bool WindowGatherOp::isLinearIn(unsigned index) { return index == 0; }
Value WindowGatherOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return WindowScatterOp::create(builder, getLoc(), getX().getType(), ct, getIndex(), getWindow(),
                                 getStrides(), getPadsLow(), getPadsHigh());
}

bool WindowScatterOp::isLinearIn(unsigned index) { return index == 0; }
Value WindowScatterOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return WindowGatherOp::create(builder, getLoc(), ct, getIndex(), getWindow(), getStrides(), getPadsLow(),
                                getPadsHigh());
}

bool GatherOp::isLinearIn(unsigned index) { return index == 0; }
Value GatherOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return ScatterAddOp::create(builder, getLoc(), getTable().getType(), ct, getIndices());
}

bool ScatterAddOp::isLinearIn(unsigned index) { return index == 0; }
Value ScatterAddOp::transpose(OpBuilder &builder, unsigned, Value ct) {
  return GatherOp::create(builder, getLoc(), ct, getIndices());
}

} // namespace mlc::ir
