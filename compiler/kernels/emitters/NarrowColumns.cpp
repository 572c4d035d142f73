// Reductions over leading or middle axes that leave fewer columns than a vector has lanes: the gradient of
// six filters' bias.
//
// Algorithm: the rows are read as one run of whole vectors. After as many vectors as make a multiple of the
// columns the lanes stand for the same columns again, so there is one accumulator for each vector of that
// period. At the end the period is cut into pieces of one row of columns, which are combined. Long sums go to
// f64 totals block by block.
#include "compiler/kernels/emitters/Reductions.h"

#include <numeric>

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Registers for accumulators.
constexpr int64_t mostAccumulators = 16;

struct NarrowColumnsPlan {
  Reductions found;
  ColumnShape shape;
  int64_t lanes, period; // in vectors
};

std::optional<NarrowColumnsPlan> matchNarrowColumns(const Group &group, const Target &target) {
  std::optional<Reductions> found = reductionsOf(group);
  std::optional<ColumnShape> shape = found ? columnShapeOf(*found, group) : std::nullopt;
  if (!shape || !shape->flat ||
      llvm::any_of(group.anchors(), [](Operation *op) { return isa<ir::ArgmaxOp>(op); }))
    return std::nullopt;
  int64_t lanes = lanesFor(group, target), columns = shape->columnsSize;
  int64_t period = std::lcm(lanes, columns) / lanes;
  if (columns >= lanes || columns == 1 || period * int64_t(group.anchors().size()) > mostAccumulators ||
      shape->rowsSize * columns < 4 * period * lanes)
    return std::nullopt;
  return NarrowColumnsPlan{std::move(*found), std::move(*shape), lanes, period};
}

class NarrowColumnsEmitter : public Emitter {
public:
  StringRef name() const override { return "narrow_columns"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<NarrowColumnsPlan> plan = matchNarrowColumns(group, target);
    if (!plan)
      return std::nullopt;
    return shared(nanosecondsOf(group, target), plan->shape.beforeSize, 0, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    Code &code = emission.code;
    Pull &pull = emission.pull;
    NarrowColumnsPlan plan = *matchNarrowColumns(group, code.target());
    auto part = emission.part(plan.shape.beforeSize);
    code.loop(part.first, part.second, 1, [&](Value before) {
      Pull::Scope scope(pull);
      reduce(plan, emission, before);
      Point made;
      made.lanes = plan.lanes;
      made.mask = code.firstLanes(plan.shape.columnsSize, plan.lanes);
      made.linear = Coord{code.mul(before, plan.shape.columnsSize), 1, {}};
      emission.write(plan.found.reducedOuts, pull.point(std::move(made)));
    });
  }

  bool readsInPlace(const Group &, Value) const override { return false; }

private:
  static void reduce(const NarrowColumnsPlan &plan, Emission &emission, Value before) {
    Code &code = emission.code;
    Pull &pull = emission.pull;
    ArrayRef<Operation *> reductions = plan.found.levels.front();
    int64_t lanes = plan.lanes, columns = plan.shape.columnsSize, size = plan.shape.rowsSize * columns;
    int64_t block = plan.period * lanes, whole = size / block * block;
    Value start = code.mul(before, size);
    SmallVector<Running> running;
    SmallVector<Value> state;
    for (Operation *op : reductions)
      running.emplace_back(code, op, lanes);
    SmallVector<Running *> entries; // of one width each
    for (Running &one : running)
      for (int64_t v = 0; v < plan.period; ++v) {
        state.append(one.start());
        entries.push_back(&one);
      }
    std::optional<SumBlocks> blocks = sumBlocks(code.builder().getF32Type(), {whole / block},
                                                shortColumn(plan.shape.beforeSize * size), 2 * termsOfBlock);
    Totals totals(code, entries, /*strands=*/1, blocks);
    totals.appendStart(state);
    auto step = [&](Value i, int64_t v, int64_t count, SmallVectorImpl<Value> &all) {
      Pull::Scope scope(pull);
      Point made;
      made.lanes = lanes;
      made.mask = count < lanes ? code.firstLanes(count, lanes) : Value();
      made.linear = Coord{code.add(start, code.add(i, v * lanes)), 1, {}};
      const Point *where = pull.point(std::move(made));
      for (size_t r = 0; r < reductions.size(); ++r) {
        Value &accumulator = all[r * size_t(plan.period) + size_t(v)];
        accumulator = running[r].step(accumulator, pull.at(reductions[r]->getOperand(0), where), Value(),
                                      where->mask)[0];
      }
    };
    auto onePeriod = [&](Value i, ValueRange carried) {
      SmallVector<Value> all(carried);
      for (int64_t v = 0; v < plan.period; ++v)
        step(i, v, lanes, all);
      return all;
    };
    auto flush = [&](SmallVector<Value> sums) { return totals.flush(std::move(sums)); };
    state = totals.empty() ? code.loop(code.integer(0), code.integer(whole), block, state, onePeriod)
                           : loopInBlocks(code, code.integer(0), code.integer(whole), block,
                                          blocks->iterations, state, onePeriod, flush);
    for (int64_t v = 0, rest = size - whole; rest > 0; ++v, rest -= lanes)
      step(code.integer(whole), v, std::min(rest, lanes), state);
    state = flush(std::move(state));
    // Piece t holds elements [t * columns, (t + 1) * columns) of the period.
    for (size_t r = 0; r < reductions.size(); ++r) {
      SmallVector<Value> period;
      for (size_t place = r * size_t(plan.period); place < (r + 1) * size_t(plan.period); ++place) {
        Value wide = totals.at(state, place);
        period.push_back(wide ? wide : state[place]);
      }
      Value total;
      for (int64_t t = 0; t < block / columns; ++t) {
        int64_t first = t * columns, vector = first / lanes, next = std::min(vector + 1, plan.period - 1);
        SmallVector<int64_t> order(lanes);
        for (int64_t lane = 0; lane < lanes; ++lane)
          order[lane] = first - vector * lanes + std::min(lane, columns - 1);
        Value piece = code.shuffle(period[vector], period[next], order);
        total = total ? running[r].join(total, piece)[0] : piece;
      }
      bool isWide = bool(totals.at(state, r * size_t(plan.period)));
      pull.set(reductions[r]->getResult(0), isWide ? roundTotal(code, total) : total);
    }
  }
};

} // namespace

const Emitter &narrowColumnsEmitter() {
  static const NarrowColumnsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
