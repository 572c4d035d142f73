// The three faces of a convolution, element by element: the correct form of shapes that no tiled emitter
// takes.
#include "compiler/kernels/code/Pull.h"

using namespace mlir;

namespace mlc::compiler {

Value Pull::conv(ir::ConvOp op, const Point *where) {
  SmallVector<Coord, 4> y = coordsOf(op.getResult(), where);
  ArrayRef<int64_t> filter = shapeOf(op.getW());
  size_t dims = op.getStrides().size();
  int64_t perGroup = filter[dims], filtersPerGroup = filter[dims + 1] / op.getGroups();
  Coords arithmetic(code, where->lanes);
  Coord group = arithmetic.div(y.back(), filtersPerGroup);
  SmallVector<int64_t> sizes(filter.take_front(dims + 1));
  return sum(
      code.type(elementOf(op.getResult()), where->lanes), sizes, [&](ArrayRef<Value> k, Value carried) {
        SmallVector<Coord, 4> x{y[0]}, w;
        for (size_t i = 0; i < dims; ++i) {
          Coord tap{code.mul(k[i], op.getDilations()[i]), 0, {}};
          x.push_back(arithmetic.add(arithmetic.add(arithmetic.mul(y[i + 1], op.getStrides()[i]), tap),
                                     -op.getPadsLow()[i]));
          w.push_back({k[i], 0, {}});
        }
        Coord channel{k[dims], 0, {}};
        x.push_back(op.getGroups() == 1 ? channel : arithmetic.add(arithmetic.mul(group, perGroup), channel));
        w.push_back(channel);
        w.push_back(y.back());
        return code.fma(within(op.getX(), where, x), at(op.getW(), moved(where, w)), carried);
      });
}

Value Pull::convInput(ir::ConvInputOp op, const Point *where) {
  SmallVector<Coord, 4> x = coordsOf(op.getResult(), where);
  ArrayRef<int64_t> filter = shapeOf(op.getW());
  size_t dims = op.getStrides().size();
  int64_t perGroup = filter[dims], filtersPerGroup = filter[dims + 1] / op.getGroups();
  Coords arithmetic(code, where->lanes);
  Coord group = arithmetic.div(x.back(), perGroup), channel = arithmetic.rem(x.back(), perGroup);
  if (op.getGroups() == 1)
    channel = x.back();
  // Without dilation the taps that have an o are (place mod stride), and then every stride-th: only these are
  // summed.
  auto steps = [&](size_t i) { return op.getDilations()[i] == 1 ? op.getStrides()[i] : 1; };
  SmallVector<int64_t> sizes;
  for (size_t i = 0; i < dims; ++i)
    sizes.push_back((filter[i] + steps(i) - 1) / steps(i));
  sizes.push_back(filtersPerGroup);
  return sum(
      code.type(elementOf(op.getResult()), where->lanes), sizes, [&](ArrayRef<Value> k, Value carried) {
        SmallVector<Coord, 4> y{x[0]}, w;
        Value condition;
        for (size_t i = 0; i < dims; ++i) {
          // o * stride = i + pad - tap * dilation, if there is such an o.
          int64_t stride = op.getStrides()[i];
          Coord place = arithmetic.add(x[i + 1], op.getPadsLow()[i]), tap{k[i], 0, {}};
          if (stride != 1 && steps(i) == stride) {
            tap = arithmetic.add(arithmetic.rem(place, stride), {code.mul(k[i], stride), 0, {}});
            place = arithmetic.add(arithmetic.div(place, stride), {code.mul(k[i], -1), 0, {}});
            if (filter[i] % stride != 0)
              condition = code.both(condition, arithmetic.bound(tap, filter[i]));
          } else {
            place = arithmetic.add(place, arithmetic.mul(tap, -op.getDilations()[i]));
          }
          if (stride != 1 && steps(i) == 1) {
            Coord rest = arithmetic.rem(place, stride);
            condition = code.both(condition, code.compare(arith::CmpIPredicate::eq, rest.base, int64_t(0)));
            place = arithmetic.div(place, stride);
          }
          y.push_back(place);
          w.push_back(tap);
        }
        Coord filterIndex{k[dims], 0, {}};
        if (op.getGroups() != 1)
          filterIndex = arithmetic.add(arithmetic.mul(group, filtersPerGroup), filterIndex);
        y.push_back(filterIndex);
        w.push_back(channel);
        w.push_back(filterIndex);
        return code.fma(within(op.getY(), where, y, condition), at(op.getW(), moved(where, w)), carried);
      });
}

Value Pull::convFilter(ir::ConvFilterOp op, const Point *where) {
  SmallVector<Coord, 4> w = coordsOf(op.getResult(), where);
  ArrayRef<int64_t> x = shapeOf(op.getX()), y = shapeOf(op.getY());
  size_t dims = op.getStrides().size();
  Coords arithmetic(code, where->lanes);
  Coord piece = arithmetic.constant(0);
  if (op.getPartials() > 1) {
    piece = arithmetic.mul(w[0], x[0] / op.getPartials());
    w.erase(w.begin());
  }
  int64_t perGroup = x.back() / op.getGroups(), filtersPerGroup = y.back() / op.getGroups();
  Coord channel = w[dims];
  if (op.getGroups() != 1)
    channel = arithmetic.add(arithmetic.mul(arithmetic.div(w[dims + 1], filtersPerGroup), perGroup), channel);
  SmallVector<int64_t> sizes{x[0] / int64_t(op.getPartials())};
  llvm::append_range(sizes, y.slice(1, dims));
  return sum(
      code.type(elementOf(op.getResult()), where->lanes), sizes, [&](ArrayRef<Value> o, Value carried) {
        Coord image = arithmetic.add(piece, {o[0], 0, {}});
        SmallVector<Coord, 4> left{image}, right{image};
        for (size_t i = 0; i < dims; ++i) {
          Coord place = arithmetic.add(arithmetic.mul(w[i], op.getDilations()[i]), -op.getPadsLow()[i]);
          left.push_back(arithmetic.add(place, {code.mul(o[i + 1], op.getStrides()[i]), 0, {}}));
          right.push_back({o[i + 1], 0, {}});
        }
        left.push_back(channel);
        right.push_back(w[dims + 1]);
        return code.fma(within(op.getX(), where, left), at(op.getY(), moved(where, right)), carried);
      });
}

} // namespace mlc::compiler
