#include "compiler/kernels/emitters/Reductions.h"

using namespace mlir;

namespace mlc::compiler {

static std::optional<SmallVector<int64_t>> axesOf(Operation *op) {
  if (auto reduce = dyn_cast<ir::ReduceOp>(op))
    return SmallVector<int64_t>(reduce.getAxes());
  if (auto argmax = dyn_cast<ir::ArgmaxOp>(op))
    return SmallVector<int64_t>{int64_t(argmax.getAxis())};
  return std::nullopt;
}

/// Whether the group reads a value only at the point at hand: every use, through elementwise ops and
/// broadcasts along the reduced axes, ends in a reduction or a result. A reverse, slice or gather between
/// reads it elsewhere.
static bool staysPut(Value value, const Group &group, ArrayRef<int64_t> kept,
                     llvm::SmallPtrSetImpl<Operation *> &seen) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (!llvm::is_contained(group.ops, user) || isAnchor(user) || !seen.insert(user).second)
      return true;
    auto broadcast = dyn_cast<ir::BroadcastOp>(user);
    bool same = isa<ir::ElementwiseOpInterface>(user) || (broadcast && broadcast.getAxes() == kept);
    return same && staysPut(user->getResult(0), group, kept, seen);
  });
}

std::optional<Reductions> reductionsOf(const Group &group) {
  Reductions found;
  SmallVector<Operation *> anchors = group.anchors();
  if (anchors.empty())
    return std::nullopt;
  for (Operation *op : anchors) {
    std::optional<SmallVector<int64_t>> axes = axesOf(op);
    ArrayRef<int64_t> shape = shapeOf(op->getOperand(0));
    if (!axes || axes->empty() || llvm::is_contained(shape, 0))
      return std::nullopt;
    if (found.axes.empty()) {
      found.axes = *axes;
      found.full.assign(shape.begin(), shape.end());
    } else if (found.axes != *axes || ArrayRef<int64_t>(found.full) != shape) {
      return std::nullopt;
    }
  }
  for (int64_t axis = 0; axis < int64_t(found.full.size()); ++axis)
    if (!llvm::is_contained(found.axes, axis))
      found.kept.push_back(axis);
  SmallVector<int64_t> reduced = found.sizes(found.kept);
  auto isFull = [&](Value value) { return shapeOf(value) == ArrayRef<int64_t>(found.full); };
  auto isReduced = [&](Value value) { return shapeOf(value) == ArrayRef<int64_t>(reduced); };

  // Level of a value: how many passes must be over before it is known. 0: before any.
  llvm::DenseMap<Value, size_t> levels;
  auto levelOf = [&](Value value) { return levels.lookup(value); };
  for (Operation *op : group.ops) {
    size_t level = 0;
    for (Value operand : op->getOperands())
      level = std::max(level, levelOf(operand));
    if (isAnchor(op)) {
      // Its operand must be full: checked above. It runs in pass `level`.
      if (found.levels.size() <= level)
        found.levels.resize(level + 1);
      found.levels[level].push_back(op);
      ++level;
    } else if (auto broadcast = dyn_cast<ir::BroadcastOp>(op);
               broadcast && isFull(broadcast.getResult()) && isReduced(broadcast.getX()) &&
               broadcast.getAxes() == ArrayRef<int64_t>(found.kept)) {
      llvm::SmallPtrSet<Operation *, 8> seen;
      if (staysPut(broadcast.getX(), group, found.kept, seen))
        found.repeated.push_back({broadcast.getX(), level});
    } else if (level > 0 && !isa<ir::ElementwiseOpInterface>(op)) {
      return std::nullopt;
    }
    if (level > 0 && !isFull(op->getResult(0)) && !isReduced(op->getResult(0)))
      return std::nullopt;
    for (Value result : op->getResults())
      levels[result] = level;
  }
  for (Value out : group.outs) {
    if (isReduced(out))
      found.reducedOuts.push_back(out);
    else if (isFull(out))
      found.fullOuts.push_back(out);
    else
      return std::nullopt;
  }
  return found;
}

SmallVector<std::pair<Value, size_t>> costlyInSeveralPasses(const Reductions &found, const Group &group) {
  constexpr double many = 10; // operations for an element
  auto isCostly = [&](Operation *op) {
    return isa<ir::ElementwiseOpInterface, ir::RandomOp>(op) &&
           shapeOf(op->getResult(0)) == ArrayRef<int64_t>(found.full) &&
           flopsOf(op) >= many * double(sizeOf(op->getResult(0)));
  };
  llvm::DenseMap<Value, size_t> first;
  SmallVector<std::pair<Value, size_t>> again;
  for (size_t pass = 0; pass <= found.levels.size(); ++pass) {
    llvm::SmallPtrSet<Operation *, 16> seen;
    auto visit = [&](auto &&self, Value value) -> void {
      Operation *op = value.getDefiningOp();
      if (!op || group.stored.count(value) || !seen.insert(op).second)
        return;
      if (isCostly(op)) {
        auto [known, inserted] = first.try_emplace(value, pass);
        llvm::SmallPtrSet<Operation *, 8> users;
        if (!inserted && known->second < pass && staysPut(value, group, found.kept, users)) {
          if (!llvm::is_contained(llvm::make_first_range(again), value))
            again.push_back(*known);
          return; // what it is made of is not asked for
        }
      }
      if (isa<ir::ElementwiseOpInterface>(op))
        for (Value operand : op->getOperands())
          self(self, operand);
    };
    if (pass == found.levels.size())
      for (Value out : found.fullOuts)
        visit(visit, out);
    else
      for (Operation *op : found.levels[pass])
        visit(visit, op->getOperand(0));
  }
  return again;
}

bool isFlat(Value value, const llvm::DenseSet<Value> &stored) {
  SmallVector<Value> work{value};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value next = work.pop_back_val();
    if (stored.count(next) || !seen.insert(next).second)
      continue;
    Operation *op = next.getDefiningOp();
    if (!op || !isa<ir::ConstantOp, ir::ElementwiseOpInterface>(op))
      return false;
    work.append(op->operand_begin(), op->operand_end());
  }
  return true;
}

std::optional<ColumnShape> columnShapeOf(const Reductions &found, const Group &group) {
  ColumnShape shape;
  int64_t first = found.axes.front(), end = found.axes.back() + 1;
  if (end - first != int64_t(found.axes.size()) || end == int64_t(found.full.size()) ||
      !found.fullOuts.empty())
    return std::nullopt;
  ArrayRef<int64_t> full = found.full;
  shape.before.assign(full.begin(), full.begin() + first);
  shape.rows.assign(full.begin() + first, full.begin() + end);
  shape.columns.assign(full.begin() + end, full.end());
  auto product = [](ArrayRef<int64_t> sizes) {
    int64_t all = 1;
    for (int64_t size : sizes)
      all *= size;
    return all;
  };
  shape.beforeSize = product(shape.before);
  shape.rowsSize = product(shape.rows);
  shape.columnsSize = product(shape.columns);
  shape.flat = found.repeated.empty() && found.levels.size() == 1 &&
               llvm::all_of(found.levels.front(),
                            [&](Operation *op) { return isFlat(op->getOperand(0), group.stored); });
  return shape;
}

Running::Running(Code &code, Operation *op, int64_t lanes)
    : code(code), argmax(isa<ir::ArgmaxOp>(op)),
      kind(argmax ? StringRef("max") : cast<ir::ReduceOp>(op).getKind()),
      element(elementOf(op->getOperand(0))), lanes(lanes) {}

SmallVector<Value> Running::start() {
  SmallVector<Value> state{reductionStart(code, kind, code.type(element, lanes))};
  if (argmax)
    state.push_back(code.number(code.type(code.builder().getI32Type(), lanes), INT32_MAX));
  return state;
}

/// Whether `a` at `aIndex` wins over `b` at `bIndex`: NaN over numbers, greater over smaller, then the first.
static Value wins(Code &code, Value a, Value aIndex, Value b, Value bIndex) {
  OpBuilder &build = code.builder();
  Location loc = code.loc();
  Value earlier = code.compare(arith::CmpIPredicate::slt, aIndex, bIndex), greater, same;
  Type element = getElementTypeOrSelf(a.getType());
  if (isa<FloatType>(element)) {
    using P = arith::CmpFPredicate;
    auto compare = [&](P predicate, Value x, Value y) {
      return Value(arith::CmpFOp::create(build, loc, predicate, x, y));
    };
    Value aNan = compare(P::UNO, a, a), bNan = compare(P::UNO, b, b), bNumber = compare(P::ORD, b, b);
    greater = arith::AndIOp::create(build, loc, compare(P::UGT, a, b), bNumber);
    same = arith::OrIOp::create(build, loc, compare(P::OEQ, a, b),
                                arith::AndIOp::create(build, loc, aNan, bNan));
  } else {
    greater =
        code.compare(element.isInteger(8) ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt, a, b);
    same = code.compare(arith::CmpIPredicate::eq, a, b);
  }
  return arith::OrIOp::create(build, loc, greater, arith::AndIOp::create(build, loc, same, earlier));
}

Totals::Totals(Code &code, ArrayRef<Running *> entries, int64_t strands,
               const std::optional<SumBlocks> &blocks)
    : code(code), strands(strands) {
  for (Running *entry : entries) {
    if (blocks && entry->isFloatSum()) {
      places.push_back(width);
      zeros.append(entry->start());
    }
    width += entry->width();
  }
}

void Totals::appendStart(SmallVectorImpl<Value> &state) {
  for (Value zero : zeros)
    state.push_back(startTotal(code, zero.getType()));
}

SmallVector<Value> Totals::flush(SmallVector<Value> state) {
  for (auto [i, place] : llvm::enumerate(places)) {
    // Neighbouring strands first: sums stay pairwise.
    SmallVector<Value> parts;
    for (int64_t strand = 0; strand < strands; ++strand) {
      Value &part = state[size_t(strand) * width + place];
      parts.push_back(std::exchange(part, zeros[i]));
    }
    for (; parts.size() > 1; parts.truncate(parts.size() / 2))
      for (size_t pair = 0; pair < parts.size() / 2; ++pair)
        parts[pair] = arith::AddFOp::create(code.builder(), code.loc(), parts[2 * pair], parts[2 * pair + 1]);
    Value &total = state[size_t(strands) * width + i];
    total = addToTotal(code, total, parts.front());
  }
  return state;
}

Value Totals::at(ValueRange state, size_t place) const {
  const auto *found = llvm::find(places, place);
  return found == places.end() ? Value() : state[size_t(strands) * width + size_t(found - places.begin())];
}

SmallVector<Value> Running::step(ValueRange state, Value here, Value index, Value mask) {
  if (!argmax) {
    Value next = combine(code, kind, state[0], here);
    return {mask ? code.select(mask, next, state[0]) : next};
  }
  Value take = code.both(wins(code, here, index, state[0], state[1]), mask);
  return {code.select(take, here, state[0]), code.select(take, index, state[1])};
}

SmallVector<Value> Running::join(ValueRange a, ValueRange b) {
  if (!argmax)
    return {combine(code, kind, a[0], b[0])};
  Value take = wins(code, b[0], b[1], a[0], a[1]);
  return {code.select(take, b[0], a[0]), code.select(take, b[1], a[1])};
}

Value Running::across(ValueRange state) {
  if (lanes == 1)
    return result(state);
  auto fold = [&](Value vector, StringRef how) {
    return code.fold(vector, [&](Value a, Value b) { return combine(code, how, a, b); });
  };
  Value best = fold(state[0], kind);
  if (!argmax)
    return best;
  Value all = code.splat(best, lanes), same;
  OpBuilder &build = code.builder();
  Location loc = code.loc();
  if (isa<FloatType>(element)) {
    // A NaN is equal to none, but if the best is one then only its lanes are unordered with themselves.
    Value equal = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::OEQ, state[0], all);
    Value here = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::UNO, state[0], state[0]);
    same = arith::OrIOp::create(build, loc, equal, here);
  } else {
    same = code.compare(arith::CmpIPredicate::eq, state[0], all);
  }
  Value none = code.number(state[1].getType(), INT32_MAX);
  return fold(code.select(same, state[1], none), "min");
}

} // namespace mlc::compiler
