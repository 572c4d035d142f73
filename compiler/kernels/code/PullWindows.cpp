// Pooling: windows over the spatial axes of [n, spatial..., c], and their transposes.
#include "compiler/kernels/code/Pull.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// The shared attributes of a window op and the arithmetic of places.
struct Windows {
  Coords arithmetic;
  ArrayRef<int64_t> window, strides, low;

  template <typename Op>
  Windows(Code &code, Op op, const Point *where)
      : arithmetic(code, where->lanes), window(op.getWindow()), strides(op.getStrides()),
        low(op.getPadsLow()) {}

  /// Where element `k` of the window `o` lies in x.
  SmallVector<Coord, 4> element(ArrayRef<Coord> o, ArrayRef<Value> k) {
    SmallVector<Coord, 4> x(o);
    for (size_t i = 0; i < window.size(); ++i)
      x[i + 1] = arithmetic.add(arithmetic.add(arithmetic.mul(o[i + 1], strides[i]), -low[i]), {k[i], 0, {}});
    return x;
  }

  /// How many windows along each axis can hold one element.
  SmallVector<int64_t> overlap() {
    SmallVector<int64_t> counts;
    for (auto [size, stride] : llvm::zip_equal(window, strides))
      counts.push_back((size + stride - 1) / stride);
    return counts;
  }
};

} // namespace

static Value placeNumber(Code &code, ArrayRef<Value> k, ArrayRef<int64_t> window) {
  Value place = code.integer(0);
  for (auto [index, size] : llvm::zip_equal(k, window))
    place = code.add(code.mul(place, size), index);
  return place;
}

void Pull::windowMax(ir::WindowMaxOp op, const Point *where) {
  SmallVector<Coord, 4> o = coordsOf(op.getValue(), where);
  Windows windows(code, op, where);
  OpBuilder &build = code.builder();
  Location loc = code.loc();
  int64_t lanes = where->lanes;
  Type type = code.type(elementOf(op.getX()), lanes), indexType = code.type(build.getI32Type(), lanes);
  Value none = code.number(indexType, -1);
  SmallVector<Value> best = accumulate(
      windows.window, {reductionStart(code, "max", type), none}, [&](ArrayRef<Value> k, ValueRange carried) {
        SmallVector<Coord, 4> x = windows.element(o, k);
        Value inside;
        for (size_t i = 1; i + 1 < x.size(); ++i)
          inside = code.both(inside, windows.arithmetic.bound(x[i], shapeOf(op.getX())[i]));
        Value here = at(op.getX(), moved(where, std::move(x)));
        // The first element of all, a greater one, or the first NaN.
        Value greater = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::UGT, here, carried[0]);
        Value ordered = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::ORD, carried[0], carried[0]);
        Value first = code.compare(arith::CmpIPredicate::eq, carried[1], none);
        Value take =
            arith::OrIOp::create(build, loc, first, arith::AndIOp::create(build, loc, greater, ordered));
        if (inside)
          take = arith::AndIOp::create(build, loc, take, code.splat(inside, lanes));
        Value place =
            arith::TruncIOp::create(build, loc, build.getI32Type(), placeNumber(code, k, windows.window));
        return SmallVector<Value>{code.select(take, here, carried[0]),
                                  code.select(take, code.splat(place, lanes), carried[1])};
      });
  values.insert({op.getValue(), where}, best[0]);
  values.insert({op.getIndex(), where}, best[1]);
}

Value Pull::windowGather(ir::WindowGatherOp op, const Point *where) {
  SmallVector<Coord, 4> o = coordsOf(op.getResult(), where);
  Windows windows(code, op, where);
  Value index = at(op.getIndex(), where);
  OpBuilder &build = code.builder();
  Coord place = where->lanes == 1
                    ? Coord{arith::ExtUIOp::create(build, code.loc(), build.getI64Type(), index), 0, {}}
                    : Coord{code.integer(0), 0, index};
  SmallVector<Coord, 4> k = windows.arithmetic.unflatten(place, windows.window), x = o;
  for (size_t i = 0; i < k.size(); ++i)
    x[i + 1] = windows.arithmetic.add(
        windows.arithmetic.add(windows.arithmetic.mul(o[i + 1], windows.strides[i]), -windows.low[i]), k[i]);
  return within(op.getX(), where, std::move(x));
}

Value Pull::windowScatter(ir::WindowScatterOp op, const Point *where) {
  SmallVector<Coord, 4> x = coordsOf(op.getResult(), where);
  Windows windows(code, op, where);
  Coords &arithmetic = windows.arithmetic;
  OpBuilder &build = code.builder();
  return sum(code.type(elementOf(op.getResult()), where->lanes), windows.overlap(),
             [&](ArrayRef<Value> j, Value carried) {
               // The window that is j before the last that can hold x, and the place in it.
               SmallVector<Coord, 4> o = x;
               Value place = code.integer(0);
               Value condition;
               for (size_t i = 0; i < j.size(); ++i) {
                 Coord shifted = arithmetic.add(x[i + 1], windows.low[i]);
                 o[i + 1] =
                     arithmetic.add(arithmetic.div(shifted, windows.strides[i]), {code.mul(j[i], -1), 0, {}});
                 Coord k = arithmetic.add(shifted, arithmetic.mul(o[i + 1], -windows.strides[i]));
                 condition =
                     code.both(condition, code.compare(arith::CmpIPredicate::ult, k.base, windows.window[i]));
                 place = code.add(code.mul(place, windows.window[i]), k.base);
               }
               Value here = within(op.getX(), where, o, condition);
               // Where the window does not exist the number read is zero, whatever the index.
               SmallVector<Coord, 4> clamped = o;
               for (size_t i = 0; i < clamped.size(); ++i)
                 arithmetic.bound(clamped[i], shapeOf(op.getIndex())[i]);
               Value index = at(op.getIndex(), moved(where, std::move(clamped)));
               Value number = code.splat(
                   arith::TruncIOp::create(build, code.loc(), build.getI32Type(), place), where->lanes);
               Value chosen = code.compare(arith::CmpIPredicate::eq, index, number);
               here = code.select(chosen, here, code.number(here.getType(), 0));
               return Value(arith::AddFOp::create(build, code.loc(), carried, here));
             });
}

Value Pull::windowSum(ir::WindowSumOp op, const Point *where) {
  SmallVector<Coord, 4> o = coordsOf(op.getResult(), where);
  Windows windows(code, op, where);
  return sum(code.type(elementOf(op.getResult()), where->lanes), windows.window,
             [&](ArrayRef<Value> k, Value carried) {
               return Value(arith::AddFOp::create(code.builder(), code.loc(), carried,
                                                  within(op.getX(), where, windows.element(o, k))));
             });
}

Value Pull::windowSpread(ir::WindowSpreadOp op, const Point *where) {
  SmallVector<Coord, 4> x = coordsOf(op.getResult(), where);
  Windows windows(code, op, where);
  Coords &arithmetic = windows.arithmetic;
  return sum(code.type(elementOf(op.getResult()), where->lanes), windows.overlap(),
             [&](ArrayRef<Value> j, Value carried) {
               SmallVector<Coord, 4> o = x;
               Value condition;
               for (size_t i = 0; i < j.size(); ++i) {
                 Coord shifted = arithmetic.add(x[i + 1], windows.low[i]);
                 o[i + 1] =
                     arithmetic.add(arithmetic.div(shifted, windows.strides[i]), {code.mul(j[i], -1), 0, {}});
                 Coord k = arithmetic.add(shifted, arithmetic.mul(o[i + 1], -windows.strides[i]));
                 condition =
                     code.both(condition, code.compare(arith::CmpIPredicate::ult, k.base, windows.window[i]));
               }
               return Value(arith::AddFOp::create(code.builder(), code.loc(), carried,
                                                  within(op.getX(), where, o, condition)));
             });
}

} // namespace mlc::compiler
