// Reductions over trailing axes: softmax, layer norm, cross-entropy, sums of rows, sums of everything.
//
// Algorithm: for each row (a place in the axes that are kept), one pass over the row for each level of
// reductions, in vectors along the last axis with a masked tail, all reductions of a level together; their
// lanes are then folded into a scalar that later passes repeat. A last pass writes what has the full shape,
// then the row's scalars are written. What is costly and asked for by several passes (softmax's exponentials)
// is computed by the first and kept in scratch for the others; such a pass has the time to prefetch the next
// row, too. Long sums go to f64 totals block by block. Chunks share the rows.
#include "compiler/kernels/emitters/Reductions.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Bytes that a row may leave in scratch, at most: they should stay in the L2 cache beside the row itself.
constexpr int64_t mostKept = 256 << 10;
/// An input of more bytes is not expected in the L2 cache.
constexpr int64_t farBytes = 2 << 20;

std::optional<Reductions> matchRows(const Group &group) {
  std::optional<Reductions> found = reductionsOf(group);
  if (!found)
    return std::nullopt;
  int64_t rank = int64_t(found->full.size());
  for (auto [i, axis] : llvm::enumerate(found->axes))
    if (axis != rank - int64_t(found->axes.size()) + int64_t(i))
      return std::nullopt;
  return found;
}

/// What is kept of a row for later passes over it, in scratch.
struct Keeping {
  struct Kept {
    Value value;
    size_t pass;    // that computes it
    int64_t offset; // in scratch, in bytes
  };
  SmallVector<Kept> values;
  int64_t bytes = 0;
  int64_t last = 1; // elements from one row along the last axis to the next: whole vectors

  Keeping(const Reductions &found, const Group &group, int64_t lanes) {
    int64_t rowSize = 1;
    for (int64_t size : found.sizes(found.axes))
      rowSize *= size;
    // Along the last axis a row may end within a vector, whether or not several axes are run over as one.
    last = int64_t(llvm::alignTo(found.full.back(), lanes));
    int64_t room = rowSize / found.full.back() * last;
    for (auto [value, pass] : costlyInSeveralPasses(found, group)) {
      int64_t size = int64_t(llvm::alignTo(room * elementBytes(elementOf(value)), 64));
      if (bytes + size > mostKept)
        continue;
      values.push_back({value, pass, bytes});
      bytes += size;
    }
  }
};

class RowsLoops {
public:
  RowsLoops(const Group &group, Emission &emission, Reductions found, int64_t triangle = 0)
      : emission(emission), pull(emission.pull), code(emission.code), found(std::move(found)),
        triangle(triangle), kept(this->found.sizes(this->found.kept)),
        reduced(this->found.sizes(this->found.axes)), lanes(lanesFor(group, code.target())),
        keeping(this->found, group, lanes) {
    for (int64_t size : reduced)
      rowSize *= size;
    for (Operation *op : group.ops)
      for (Value operand : op->getOperands())
        if (group.stored.count(operand) && comesFromMemory(operand) && !llvm::is_contained(inputs, operand))
          inputs.push_back(operand);
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
    run(low, high);
  }

  void run(Value low, Value high) {
    code.loop(low, high, 1, [&](Value row) {
      Pull::Scope scope(pull);
      coords = Coords(code, 1).unflatten({row, 0, {}}, kept);
      Point made;
      made.coords = coords;
      made.linear = Coord{row, 0, {}};
      rowPoint = pull.point(std::move(made));
      if (triangle) {
        Value steps = code.add(code.div(coords.back().base, triangle), 1);
        end = arith::MinSIOp::create(code.builder(), code.loc(), code.mul(steps, triangle),
                                     code.integer(reduced.back()));
      }
      for (size_t level = 0; level < found.levels.size(); ++level) {
        prepare(level);
        pass(level);
      }
      prepare(found.levels.size());
      if (!found.fullOuts.empty())
        eachVector(found.levels.size(), {}, {}, [&](const Point *where, Value, ValueRange) {
          emission.write(found.fullOuts, where);
          return SmallVector<Value>();
        });
      if (triangle)
        writeZeros();
      emission.write(found.reducedOuts, rowPoint);
    });
  }

private:
  /// Past what a triangle's row looks at.
  void writeZeros() {
    code.loop(end, code.integer(reduced.back()), lanes, [&](Value i) {
      SmallVector<Coord, 4> place(coords);
      place.push_back({i, lanes == 1 ? 0 : 1, {}});
      Value start = Coords(code, lanes).flatten(place, found.full).base;
      for (Value out : found.fullOuts)
        for (const Memory &memory : emission.places.lookup(out))
          code.store(code.number(code.type(elementOf(out), lanes), 0), memory, start);
    });
  }

  /// Whether it is a full-sized input that the L2 cache is too small for, but not for a row.
  bool comesFromMemory(Value input) const {
    return shapeOf(input) == ArrayRef<int64_t>(found.full) && bytesOf(input) > farBytes &&
           rowSize * elementBytes(elementOf(input)) <= mostKept;
  }

  /// Computes, outside the loops of a pass, the reduced values that it repeats.
  void prepare(size_t level) {
    for (auto [value, ready] : found.repeated)
      if (ready == level)
        pull.set(value, pull.at(value, rowPoint));
  }

  void pass(size_t level) {
    ArrayRef<Operation *> reductions = found.levels[level];
    SmallVector<Running> running;
    SmallVector<Value> state;
    for (Operation *op : reductions) {
      running.emplace_back(code, op, lanes);
      state.append(running.back().start());
    }
    const size_t width = state.size();
    int64_t strands = strandsFor(width);
    SmallVector<Value> start = state;
    for (int64_t strand = 1; strand < strands; ++strand)
      state.append(start);
    std::optional<SumBlocks> blocks = blocksFor(strands);
    Totals totals(code, llvm::map_to_vector(running, [](Running &one) { return &one; }), strands, blocks);
    totals.appendStart(state);
    Turns turns{width, strands, totals.empty() ? std::nullopt : blocks, &totals};
    state = eachVector(level, state, turns, [&](const Point *where, Value index, ValueRange carried) {
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
      // Neighbouring strands first: sums stay pairwise.
      SmallVector<SmallVector<Value>> parts;
      for (int64_t strand = 0; strand < strands; ++strand)
        parts.emplace_back(ValueRange(state).slice(size_t(strand) * width + at, one.width()));
      for (; parts.size() > 1; parts.truncate(parts.size() / 2))
        for (size_t i = 0; i < parts.size() / 2; ++i)
          parts[i] = one.join(parts[2 * i], parts[2 * i + 1]);
      Value total = totals.at(state, at);
      pull.set(op->getResult(0), total ? roundTotal(code, one.across(total)) : one.across(parts.front()));
      at += one.width();
    }
  }

  /// Where long sums are cut; each strand takes one vector of a turn.
  std::optional<SumBlocks> blocksFor(int64_t strands) const {
    int64_t turn = strands * lanes;
    SmallVector<int64_t> sizes;
    if (!flat)
      sizes.append(reduced.begin(), reduced.end() - 1);
    sizes.push_back(llvm::divideCeilSigned(flat ? rowSize : reduced.back(), turn));
    int64_t numbers = 1;
    for (int64_t size : found.full)
      numbers *= size;
    return sumBlocks(code.builder().getF32Type(), sizes, shortRow(numbers));
  }

  /// Vectors that are taken in at once, each by a state of its own, so that they do not wait for each other:
  /// a power of two. Longer states leave room for fewer.
  int64_t strandsFor(size_t width) const {
    int64_t vectors = ((flat ? rowSize : reduced.back()) + lanes - 1) / lanes, strands = 1;
    while (strands < 4 && 2 * strands * int64_t(width) <= 8 && 2 * strands <= vectors)
      strands *= 2;
    return strands;
  }

  /// Who takes in the vectors of a row: `strands` that carry `width` values each, in turn. With blocks, their
  /// sums go to totals.
  struct Turns {
    size_t width = 0;
    int64_t strands = 1;
    std::optional<SumBlocks> blocks = std::nullopt;
    Totals *totals = nullptr;
  };

  /// Runs over the row in vectors. `body` gets the point, the lanes' places along the last axis, and what its
  /// strand carries.
  SmallVector<Value>
  eachVector(size_t pass, SmallVector<Value> state, const Turns &turns,
             llvm::function_ref<SmallVector<Value>(const Point *, Value, ValueRange)> body) {
    SmallVector<Coord, 4> inside;
    const int64_t strands = turns.strands;
    const size_t width = turns.width;
    auto flush = [&](SmallVector<Value> sums) { return turns.totals->flush(std::move(sums)); };
    // The loop at the depth where blocks are cut, or any other.
    auto loop = [&](Value low, Value high, int64_t step, ValueRange carried, Code::Body each) {
      if (!turns.blocks || turns.blocks->depth != inside.size())
        return code.loop(low, high, step, carried, each);
      return loopInBlocks(code, low, high, step, turns.blocks->iterations, carried, each, flush);
    };
    auto ended = [&](SmallVector<Value> sums) {
      return turns.blocks && turns.blocks->depth == inside.size() ? flush(std::move(sums)) : sums;
    };
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
        const Point *where = pull.point(std::move(made));
        if (pass > 0 && llvm::any_of(keeping.values, [&](const auto &kept) { return kept.pass == pass; }))
          prefetchNextRow(where);
        Value place = placeInRow(inside, i);
        for (const Keeping::Kept &kept : keeping.values)
          if (kept.pass < pass)
            pull.set(kept.value, code.load(memoryOf(kept), place, lanes));
        SmallVector<Value> next = body(where, arithmetic.vector(last), carried);
        for (const Keeping::Kept &kept : keeping.values)
          if (kept.pass == pass)
            code.store(pull.at(kept.value, where), memoryOf(kept), place);
        return next;
      };
      if (triangle) {
        // Turns of all strands, then of the first half of them, and so on. As a triangle's step is an even
        // number of vectors, each meets the strand that it would meet in a whole row.
        Value done = code.integer(0);
        for (int64_t some = strands; some > 0; some /= 2) {
          int64_t turn = some * lanes;
          Value to = code.mul(code.div(end, turn), turn);
          auto oneTurn = [&](Value i, ValueRange carried) {
            SmallVector<Value> next(carried);
            for (int64_t strand = 0; strand < some; ++strand)
              llvm::copy(
                  one(code.add(i, strand * lanes), Value(), carried.slice(size_t(strand) * width, width)),
                  next.begin() + strand * int64_t(width));
            return next;
          };
          state = some == strands ? loop(done, to, turn, state, oneTurn)
                                  : code.loop(done, to, turn, state, oneTurn);
          done = to;
          if (triangle % turn == 0)
            break;
        }
        return ended(std::move(state));
      }
      int64_t turn = strands * lanes, whole = size / turn * turn;
      state = loop(code.integer(0), code.integer(whole), turn, state, [&](Value i, ValueRange carried) {
        SmallVector<Value> next;
        for (int64_t strand = 0; strand < strands; ++strand)
          next.append(
              one(code.add(i, strand * lanes), Value(), carried.slice(size_t(strand) * width, width)));
        next.append(carried.begin() + size_t(strands) * width, carried.end());
        return next;
      });
      for (size_t at = 0; whole < size; at += width, whole += lanes) {
        Value mask = size - whole < lanes ? code.firstLanes(size - whole, lanes) : Value();
        llvm::copy(one(code.integer(whole), mask, ValueRange(state).slice(at, width)), state.begin() + at);
      }
      return ended(std::move(state));
    };
    if (flat)
      return along(rowSize, std::move(state));
    auto nest = [&](auto &&self, SmallVector<Value> state) -> SmallVector<Value> {
      if (inside.size() + 1 == reduced.size())
        return along(reduced.back(), std::move(state));
      return ended(loop(code.integer(0), code.integer(reduced[inside.size()]), 1, state,
                        [&](Value i, ValueRange carried) {
                          inside.push_back({i, 0, {}});
                          SmallVector<Value> next = self(self, SmallVector<Value>(carried));
                          inside.pop_back();
                          return next;
                        }));
    };
    return nest(nest, std::move(state));
  }

  /// Begins to read the same place of the row after this one.
  void prefetchNextRow(const Point *where) {
    Coord linear = where->linear ? *where->linear : Coords(code, lanes).flatten(*where->coords, found.full);
    for (Value input : inputs)
      code.prefetch(pull.memoryOf(input), code.add(linear.base, rowSize));
  }

  Memory memoryOf(const Keeping::Kept &kept) {
    return code.carve(emission.scratch, kept.offset, elementOf(kept.value));
  }

  /// Where a vector of the row lies in scratch.
  Value placeInRow(ArrayRef<Coord> inside, Value along) {
    Value rows = code.integer(0);
    for (auto [coord, size] : llvm::zip(inside, reduced))
      rows = code.add(code.mul(rows, size), coord.base);
    return code.add(code.mul(rows, keeping.last), along);
  }

  Emission &emission;
  Pull &pull;
  Code &code;
  Reductions found;
  int64_t triangle; // of emitRows
  Value end;        // of what a row of a triangle looks at
  SmallVector<int64_t> kept, reduced;
  SmallVector<Value> inputs; // of the full shape
  int64_t lanes, rowSize = 1;
  Keeping keeping;
  bool flat;
  SmallVector<Coord, 4> coords;
  const Point *rowPoint = nullptr;
};

class RowsEmitter : public Emitter {
public:
  StringRef name() const override { return "rows"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Reductions> found = matchRows(group);
    if (!found)
      return std::nullopt;
    int64_t rows = 1;
    for (int64_t axis : found->kept)
      rows *= found->full[axis];
    return shared(nanosecondsOf(group, target) * double(found->levels.size() + 1) / 2, rows,
                  Keeping(*found, group, lanesFor(group, target)).bytes, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    RowsLoops(group, emission, *matchRows(group)).run();
  }

  bool readsInPlace(const Group &group, Value input) const override {
    // A row's inputs are read for the last time at the point that is written.
    std::optional<Reductions> found = matchRows(group);
    return shapeOf(input) == ArrayRef<int64_t>(found->full) && flowsThrough(input, [](Operation *op) {
             return isa<ir::ElementwiseOpInterface, ir::ReduceOp, ir::ArgmaxOp, ir::BroadcastOp>(op);
           });
  }
};

} // namespace

void emitRows(const Group &group, Emission &emission, Value low, Value high, int64_t triangle) {
  RowsLoops(group, emission, *matchRows(group), triangle).run(low, high);
}

const Emitter &rowsEmitter() {
  static const RowsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
