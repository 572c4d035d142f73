#include "compiler/kernels/emitters/Convolution.h"

using namespace mlir;

namespace mlc::compiler {

template <typename Op>
static ConvShape describe(Op op, ArrayRef<int64_t> x, ArrayRef<int64_t> w, ArrayRef<int64_t> y) {
  ConvShape shape;
  size_t dims = op.getStrides().size();
  shape.images = x[0];
  shape.channels = x.back();
  shape.filters = y.back();
  shape.groups = int64_t(op.getGroups());
  auto pair = [&](ArrayRef<int64_t> values, int64_t missing) {
    return dims == 2 ? ConvShape::Pair{values[0], values[1]} : ConvShape::Pair{missing, values[0]};
  };
  shape.in = pair(x.slice(1, dims), 1);
  shape.out = pair(y.slice(1, dims), 1);
  shape.taps = pair(w.take_front(dims), 1);
  shape.strides = pair(op.getStrides(), 1);
  shape.low = pair(op.getPadsLow(), 0);
  shape.dilations = pair(op.getDilations(), 1);
  return shape;
}

ConvShape convShape(ir::ConvOp op) {
  return describe(op, shapeOf(op.getX()), shapeOf(op.getW()), shapeOf(op.getResult()));
}

ConvShape convShape(ir::ConvInputOp op) {
  return describe(op, shapeOf(op.getResult()), shapeOf(op.getW()), shapeOf(op.getY()));
}

ConvShape convShape(ir::ConvFilterOp op) {
  ArrayRef<int64_t> w = shapeOf(op.getResult());
  return describe(op, shapeOf(op.getX()), op.getPartials() > 1 ? w.drop_front() : w, shapeOf(op.getY()));
}

/// Whole vectors of [0, count), then a masked one.
static void vectors(Code &code, Type element, int64_t count,
                    llvm::function_ref<void(Value, Value, int64_t)> at) {
  int64_t lanes = code.target().lanes(element.getIntOrFloatBitWidth()), whole = count / lanes * lanes;
  code.loop(code.integer(0), code.integer(whole), lanes, [&](Value i) { at(i, Value(), lanes); });
  if (whole != count)
    at(code.integer(whole), code.firstLanes(count - whole, lanes), lanes);
}

void clearRange(Code &code, const Memory &to, int64_t count) {
  vectors(code, to.element, count, [&](Value i, Value mask, int64_t lanes) {
    code.store(code.number(code.type(to.element, lanes), 0), to, i, mask);
  });
}

void copyRange(Code &code, const Memory &from, Value fromOffset, const Memory &to, Value toOffset,
               int64_t count) {
  vectors(code, to.element, count, [&](Value i, Value mask, int64_t lanes) {
    code.store(code.load(from, code.add(fromOffset, i), lanes, mask), to, code.add(toOffset, i), mask);
  });
}

void Frame::clear(Code &code, const Memory &buffer) const {
  if (!isSource())
    clearRange(code, buffer, elements());
}

Memory Frame::fill(Code &code, const Memory &from, const Memory &buffer, Value top) const {
  if (isSource())
    return top ? code.at(from, code.mul(top, pitch())) : from;
  // Source rows and columns that fall into the frame.
  std::array<int64_t, 2> first, end;
  for (int i = 0; i < 2; ++i) {
    first[i] = std::max<int64_t>(0, -low[i]);
    end[i] = std::min(source[i], size[i] - low[i]);
  }
  if (first[1] >= end[1])
    return buffer;
  Value firstRow = code.integer(first[0]), endRow = code.integer(std::max(first[0], end[0]));
  if (top) {
    auto within = [&](Value row) {
      row = arith::MaxSIOp::create(code.builder(), code.loc(), row, code.integer(0));
      return arith::MinSIOp::create(code.builder(), code.loc(), row, code.integer(source[0])).getResult();
    };
    firstRow = within(code.add(top, -low[0]));
    endRow = within(code.add(top, size[0] - low[0]));
  }
  code.loop(firstRow, endRow, 1, [&](Value row) {
    Value fromRow = code.mul(row, source[1] * channels);
    Value place = code.add(row, low[0]);
    Value toRow = code.mul(top ? code.sub(place, top) : place, size[1] * channels);
    copyRange(code, from, code.add(fromRow, first[1] * channels), buffer,
              code.add(toRow, (first[1] + low[1]) * channels), (end[1] - first[1]) * channels);
  });
  return buffer;
}

} // namespace mlc::compiler
