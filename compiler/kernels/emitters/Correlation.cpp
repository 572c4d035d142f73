#include "compiler/kernels/emitters/Correlation.h"

#include <numeric>

using namespace mlir;

namespace mlc::compiler {

bool Correlation::isForward() const {
  for (int i = 0; i < 2; ++i) {
    if (outSteps[i] != 1 || weightSteps[i] != 1 || runs[i].size() != 1)
      return false;
    const PhaseRun &run = runs[i].front();
    if (run.phases != 1 || run.taps != taps[i] || run.count != out[i] || run.frame != 0 || run.weight != 0)
      return false;
  }
  return true;
}

static Correlation forward(ir::ConvOp op) {
  ConvShape shape = convShape(op);
  Correlation c{shape.images,
                shape.groups,
                shape.perGroup(),
                shape.filtersPerGroup(),
                shape.out,
                shape.taps,
                shape.strides,
                shape.dilations,
                {1, 1},
                {1, 1},
                {},
                {},
                op.getX(),
                op.getW(),
                false};
  c.frame = {shape.in, shape.channels, {}, shape.low};
  for (int i = 0; i < 2; ++i)
    c.runs[i] = {{1, shape.out[i], shape.taps[i], 0, 0, 0, 0, 0, 0}};
  return c;
}

/// The phases of a gradient by the input along one axis. Result p sums, over the taps k with (p + low - k *
/// dilation) divisible by the stride, the cotangent there. Those taps are stride / gcd apart, their places
/// dilation / gcd; in the turned weights they run the other way. Phases whose numbers go up evenly are one
/// run, so that the code does not grow with the stride. Returns where place 0 of the cotangent lies in the
/// frame.
static int64_t phasesOf(int64_t results, int64_t taps, int64_t stride, int64_t dilation, int64_t low,
                        SmallVectorImpl<PhaseRun> &runs) {
  int64_t apart = std::gcd(stride, dilation), tapStep = stride / apart, placeStep = dilation / apart;
  std::optional<int64_t> border;
  for (int64_t p = 0; p < std::min(stride, results); ++p) {
    int64_t tap = 0;
    while (tap < taps && (p + low - tap * dilation) % stride != 0)
      ++tap;
    int64_t count = (results - p - 1) / stride + 1, some = (taps - tap + tapStep - 1) / tapStep;
    PhaseRun phase{1, count, some, p, 0, 0, 0, 0, 0};
    if (some > 0) {
      phase.weight = taps - 1 - (tap + (some - 1) * tapStep);
      phase.frame = (p + low - tap * dilation) / stride - (some - 1) * placeStep;
      border = std::max(border.value_or(-phase.frame), -phase.frame);
    }
    PhaseRun *last = runs.empty() ? nullptr : &runs.back();
    if (last && last->count == count && last->taps == some) {
      int64_t before = last->phases - 1;
      int64_t first = p - last->first - before * last->nextFirst;
      int64_t weight = phase.weight - last->weight - before * last->nextWeight;
      int64_t frame = phase.frame - last->frame - before * last->nextFrame;
      if (before == 0 || (weight == last->nextWeight && frame == last->nextFrame)) {
        last->nextFirst = first;
        last->nextWeight = weight;
        last->nextFrame = frame;
        ++last->phases;
        continue;
      }
    }
    runs.push_back(phase);
  }
  for (PhaseRun &run : runs)
    if (run.taps > 0)
      run.frame += *border;
  return border.value_or(0);
}

static Correlation backward(ir::ConvInputOp op) {
  ConvShape shape = convShape(op);
  Correlation c{shape.images,
                shape.groups,
                shape.filtersPerGroup(),
                shape.perGroup(),
                shape.in,
                shape.taps,
                {1, 1},
                {},
                shape.strides,
                {},
                {},
                {},
                op.getY(),
                op.getW(),
                true};
  c.frame = {shape.out, shape.filters, {}, {}};
  for (int i = 0; i < 2; ++i) {
    int64_t apart = std::gcd(shape.strides[i], shape.dilations[i]);
    c.dilations[i] = shape.dilations[i] / apart;
    c.weightSteps[i] = shape.strides[i] / apart;
    c.frame.low[i] =
        phasesOf(shape.in[i], shape.taps[i], shape.strides[i], shape.dilations[i], shape.low[i], c.runs[i]);
  }
  return c;
}

std::optional<Correlation> correlationOf(const Group &group) {
  SmallVector<Operation *> anchors = group.anchors();
  if (anchors.size() != 1 || !group.onlyElementwiseAfter(anchors.front()))
    return std::nullopt;
  Operation *op = anchors.front();
  if (!isa<ir::ConvOp, ir::ConvInputOp>(op) || !group.stored.count(op->getOperand(0)) ||
      !group.stored.count(op->getOperand(1)))
    return std::nullopt;
  for (Value out : group.outs)
    if (!group.reaches(op->getResult(0), out))
      return std::nullopt;
  auto forwardOp = dyn_cast<ir::ConvOp>(op);
  Correlation c = forwardOp ? forward(forwardOp) : backward(cast<ir::ConvInputOp>(op));
  // Narrow groups vectorise better across groups, element by element.
  if (c.groups > 1 && c.perOut < 8)
    return std::nullopt;
  if (sizeOf(op->getResult(0)) == 0 || sizeOf(c.source) == 0)
    return std::nullopt;
  for (int i = 0; i < 2; ++i) {
    c.frame.size[i] = 1;
    for (const PhaseRun &run : c.runs[i]) {
      int64_t last = run.frame + std::max<int64_t>(0, (run.phases - 1) * run.nextFrame);
      last += (run.count - 1) * c.strides[i] + (run.taps - 1) * c.dilations[i];
      if (run.taps > 0)
        c.frame.size[i] = std::max(c.frame.size[i], last + 1);
    }
  }
  return c;
}

/// Where of a tile's results a vector lies, from the tile's first: rows down, pixels right, filters on.
struct TileStep {
  int64_t down, right, filters;
};

static TileStep stepOf(const Correlation &c, const TileResults &at, int64_t index) {
  int64_t pixel = index / at.vectors;
  return {pixel / at.width * c.outSteps[0], pixel % at.width * c.outSteps[1], index % at.vectors * at.lanes};
}

/// The first element, in the result, of a vector of a tile.
static Value linearAt(Code &code, const Correlation &c, const TileResults &at, const TileStep &step) {
  Value start = code.add(code.mul(code.add(code.mul(at.image, c.out[0]), at.row), c.out[1]), at.pixel);
  return code.add(code.mul(code.add(start, step.down * c.out[1] + step.right), c.groups * c.perOut),
                  code.add(at.filter, step.filters));
}

void fetchAhead(const Group &group, Emission &emission, const Correlation &c, const TileResults &at,
                int64_t vectors) {
  for (const Memory &memory :
       emission.fetchable(group, group.anchors().front()->getResult(0), c.taps[0] * c.taps[1] * c.perSum))
    for (int64_t i = 0; i < vectors; ++i)
      emission.code.prefetch(memory, linearAt(emission.code, c, at, stepOf(c, at, i)));
}

void writeTile(const Group &group, Emission &emission, const Correlation &c, const TileResults &at,
               ArrayRef<Value> sums) {
  Code &code = emission.code;
  Value anchor = group.anchors().front()->getResult(0);
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Pull::Scope scope(emission.pull);
    emission.pull.set(anchor, sum);
    TileStep step = stepOf(c, at, int64_t(i));
    Point made;
    made.lanes = at.lanes;
    made.mask = int64_t(i) % at.vectors + 1 == at.vectors ? at.mask : Value();
    made.linear = Coord{linearAt(code, c, at, step), 1, {}};
    made.coords = SmallVector<Coord, 4>{{at.image, 0, {}},
                                        {code.add(at.row, step.down), 0, {}},
                                        {code.add(at.pixel, step.right), 0, {}},
                                        {code.add(at.filter, step.filters), 1, {}}};
    if (shapeOf(anchor).size() == 3)
      made.coords->erase(made.coords->begin() + 1);
    emission.write(group.outs, emission.pull.point(std::move(made)));
  }
}

void turnWeights(Code &code, const Correlation &c, const Memory &weights, const Memory &to) {
  int64_t lanes = code.target().lanes(to.element.getIntOrFloatBitWidth());
  int64_t taps = c.taps[0] * c.taps[1], columns = c.groups * c.perOut, inner = c.groups * c.perSum;
  Value apart = code.mul(code.laneNumbers(lanes), inner);
  code.loop(taps, [&](Value k) {
    Value from = code.mul(code.sub(code.integer(taps - 1), k), c.perOut * inner),
          start = code.mul(k, c.perSum * columns);
    code.loop(c.groups, [&](Value g) {
      code.loop(c.perSum, [&](Value i) {
        Value fromHere = code.add(from, code.add(code.mul(g, c.perSum), i));
        Value toHere = code.add(start, code.add(code.mul(i, columns), code.mul(g, c.perOut)));
        int64_t whole = c.perOut / lanes * lanes;
        auto vector = [&](Value f, Value mask) {
          code.store(code.gather(weights, code.add(fromHere, code.mul(f, inner)), apart, mask), to,
                     code.add(toHere, f), mask);
        };
        code.loop(code.integer(0), code.integer(whole), lanes, [&](Value f) { vector(f, Value()); });
        if (whole != c.perOut)
          vector(code.integer(whole), code.firstLanes(c.perOut - whole, lanes));
      });
    });
  });
}

} // namespace mlc::compiler
