// Sums and other folds over axes, as loops around the point that is asked for.
#include "compiler/kernels/code/LongSum.h"
#include "compiler/kernels/code/Pull.h"

using namespace mlir;

namespace mlc::compiler {

/// Loops of up to this many iterations in all are written out.
static constexpr int64_t unrolledIterations = 9;

Value reductionStart(Code &code, StringRef kind, Type type) {
  Type element = getElementTypeOrSelf(type);
  if (kind == "sum")
    return code.number(type, 0);
  bool lowest = kind == "max";
  TypedAttr value;
  if (auto floating = dyn_cast<FloatType>(element))
    value = FloatAttr::get(element, APFloat::getInf(floating.getFloatSemantics(), lowest));
  else if (element.isInteger(8))
    value = IntegerAttr::get(element, lowest ? APInt::getMinValue(8) : APInt::getMaxValue(8));
  else
    value = IntegerAttr::get(element, lowest ? APInt::getSignedMinValue(element.getIntOrFloatBitWidth())
                                             : APInt::getSignedMaxValue(element.getIntOrFloatBitWidth()));
  if (auto vector = dyn_cast<VectorType>(type))
    value = DenseElementsAttr::get(vector, Attribute(value));
  return arith::ConstantOp::create(code.builder(), code.loc(), value);
}

Value combine(Code &code, StringRef kind, Value a, Value b) {
  OpBuilder &build = code.builder();
  Location loc = code.loc();
  Type element = getElementTypeOrSelf(a.getType());
  if (isa<FloatType>(element)) {
    if (kind == "sum")
      return arith::AddFOp::create(build, loc, a, b);
    if (kind == "max")
      return arith::MaximumFOp::create(build, loc, a, b);
    return arith::MinimumFOp::create(build, loc, a, b);
  }
  if (kind == "sum")
    return arith::AddIOp::create(build, loc, a, b);
  bool isUnsigned = element.isInteger(8);
  if (kind == "max")
    return isUnsigned ? Value(arith::MaxUIOp::create(build, loc, a, b))
                      : Value(arith::MaxSIOp::create(build, loc, a, b));
  return isUnsigned ? Value(arith::MinUIOp::create(build, loc, a, b))
                    : Value(arith::MinSIOp::create(build, loc, a, b));
}

SmallVector<Value> Pull::accumulate(ArrayRef<int64_t> sizes, SmallVector<Value> carried, Term term) {
  int64_t total = 1;
  for (int64_t size : sizes)
    total *= size;
  SmallVector<Value> indices;
  bool unrolled = total <= unrolledIterations;
  auto nest = [&](auto &&self, SmallVector<Value> state) -> SmallVector<Value> {
    if (indices.size() == sizes.size()) {
      Scope scope(*this);
      return term(indices, state);
    }
    int64_t size = sizes[indices.size()];
    if (unrolled) {
      for (int64_t i = 0; i < size; ++i) {
        indices.push_back(code.integer(i));
        state = self(self, std::move(state));
        indices.pop_back();
      }
      return state;
    }
    return code.loop(code.integer(0), code.integer(size), 1, state, [&](Value i, ValueRange inside) {
      indices.push_back(i);
      SmallVector<Value> next = self(self, SmallVector<Value>(inside));
      indices.pop_back();
      return next;
    });
  };
  return nest(nest, std::move(carried));
}

Value Pull::sum(Type type, ArrayRef<int64_t> sizes, llvm::function_ref<Value(ArrayRef<Value>, Value)> addTo) {
  const Value zero = code.number(type, 0);
  auto term = [&](ArrayRef<Value> indices, ValueRange carried) {
    SmallVector<Value> next(carried);
    next[0] = addTo(indices, carried[0]);
    return next;
  };
  std::optional<SumBlocks> blocks = sumBlocks(getElementTypeOrSelf(type), sizes);
  if (!blocks)
    return accumulate(sizes, {zero}, term)[0];
  SmallVector<Value> indices;
  auto flush = [&](SmallVector<Value> state) {
    return SmallVector<Value>{zero, addToTotal(code, state[1], state[0])};
  };
  auto nest = [&](auto &&self, SmallVector<Value> state) -> SmallVector<Value> {
    size_t depth = indices.size();
    if (depth == sizes.size()) {
      Scope scope(*this);
      return term(indices, state);
    }
    auto each = [&](Value i, ValueRange inside) {
      indices.push_back(i);
      SmallVector<Value> next = self(self, SmallVector<Value>(inside));
      indices.pop_back();
      return next;
    };
    Value low = code.integer(0), high = code.integer(sizes[depth]);
    if (depth != blocks->depth)
      return code.loop(low, high, 1, state, each);
    return flush(loopInBlocks(code, low, high, 1, blocks->iterations, state, each, flush));
  };
  return roundTotal(code, nest(nest, {zero, startTotal(code, type)})[1]);
}

Value Pull::reduce(ir::ReduceOp op, const Point *where) {
  SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
  ArrayRef<int64_t> shape = shapeOf(op.getX()), axes = op.getAxes();
  SmallVector<int64_t> sizes;
  for (int64_t axis : axes)
    sizes.push_back(shape[axis]);
  Type type = code.type(elementOf(op.getResult()), where->lanes);
  StringRef kind = op.getKind();
  auto combined = [&](ArrayRef<Value> indices, Value before) {
    SmallVector<Coord, 4> full;
    size_t kept = 0, reduced = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (reduced < axes.size() && axes[reduced] == int64_t(axis))
        full.push_back({indices[reduced++], 0, {}});
      else
        full.push_back(coords[kept++]);
    }
    return combine(code, kind, before, at(op.getX(), moved(where, std::move(full))));
  };
  if (kind == "sum")
    return sum(type, sizes, combined);
  return accumulate(sizes, {reductionStart(code, kind, type)},
                    [&](ArrayRef<Value> indices, ValueRange carried) {
                      return SmallVector<Value>{combined(indices, carried[0])};
                    })[0];
}

Value Pull::argmax(ir::ArgmaxOp op, const Point *where) {
  SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
  size_t axis = op.getAxis();
  OpBuilder &build = code.builder();
  Location loc = code.loc();
  auto valueAt = [&](Value index) {
    SmallVector<Coord, 4> full = coords;
    full.insert(full.begin() + axis, Coord{index, 0, {}});
    return at(op.getX(), moved(where, std::move(full)));
  };
  Value first;
  {
    Scope scope(*this);
    first = valueAt(code.integer(0));
  }
  bool floating = isa<FloatType>(elementOf(op.getX())), isUnsigned = elementOf(op.getX()).isInteger(8);
  Type indexType = code.type(build.getI32Type(), where->lanes);
  SmallVector<Value> state = code.loop(
      code.integer(1), code.integer(shapeOf(op.getX())[axis]), 1, {first, code.number(indexType, 0)},
      [&](Value i, ValueRange carried) {
        Scope scope(*this);
        Value here = valueAt(i), best = carried[0], better;
        if (floating) {
          // Greater, or the first NaN.
          better = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::UGT, here, best);
          Value ordered = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::ORD, best, best);
          better = arith::AndIOp::create(build, loc, better, ordered);
        } else {
          better =
              code.compare(isUnsigned ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt, here, best);
        }
        Value index = code.splat(arith::TruncIOp::create(build, loc, build.getI32Type(), i), where->lanes);
        return SmallVector<Value>{code.select(better, here, best), code.select(better, index, carried[1])};
      });
  return state[1];
}

Value Pull::contract(ir::ContractOp op, const Point *where) {
  SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
  llvm::DenseMap<int64_t, int64_t> sizeOf;
  for (auto [label, size] : llvm::zip_equal(op.getLhs(), shapeOf(op.getA())))
    sizeOf[label] = size;
  SmallVector<int64_t> summed, sizes;
  for (int64_t label : op.getLhs())
    if (!llvm::is_contained(op.getOut(), label)) {
      summed.push_back(label);
      sizes.push_back(sizeOf[label]);
    }
  Type type = code.type(elementOf(op.getResult()), where->lanes);
  return sum(type, sizes, [&](ArrayRef<Value> indices, Value carried) {
    auto coordOf = [&](int64_t label) -> Coord {
      for (auto [name, coord] : llvm::zip_equal(op.getOut(), coords))
        if (name == label)
          return coord;
      return {indices[llvm::find(summed, label) - summed.begin()], 0, {}};
    };
    SmallVector<Coord, 4> left, right;
    for (int64_t label : op.getLhs())
      left.push_back(coordOf(label));
    for (int64_t label : op.getRhs())
      right.push_back(coordOf(label));
    return code.fma(at(op.getA(), moved(where, left)), at(op.getB(), moved(where, right)), carried);
  });
}

Value Pull::scatterAdd(ir::ScatterAddOp op, const Point *where) {
  // Every row of updates, where its index is the one asked for.
  SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
  Type type = code.type(elementOf(op.getResult()), where->lanes);
  OpBuilder &build = code.builder();
  Coords arithmetic(code, where->lanes);
  Value row = where->lanes == 1
                  ? Value(arith::TruncIOp::create(build, code.loc(), build.getI32Type(), coords[0].base))
                  : arithmetic.vector(coords[0]);
  return sum(type, shapeOf(op.getIndices()), [&](ArrayRef<Value> indices, Value carried) {
    SmallVector<Coord, 4> place;
    for (Value index : indices)
      place.push_back({index, 0, {}});
    Value index = at(op.getIndices(), moved(where, place));
    // The nearest row, where gather read from.
    index = arith::MaxSIOp::create(build, code.loc(), index, code.number(index.getType(), 0));
    index = arith::MinSIOp::create(build, code.loc(), index,
                                   code.number(index.getType(), double(shapeOf(op.getResult())[0] - 1)));
    place.append(coords.begin() + 1, coords.end());
    Value update = at(op.getUpdates(), moved(where, place));
    Value sum = arith::AddFOp::create(build, code.loc(), carried, update);
    return code.select(code.compare(arith::CmpIPredicate::eq, index, row), sum, carried);
  });
}

} // namespace mlc::compiler
