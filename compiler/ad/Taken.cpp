// `select(c, x, y)` sends its cotangent to x as `select(c, d, 0)`: zero where x was not taken. The rules then
// multiply it by partial derivatives, and 0 * NaN or 0 * infinity is NaN. Where x may be so at places that
// were not taken (a missing value, log(0)), what is multiplied must be selected once more.
//
// Over the backward ops, in order:
//   1. a cotangent has *conditions*: at every place where one of them fails it is zero because something was
//   not taken. They come from selects whose other side is zero, and shape ops, sums over other axes and
//   products hand them on. A condition is kept as the smallest tensor that says it, with the axes it lies
//   along, so that it is seen that a row of a product is left out as a whole;
//   2. where a factor may be NaN or infinite (Ranges.cpp), the product is *tainted*: it must not be read
//   where a condition fails. Elementwise and shape ops hand this on; before anything else reads it, it is
//   selected, once for a chain of multiplications;
//   3. a product sums over places. If those that a condition leaves out lie along an axis that vanishes, the
//   other operand is selected before it: in x^T d the rows of x where d's are left out. If they lie along
//   axes that stay, the result is tainted. A condition along both kinds is given up;
//   4. a sum of two cotangents is left out where both are.
// A maximum, too, takes one side only, but a NaN on the other would have won; so its conditions count for
// what ops make infinite and not for what the data may hold. No program without such factors is changed.
//
// What stands before the step that selects is not this file's: `where(ok, w, 0) @ v` multiplies in the
// forward direction, and there 0 * NaN is NaN.
#include "compiler/ad/TakenKeeper.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

bool isExtremum(SelectOp select) {
  auto compare = select.getX().getDefiningOp<CompareOp>();
  return select->hasAttr(extremumAttr) ||
         (compare && isa_and_nonnull<MaxOp, MinOp>(compare.getX().getDefiningOp()));
}

bool Keeper::isRisky(Value factor, const Taken &taken, bool divides) {
  Range range = (taken.extremum ? made : fields).of(factor);
  return divides ? range.nan || range.mayBeZero() : !range.isFinite();
}

bool Keeper::isRisky(Value factor, const Conditions &list, bool divides) {
  return llvm::any_of(list, [&](const Taken &taken) { return isRisky(factor, taken, divides); });
}

//===--- Selecting --------------------------------------------------------------------------------------===//

Value Keeper::selected(Location loc, Value value, const Taken &taken) {
  SmallVector<int64_t> axes;
  for (int64_t i = 0; i < int64_t(shapeOf(value).size()); ++i)
    axes.push_back(i);
  Value condition = spread(loc, taken, shapeOf(value), axes);
  Value zero = ConstantOp::create(builder, loc, value.getType(), 0.0);
  return taken.inverted ? builder.createOrFold<SelectOp>(loc, condition, zero, value)
                        : builder.createOrFold<SelectOp>(loc, condition, value, zero);
}

Value Keeper::clean(Value value) {
  if (!tainted.contains(value))
    return value;
  if (Value before = cleaned.lookup(value))
    return before;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(value);
  const Conditions list = of(value);
  for (const Taken &taken : list) // one that was made for the value stands behind it
    if (Operation *made = taken.condition.getDefiningOp();
        made && made->getBlock() == builder.getInsertionBlock() &&
        (builder.getInsertionPoint() == made->getBlock()->end() ||
         !made->isBeforeInBlock(&*builder.getInsertionPoint())))
      builder.setInsertionPointAfter(made);
  Value result = value;
  for (const Taken &taken : list)
    result = selected(value.getLoc(), result, taken);
  set(result, list);
  return cleaned[value] = result;
}

void Keeper::cleanOperands(Operation *op) {
  for (OpOperand &operand : op->getOpOperands())
    operand.set(clean(operand.get()));
}

//===--- The ops ----------------------------------------------------------------------------------------===//

void Keeper::select(SelectOp op) {
  bool extremum = isExtremum(op);
  op->removeAttr(extremumAttr);
  if (!isa<FloatType>(op.getType().getElementType()))
    return;
  auto side = [&](Value value, bool inverted) {
    Conditions list = of(value);
    addCondition(list, op.getX(), inverted, extremum);
    return list;
  };
  if (isSplat(op.getZ(), 0))
    set(op.getResult(), side(op.getY(), false));
  else if (isSplat(op.getY(), 0))
    set(op.getResult(), side(op.getZ(), true));
  else if (!of(op.getY()).empty() && !of(op.getZ()).empty())
    set(op.getResult(), either(side(op.getY(), false), side(op.getZ(), true), op.getLoc()));
  else if (tainted.contains(op.getY()) || tainted.contains(op.getZ()))
    return cleanOperands(op);
  if (tainted.contains(op.getY()) || tainted.contains(op.getZ())) {
    // Zero on the other side: what this select leaves out is clean, what the operand's do is as it was.
    if (isSplat(op.getZ(), 0) || isSplat(op.getY(), 0))
      tainted.insert(op.getResult());
    else
      cleanOperands(op);
  }
}

void Keeper::elementwise(Operation *op) {
  Value result = op->getResult(0), x = op->getOperand(0);
  if (isa<NegOp, ConvertOp>(op)) {
    if (isa<FloatType>(getElementTypeOrSelf(result)) && isa<FloatType>(getElementTypeOrSelf(x))) {
      set(result, of(x));
      if (tainted.contains(x))
        tainted.insert(result);
    }
    return;
  }
  if (isa<AddOp, SubOp>(op)) {
    Value y = op->getOperand(1);
    Conditions left = of(x), right = of(y);
    if (left.empty() || right.empty())
      return cleanOperands(op);
    if (left == right) {
      set(result, left);
      if (tainted.contains(x) || tainted.contains(y))
        tainted.insert(result);
      return;
    }
    cleanOperands(op);
    return set(result, either(left, right, op->getLoc()));
  }
  if (isa<MulOp, DivOp>(op)) {
    Value y = op->getOperand(1);
    Conditions left = of(x), right = isa<MulOp>(op) ? of(y) : Conditions();
    if (isa<DivOp>(op))
      op->getOpOperand(1).set(y = clean(y));
    if (left.empty() && right.empty())
      return cleanOperands(op);
    bool isTainted = tainted.contains(x) || (!right.empty() && tainted.contains(y)) ||
                     isRisky(y, left, isa<DivOp>(op)) || isRisky(x, right);
    set(result, both(left, right));
    if (isTainted)
      tainted.insert(result);
    return;
  }
  cleanOperands(op);
}

void Keeper::contract(ContractOp op) {
  for (unsigned side : {0u, 1u}) {
    op->getOpOperand(side).set(clean(op->getOperand(side)));
    ArrayRef<int64_t> own = side == 0 ? op.getLhs() : op.getRhs();
    ArrayRef<int64_t> others = side == 0 ? op.getRhs() : op.getLhs();
    const Conditions list = of(op->getOperand(side));
    Conditions stay = of(op.getResult());
    for (const Taken &taken : list) {
      Value other = op->getOperand(1 - side);
      auto among = [&](ArrayRef<int64_t> labels) -> std::optional<SmallVector<int64_t, 4>> {
        SmallVector<int64_t, 4> axes;
        for (int64_t axis : taken.axes) {
          const auto *at = llvm::find(labels, own[axis]);
          if (at == labels.end())
            return std::nullopt;
          axes.push_back(at - labels.begin());
        }
        return axes;
      };
      if (auto axes = among(op.getOut())) {
        stay.push_back({taken.condition, *axes, taken.inverted, taken.extremum});
        if (isRisky(other, taken))
          tainted.insert(op.getResult());
      } else if (auto axes = among(others); axes && isRisky(other, taken)) {
        builder.setInsertionPoint(op);
        Taken rows{taken.condition, *axes, taken.inverted, taken.extremum};
        op->getOpOperand(1 - side).set(selected(op.getLoc(), other, rows));
      }
    }
    set(op.getResult(), stay);
  }
  builder.setInsertionPointAfter(op);
}

/// Rows are the first axis of pictures, and filters have none.
void Keeper::convolution(Operation *op) {
  cleanOperands(op);
  Conditions stay;
  for (unsigned side : {0u, 1u}) {
    const Conditions list = of(op->getOperand(side));
    for (const Taken &taken : list) {
      Value other = op->getOperand(1 - side);
      bool isRows = ArrayRef<int64_t>(taken.axes) == ArrayRef<int64_t>{0};
      if (!isRows)
        continue;
      if (isa<ConvFilterOp>(op)) {
        if (!isRisky(other, taken))
          continue;
        builder.setInsertionPoint(op);
        op->getOpOperand(1 - side).set(selected(op->getLoc(), other, taken));
      } else if (side == 0) {
        stay.push_back(taken);
        if (isRisky(other, taken))
          tainted.insert(op->getResult(0));
      }
    }
  }
  set(op->getResult(0), stay);
}

void Keeper::visit(Operation *op) {
  builder.setInsertionPointAfter(op);
  if (auto choice = dyn_cast<SelectOp>(op))
    return select(choice);
  if (isa<ElementwiseOpInterface>(op))
    return elementwise(op);
  if (auto product = dyn_cast<ContractOp>(op))
    return contract(product);
  if (isa<ConvOp, ConvInputOp, ConvFilterOp>(op))
    return convolution(op);
  if (auto loop = dyn_cast<ScanOp>(op))
    return scan(loop);
  bool moves = isa<BroadcastOp, TransposeOp, ReshapeOp, SliceOp, PadOp, BarrierOp>(op);
  if (!moves)
    cleanOperands(op);
  if (op->getNumResults() != 1 || op->getNumOperands() == 0)
    return;
  if (!isa<FloatType>(getElementTypeOrSelf(op->getResult(0))))
    return;
  Conditions before = of(op->getOperand(0));
  Conditions list = shape(op, before);
  // A condition that got lost on the way must be applied before.
  if (moves && tainted.contains(op->getOperand(0))) {
    if (list.size() == before.size())
      tainted.insert(op->getResult(0));
    else
      cleanOperands(op);
  }
  set(op->getResult(0), std::move(list));
}

void Keeper::run(Operation *first) {
  Operation *end = first->getBlock()->getTerminator();
  for (Operation *op = first; op != end;) {
    Operation *next = op->getNextNode();
    visit(op);
    // In order, so that no question goes far back.
    for (Value result : op->getResults()) {
      fields.of(result);
      made.of(result);
    }
    op = next;
  }
  cleanOperands(end);
}

void keepTaken(Operation *first, Ranges &fields, Ranges &made) { Keeper(first, fields, made).run(first); }

} // namespace mlc::compiler
