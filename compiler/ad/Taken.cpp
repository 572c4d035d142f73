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
#include "compiler/ad/Taken.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

namespace {

/// `condition` (i1), or its contrary, whose axis i lies along axis `axes[i]` of what it is a condition of.
struct Taken {
  Value condition;
  SmallVector<int64_t, 4> axes;
  bool inverted = false;
  bool extremum = false;

  bool operator==(const Taken &other) const {
    return condition == other.condition && axes == other.axes && inverted == other.inverted &&
           extremum == other.extremum;
  }
};
using Conditions = SmallVector<Taken, 2>;

class Keeper {
public:
  Keeper(Operation *first, Ranges &fields, Ranges &made) : builder(first), fields(fields), made(made) {}

  void run(Operation *first);

private:
  void visit(Operation *op);
  void elementwise(Operation *op);
  void select(SelectOp op);
  void contract(ContractOp op);
  void convolution(Operation *op);
  void scan(ScanOp op);
  BlockArgument addInput(ScanOp op, Value condition, bool isSlice);
  Taken intoBody(ScanOp op, Taken taken, bool isStack);
  Conditions shape(Operation *op, const Conditions &from);
  std::optional<Taken> reshaped(ReshapeOp op, const Taken &taken);
  std::optional<Taken> padded(PadOp op, const Taken &taken);
  std::optional<Taken> sliced(SliceOp op, const Taken &taken);

  const Conditions &of(Value value) { return conditions[value]; }
  void set(Value value, Conditions list) {
    if (!list.empty())
      conditions[value] = std::move(list);
  }
  /// Adds what `condition` says, as small as it can be said.
  void addCondition(Conditions &list, Value condition, bool inverted, bool extremum);
  static Conditions both(const Conditions &a, const Conditions &b);
  Conditions either(const Conditions &a, const Conditions &b, Location loc);
  /// Whether `factor` may be NaN or infinite where one of the conditions fails.
  bool isRisky(Value factor, const Conditions &list, bool divides = false);
  bool isRisky(Value factor, const Taken &taken, bool divides = false);
  /// `taken` as a tensor over the axes `axes` of `shape`, those of `taken` among them.
  Value spread(Location loc, const Taken &taken, ArrayRef<int64_t> shape, ArrayRef<int64_t> axes);
  Value straight(Location loc, Value condition, bool inverted);
  Value selected(Location loc, Value value, const Taken &taken);
  /// `value`, zero where its conditions fail, if it is tainted.
  Value clean(Value value);
  void cleanOperands(Operation *op);

  static ArrayRef<int64_t> shapeOf(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }

  OpBuilder builder;
  Ranges &fields, &made;
  DenseMap<Value, Conditions> conditions;
  DenseSet<Value> tainted;
  DenseMap<Value, Value> cleaned;
};

} // namespace

//===--- Conditions -------------------------------------------------------------------------------------===//

void Keeper::addCondition(Conditions &list, Value condition, bool inverted, bool extremum) {
  SmallVector<int64_t, 4> axes;
  for (int64_t i = 0; i < int64_t(shapeOf(condition).size()); ++i)
    axes.push_back(i);
  while (Operation *op = condition.getDefiningOp()) {
    if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      SmallVector<int64_t, 4> inner;
      for (int64_t axis : broadcast.getAxes())
        inner.push_back(axes[axis]);
      axes = inner;
      condition = broadcast.getX();
    } else if (isa<NotOp>(op)) {
      inverted = !inverted;
      condition = op->getOperand(0);
    } else {
      break;
    }
  }
  // Of `a and b`, each is a condition; of its contrary, of `a or b`, likewise.
  Operation *op = condition.getDefiningOp();
  if (op && (inverted ? isa<OrOp>(op) : isa<AndOp>(op))) {
    for (Value operand : op->getOperands()) {
      Conditions parts;
      addCondition(parts, operand, inverted, extremum);
      for (Taken &part : parts) {
        for (int64_t &axis : part.axes)
          axis = axes[axis];
        if (!llvm::is_contained(list, part))
          list.push_back(part);
      }
    }
    return;
  }
  Taken taken{condition, axes, inverted, extremum};
  if (!llvm::is_contained(list, taken))
    list.push_back(taken);
}

Conditions Keeper::both(const Conditions &a, const Conditions &b) {
  Conditions list = a;
  for (const Taken &taken : b)
    if (!llvm::is_contained(list, taken))
      list.push_back(taken);
  return list;
}

Value Keeper::straight(Location loc, Value condition, bool inverted) {
  return inverted ? builder.createOrFold<NotOp>(loc, condition) : condition;
}

Value Keeper::spread(Location loc, const Taken &taken, ArrayRef<int64_t> shape, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> order, places, extents;
  for (auto [place, axis] : llvm::enumerate(axes)) {
    extents.push_back(shape[axis]);
    for (auto [own, target] : llvm::enumerate(taken.axes))
      if (target == axis) {
        order.push_back(int64_t(own));
        places.push_back(int64_t(place));
      }
  }
  Value condition = builder.createOrFold<TransposeOp>(loc, taken.condition, order);
  auto type = RankedTensorType::get(extents, builder.getI1Type());
  return builder.createOrFold<BroadcastOp>(loc, type, condition, places);
}

Conditions Keeper::either(const Conditions &a, const Conditions &b, Location loc) {
  Conditions common, lists[2];
  for (const Taken &taken : a)
    (llvm::is_contained(b, taken) ? common : lists[0]).push_back(taken);
  for (const Taken &taken : b)
    if (!llvm::is_contained(a, taken))
      lists[1].push_back(taken);
  if (lists[0].empty() || lists[1].empty())
    return common;
  // All places that either list leaves, over the axes of both.
  llvm::SmallSet<int64_t, 8> unique;
  DenseMap<int64_t, int64_t> extents;
  for (const Conditions &list : lists)
    for (const Taken &taken : list)
      for (auto [axis, extent] : llvm::zip_equal(taken.axes, shapeOf(taken.condition))) {
        unique.insert(axis);
        extents[axis] = extent;
      }
  SmallVector<int64_t, 4> axes(unique.begin(), unique.end());
  llvm::sort(axes);
  SmallVector<int64_t> shape(axes.empty() ? 0 : axes.back() + 1, 1);
  for (int64_t axis : axes)
    shape[axis] = extents[axis];
  Value sides[2];
  bool extremum[2] = {true, true};
  for (auto [side, list] : llvm::enumerate(lists))
    for (const Taken &taken : list) {
      Value here = straight(loc, spread(loc, taken, shape, axes), taken.inverted);
      sides[side] = sides[side] ? builder.createOrFold<AndOp>(loc, sides[side], here) : here;
      extremum[side] &= taken.extremum;
    }
  Value any = builder.createOrFold<OrOp>(loc, sides[0], sides[1]);
  if (!isSplat(any, 1))
    common.push_back({any, axes, false, extremum[0] || extremum[1]});
  return common;
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
  bool extremum = op->hasAttr(extremumAttr);
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

std::optional<Taken> Keeper::padded(PadOp op, const Taken &taken) {
  SmallVector<int64_t> low, high, interior;
  bool isUntouched = true;
  for (int64_t axis : taken.axes) {
    low.push_back(op.getLow()[axis]);
    high.push_back(op.getHigh()[axis]);
    interior.push_back(op.getInterior()[axis]);
    isUntouched &= low.back() == 0 && high.back() == 0 && interior.back() == 0;
  }
  if (isUntouched)
    return taken;
  // Between and beside the elements there is nothing that was taken.
  Value condition = straight(op.getLoc(), taken.condition, taken.inverted);
  condition = builder.createOrFold<PadOp>(op.getLoc(), condition, low, high, interior);
  return Taken{condition, taken.axes, false, taken.extremum};
}

std::optional<Taken> Keeper::sliced(SliceOp op, const Taken &taken) {
  SmallVector<int64_t> starts, strides, extents;
  for (int64_t axis : taken.axes) {
    starts.push_back(op.getStarts()[axis]);
    strides.push_back(op.getStrides()[axis]);
    extents.push_back(op.getType().getDimSize(axis));
  }
  auto type = RankedTensorType::get(extents, builder.getI1Type());
  Value condition = builder.createOrFold<SliceOp>(op.getLoc(), type, taken.condition, starts, strides);
  return Taken{condition, taken.axes, taken.inverted, taken.extremum};
}

/// Axes that hold equally many elements before and after belong together; a condition along some axes of a
/// group that is split or merged is spread over all of it.
std::optional<Taken> Keeper::reshaped(ReshapeOp op, const Taken &taken) {
  ArrayRef<int64_t> from = shapeOf(op.getX()), to = shapeOf(op.getResult());
  auto isAlong = [&](size_t axis) { return llvm::is_contained(taken.axes, int64_t(axis)); };
  SmallVector<int64_t> before, extents;
  SmallVector<int64_t, 4> after;
  bool isMoved = true; // each axis becomes one axis
  size_t i = 0, j = 0;
  while (true) {
    // Axes of one element come and go.
    while (i < from.size() && from[i] == 1 && !isAlong(i))
      ++i;
    while (j < to.size() && to[j] == 1 && (i == from.size() || from[i] != 1))
      ++j;
    if (i == from.size() && j == to.size())
      break;
    size_t fromBegin = i, toBegin = j;
    int64_t a = i < from.size() ? from[i++] : 1, b = j < to.size() ? to[j++] : 1;
    while (a != b) {
      if (a < b && i < from.size())
        a *= from[i++];
      else if (j < to.size())
        b *= to[j++];
      else
        return std::nullopt;
    }
    bool isTouched = false;
    for (size_t axis = fromBegin; axis < i; ++axis)
      isTouched |= isAlong(axis);
    if (!isTouched)
      continue;
    isMoved &= i - fromBegin == 1 && j - toBegin == 1;
    for (size_t axis = fromBegin; axis < i; ++axis)
      before.push_back(int64_t(axis));
    for (size_t axis = toBegin; axis < j; ++axis) {
      after.push_back(int64_t(axis));
      extents.push_back(to[axis]);
    }
  }
  Taken result = taken;
  if (isMoved) {
    for (int64_t &axis : result.axes)
      axis = after[llvm::find(before, axis) - before.begin()];
    return result;
  }
  Value condition = spread(op.getLoc(), taken, from, before);
  auto type = RankedTensorType::get(extents, builder.getI1Type());
  result.condition = builder.createOrFold<ReshapeOp>(op.getLoc(), type, condition);
  result.axes = after;
  return result;
}

Conditions Keeper::shape(Operation *op, const Conditions &from) {
  Conditions list;
  for (const Taken &taken : from) {
    auto touches = [&](ArrayRef<int64_t> axes) {
      return llvm::any_of(taken.axes, [&](int64_t axis) { return llvm::is_contained(axes, axis); });
    };
    Taken moved = taken;
    if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      for (int64_t &axis : moved.axes)
        axis = broadcast.getAxes()[axis];
    } else if (auto transpose = dyn_cast<TransposeOp>(op)) {
      for (int64_t &axis : moved.axes)
        axis = llvm::find(transpose.getPermutation(), axis) - transpose.getPermutation().begin();
    } else if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      std::optional<Taken> found = reshaped(reshape, taken);
      if (!found)
        continue;
      moved = *found;
    } else if (auto slice = dyn_cast<SliceOp>(op)) {
      moved = *sliced(slice, taken);
    } else if (auto pad = dyn_cast<PadOp>(op)) {
      moved = *padded(pad, taken);
    } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
      if (reduce.getKind() != "sum" || touches(reduce.getAxes()))
        continue;
      for (int64_t &axis : moved.axes)
        axis -= llvm::count_if(reduce.getAxes(), [&](int64_t gone) { return gone < axis; });
    } else if (auto reverse = dyn_cast<ReverseOp>(op)) {
      if (touches(reverse.getAxes()))
        continue;
    } else if (auto cumsum = dyn_cast<CumsumOp>(op)) {
      if (touches(cumsum.getAxis()))
        continue;
    } else if (isa<WindowSumOp, WindowSpreadOp, WindowGatherOp, WindowScatterOp>(op)) {
      int64_t last = int64_t(shapeOf(op->getOperand(0)).size()) - 1;
      if (llvm::any_of(taken.axes, [&](int64_t axis) { return axis != 0 && axis != last; }))
        continue;
    } else if (!isa<BarrierOp>(op)) {
      continue;
    }
    list.push_back(moved);
  }
  return list;
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

/// The input of `op` that is `condition`, in the body or outside.
BlockArgument Keeper::addInput(ScanOp op, Value condition, bool isSlice) {
  Block &body = op.getBody().front();
  int64_t carries = op.getNumCarries(), firstConstant = carries + int64_t(op.getNumSlices());
  for (BlockArgument argument : body.getArguments()) {
    int64_t i = argument.getArgNumber();
    if (op.getInputs()[i] == condition && i >= carries && (i < firstConstant) == isSlice)
      return argument;
  }
  if (!isSlice) {
    op.getInputsMutable().append(condition);
    return body.addArgument(condition.getType(), op.getLoc());
  }
  op->insertOperands(firstConstant, condition);
  op.setNumSlices(op.getNumSlices() + 1);
  auto type = RankedTensorType::get(shapeOf(condition).drop_front(), builder.getI1Type());
  return body.insertArgument(firstConstant, type, op.getLoc());
}

/// A condition of a carry, or of a stack of slices, as one of what it is in the body.
Taken Keeper::intoBody(ScanOp op, Taken taken, bool isStack) {
  if (!isStack) {
    taken.condition = addInput(op, taken.condition, false);
    return taken;
  }
  const int64_t *time = llvm::find(taken.axes, 0);
  bool moves = time != taken.axes.end();
  if (moves) {
    // Steps first: then it is a stack of slices itself.
    SmallVector<int64_t> order = {time - taken.axes.begin()};
    for (int64_t i = 0; i < int64_t(taken.axes.size()); ++i)
      if (i != order.front())
        order.push_back(i);
    taken.condition = builder.createOrFold<TransposeOp>(op.getLoc(), taken.condition, order);
    taken.axes.erase(time);
  }
  for (int64_t &axis : taken.axes)
    --axis;
  taken.condition = addInput(op, taken.condition, moves);
  return taken;
}

/// A condition inside as one of the stack of all steps; nothing if it is computed inside.
static std::optional<Taken> outOfBody(ScanOp op, Taken taken) {
  auto argument = dyn_cast<BlockArgument>(taken.condition);
  if (!argument || argument.getArgNumber() < op.getNumCarries())
    return std::nullopt;
  for (int64_t &axis : taken.axes)
    ++axis;
  taken.condition = op.getInputs()[argument.getArgNumber()];
  if (argument.getArgNumber() < op.getNumCarries() + op.getNumSlices())
    taken.axes.insert(taken.axes.begin(), 0);
  return taken;
}

/// What slices and carries are left out by is known in the body. Of a carry it must hold at every step: what
/// it begins with is assumed (all of what is known, where it begins with zeros), tried on a copy of the body,
/// and given up where a step does not keep it.
void Keeper::scan(ScanOp op) {
  cleanOperands(op);
  Block &body = op.getBody().front();
  builder.setInsertionPoint(op);
  int64_t carries = op.getNumCarries();
  SmallVector<Value> inputs(op.getInputs());
  SmallVector<BlockArgument> arguments(body.getArguments());
  int64_t slices = op.getNumSlices();
  DenseMap<Value, Conditions> inside;
  Conditions steady;
  for (int64_t i = 0; i < carries + slices; ++i) {
    const Conditions list = of(inputs[i]);
    for (const Taken &taken : list) {
      Taken here = intoBody(op, taken, i >= carries);
      inside[arguments[i]].push_back(here);
      bool isSteady = i < carries || !llvm::is_contained(taken.axes, 0);
      if (isSteady && !llvm::is_contained(steady, here))
        steady.push_back(here);
    }
  }
  for (int64_t i = 0; i < carries; ++i) {
    if (!isSplat(inputs[i], 0))
      continue;
    for (const Taken &taken : steady) {
      ArrayRef<int64_t> shape = shapeOf(inputs[i]), extents = shapeOf(taken.condition);
      bool fits = true;
      for (auto [axis, extent] : llvm::zip_equal(taken.axes, extents))
        fits &= axis < int64_t(shape.size()) && shape[axis] == extent;
      if (fits)
        inside[arguments[i]].push_back(taken);
    }
  }
  auto assume = [&](Keeper &keeper, ScanOp to) {
    for (auto &[value, list] : inside) {
      Conditions moved = list;
      for (Taken &taken : moved)
        taken.condition = to.getBody().getArgument(cast<BlockArgument>(taken.condition).getArgNumber());
      keeper.set(to.getBody().getArgument(cast<BlockArgument>(value).getArgNumber()), moved);
    }
  };
  auto isAssumed = [&](int64_t i) {
    auto found = inside.find(arguments[i]);
    return found != inside.end() && !found->second.empty();
  };
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    if (llvm::none_of(llvm::seq<int64_t>(0, carries), isAssumed))
      break;
    auto copy = cast<ScanOp>(builder.clone(*op));
    Ranges fieldsOfCopy = fields, madeOfCopy = made;
    Keeper trial(&copy.getBody().front().front(), fieldsOfCopy, madeOfCopy);
    assume(trial, copy);
    trial.run(&copy.getBody().front().front());
    for (int64_t i = 0; i < carries; ++i) {
      if (!isAssumed(i))
        continue;
      const Conditions yielded = trial.of(copy.getYield()->getOperand(i));
      llvm::erase_if(inside[arguments[i]], [&](Taken taken) {
        taken.condition = copy.getBody().getArgument(cast<BlockArgument>(taken.condition).getArgNumber());
        bool isLost = !llvm::is_contained(yielded, taken);
        hasChanged |= isLost;
        return isLost;
      });
    }
    copy.erase();
  }

  Keeper keeper(&body.front(), fields, made);
  assume(keeper, op);
  keeper.run(&body.front());
  for (auto [i, result] : llvm::enumerate(op.getResults())) {
    bool isCarry = int64_t(i) < carries;
    const Conditions list = isCarry ? inside.lookup(arguments[i]) : keeper.of(op.getYield()->getOperand(i));
    Conditions outside;
    for (const Taken &taken : list)
      if (std::optional<Taken> moved = outOfBody(op, taken))
        outside.push_back(*moved);
    set(result, outside);
  }
  builder.setInsertionPointAfter(op);
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
