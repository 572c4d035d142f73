#include "compiler/kernels/code/Pull.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mlc::compiler {

bool Pull::needsCoords(Value value) {
  if (stored.count(value) || fixed.count(value))
    return false;
  auto it = coordUsers.find(value);
  if (it != coordUsers.end())
    return it->second;
  Operation *op = value.getDefiningOp();
  bool needs = true;
  if (isa<ir::ElementwiseOpInterface, ir::ReshapeOp, ir::BarrierOp>(op))
    needs = llvm::any_of(op->getOperands(), [&](Value operand) { return needsCoords(operand); });
  else if (isa<ir::ConstantOp>(op))
    needs = false;
  else if (auto random = dyn_cast<ir::RandomOp>(op))
    needs = random.getBatched();
  return coordUsers[value] = needs;
}

SmallVector<Coord, 4> Pull::coordsOf(Value value, const Point *where) {
  if (where->coords)
    return *where->coords;
  return Coords(code, where->lanes).unflatten(*where->linear, shapeOf(value));
}

const Point *Pull::moved(const Point *where, SmallVector<Coord, 4> coords, Value alsoMask) {
  Point made;
  made.lanes = where->lanes;
  made.mask = code.both(where->mask, alsoMask);
  made.coords = std::move(coords);
  return point(std::move(made));
}

const Point *Pull::scalarOf(const Point *where) {
  Key key{Value(), where};
  if (const Point *made = points.lookup(key))
    return made;
  Point made;
  made.coords = where->coords;
  made.linear = where->linear;
  const Point *result = point(std::move(made));
  points.insert(key, result);
  return result;
}

Value Pull::load(Value value, const Point *where) {
  Memory memory = stored.lookup(value);
  Coords coords(code, where->lanes);
  Coord linear = where->linear ? *where->linear : coords.flatten(*where->coords, shapeOf(value));
  if (where->lanes == 1)
    return code.load(memory, linear.base, 1);
  if (linear.uniform())
    return code.splat(code.load(memory, linear.base, 1), where->lanes);
  if (linear.step == 1 && !linear.spread)
    return code.load(memory, linear.base, where->lanes, where->mask);
  Coord relative{code.integer(0), linear.step, linear.spread};
  return code.gather(memory, linear.base, coords.vector(relative), where->mask);
}

Value Pull::at(Value value, const Point *where) {
  if (Value here = fixed.lookup(value)) {
    bool scalar = !isa<VectorType>(here.getType());
    return scalar ? code.splat(here, where->lanes) : here;
  }
  Key key{value, where};
  if (Value here = values.lookup(key))
    return here;
  Value here;
  if (where->lanes > 1 && where->uniform())
    here = code.splat(at(value, scalarOf(where)), where->lanes);
  else if (stored.count(value))
    here = load(value, where);
  else
    here = compute(value, where);
  if (!values.lookup(key))
    values.insert(key, here);
  return here;
}

Value Pull::compute(Value value, const Point *where) {
  Operation *op = value.getDefiningOp();
  if (auto elementwise = dyn_cast<ir::ElementwiseOpInterface>(op)) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(at(operand, where));
    return elementwise.buildScalar(code.builder(), code.loc(), operands,
                                   code.type(elementOf(value), where->lanes));
  }
  auto single = [&](Value operand, SmallVector<Coord, 4> coords) {
    return at(operand, moved(where, std::move(coords)));
  };
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](ir::ConstantOp op) { return constant(op, where); })
      .Case([&](ir::IotaOp op) { return iota(op, where); })
      .Case([&](ir::RandomOp op) { return random(op, where); })
      .Case([&](ir::BroadcastOp op) {
        SmallVector<Coord, 4> coords, all = coordsOf(value, where);
        for (int64_t axis : op.getAxes())
          coords.push_back(all[axis]);
        return single(op.getX(), coords);
      })
      .Case([&](ir::TransposeOp op) {
        SmallVector<Coord, 4> all = coordsOf(value, where), coords(all.size());
        for (auto [axis, source] : llvm::enumerate(op.getPermutation()))
          coords[source] = all[axis];
        return single(op.getX(), coords);
      })
      .Case([&](ir::ReverseOp op) {
        SmallVector<Coord, 4> coords = coordsOf(value, where);
        Coords arithmetic(code, where->lanes);
        for (int64_t axis : op.getAxes())
          coords[axis] = arithmetic.add(arithmetic.mul(coords[axis], -1), shapeOf(value)[axis] - 1);
        return single(op.getX(), coords);
      })
      .Case([&](ir::SliceOp op) {
        SmallVector<Coord, 4> coords = coordsOf(value, where);
        Coords arithmetic(code, where->lanes);
        for (auto [coord, start, stride] : llvm::zip_equal(coords, op.getStarts(), op.getStrides()))
          coord = arithmetic.add(arithmetic.mul(coord, stride), start);
        return single(op.getX(), coords);
      })
      .Case([&](ir::BarrierOp op) { return at(op.getX(), where); })
      .Case([&](ir::ReshapeOp op) { return reshape(op, where); })
      .Case([&](ir::PadOp op) { return pad(op, where); })
      .Case([&](ir::ConcatOp op) { return concat(op, where); })
      .Case([&](ir::GatherOp op) { return gather(op, where); })
      .Case([&](ir::ReduceOp op) { return reduce(op, where); })
      .Case([&](ir::ArgmaxOp op) { return argmax(op, where); })
      .Case([&](ir::ContractOp op) { return contract(op, where); })
      .Case([&](ir::ScatterAddOp op) { return scatterAdd(op, where); })
      .Case([&](ir::ConvOp op) { return conv(op, where); })
      .Case([&](ir::ConvInputOp op) { return convInput(op, where); })
      .Case([&](ir::ConvFilterOp op) { return convFilter(op, where); })
      .Case([&](ir::WindowMaxOp op) {
        windowMax(op, where);
        return values.lookup({value, where});
      })
      .Case([&](ir::WindowGatherOp op) { return windowGather(op, where); })
      .Case([&](ir::WindowScatterOp op) { return windowScatter(op, where); })
      .Case([&](ir::WindowSumOp op) { return windowSum(op, where); })
      .Case([&](ir::WindowSpreadOp op) { return windowSpread(op, where); })
      .Default(
          [](Operation *op) -> Value { llvm_unreachable("planKernel refuses ops that have no emission"); });
}

Value Pull::within(Value value, const Point *where, SmallVector<Coord, 4> coords, Value condition) {
  Coords arithmetic(code, where->lanes);
  Value inside = condition, mask;
  for (auto [coord, size] : llvm::zip_equal(coords, shapeOf(value))) {
    bool uniform = coord.uniform();
    Value here = arithmetic.bound(coord, size);
    if (!here)
      continue;
    if (!uniform)
      mask = code.both(mask, here);
    if (inside && inside.getType() != here.getType()) {
      here = uniform ? code.splat(here, where->lanes) : here;
      inside = isa<VectorType>(inside.getType()) ? inside : code.splat(inside, where->lanes);
    }
    inside = code.both(inside, here);
  }
  // Lanes outside are not loaded: bound left their coordinates as they were.
  Value here = at(value, moved(where, std::move(coords), mask));
  if (!inside)
    return here;
  return code.select(inside, here, code.number(here.getType(), 0));
}

} // namespace mlc::compiler
