// Reductions over leading axes: gradients of biases, statistics of batch norm, sums of partial sums.
//
// Algorithm: for each vector of neighbouring columns (a masked one at the end), one pass down the rows for
// each level of reductions; four rows at a time go to four accumulators, which are joined at the end, so that
// additions do not wait for each other. Chunks share the columns.
#include "compiler/kernels/Reductions.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Rows that are accumulated apart.
constexpr int64_t strands = 4;

std::optional<Reductions> match(const Group &group) {
  std::optional<Reductions> found = reductionsOf(group);
  if (!found || found->kept.empty() || !found->fullOuts.empty())
    return std::nullopt;
  for (auto [i, axis] : llvm::enumerate(found->axes))
    if (axis != int64_t(i))
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
      rows *= size;
    for (int64_t size : kept)
      columns *= size;
    // When nothing looks at coordinates, rows and columns are one axis each.
    flat = true;
    for (const auto &level : this->found.levels)
      for (Operation *op : level)
        flat &= !pull.needsCoords(op->getOperand(0));
    flat &= this->found.repeated.empty();
    last = flat ? columns : kept.back();
  }

  void run() {
    int64_t outer = columns / last;
    bool byOuter = outer >= emission.chunks;
    std::pair<Value, Value> all{code.integer(0), code.integer(outer)},
        inner{code.integer(0), code.integer(last)};
    if (byOuter)
      all = emission.part(outer);
    else
      inner = emission.part(last, lanes);
    code.loop(all.first, all.second, 1, [&](Value index) {
      coords.clear();
      if (!flat)
        coords = Coords(code, 1).unflatten({index, 0, {}}, ArrayRef<int64_t>(kept).drop_back());
      int64_t whole = last / lanes * lanes;
      Value end = arith::MinSIOp::create(code.builder(), code.loc(), inner.second, code.integer(whole));
      if (Code::known(inner.second))
        end = code.integer(whole);
      code.loop(inner.first, end, lanes, [&](Value i) { oneVector(i, Value()); });
      if (whole == last)
        return;
      auto tail = [&] { oneVector(code.integer(whole), code.firstLanes(last - whole, lanes)); };
      if (Code::known(inner.second))
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
    if (flat)
      made.linear = along;
    if (!flat || kept.size() == 1) {
      made.coords = coords;
      made.coords->push_back(along);
    }
    columnPoint = pull.point(std::move(made));
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
    if (flat) {
      made.linear = Coords(code, lanes).add(along, {code.mul(row, columns), 0, {}});
    } else {
      made.coords = Coords(code, 1).unflatten({row, 0, {}}, reduced);
      made.coords->append(coords);
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
      Value index = code.splat(
          arith::TruncIOp::create(code.builder(), code.loc(), code.builder().getI32Type(), row), lanes);
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
    int64_t whole = rows / strands * strands;
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
  SmallVector<int64_t> kept, reduced;
  int64_t lanes, rows = 1, columns = 1, last = 1;
  bool flat;
  SmallVector<Coord, 4> coords;
  const Point *columnPoint = nullptr;
};

class ColumnsEmitter : public Emitter {
public:
  StringRef name() const override { return "columns"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    std::optional<Reductions> found = match(group);
    if (!found)
      return std::nullopt;
    int64_t columns = 1;
    for (int64_t axis : found->kept)
      columns *= found->full[axis];
    int64_t vectors = std::max<int64_t>(1, columns / lanesFor(group, target));
    return Shares{chunksFor(nanosecondsOf(group, target), vectors), 0};
  }

  void emit(const Group &group, Emission &emission) const override {
    Loops(group, emission, *match(group)).run();
  }
};

} // namespace

const Emitter &columnsEmitter() {
  static const ColumnsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
