// Pooling with few channels, in windows that lie side by side: vectors run along pixels and channels of a row
// at once.
//
// Algorithm: in a row of [pixels, channels], read as one run, every element of a window op's result comes
// from places that are fixed relative to it, and the pattern repeats after a few vectors (the period). So a
// period is loaded whole, and the elements each vector needs are shuffled together. Windows that do not
// overlap and fill the picture make rows of the smaller side stand for whole rows of the larger one. Chunks
// share those rows.
#include "compiler/kernels/emitters/Reductions.h"

#include <numeric>

using namespace mlir;

namespace mlc::compiler {

namespace {

struct NarrowWindowsPlan {
  Operation *op;
  bool spreads;                   // the result is the larger side
  int64_t height, width;          // of a window
  int64_t channels, rows, pixels; // rows of the smaller side (all pictures together) and its pixels in a row
  int64_t lanes;

  int64_t wideRow() const { return pixels * width * channels; }
  int64_t narrowRow() const { return pixels * channels; }
};

template <typename Op> bool sideBySide(Op op, ArrayRef<int64_t> wide, ArrayRef<int64_t> narrow) {
  if (op.getWindow() != op.getStrides() ||
      llvm::any_of(op.getPadsLow(), [](int64_t pad) { return pad != 0; }))
    return false;
  for (auto [i, size] : llvm::enumerate(op.getWindow()))
    if (wide[i + 1] != narrow[i + 1] * size)
      return false;
  return true;
}

std::optional<NarrowWindowsPlan> matchNarrowWindows(const Group &group, const Target &target) {
  SmallVector<Operation *> anchors = group.anchors();
  if (anchors.size() != 1 || !group.onlyElementwiseAfter(anchors.front()))
    return std::nullopt;
  Operation *op = anchors.front();
  ArrayRef<int64_t> narrow, window;
  bool spreads = false, fits = false;
  auto describe = [&](auto windowOp, Value wideValue, Value narrowValue) {
    narrow = shapeOf(narrowValue);
    window = windowOp.getWindow();
    spreads = wideValue == windowOp->getResult(0);
    fits = sideBySide(windowOp, shapeOf(wideValue), narrow);
  };
  if (auto max = dyn_cast<ir::WindowMaxOp>(op))
    describe(max, max.getX(), max.getValue());
  else if (auto sum = dyn_cast<ir::WindowSumOp>(op))
    describe(sum, sum.getX(), sum.getResult());
  else if (auto scatter = dyn_cast<ir::WindowScatterOp>(op))
    describe(scatter, scatter.getResult(), scatter.getX());
  else if (auto spread = dyn_cast<ir::WindowSpreadOp>(op))
    describe(spread, spread.getResult(), spread.getX());
  if (!fits || sizeOf(op->getResult(0)) == 0)
    return std::nullopt;
  for (Value operand : op->getOperands())
    if (!group.stored.count(operand))
      return std::nullopt;
  // What follows must not look at coordinates.
  for (Operation *other : group.ops)
    if (other != op && !isa<ir::ElementwiseOpInterface, ir::ConstantOp>(other))
      return std::nullopt;
  for (Value out : group.outs)
    if (!llvm::any_of(op->getResults(), [&](Value result) { return group.reaches(result, out); }))
      return std::nullopt;
  bool two = window.size() == 2;
  NarrowWindowsPlan plan{op,
                         spreads,
                         two ? window[0] : 1,
                         window.back(),
                         narrow.back(),
                         two ? narrow[0] * narrow[1] : narrow[0],
                         narrow[narrow.size() - 2],
                         lanesFor(group, target)};
  if (plan.channels * 2 > plan.lanes || plan.width > 4 || plan.height * plan.width > 16)
    return std::nullopt;
  return plan;
}

class NarrowWindowsLoops {
public:
  NarrowWindowsLoops(const Group &group, Emission &emission)
      : group(group), emission(emission), pull(emission.pull), code(emission.code),
        plan(*matchNarrowWindows(group, code.target())) {}

  void run() {
    // The run of the result that a row of the smaller side stands for, and the pattern's period, in elements.
    int64_t run = plan.spreads ? plan.wideRow() : plan.narrowRow();
    int64_t unit = plan.spreads ? plan.width * plan.channels : plan.channels;
    int64_t period = std::lcm(plan.lanes, unit), whole = run / period;
    auto part = emission.part(plan.rows);
    code.loop(part.first, part.second, 1, [&](Value row) {
      auto some = [&](Value first, int64_t count) {
        for (int64_t v = 0; v * plan.lanes < count; ++v)
          plan.spreads ? spread(row, first, v, std::min(plan.lanes, count - v * plan.lanes))
                       : collect(row, first, v, std::min(plan.lanes, count - v * plan.lanes));
      };
      code.loop(whole, [&](Value block) { some(code.mul(block, period), period); });
      if (whole * period != run)
        some(code.integer(whole * period), run - whole * period);
    });
  }

private:
  /// memory[base + positions[lane]] in each lane. Nothing past base + extent is read.
  Value pick(const Memory &memory, Value base, ArrayRef<int64_t> positions, int64_t extent) {
    int64_t lanes = plan.lanes;
    Value result;
    for (int64_t first = 0; first < extent; first += lanes) {
      int64_t count = std::min(lanes, extent - first);
      Value vector = code.load(memory, code.add(base, first), lanes,
                               count == lanes ? Value() : code.firstLanes(count, lanes));
      SmallVector<int64_t> order(lanes);
      for (int64_t lane = 0; lane < lanes; ++lane) {
        bool mine = positions[lane] >= first && positions[lane] < first + lanes;
        order[lane] = mine ? (result ? lanes : 0) + positions[lane] - first : result ? lane : 0;
      }
      result = code.shuffle(result ? result : vector, vector, order);
    }
    return result;
  }

  /// Results of the larger side from one of the smaller: element e of a row and window row comes from pixel
  /// (e / channels) / width.
  void spread(Value row, Value first, int64_t v, int64_t count) {
    int64_t lanes = plan.lanes, channels = plan.channels, start = v * lanes;
    auto source = [&](int64_t e) { return e / channels / plan.width * channels + e % channels; };
    // Relative to the first pixel the vector touches; the lanes past the count repeat the last.
    int64_t base = start / channels / plan.width * channels;
    SmallVector<int64_t> positions(lanes), columns(lanes);
    int64_t extent = 0;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      int64_t e = start + std::min(lane, count - 1);
      positions[lane] = source(e) - base;
      columns[lane] = e / channels % plan.width;
      extent = std::max(extent, positions[lane] + 1);
    }
    // `first` is whole windows, so it is width times as far in the result as in the operand.
    Value from = code.add(code.add(code.mul(row, plan.narrowRow()), code.div(first, plan.width)), base);
    Value numbers = pick(pull.memoryOf(plan.op->getOperand(0)), from, positions, extent), chosen;
    bool scatters = isa<ir::WindowScatterOp>(plan.op);
    if (scatters)
      chosen = pick(pull.memoryOf(plan.op->getOperand(1)), from, positions, extent);
    for (int64_t k = 0; k < plan.height; ++k) {
      Value here = numbers;
      if (scatters) {
        SmallVector<int32_t> places(lanes);
        for (int64_t lane = 0; lane < lanes; ++lane)
          places[lane] = int32_t(k * plan.width + columns[lane]);
        here = code.select(code.compare(arith::CmpIPredicate::eq, chosen, code.integers(places)), numbers,
                           code.number(numbers.getType(), 0));
      }
      Value wideRow = code.add(code.mul(row, plan.height), k);
      Pull::Scope scope(pull);
      pull.set(plan.op->getResult(0), here);
      write(code.add(code.add(code.mul(wideRow, plan.wideRow()), first), start), count);
    }
  }

  /// Results of the smaller side from the larger one: element e of a row comes from pixels (e / channels) *
  /// width + k.
  void collect(Value row, Value first, int64_t v, int64_t count) {
    int64_t lanes = plan.lanes, channels = plan.channels, start = v * lanes,
            base = start / channels * plan.width * channels;
    OpBuilder &build = code.builder();
    Location loc = code.loc();
    Value best, index;
    for (int64_t ky = 0; ky < plan.height; ++ky)
      for (int64_t kx = 0; kx < plan.width; ++kx) {
        SmallVector<int64_t> positions(lanes);
        int64_t lastPixel = (start + count - 1) / channels;
        for (int64_t lane = 0; lane < lanes; ++lane) {
          int64_t e = start + std::min(lane, count - 1);
          positions[lane] = (e / channels * plan.width + kx) * channels + e % channels - base;
        }
        int64_t extent = (lastPixel + 1) * plan.width * channels - base;
        Value wideRow = code.add(code.mul(row, plan.height), ky);
        Value from = code.add(code.add(code.mul(wideRow, plan.wideRow()), code.mul(first, plan.width)), base);
        Value here = pick(pull.memoryOf(plan.op->getOperand(0)), from, positions, extent);
        if (isa<ir::WindowSumOp>(plan.op)) {
          best = best ? Value(arith::AddFOp::create(build, loc, best, here)) : here;
          continue;
        }
        Value place = code.number(code.type(build.getI32Type(), lanes), double(ky * plan.width + kx));
        if (!best) {
          best = here;
          index = place;
          continue;
        }
        // A greater one, or the first NaN.
        Value greater = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::UGT, here, best);
        Value ordered = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::ORD, best, best);
        Value take = arith::AndIOp::create(build, loc, greater, ordered);
        best = code.select(take, here, best);
        index = code.select(take, place, index);
      }
    Pull::Scope scope(pull);
    pull.set(plan.op->getResult(0), best);
    if (index)
      pull.set(plan.op->getResult(1), index);
    write(code.add(code.add(code.mul(row, plan.narrowRow()), first), start), count);
  }

  void write(Value linear, int64_t count) {
    Point made;
    made.lanes = plan.lanes;
    made.mask = count == plan.lanes ? Value() : code.firstLanes(count, plan.lanes);
    made.linear = Coord{linear, 1, {}};
    emission.write(group.outs, pull.point(std::move(made)));
  }

  const Group &group;
  Emission &emission;
  Pull &pull;
  Code &code;
  NarrowWindowsPlan plan;
};

class NarrowWindowsEmitter : public Emitter {
public:
  StringRef name() const override { return "narrow_windows"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<NarrowWindowsPlan> plan = matchNarrowWindows(group, target);
    if (!plan)
      return std::nullopt;
    return shared(nanosecondsOf(group, target), plan->rows, 0, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    NarrowWindowsLoops(group, emission).run();
  }
};

} // namespace

const Emitter &narrowWindowsEmitter() {
  static const NarrowWindowsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
