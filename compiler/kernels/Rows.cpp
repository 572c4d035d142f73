// Reductions over trailing axes: softmax, layer norm, cross-entropy, sums of rows, sums of everything.
//
// Algorithm: for each row (a place in the axes that are kept), one pass over the row for each level of
// reductions, in vectors along the last axis with a masked tail, all reductions of a level together; their
// lanes are then folded into a scalar that later passes repeat. A last pass writes what has the full shape,
// then the row's scalars are written. Chunks share the rows.
#include "compiler/kernels/Reductions.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

std::optional<Reductions> match(const Group &group) {
  std::optional<Reductions> found = reductionsOf(group);
  if (!found)
    return std::nullopt;
  int64_t rank = int64_t(found->full.size());
  for (auto [i, axis] : llvm::enumerate(found->axes))
    if (axis != rank - int64_t(found->axes.size()) + int64_t(i))
      return std::nullopt;
  return found;
}

class Loops {
public:
  Loops(const Group &group, Emission &emission, Reductions found)
      : emission(emission), pull(emission.pull), code(emission.code), found(std::move(found)),
        kept(this->found.sizes(this->found.kept)), reduced(this->found.sizes(this->found.axes)),
        lanes(lanesFor(group, code.target())) {
    for (int64_t size : reduced)
      rowSize *= size;
    // When nothing in a row looks at coordinates it is one axis.
    flat = reduced.size() > 1 && kept.empty();
    for (const auto &level : this->found.levels)
      for (Operation *op : level)
        flat &= !pull.needsCoords(op->getOperand(0));
    flat &= this->found.fullOuts.empty();
  }

  void run() {
    int64_t rows = 1;
    for (int64_t size : kept)
      rows *= size;
    auto [low, high] = emission.part(rows);
    code.loop(low, high, 1, [&](Value row) {
      Pull::Scope scope(pull);
      coords = Coords(code, 1).unflatten({row, 0, {}}, kept);
      Point made;
      made.coords = coords;
      made.linear = Coord{row, 0, {}};
      rowPoint = pull.point(std::move(made));
      for (size_t level = 0; level < found.levels.size(); ++level) {
        prepare(level);
        pass(found.levels[level]);
      }
      prepare(found.levels.size());
      if (!found.fullOuts.empty())
        eachVector({}, [&](const Point *where, Value, ValueRange) {
          emission.write(found.fullOuts, where);
          return SmallVector<Value>();
        });
      emission.write(found.reducedOuts, rowPoint);
    });
  }

private:
  /// Computes, outside the loops of a pass, the reduced values that it repeats.
  void prepare(size_t level) {
    for (auto [value, ready] : found.repeated)
      if (ready == level)
        pull.set(value, pull.at(value, rowPoint));
  }

  void pass(ArrayRef<Operation *> reductions) {
    SmallVector<Running> running;
    SmallVector<Value> state;
    for (Operation *op : reductions) {
      running.emplace_back(code, op, lanes);
      state.append(running.back().start());
    }
    state = eachVector(state, [&](const Point *where, Value index, ValueRange carried) {
      SmallVector<Value> next;
      size_t at = 0;
      for (auto [op, one] : llvm::zip_equal(reductions, running)) {
        Value here = pull.at(op->getOperand(0), where);
        next.append(one.step(carried.slice(at, one.width()), here, index, where->mask));
        at += one.width();
      }
      return next;
    });
    size_t at = 0;
    for (auto [op, one] : llvm::zip_equal(reductions, running)) {
      pull.set(op->getResult(0), one.across(ValueRange(state).slice(at, one.width())));
      at += one.width();
    }
  }

  /// Runs over the row in vectors. `body` gets the point, the lanes' places along the last axis, and what is
  /// carried.
  SmallVector<Value>
  eachVector(SmallVector<Value> state,
             llvm::function_ref<SmallVector<Value>(const Point *, Value, ValueRange)> body) {
    SmallVector<Coord, 4> inside;
    auto along = [&](int64_t size, SmallVector<Value> state) {
      Coords arithmetic(code, lanes);
      auto one = [&](Value i, Value mask, ValueRange carried) {
        Pull::Scope scope(pull);
        Coord last{i, lanes == 1 ? 0 : 1, {}};
        Point made;
        made.lanes = lanes;
        made.mask = mask;
        if (flat) {
          made.linear = last;
        } else {
          made.coords = coords;
          made.coords->append(inside);
          made.coords->push_back(last);
        }
        return body(pull.point(std::move(made)), arithmetic.vector(last), carried);
      };
      int64_t whole = size / lanes * lanes;
      state = code.loop(code.integer(0), code.integer(whole), lanes, state,
                        [&](Value i, ValueRange carried) { return one(i, Value(), carried); });
      if (whole != size)
        state = one(code.integer(whole), code.firstLanes(size - whole, lanes), state);
      return state;
    };
    if (flat)
      return along(rowSize, std::move(state));
    auto nest = [&](auto &&self, SmallVector<Value> state) -> SmallVector<Value> {
      if (inside.size() + 1 == reduced.size())
        return along(reduced.back(), std::move(state));
      return code.loop(code.integer(0), code.integer(reduced[inside.size()]), 1, state,
                       [&](Value i, ValueRange carried) {
                         inside.push_back({i, 0, {}});
                         SmallVector<Value> next = self(self, SmallVector<Value>(carried));
                         inside.pop_back();
                         return next;
                       });
    };
    return nest(nest, std::move(state));
  }

  Emission &emission;
  Pull &pull;
  Code &code;
  Reductions found;
  SmallVector<int64_t> kept, reduced;
  int64_t lanes, rowSize = 1;
  bool flat;
  SmallVector<Coord, 4> coords;
  const Point *rowPoint = nullptr;
};

class RowsEmitter : public Emitter {
public:
  StringRef name() const override { return "rows"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    std::optional<Reductions> found = match(group);
    if (!found)
      return std::nullopt;
    int64_t rows = 1;
    for (int64_t axis : found->kept)
      rows *= found->full[axis];
    return Shares{chunksFor(nanosecondsOf(group, target) * double(found->levels.size() + 1) / 2, rows), 0};
  }

  void emit(const Group &group, Emission &emission) const override {
    Loops(group, emission, *match(group)).run();
  }

  bool readsInPlace(const Group &group, Value input) const override {
    // A row's inputs are read for the last time at the point that is written.
    std::optional<Reductions> found = match(group);
    return shapeOf(input) == ArrayRef<int64_t>(found->full) && flowsThrough(input, [](Operation *op) {
             return isa<ir::ElementwiseOpInterface, ir::ReduceOp, ir::ArgmaxOp, ir::BroadcastOp>(op);
           });
  }
};

} // namespace

const Emitter &rowsEmitter() {
  static const RowsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
