// Conditions: under which a cotangent is not zero for certain, and how ops of shape move them. See Taken.cpp.
#include "compiler/ad/TakenKeeper.h"

#include "llvm/ADT/SmallSet.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

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
  // Where it holds and where it does not is everywhere.
  if (lists[0].size() == 1 && lists[1].size() == 1 && lists[0][0].condition == lists[1][0].condition &&
      lists[0][0].axes == lists[1][0].axes)
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

} // namespace mlc::compiler
