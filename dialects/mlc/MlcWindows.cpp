// Types of convolutions and of ops over windows, inferred and verified.
#include "dialects/mlc/Checks.h"

using namespace mlir;

namespace mlc::ir {

/// How many windows of `size` elements, `dilation` apart, `stride` apart from each other, fit `length`
/// elements padded; negative if none does.
static int64_t windowCount(int64_t length, int64_t size, int64_t stride, int64_t low, int64_t high,
                           int64_t dilation) {
  int64_t room = length + low + high - ((size - 1) * dilation + 1);
  return room < 0 ? -1 : room / stride + 1;
}

/// The type of y for these x and w.
template <typename ConvAdaptor>
static LogicalResult convOutput(MaybeLocation loc, RankedTensorType x, RankedTensorType w, ConvAdaptor op,
                                Type &y) {
  int64_t spatial = x.getRank() - 2, groups = op.getGroups();
  if (spatial < 1 || spatial > 2 || w.getRank() != x.getRank())
    return emitOptionalError(
        loc, "expected x [n, spatial..., c] and w [k..., c, f] with one or two spatial axes, got ", x,
        " and ", w);
  if (x.getElementType() != w.getElementType())
    return emitOptionalError(loc, "element types of ", x, " and ", w, " differ");
  if (failed(checkList(loc, "strides", op.getStrides(), spatial, 1)) ||
      failed(checkList(loc, "pads_low", op.getPadsLow(), spatial, 0)) ||
      failed(checkList(loc, "pads_high", op.getPadsHigh(), spatial, 0)) ||
      failed(checkList(loc, "dilations", op.getDilations(), spatial, 1)))
    return failure();
  int64_t channels = x.getShape().back(), filters = w.getShape().back();
  if (groups < 1 || channels != w.getDimSize(spatial) * groups || filters % groups != 0)
    return emitOptionalError(loc, "channels of x ", x, " and w ", w, " do not fit in ", groups, " groups");
  SmallVector<int64_t> shape = {x.getDimSize(0)};
  for (int64_t i = 0; i < spatial; ++i) {
    int64_t count = windowCount(x.getDimSize(i + 1), w.getDimSize(i), op.getStrides()[i], op.getPadsLow()[i],
                                op.getPadsHigh()[i], op.getDilations()[i]);
    if (count < 0)
      return emitOptionalError(loc, "filter ", w, " is larger than the padded input ", x);
    shape.push_back(count);
  }
  shape.push_back(filters);
  y = withShape(x, shape);
  return success();
}

LogicalResult ConvOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  Type y;
  if (failed(convOutput(loc, tensor(adaptor.getX().getType()), tensor(adaptor.getW().getType()), adaptor, y)))
    return failure();
  types.push_back(y);
  return success();
}

LogicalResult ConvInputOp::verify() {
  Type y;
  if (failed(convOutput(getLoc(), getType(), tensor(getW().getType()), *this, y)))
    return failure();
  if (y != getY().getType())
    return emitOpError("y is ") << getY().getType() << ", but x " << getType() << " and w "
                                << getW().getType() << " give " << y;
  return success();
}

LogicalResult ConvFilterOp::verify() {
  RankedTensorType x = tensor(getX().getType()), w = getType();
  int64_t partials = getPartials();
  if (partials < 1 || (partials > 1 && (w.getRank() == 0 || w.getDimSize(0) != partials)))
    return emitOpError("result ") << w << " does not begin with an axis of " << partials << " partials";
  if (x.getRank() > 0 && x.getDimSize(0) % partials != 0)
    return emitOpError("cannot cut ") << x << " in " << partials << " equal parts";
  if (partials > 1)
    w = withShape(w, w.getShape().drop_front());
  Type y;
  if (failed(convOutput(getLoc(), x, w, *this, y)))
    return failure();
  if (y != getY().getType())
    return emitOpError("y is ") << getY().getType() << ", but x " << x << " and w " << w << " give " << y;
  return success();
}

//===--- Windows ----------------------------------------------------------------------------------------===//

/// The shape of one number per window of x.
template <typename WindowAdaptor>
static LogicalResult windowOutput(MaybeLocation loc, RankedTensorType x, WindowAdaptor op,
                                  RankedTensorType &out) {
  int64_t spatial = x.getRank() - 2;
  if (spatial < 1)
    return emitOptionalError(loc, "expected [n, spatial..., c], got ", x);
  if (failed(checkList(loc, "window", op.getWindow(), spatial, 1)) ||
      failed(checkList(loc, "strides", op.getStrides(), spatial, 1)) ||
      failed(checkList(loc, "pads_low", op.getPadsLow(), spatial, 0)) ||
      failed(checkList(loc, "pads_high", op.getPadsHigh(), spatial, 0)))
    return failure();
  SmallVector<int64_t> shape(x.getShape());
  for (int64_t i = 0; i < spatial; ++i) {
    if (op.getPadsLow()[i] >= op.getWindow()[i] || op.getPadsHigh()[i] >= op.getWindow()[i])
      return emitOptionalError(loc, "a window of ", op.getWindow()[i], " can lie wholly in the padding of ",
                               x);
    shape[i + 1] = windowCount(x.getDimSize(i + 1), op.getWindow()[i], op.getStrides()[i], op.getPadsLow()[i],
                               op.getPadsHigh()[i], 1);
    if (shape[i + 1] < 0)
      return emitOptionalError(loc, "window of ", op.getWindow()[i], " is larger than padded axis ", i + 1,
                               " of ", x);
  }
  out = withShape(x, shape);
  return success();
}

LogicalResult WindowMaxOp::inferReturnTypes(MLIRContext *context, MaybeLocation loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  RankedTensorType out;
  if (failed(windowOutput(loc, tensor(adaptor.getX().getType()), adaptor, out)))
    return failure();
  types.append({out, withElement(out, IntegerType::get(context, 32))});
  return success();
}

LogicalResult WindowSumOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  RankedTensorType out;
  if (failed(windowOutput(loc, tensor(adaptor.getX().getType()), adaptor, out)))
    return failure();
  types.push_back(out);
  return success();
}

LogicalResult WindowGatherOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                               SmallVectorImpl<Type> &types) {
  RankedTensorType out;
  if (failed(windowOutput(loc, tensor(adaptor.getX().getType()), adaptor, out)))
    return failure();
  RankedTensorType index = tensor(adaptor.getIndex().getType());
  if (index.getShape() != out.getShape())
    return emitOptionalError(loc, "index is ", index, ", but the windows of x give ", out);
  types.push_back(out);
  return success();
}

/// Fails unless `operand` has one number for each window of `result`.
template <typename OpTy> static LogicalResult verifyTransposedWindow(OpTy op, Value operand) {
  RankedTensorType out;
  if (failed(windowOutput(op.getLoc(), op.getType(), op, out)))
    return failure();
  RankedTensorType type = tensor(operand.getType());
  if (type.getShape() != out.getShape())
    return op.emitOpError("operand is ") << type << ", but the windows of " << op.getType() << " are " << out;
  return success();
}

LogicalResult WindowScatterOp::verify() {
  if (failed(verifyTransposedWindow(*this, getX())) || failed(verifyTransposedWindow(*this, getIndex())))
    return failure();
  if (getX().getType().getElementType() != getType().getElementType())
    return emitOpError("changes the element type: ") << getX().getType() << " to " << getType();
  return success();
}

LogicalResult WindowSpreadOp::verify() {
  if (failed(verifyTransposedWindow(*this, getX())))
    return failure();
  if (getX().getType().getElementType() != getType().getElementType())
    return emitOpError("changes the element type: ") << getX().getType() << " to " << getType();
  return success();
}

} // namespace mlc::ir
