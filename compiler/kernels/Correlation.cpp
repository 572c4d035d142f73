#include "compiler/kernels/Correlation.h"

using namespace mlir;

namespace mlc::compiler {

static Correlation forward(ir::ConvOp op) {
  ConvShape shape = convShape(op);
  Correlation c{shape.images, shape.groups, shape.perGroup(), shape.filtersPerGroup(),
                shape.out,    shape.taps,   shape.strides,    shape.dilations,
                {},           op.getX(),    op.getW(),        false};
  c.frame = {shape.in, shape.channels, {}, shape.low, {1, 1}};
  return c;
}

static Correlation backward(ir::ConvInputOp op) {
  ConvShape shape = convShape(op);
  Correlation c{shape.images,     shape.groups,    shape.filtersPerGroup(),
                shape.perGroup(), shape.in,        shape.taps,
                {1, 1},           shape.dilations, {},
                op.getY(),        op.getW(),       true};
  c.frame = {shape.out, shape.filters, {}, {}, shape.strides};
  for (int i = 0; i < 2; ++i)
    c.frame.low[i] = (shape.taps[i] - 1) * shape.dilations[i] - shape.low[i];
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
  for (int i = 0; i < 2; ++i)
    c.frame.size[i] = (c.out[i] - 1) * c.strides[i] + (c.taps[i] - 1) * c.dilations[i] + 1;
  return c;
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
