// Conditions in and out of loops. See Taken.cpp.
#include "compiler/ad/TakenKeeper.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

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

} // namespace mlc::compiler
