#include "compiler/kernels/code/Point.h"

using namespace mlir;

namespace mlc::compiler {

bool Point::uniform() const {
  if (coords)
    return llvm::all_of(*coords, [](const Coord &coord) { return coord.uniform(); });
  return linear->uniform();
}

SmallVector<int64_t> stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Coord Coords::add(const Coord &a, const Coord &b) {
  Value spread = a.spread ? a.spread : b.spread;
  if (a.spread && b.spread)
    spread = arith::AddIOp::create(code.builder(), code.loc(), a.spread, b.spread);
  return {code.add(a.base, b.base), a.step + b.step, spread};
}

Coord Coords::mul(const Coord &a, int64_t b) {
  return {code.mul(a.base, b), a.step * b, a.spread ? code.mul(a.spread, b) : Value()};
}

Value Coords::vector(const Coord &a) {
  OpBuilder &build = code.builder();
  Value base = arith::TruncIOp::create(build, code.loc(), build.getI32Type(), a.base);
  Value sum = code.splat(base, lanes);
  if (a.step != 0)
    sum = arith::AddIOp::create(build, code.loc(), sum, code.mul(code.laneNumbers(lanes), a.step));
  if (a.spread)
    sum = arith::AddIOp::create(build, code.loc(), sum, a.spread);
  return sum;
}

Coord Coords::div(const Coord &a, int64_t b) {
  if (b == 1)
    return a;
  if (a.uniform())
    return {code.div(a.base, b), 0, {}};
  return {code.integer(0), 0, code.div(vector(a), b)};
}

Coord Coords::rem(const Coord &a, int64_t b) {
  if (b == 1)
    return constant(0);
  if (a.uniform())
    return {code.rem(a.base, b), 0, {}};
  return {code.integer(0), 0, code.rem(vector(a), b)};
}

Coord Coords::flatten(ArrayRef<Coord> coords, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides = stridesOf(shape);
  Coord sum = constant(0);
  for (auto [coord, stride] : llvm::zip_equal(coords, strides))
    sum = add(sum, mul(coord, stride));
  return sum;
}

SmallVector<Coord, 4> Coords::unflatten(const Coord &linear, ArrayRef<int64_t> shape) {
  SmallVector<Coord, 4> coords(shape.size(), constant(0));
  Coord rest = linear;
  for (size_t i = shape.size(); i-- > 0;) {
    bool outermost = llvm::all_of(shape.take_front(i), [](int64_t size) { return size == 1; });
    if (shape[i] == 1)
      continue;
    coords[i] = outermost ? rest : rem(rest, shape[i]);
    if (outermost)
      break;
    rest = div(rest, shape[i]);
  }
  return coords;
}

Value Coords::bound(Coord &a, int64_t size) {
  if (a.uniform()) {
    if (auto value = Code::known(a.base); value && *value >= 0 && *value < size)
      return {};
    // Unsigned: a negative index is a huge one.
    Value inside = code.compare(arith::CmpIPredicate::ult, a.base, size);
    a.base = code.select(inside, a.base, code.integer(0));
    return inside;
  }
  return code.compare(arith::CmpIPredicate::ult, vector(a), size);
}

} // namespace mlc::compiler
