// Reductions over leading or middle axes: gradients of biases, statistics of batch norm, global pooling, sums
// of partial sums.
//
// Algorithm: for each place before the reduced axes, for each vector of neighbouring columns (a masked one at
// the end), one pass down the rows for each level of reductions; four rows at a time go to four accumulators,
// which are joined at the end, so that additions do not wait for each other. Chunks share the places before,
// or the columns.
#include "compiler/kernels/Reductions.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Rows that are accumulated apart.
constexpr int64_t strands = 4;

class Loops {
public:
  Loops(const Group &group, Emission &emission, Reductions reductions)
      : emission(emission), pull(emission.pull), code(emission.code), found(std::move(reductions)),
        shape(*columnShapeOf(found, group)), lanes(lanesFor(group, code.target())),
        last(shape.flat ? shape.columnsSize : shape.columns.back()) {}

  void run() {
    int64_t outer = shape.columnsSize / last, places = shape.beforeSize * outer;
    std::pair<Value, Value> all{code.integer(0), code.integer(places)},
        inner{code.integer(0), code.integer(last)};
    if (places >= emission.chunks)
      all = emission.part(places);
    else
      inner = emission.part(last, lanes);
    SmallVector<int64_t> sizes(shape.before);
    sizes.append(shape.columns.begin(), shape.columns.end() - 1);
    code.loop(all.first, all.second, 1, [&](Value index) {
      before = index;
      coords.clear();
      if (!shape.flat)
        coords = Coords(code, 1).unflatten({index, 0, {}}, sizes);
      int64_t whole = last / lanes * lanes;
      Value end =
          code.known(inner.second)
              ? code.integer(whole)
              : Value(arith::MinSIOp::create(code.builder(), code.loc(), inner.second, code.integer(whole)));
      code.loop(inner.first, end, lanes, [&](Value i) { oneVector(i, Value()); });
      if (whole == last)
        return;
      auto tail = [&] { oneVector(code.integer(whole), code.firstLanes(last - whole, lanes)); };
      if (code.known(inner.second))
        tail();
      else
        code.when(code.compare(arith::CmpIPredicate::eq, inner.second, last), tail);
    });
  }

private:
  void oneVector(Value first, Value mask) {
    Pull::Scope scope(pull);
    Coord along{first, lanes == 1 ? 0 : 1, {}};
    Point made;
    made.lanes = lanes;
    made.mask = mask;
    if (shape.flat) {
      made.linear = Coords(code, lanes).add(along, {code.mul(before, shape.columnsSize), 0, {}});
      if (shape.before.empty() && shape.columns.size() == 1)
        made.coords = SmallVector<Coord, 4>{along};
    } else {
      made.coords = coords;
      made.coords->push_back(along);
    }
    const Point *columnPoint = pull.point(std::move(made));
    for (size_t level = 0; level < found.levels.size(); ++level) {
      for (auto [value, ready] : found.repeated)
        if (ready == level)
          pull.set(value, pull.at(value, columnPoint));
      pass(found.levels[level], along, mask);
    }
    emission.write(found.reducedOuts, columnPoint);
  }

  const Point *pointAt(Value row, const Coord &along, Value mask) {
    Point made;
    made.lanes = lanes;
    made.mask = mask;
    if (shape.flat) {
      Value start = code.add(code.mul(before, shape.rowsSize), row);
      made.linear = Coords(code, lanes).add(along, {code.mul(start, shape.columnsSize), 0, {}});
    } else {
      ArrayRef<Coord> outer(coords);
      made.coords = SmallVector<Coord, 4>(outer.take_front(shape.before.size()));
      made.coords->append(Coords(code, 1).unflatten({row, 0, {}}, shape.rows));
      made.coords->append(SmallVector<Coord, 4>(outer.drop_front(shape.before.size())));
      made.coords->push_back(along);
    }
    return pull.point(std::move(made));
  }

  void pass(ArrayRef<Operation *> reductions, const Coord &along, Value mask) {
    SmallVector<Running> running;
    SmallVector<Value> start;
    for (Operation *op : reductions) {
      running.emplace_back(code, op, lanes);
      start.append(running.back().start());
    }
    auto rowStep = [&](Value row, ValueRange carried) {
      Pull::Scope scope(pull);
      const Point *where = pointAt(row, along, mask);
      Value number = arith::TruncIOp::create(code.builder(), code.loc(), code.builder().getI32Type(), row);
      Value index = code.splat(number, lanes);
      SmallVector<Value> next;
      size_t at = 0;
      for (auto [op, one] : llvm::zip_equal(reductions, running)) {
        next.append(
            one.step(carried.slice(at, one.width()), pull.at(op->getOperand(0), where), index, Value()));
        at += one.width();
      }
      return next;
    };
    size_t width = start.size();
    int64_t rows = shape.rowsSize, whole = rows / strands * strands;
    SmallVector<Value> state;
    for (int64_t strand = 0; strand < strands; ++strand)
      state.append(start);
    state =
        code.loop(code.integer(0), code.integer(whole), strands, state, [&](Value row, ValueRange carried) {
          SmallVector<Value> next;
          for (int64_t strand = 0; strand < strands; ++strand)
            next.append(rowStep(code.add(row, strand), carried.slice(size_t(strand) * width, width)));
          return next;
        });
    SmallVector<Value> total(state.begin(), state.begin() + width);
    for (int64_t strand = 1; strand < strands && whole > 0; ++strand)
      total = joined(running, total, ValueRange(state).slice(size_t(strand) * width, width));
    for (int64_t row = whole; row < rows; ++row)
      total = rowStep(code.integer(row), total);
    size_t at = 0;
    for (auto [op, one] : llvm::zip_equal(reductions, running)) {
      pull.set(op->getResult(0), one.result(ValueRange(total).slice(at, one.width())));
      at += one.width();
    }
  }

  static SmallVector<Value> joined(MutableArrayRef<Running> running, ValueRange a, ValueRange b) {
    SmallVector<Value> result;
    size_t at = 0;
    for (Running &one : running) {
      result.append(one.join(a.slice(at, one.width()), b.slice(at, one.width())));
      at += one.width();
    }
    return result;
  }

  Emission &emission;
  Pull &pull;
  Code &code;
  Reductions found;
  ColumnShape shape;
  int64_t lanes, last;
  Value before;
  SmallVector<Coord, 4> coords;
};

class ColumnsEmitter : public Emitter {
public:
  StringRef name() const override { return "columns"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    std::optional<Reductions> found = reductionsOf(group);
    std::optional<ColumnShape> shape = found ? columnShapeOf(*found, group) : std::nullopt;
    if (!shape)
      return std::nullopt;
    int64_t vectors = std::max(shape->beforeSize, shape->columnsSize / lanesFor(group, target));
    double passes = double(found->levels.size());
    return Shares{chunksFor(nanosecondsOf(group, target) * passes, std::max<int64_t>(1, vectors)), 0};
  }

  void emit(const Group &group, Emission &emission) const override {
    Loops(group, emission, *reductionsOf(group)).run();
  }

  bool readsInPlace(const Group &, Value) const override { return false; }
};

} // namespace

const Emitter &columnsEmitter() {
  static const ColumnsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
