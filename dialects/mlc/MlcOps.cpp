// Types inferred and verified, op by op. Every message says the shapes in conflict.
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Checks.h"
#include "dialects/mlc/Syntax.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace mlc::ir;

#include "dialects/mlc/MlcInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/mlc/MlcOps.cpp.inc"

//===--- Sources ----------------------------------------------------------------------------------------===//

void ConstantOp::build(OpBuilder &, OperationState &state, Type type, double value) {
  state.addAttribute("value", splatAttr(type, value));
  state.addTypes(type);
}

LogicalResult ConstantOp::inferReturnTypes(MLIRContext *, MaybeLocation, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  types.push_back(adaptor.getValue().getType());
  return success();
}

LogicalResult IotaOp::verify() {
  int64_t axis = getAxis();
  return checkAxes(getLoc(), "axis", axis, getType().getRank(), getType());
}

LogicalResult RandomOp::verify() {
  RankedTensorType stream = tensor(getStream().getType());
  if (stream.getShape() != ArrayRef<int64_t>{3})
    return emitOpError("stream is ") << stream << ", expected tensor<3xi64>: seed, update, first row";
  if ((getDistribution() == "bits") != getType().getElementType().isInteger(32))
    return emitOpError("result is ") << getType() << ", but " << getDistribution() << " gives "
                                     << (getDistribution() == "bits" ? "i32" : "floats");
  if (getBatched() && getType().getRank() == 0)
    return emitOpError("is batched, but a scalar has no rows");
  return success();
}

//===--- Shapes -----------------------------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = tensor(getX().getType()), to = getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("changes the element type: ") << from << " to " << to;
  if (static_cast<int64_t>(getAxes().size()) != from.getRank())
    return emitOpError("has ") << getAxes().size() << " axes for an operand " << from;
  if (failed(checkAxes(getLoc(), "axes", getAxes(), to.getRank(), to)))
    return failure();
  for (auto [i, axis] : llvm::enumerate(getAxes()))
    if (from.getDimSize(i) != to.getDimSize(axis))
      return emitOpError("axis ") << i << " of " << from << " does not fit axis " << axis << " of " << to;
  return success();
}

SmallVector<int64_t> BroadcastOp::getNewAxes() {
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < getType().getRank(); ++axis)
    if (!llvm::is_contained(getAxes(), axis))
      axes.push_back(axis);
  return axes;
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = tensor(getX().getType()), to = getType();
  if (from.getElementType() != to.getElementType() || from.getNumElements() != to.getNumElements())
    return emitOpError("cannot make ") << to << " of " << from;
  return success();
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(adaptor.getX().getType());
  llvm::SmallBitVector seen(type.getRank());
  SmallVector<int64_t> shape;
  for (int64_t axis : adaptor.getPermutation()) {
    if (axis < 0 || axis >= type.getRank() || seen[axis])
      return emitOptionalError(loc, "permutation is not one of the axes of ", type);
    seen.set(axis);
    shape.push_back(type.getDimSize(axis));
  }
  if (!seen.all())
    return emitOptionalError(loc, "permutation is not one of the axes of ", type);
  types.push_back(withShape(type, shape));
  return success();
}

void BarrierOp::build(OpBuilder &builder, OperationState &state, Value x) {
  build(builder, state, x.getType(), x, IntegerAttr(), IntegerAttr());
}

LogicalResult ReverseOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(adaptor.getX().getType());
  types.push_back(type);
  return checkAxes(loc, "axes", adaptor.getAxes(), type.getRank(), type);
}

LogicalResult SliceOp::verify() {
  RankedTensorType from = tensor(getX().getType()), to = getType();
  size_t rank = from.getRank();
  if (failed(checkList(getLoc(), "starts", getStarts(), rank, 0)) ||
      failed(checkList(getLoc(), "strides", getStrides(), rank, 1)))
    return failure();
  if (from.getElementType() != to.getElementType() || from.getRank() != to.getRank())
    return emitOpError("cannot make ") << to << " of " << from;
  for (size_t i = 0; i < rank; ++i)
    if (to.getDimSize(i) > 0 &&
        getStarts()[i] + (to.getDimSize(i) - 1) * getStrides()[i] >= from.getDimSize(i))
      return emitOpError("leaves axis ")
             << i << " of " << from << ": " << to.getDimSize(i) << " elements from " << getStarts()[i] << ", "
             << getStrides()[i] << " apart";
  return success();
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(adaptor.getX().getType());
  size_t rank = type.getRank();
  if (failed(checkList(loc, "low", adaptor.getLow(), rank, 0)) ||
      failed(checkList(loc, "high", adaptor.getHigh(), rank, 0)) ||
      failed(checkList(loc, "interior", adaptor.getInterior(), rank, 0)))
    return failure();
  SmallVector<int64_t> shape(type.getShape());
  for (size_t i = 0; i < rank; ++i)
    shape[i] += adaptor.getLow()[i] + adaptor.getHigh()[i] +
                std::max<int64_t>(type.getDimSize(i) - 1, 0) * adaptor.getInterior()[i];
  types.push_back(withShape(type, shape));
  return success();
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  if (adaptor.getXs().empty())
    return emitOptionalError(loc, "needs an operand");
  RankedTensorType first = tensor(adaptor.getXs().front().getType());
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxes(loc, "axis", axis, first.getRank(), first)))
    return failure();
  SmallVector<int64_t> shape(first.getShape());
  for (Value x : adaptor.getXs().drop_front()) {
    RankedTensorType type = tensor(x.getType());
    bool fits = type.getElementType() == first.getElementType() && type.getRank() == first.getRank();
    for (int64_t i = 0; fits && i < first.getRank(); ++i)
      fits = i == axis || type.getDimSize(i) == first.getDimSize(i);
    if (!fits)
      return emitOptionalError(loc, type, " does not fit ", first, " beside axis ", axis);
    shape[axis] += type.getDimSize(axis);
  }
  types.push_back(withShape(first, shape));
  return success();
}

//===--- Reductions and products ------------------------------------------------------------------------===//

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(adaptor.getX().getType());
  if (failed(checkAxes(loc, "axes", adaptor.getAxes(), type.getRank(), type)))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (!llvm::is_contained(adaptor.getAxes(), i))
      shape.push_back(type.getDimSize(i));
  types.push_back(withShape(type, shape));
  return success();
}

LogicalResult ArgmaxOp::inferReturnTypes(MLIRContext *context, MaybeLocation loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(adaptor.getX().getType());
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxes(loc, "axis", axis, type.getRank(), type)))
    return failure();
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + axis);
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 32)));
  return success();
}

LogicalResult CumsumOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(adaptor.getX().getType());
  int64_t axis = adaptor.getAxis();
  types.push_back(type);
  return checkAxes(loc, "axis", axis, type.getRank(), type);
}

LogicalResult ArgsortOp::inferReturnTypes(MLIRContext *context, MaybeLocation loc, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  RankedTensorType type = tensor(adaptor.getX().getType());
  if (type.getRank() == 0)
    return emitOptionalError(loc, "a scalar has no axis to sort along");
  types.push_back(withElement(type, IntegerType::get(context, 32)));
  return success();
}

LogicalResult mlc::ir::detail::verifyAccumulation(Operation *op) {
  auto sum = cast<AccumulatingOpInterface>(op);
  TypeAttr accumulate = sum.getAccumulateAttr();
  if (!accumulate)
    return success();
  if (auto reduce = dyn_cast<ReduceOp>(op); reduce && reduce.getKind() != "sum")
    return op->emitOpError("accumulates nothing: it is a ") << reduce.getKind() << ", not a sum";
  auto wide = dyn_cast<FloatType>(accumulate.getValue()), summed = dyn_cast<FloatType>(sum.getSummedType());
  if (!wide || !summed)
    return op->emitOpError("accumulates ")
           << sum.getSummedType() << " in " << accumulate.getValue() << ", expected floats in a float type";
  if (!APFloat::isRepresentableBy(summed.getFloatSemantics(), wide.getFloatSemantics()))
    return op->emitOpError("accumulates ") << summed << " in " << wide << ", which is narrower";
  return success();
}

/// Sizes by label, from the two operands.
static LogicalResult labelSizes(MaybeLocation loc, RankedTensorType type, ArrayRef<int64_t> labels,
                                RankedTensorType other, SmallVectorImpl<int64_t> &sizes, uint64_t &present) {
  if (static_cast<int64_t>(labels.size()) != type.getRank())
    return emitOptionalError(loc, labels.size(), " labels for ", type);
  uint64_t own = 0;
  for (auto [i, label] : llvm::enumerate(labels)) {
    if (label < 0 || label >= 52)
      return emitOptionalError(loc, "label ", label, " is not between 0 and 51");
    if (own & (1ull << label))
      return emitOptionalError(loc, "a label occurs twice in one list");
    own |= 1ull << label;
    if (sizes[label] >= 0 && sizes[label] != type.getDimSize(i))
      return emitOptionalError(loc, "axis ", i, " of ", type, " has the label of an axis of ", sizes[label],
                               " in ", other);
    sizes[label] = type.getDimSize(i);
  }
  present = own;
  return success();
}

LogicalResult ContractOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  RankedTensorType a = tensor(adaptor.getA().getType()), b = tensor(adaptor.getB().getType());
  if (a.getElementType() != b.getElementType())
    return emitOptionalError(loc, "operands ", a, " and ", b, " differ in element type");
  SmallVector<int64_t> sizes(52, -1);
  uint64_t inLhs, inRhs, inOut = 0;
  if (failed(labelSizes(loc, a, adaptor.getLhs(), b, sizes, inLhs)) ||
      failed(labelSizes(loc, b, adaptor.getRhs(), a, sizes, inRhs)))
    return failure();
  SmallVector<int64_t> shape;
  for (int64_t label : adaptor.getOut()) {
    if (label < 0 || label >= 52 || sizes[label] < 0)
      return emitOptionalError(loc, "a label of the result is in neither operand");
    if (inOut & (1ull << label))
      return emitOptionalError(loc, "a label occurs twice in one list");
    inOut |= 1ull << label;
    shape.push_back(sizes[label]);
  }
  uint64_t inTwo = (inLhs & inRhs) | (inLhs & inOut) | (inRhs & inOut);
  if (inTwo != (inLhs | inRhs | inOut))
    return emitOptionalError(loc, "a label is in one list only: reduce that axis of ", a, " or ", b,
                             " first");
  types.push_back(withShape(a, shape));
  return success();
}

//===--- Tables -----------------------------------------------------------------------------------------===//

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, MaybeLocation loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  RankedTensorType table = tensor(adaptor.getTable().getType()),
                   indices = tensor(adaptor.getIndices().getType());
  if (table.getRank() == 0 || (table.getDimSize(0) == 0 && indices.getNumElements() != 0))
    return emitOptionalError(loc, "table ", table, " has no rows");
  SmallVector<int64_t> shape(indices.getShape());
  llvm::append_range(shape, table.getShape().drop_front());
  types.push_back(withShape(table, shape));
  return success();
}

LogicalResult ScatterAddOp::verify() {
  RankedTensorType updates = tensor(getUpdates().getType()), indices = tensor(getIndices().getType());
  SmallVector<int64_t> shape(indices.getShape());
  if (getType().getRank() > 0)
    llvm::append_range(shape, getType().getShape().drop_front());
  if (getType().getRank() == 0 || updates != withShape(getType(), shape))
    return emitOpError("updates ") << updates << " at indices " << indices << " do not fit a table "
                                   << getType();
  return success();
}

//===--- Calls ------------------------------------------------------------------------------------------===//

static LogicalResult verifySignature(Operation *op, FlatSymbolRefAttr symbol, SymbolTableCollection &tables,
                                     TypeRange inputs, TypeRange results) {
  auto function = tables.lookupNearestSymbolFrom<func::FuncOp>(op, symbol);
  if (!function)
    return op->emitOpError("there is no function ") << symbol;
  FunctionType expected = FunctionType::get(op->getContext(), inputs, results);
  if (function.getFunctionType() != expected)
    return op->emitOpError() << symbol << " is " << function.getFunctionType() << ", used as " << expected;
  return success();
}

static bool isFloatTensor(Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); }

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (failed(verifySignature(*this, getCalleeAttr(), tables, getInputs().getTypes(), getResultTypes())))
    return failure();
  if (!getVjpAttr())
    return success();
  SmallVector<Type> inputs(getInputs().getTypes()), results;
  llvm::append_range(inputs, getResultTypes());
  llvm::copy_if(getInputs().getTypes(), std::back_inserter(results), isFloatTensor);
  return verifySignature(*this, getVjpAttr(), tables, inputs, results);
}

LogicalResult GradientOp::verifySymbolUses(SymbolTableCollection &tables) {
  if (getResults().size() < getWrt().size() + 1)
    return emitOpError("has ") << getResults().size() << " results for a value and " << getWrt().size()
                               << " derivatives";
  ArrayRef<int64_t> wrt = getWrt();
  TypeRange types = getResultTypes();
  TypeRange primal = types.drop_back(wrt.size()), derivatives = types.take_back(wrt.size());
  if (failed(verifySignature(*this, getCalleeAttr(), tables, getInputs().getTypes(), primal)))
    return failure();
  if (!isFloatTensor(primal[0]) || tensor(primal[0]).getRank() != 0)
    return emitOpError("needs a scalar float to differentiate, the first result is ") << primal[0];
  for (auto [index, type] : llvm::zip_equal(wrt, derivatives)) {
    if (index < 0 || index >= static_cast<int64_t>(getInputs().size()))
      return emitOpError("there is no argument ") << index;
    if (!isFloatTensor(type) || getInputs()[index].getType() != type)
      return emitOpError("derivative by argument ")
             << index << ", " << getInputs()[index].getType() << ", is " << type;
  }
  return success();
}
