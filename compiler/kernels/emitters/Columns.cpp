// Reductions over leading or middle axes: gradients of biases, statistics of batch norm, global pooling, sums
// of partial sums.
//
// Algorithm: for each place before the reduced axes, for each strip of neighbouring columns (a few vectors,
// the last one of all masked), one pass down the rows for each level of reductions; four rows at a time go to
// four accumulators for each vector, which are joined at the end, so that additions do not wait for each
// other. Long sums go to f64 totals block by block. Chunks share the places before, or the columns. Strips
// are what makes memory fast: of one vector, every row would be a cache line alone, far from the next.
#include "compiler/kernels/emitters/Reductions.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Rows that are accumulated apart.
constexpr int64_t strands = 4;
/// Vectors of a strip, at most.
constexpr int64_t mostVectors = 4;

/// The widest strip, in vectors: as many accumulators as leave half of the registers free.
int64_t widestStrip(const Reductions &found, const Target &target, Choices &choices) {
  int64_t width = 0; // values that a row carries to the next
  for (const auto &level : found.levels) {
    int64_t here = 0;
    for (Operation *op : level)
      here += isa<ir::ArgmaxOp>(op) ? 2 : 1;
    width = std::max(width, here);
  }
  int64_t widest = std::clamp<int64_t>(target.vectorRegisters / 2 / (strands * width), 1, mostVectors);
  return choices.between("vectors", widest, 1, mostVectors);
}

class ColumnsLoops {
public:
  ColumnsLoops(const Group &group, Emission &emission, Reductions reductions)
      : emission(emission), pull(emission.pull), code(emission.code), found(std::move(reductions)),
        shape(*columnShapeOf(found, group)), lanes(lanesFor(group, code.target())),
        last(shape.flat ? shape.columnsSize : shape.columns.back()) {}

  void run() {
    int64_t outer = shape.columnsSize / last, places = shape.beforeSize * outer, vectors = last / lanes;
    std::pair<Value, Value> all{code.integer(0), code.integer(places)},
        inner{code.integer(0), code.integer(last)};
    // Strips no wider than leaves one to every chunk.
    bool alone = places >= emission.chunks;
    const int64_t step = lanes * std::clamp<int64_t>(alone ? vectors : vectors / emission.chunks, 1,
                                                     widestStrip(found, code.target(), emission.choices));
    if (alone)
      all = emission.part(places);
    else
      inner = emission.part(last, step);
    SmallVector<int64_t> sizes(shape.before);
    sizes.append(shape.columns.begin(), shape.columns.end() - 1);
    code.loop(all.first, all.second, 1, [&](Value index) {
      before = index;
      coords.clear();
      if (!shape.flat)
        coords = Coords(code, 1).unflatten({index, 0, {}}, sizes);
      int64_t whole = last / step * step;
      Value end =
          code.known(inner.second)
              ? code.integer(whole)
              : Value(arith::MinSIOp::create(code.builder(), code.loc(), inner.second, code.integer(whole)));
      code.loop(inner.first, end, step, [&](Value i) { strip(i, step); });
      if (whole == last)
        return;
      auto tail = [&] { strip(code.integer(whole), last - whole); };
      if (code.known(inner.second)) {
        tail();
        return;
      }
      // Only the chunk that ends the axis; one beyond it is empty and begins at its end too.
      Value ends = code.compare(arith::CmpIPredicate::eq, inner.second, last);
      code.when(code.both(ends, code.compare(arith::CmpIPredicate::slt, inner.first, last)), tail);
    });
  }

private:
  /// Some of the columns, in one vector.
  struct Slice {
    Coord along;
    Value mask;
    const Point *place;                         // in the reduced shape
    SmallVector<std::pair<Value, Value>> known; // what is reduced already, and what is repeated of it
  };

  void strip(Value first, int64_t count) {
    Pull::Scope scope(pull);
    SmallVector<Slice> slices;
    for (int64_t at = 0; at < count; at += lanes) {
      Slice slice;
      slice.along = {code.add(first, at), lanes == 1 ? 0 : 1, {}};
      if (count - at < lanes)
        slice.mask = code.firstLanes(count - at, lanes);
      slice.place = columnsAt(slice);
      slices.push_back(std::move(slice));
    }
    for (size_t level = 0; level < found.levels.size(); ++level) {
      for (Slice &slice : slices) {
        Pull::Scope scope(pull);
        recall(slice);
        for (auto [value, ready] : found.repeated)
          if (ready == level)
            slice.known.push_back({value, pull.at(value, slice.place)});
      }
      pass(found.levels[level], slices);
    }
    for (Slice &slice : slices) {
      Pull::Scope scope(pull);
      recall(slice);
      emission.write(found.reducedOuts, slice.place);
    }
  }

  void recall(const Slice &slice) {
    for (auto [value, here] : slice.known)
      pull.set(value, here);
  }

  const Point *columnsAt(const Slice &slice) {
    Point made;
    made.lanes = lanes;
    made.mask = slice.mask;
    if (shape.flat) {
      made.linear = Coords(code, lanes).add(slice.along, {code.mul(before, shape.columnsSize), 0, {}});
      if (shape.before.empty() && shape.columns.size() == 1)
        made.coords = SmallVector<Coord, 4>{slice.along};
    } else {
      made.coords = coords;
      made.coords->push_back(slice.along);
    }
    return pull.point(std::move(made));
  }

  const Point *pointAt(Value row, ArrayRef<Coord> rowCoords, const Slice &slice) {
    Point made;
    made.lanes = lanes;
    made.mask = slice.mask;
    if (shape.flat) {
      Value start = code.add(code.mul(before, shape.rowsSize), row);
      made.linear = Coords(code, lanes).add(slice.along, {code.mul(start, shape.columnsSize), 0, {}});
    } else {
      ArrayRef<Coord> outer(coords);
      made.coords = SmallVector<Coord, 4>(outer.take_front(shape.before.size()));
      made.coords->append(rowCoords.begin(), rowCoords.end());
      made.coords->append(SmallVector<Coord, 4>(outer.drop_front(shape.before.size())));
      made.coords->push_back(slice.along);
    }
    return pull.point(std::move(made));
  }

  void pass(ArrayRef<Operation *> reductions, MutableArrayRef<Slice> slices) {
    SmallVector<Running> running;
    SmallVector<Value> start;
    for (Operation *op : reductions) {
      running.emplace_back(code, op, lanes);
      start.append(running.back().start());
    }
    const size_t width = start.size(), rowWidth = width * slices.size();
    // One row of all slices.
    auto rowStep = [&](Value row, ValueRange carried) {
      SmallVector<Coord, 4> rowCoords;
      if (!shape.flat)
        rowCoords = Coords(code, 1).unflatten({row, 0, {}}, shape.rows);
      Value number = arith::TruncIOp::create(code.builder(), code.loc(), code.builder().getI32Type(), row);
      Value index = code.splat(number, lanes);
      SmallVector<Value> next;
      size_t at = 0;
      for (const Slice &slice : slices) {
        Pull::Scope scope(pull);
        recall(slice);
        const Point *where = pointAt(row, rowCoords, slice);
        for (auto [op, one] : llvm::zip_equal(reductions, running)) {
          next.append(
              one.step(carried.slice(at, one.width()), pull.at(op->getOperand(0), where), index, Value()));
          at += one.width();
        }
      }
      return next;
    };
    int64_t rows = shape.rowsSize, whole = rows / strands * strands;
    SmallVector<Value> state;
    for (size_t part = 0; part < size_t(strands) * slices.size(); ++part)
      state.append(start);
    SmallVector<Running *> entries;
    for (size_t slice = 0; slice < slices.size(); ++slice)
      for (Running &one : running)
        entries.push_back(&one);
    std::optional<SumBlocks> blocks =
        sumBlocks(code.builder().getF32Type(), {whole / strands},
                  shortColumn(shape.beforeSize * shape.rowsSize * shape.columnsSize));
    Totals totals(code, entries, strands, blocks);
    totals.appendStart(state);
    auto rowsOfTurn = [&](Value row, ValueRange carried) {
      SmallVector<Value> next;
      for (int64_t strand = 0; strand < strands; ++strand)
        next.append(rowStep(code.add(row, strand), carried.slice(size_t(strand) * rowWidth, rowWidth)));
      next.append(carried.begin() + size_t(strands) * rowWidth, carried.end());
      return next;
    };
    int64_t done = whole;
    if (totals.empty()) {
      state = code.loop(code.integer(0), code.integer(whole), strands, state, rowsOfTurn);
    } else {
      auto flush = [&](SmallVector<Value> sums) { return totals.flush(std::move(sums)); };
      state = loopInBlocks(code, code.integer(0), code.integer(whole), strands, blocks->iterations, state,
                           rowsOfTurn, flush);
      // What is left of the rows, too, before the last flush.
      for (; done < rows; ++done)
        llvm::copy(rowStep(code.integer(done), ValueRange(state).take_front(rowWidth)), state.begin());
      state = totals.flush(std::move(state));
    }
    SmallVector<Value> total(state.begin(), state.begin() + rowWidth);
    for (int64_t strand = 1; strand < strands && whole > 0; ++strand)
      total = joined(running, total, ValueRange(state).slice(size_t(strand) * rowWidth, rowWidth));
    for (; done < rows; ++done)
      total = rowStep(code.integer(done), total);
    size_t at = 0;
    for (Slice &slice : slices)
      for (auto [op, one] : llvm::zip_equal(reductions, running)) {
        Value wide = totals.at(state, at);
        slice.known.push_back({op->getResult(0), wide
                                                     ? roundTotal(code, wide)
                                                     : one.result(ValueRange(total).slice(at, one.width()))});
        at += one.width();
      }
  }

  /// Two rows' states, of all slices, as one.
  static SmallVector<Value> joined(MutableArrayRef<Running> running, ValueRange a, ValueRange b) {
    SmallVector<Value> result;
    for (size_t at = 0; at < a.size();)
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

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Reductions> found = reductionsOf(group);
    std::optional<ColumnShape> shape = found ? columnShapeOf(*found, group) : std::nullopt;
    if (!shape)
      return std::nullopt;
    // A strip of two vectors is read at almost the speed of memory, one of a single vector far below it.
    int64_t least = std::min<int64_t>(2, widestStrip(*found, target, choices));
    int64_t strips = shape->columnsSize / (least * lanesFor(group, target));
    double passes = double(found->levels.size());
    return shared(nanosecondsOf(group, target) * passes, std::max(shape->beforeSize, strips), 0, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    ColumnsLoops(group, emission, *reductionsOf(group)).run();
  }

  bool readsInPlace(const Group &, Value) const override { return false; }
};

} // namespace

const Emitter &columnsEmitter() {
  static const ColumnsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
