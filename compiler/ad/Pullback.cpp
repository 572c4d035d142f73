// The rules: elementwise ops by their derivative, linear ops by their transpose, the few selections, calls
// and scan.
#include "compiler/ad/Pullback.h"

#include "compiler/ad/Taken.h"
#include "dialects/mlc/Expr.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

static bool isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value.getType())); }

Value zerosLike(OpBuilder &builder, Location loc, Type type) {
  return ConstantOp::create(builder, loc, type, 0.0);
}

void Pullback::vary(Value value) {
  if (isFloat(value))
    varied.insert(value);
}

void Pullback::spread(ArrayRef<Operation *> ops) {
  for (Operation *op : ops) {
    if (isa<StopGradientOp>(op) || !llvm::any_of(op->getOperands(), [&](Value v) { return isVaried(v); }))
      continue;
    for (Value result : op->getResults())
      vary(result);
  }
}

Value Pullback::plus(Value a, Value b) {
  if (!a || !b)
    return a ? a : b;
  ImplicitLocOpBuilder scope(b.getLoc(), builder);
  return (Expr(scope, a) + Expr(scope, b)).getValue();
}

void Pullback::add(Value value, Value cotangent) {
  if (!cotangent || !isVaried(value))
    return;
  Value &sum = cotangents[value];
  sum = plus(sum, cotangent);
}

Value Pullback::getOrZeros(Value value) {
  if (Value cotangent = get(value))
    return cotangent;
  return zerosLike(builder, value.getLoc(), value.getType());
}

LogicalResult Pullback::run(ArrayRef<Operation *> ops) {
  for (Operation *op : llvm::reverse(ops)) {
    bool isReached = llvm::any_of(op->getResults(), [&](Value v) { return get(v) != nullptr; });
    bool isVarying = llvm::any_of(op->getOperands(), [&](Value v) { return isVaried(v); });
    if (isReached && isVarying && failed(runOp(op)))
      return failure();
  }
  return success();
}

/// Marks the selects that `part` is made of, down to the cotangent that they were made from.
static void markExtremum(Value part, Value cotangent) {
  if (!part || part == cotangent)
    return;
  auto choice = part.getDefiningOp<SelectOp>();
  if (!choice)
    return;
  choice->setAttr(extremumAttr, UnitAttr::get(choice.getContext()));
  markExtremum(choice.getY(), cotangent);
  markExtremum(choice.getZ(), cotangent);
}

LogicalResult Pullback::runOp(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return runScan(scan);
  if (auto call = dyn_cast<CallOp>(op); call && call.getVjp()) {
    runCall(call);
    return success();
  }
  if (auto window = dyn_cast<WindowMaxOp>(op)) {
    runWindowMax(window);
    return success();
  }
  if (auto reduce = dyn_cast<ReduceOp>(op); reduce && reduce.getKind() != "sum") {
    runReduce(reduce);
    return success();
  }
  Value cotangent = get(op->getResult(0));
  // What one op sends to one value by several operands is added first: x * x gives d * x * 2.
  llvm::SmallMapVector<Value, Value, 4> parts;
  for (OpOperand &operand : op->getOpOperands()) {
    unsigned index = operand.getOperandNumber();
    if (!isVaried(operand.get()))
      continue;
    Value part;
    if (auto elementwise = dyn_cast<ElementwiseOpInterface>(op)) {
      part = elementwise.derivative(builder, index, cotangent);
      if (isa<MaxOp, MinOp>(op))
        markExtremum(part, cotangent);
    } else {
      auto linear = dyn_cast<LinearOpInterface>(op);
      if (!linear || !linear.isLinearIn(index))
        return op->emitOpError("has no derivative by operand ") << index;
      part = linear.transpose(builder, index, cotangent);
    }
    Value &sum = parts[operand.get()];
    sum = plus(sum, part);
  }
  for (auto [value, part] : parts)
    add(value, part);
  return success();
}

/// A maximum or minimum sends its cotangent to the first element that has it: where the index along the
/// reduced axes, taken together row-major, equals the argmax.
void Pullback::runReduce(ReduceOp op) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getX().getType());
  ArrayRef<int64_t> axes = op.getAxes(), shape = type.getShape();
  if (axes.empty())
    return add(op.getX(), get(op.getResult()));

  // Reduced axes side by side, at the place of the first; one axis of them.
  int64_t at = axes.front(), count = static_cast<int64_t>(axes.size());
  SmallVector<int64_t> order, inverse(shape.size()), sideBySide, merged;
  for (int64_t i = 0; i < at; ++i)
    order.push_back(i);
  llvm::append_range(order, axes);
  for (int64_t i = at; i < type.getRank(); ++i)
    if (!llvm::is_contained(axes, i))
      order.push_back(i);
  for (auto [i, axis] : llvm::enumerate(order)) {
    inverse[axis] = static_cast<int64_t>(i);
    sideBySide.push_back(shape[axis]);
  }
  merged.assign(sideBySide.begin(), sideBySide.begin() + at);
  merged.push_back(ShapedType::getNumElements(ArrayRef(sideBySide).slice(at, count)));
  merged.append(sideBySide.begin() + at + count, sideBySide.end());
  RankedTensorType mergedType = withShape(type, merged);

  Value x = builder.createOrFold<TransposeOp>(loc, op.getX(), order);
  x = builder.createOrFold<ReshapeOp>(loc, mergedType, x);
  if (op.getKind() == "min")
    x = builder.createOrFold<NegOp>(loc, x);
  SmallVector<int64_t> kept;
  for (int64_t i = 0; i < mergedType.getRank(); ++i)
    if (i != at)
      kept.push_back(i);
  RankedTensorType indexType = withElement(mergedType, builder.getI32Type());
  Value first = ArgmaxOp::create(builder, loc, x, at);
  first = builder.createOrFold<BroadcastOp>(loc, indexType, first, kept);
  Value isFirst = CompareOp::create(builder, loc, "eq", IotaOp::create(builder, loc, indexType, at), first);
  Value spread = builder.createOrFold<BroadcastOp>(loc, mergedType, get(op.getResult()), kept);
  Value chosen = builder.createOrFold<SelectOp>(loc, isFirst, spread, zerosLike(builder, loc, mergedType));
  markExtremum(chosen, spread);
  chosen = builder.createOrFold<ReshapeOp>(loc, withShape(type, sideBySide), chosen);
  add(op.getX(), builder.createOrFold<TransposeOp>(loc, chosen, inverse));
}

void Pullback::runWindowMax(WindowMaxOp op) {
  if (Value cotangent = get(op.getValue()))
    add(op.getX(),
        WindowScatterOp::create(builder, op.getLoc(), op.getX().getType(), cotangent, op.getIndex(),
                                op.getWindow(), op.getStrides(), op.getPadsLow(), op.getPadsHigh()));
}

void Pullback::runCall(CallOp op) {
  SmallVector<Value> arguments(op.getInputs()), floats;
  for (Value result : op.getResults())
    arguments.push_back(getOrZeros(result));
  llvm::copy_if(op.getInputs(), std::back_inserter(floats), isFloat);
  SmallVector<Type> types(ValueRange(floats).getTypes());
  auto call = CallOp::create(builder, op.getLoc(), types, op.getVjpAttr(), arguments, FlatSymbolRefAttr());
  for (auto [input, cotangent] : llvm::zip_equal(floats, call.getResults()))
    add(input, cotangent);
}

} // namespace mlc::compiler
