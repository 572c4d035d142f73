// Ops that only move elements: each asks for its operand somewhere else.
#include "compiler/kernels/code/Pull.h"

using namespace mlir;

namespace mlc::compiler {

Value Pull::constant(ir::ConstantOp op, const Point *where) {
  // Constants that are not splats are bound to globals before anything is emitted.
  auto elements = cast<DenseElementsAttr>(op.getValue());
  Type type = code.type(elementOf(op.getResult()), where->lanes);
  auto scalar = elements.getSplatValue<Attribute>();
  TypedAttr value = cast<TypedAttr>(scalar);
  if (auto vector = dyn_cast<VectorType>(type))
    value = DenseElementsAttr::get(vector, scalar);
  return arith::ConstantOp::create(code.builder(), code.loc(), value);
}

Value Pull::iota(ir::IotaOp op, const Point *where) {
  Coord coord = coordsOf(op.getResult(), where)[op.getAxis()];
  Type element = elementOf(op.getResult()), type = code.type(element, where->lanes);
  OpBuilder &build = code.builder();
  Coords arithmetic(code, where->lanes);
  Value index = where->lanes == 1 ? coord.base : arithmetic.vector(coord);
  if (isa<FloatType>(element))
    return arith::SIToFPOp::create(build, code.loc(), type, index);
  unsigned from = getElementTypeOrSelf(index.getType()).getIntOrFloatBitWidth(),
           to = element.getIntOrFloatBitWidth();
  if (from == to)
    return index;
  if (from > to)
    return arith::TruncIOp::create(build, code.loc(), type, index);
  return arith::ExtUIOp::create(build, code.loc(), type, index);
}

/// The next ranges of axes [fromBegin, fromEnd) and [toBegin, toEnd) that hold equally many elements.
static void nextGroup(ArrayRef<int64_t> from, ArrayRef<int64_t> to, size_t &fromEnd, size_t &toEnd) {
  int64_t a = 1, b = 1;
  bool first = true;
  while (first || a != b) {
    first = false;
    if (a <= b && fromEnd < from.size())
      a *= from[fromEnd++];
    else if (toEnd < to.size())
      b *= to[toEnd++];
    else if (fromEnd < from.size())
      a *= from[fromEnd++];
    else
      break;
    if (a < b)
      continue;
    while (b < a && toEnd < to.size())
      b *= to[toEnd++];
  }
}

Value Pull::reshape(ir::ReshapeOp op, const Point *where) {
  Value source = op.getX();
  ArrayRef<int64_t> to = shapeOf(op.getResult()), from = shapeOf(source);
  Coords arithmetic(code, where->lanes);
  Point made;
  made.lanes = where->lanes;
  made.mask = where->mask;
  if (!needsCoords(source) || !where->coords) {
    made.linear = where->linear ? *where->linear : arithmetic.flatten(*where->coords, to);
    return at(source, point(std::move(made)));
  }
  // Axes that correspond one to one keep their coordinate; groups of axes go through the index within the
  // group.
  SmallVector<Coord, 4> coords;
  size_t fromEnd = 0, toEnd = 0;
  while (fromEnd < from.size() || toEnd < to.size()) {
    size_t fromBegin = fromEnd, toBegin = toEnd;
    nextGroup(from, to, fromEnd, toEnd);
    Coord inside = arithmetic.flatten(ArrayRef(*where->coords).slice(toBegin, toEnd - toBegin),
                                      to.slice(toBegin, toEnd - toBegin));
    llvm::append_range(coords, arithmetic.unflatten(inside, from.slice(fromBegin, fromEnd - fromBegin)));
  }
  made.coords = std::move(coords);
  return at(source, point(std::move(made)));
}

Value Pull::pad(ir::PadOp op, const Point *where) {
  SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
  Coords arithmetic(code, where->lanes);
  Value condition;
  for (auto [coord, low, interior] : llvm::zip_equal(coords, op.getLow(), op.getInterior())) {
    coord = arithmetic.add(coord, -low);
    if (interior == 0)
      continue;
    // Between two neighbours there are zeros: only every (interior + 1)-th place has an element.
    Coord rest = arithmetic.rem(coord, interior + 1);
    Value here = rest.uniform() ? code.compare(arith::CmpIPredicate::eq, rest.base, int64_t(0))
                                : code.compare(arith::CmpIPredicate::eq, arithmetic.vector(rest), int64_t(0));
    if (condition && condition.getType() != here.getType()) {
      condition = isa<VectorType>(condition.getType()) ? condition : code.splat(condition, where->lanes);
      here = isa<VectorType>(here.getType()) ? here : code.splat(here, where->lanes);
    }
    condition = code.both(condition, here);
    coord = arithmetic.div(coord, interior + 1);
  }
  return within(op.getX(), where, std::move(coords), condition);
}

Value Pull::concat(ir::ConcatOp op, const Point *where) {
  SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
  Coords arithmetic(code, where->lanes);
  size_t axis = op.getAxis();
  Coord along = coords[axis];
  int64_t start = 0;
  Value result;
  for (Value part : op.getXs()) {
    SmallVector<Coord, 4> shifted = coords;
    shifted[axis] = arithmetic.add(along, -start);
    Coord probe = shifted[axis];
    Value inside = arithmetic.bound(probe, shapeOf(part)[axis]);
    if (shapeOf(part)[axis] != 0) {
      Value mask = inside && !probe.uniform() ? inside : Value();
      if (probe.uniform())
        shifted[axis] = probe;
      Value here = at(part, moved(where, std::move(shifted), mask));
      result = result && inside ? code.select(inside, here, result) : here;
    }
    start += shapeOf(part)[axis];
  }
  return result;
}

Value Pull::gather(ir::GatherOp op, const Point *where) {
  SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
  size_t indexRank = shapeOf(op.getIndices()).size();
  SmallVector<Coord, 4> indexCoords(coords.begin(), coords.begin() + indexRank);
  bool uniform = llvm::all_of(indexCoords, [](const Coord &coord) { return coord.uniform(); });
  const Point *indexPoint = moved(where, indexCoords);
  Value index = at(op.getIndices(), uniform ? scalarOf(indexPoint) : indexPoint);
  OpBuilder &build = code.builder();
  Type type = index.getType();
  int64_t rows = shapeOf(op.getTable())[0];
  index = arith::MaxSIOp::create(build, code.loc(), index, code.number(type, 0));
  index = arith::MinSIOp::create(build, code.loc(), index, code.number(type, double(rows - 1)));
  Coord row;
  if (uniform)
    row = {arith::ExtUIOp::create(build, code.loc(), build.getI64Type(), index), 0, {}};
  else
    row = {code.integer(0), 0, index};
  SmallVector<Coord, 4> tableCoords{row};
  tableCoords.append(coords.begin() + indexRank, coords.end());
  return at(op.getTable(), moved(where, std::move(tableCoords)));
}

} // namespace mlc::compiler
