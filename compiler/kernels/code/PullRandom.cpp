// mlc.random in vectors: dialects/mlc/Philox.h is the definition, with the layout of key and counter.
#include "compiler/kernels/code/Pull.h"

#include "compiler/lowering/Functions.h"
#include "dialects/mlc/Philox.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// i32 and i64 arithmetic of one width of lanes.
struct Words {
  Code &code;
  int64_t lanes;
  OpBuilder &build = code.builder();
  Location loc = code.loc();
  Type narrow = code.type(build.getI32Type(), lanes), wide = code.type(build.getI64Type(), lanes);

  Value number(uint32_t value) { return code.number(narrow, double(int32_t(value))); }
  Value shift(Value a, int bits) {
    return arith::ShRUIOp::create(build, loc, a, code.number(a.getType(), bits));
  }
  Value low(Value a) { return arith::TruncIOp::create(build, loc, narrow, a); }
  Value high(Value a) { return low(shift(a, 32)); }
  Value exclusiveOr(Value a, Value b) { return arith::XOrIOp::create(build, loc, a, b); }
  Value add(Value a, Value b) { return arith::AddIOp::create(build, loc, a, b); }
};

} // namespace

/// Ten rounds; the words of the block.
static SmallVector<Value, 4> philox(Words &words, SmallVector<Value, 4> c, Value k0, Value k1) {
  for (int round = 0; round < philox::rounds; ++round) {
    auto multiply = [&](uint32_t constant, Value word) {
      Value wide = arith::ExtUIOp::create(words.build, words.loc, words.wide, word);
      return Value(arith::MulIOp::create(words.build, words.loc, wide,
                                         words.code.number(words.wide, double(constant))));
    };
    Value p0 = multiply(philox::multiplier0, c[0]), p1 = multiply(philox::multiplier1, c[2]);
    c = {words.exclusiveOr(words.exclusiveOr(words.high(p1), c[1]), k0), words.low(p1),
         words.exclusiveOr(words.exclusiveOr(words.high(p0), c[3]), k1), words.low(p0)};
    k0 = words.add(k0, words.number(philox::weyl0));
    k1 = words.add(k1, words.number(philox::weyl1));
  }
  return c;
}

Value Pull::random(ir::RandomOp op, const Point *where) {
  Words words{code, where->lanes};
  OpBuilder &build = code.builder();
  Location loc = code.loc();
  Coords arithmetic(code, where->lanes);
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  auto streamWord = [&](int64_t i) {
    Point made;
    made.coords = SmallVector<Coord, 4>{arithmetic.constant(i)};
    return at(op.getStream(), point(std::move(made)));
  };
  auto vectorOf = [&](const Coord &coord) {
    return where->lanes == 1 ? Value(arith::TruncIOp::create(build, loc, build.getI32Type(), coord.base))
                             : arithmetic.vector(coord);
  };
  Value seed = streamWord(0), update = streamWord(1);
  Value row = code.splat(code.integer(0), where->lanes);
  Coord element;
  if (op.getBatched() && !shape.empty()) {
    SmallVector<Coord, 4> coords = coordsOf(op.getResult(), where);
    element = arithmetic.flatten(ArrayRef(coords).drop_front(), shape.drop_front());
    Value first = code.add(streamWord(2), coords[0].base);
    row = code.splat(first, where->lanes);
    if (!coords[0].uniform()) {
      Coord relative{code.integer(0), coords[0].step, coords[0].spread};
      row = words.add(row, arith::ExtUIOp::create(build, loc, words.wide, arithmetic.vector(relative)));
    }
  } else {
    element = where->linear ? *where->linear : arithmetic.flatten(*where->coords, shape);
  }
  Value place = vectorOf(element);
  Value key = words.exclusiveOr(seed, code.integer(int64_t(op.getSite())));
  Words scalar{code, 1};
  auto spread = [&](Value value) { return code.splat(value, where->lanes); };
  // The last word: high half of the update above the high half of the row, 16 bits each.
  Value updateHigh = arith::ShLIOp::create(build, loc, scalar.high(update), scalar.number(16));
  Value rowHigh = arith::AndIOp::create(build, loc, words.high(row), words.number(0xFFFF));
  SmallVector<Value, 4> counter{words.shift(place, 2), words.low(row), spread(scalar.low(update)),
                                arith::OrIOp::create(build, loc, spread(updateHigh), rowHigh)};
  SmallVector<Value, 4> block = philox(words, counter, spread(scalar.low(key)), spread(scalar.high(key)));

  Value lowBit = arith::AndIOp::create(build, loc, place, words.number(1));
  Value odd = code.compare(arith::CmpIPredicate::ne, lowBit, words.number(0));
  Value secondBit = arith::AndIOp::create(build, loc, place, words.number(2));
  Value second = code.compare(arith::CmpIPredicate::ne, secondBit, words.number(0));
  Value evenWord = code.select(second, block[2], block[0]), oddWord = code.select(second, block[3], block[1]);
  StringRef distribution = op.getDistribution();
  Value own = code.select(odd, oddWord, evenWord);
  if (distribution == "bits")
    return own;
  Type type = code.type(elementOf(op.getResult()), where->lanes);
  auto fraction = [&](Value word, int add) -> Value {
    Value bits = words.shift(word, 8);
    if (add)
      bits = words.add(bits, words.number(uint32_t(add)));
    Value number = arith::SIToFPOp::create(build, loc, type, bits);
    return arith::MulFOp::create(build, loc, number, code.number(type, 0x1p-24));
  };
  if (distribution == "uniform")
    return fraction(own, 0);
  Value radius = math::LogOp::create(build, loc, fraction(evenWord, 1));
  radius = arith::MulFOp::create(build, loc, radius, code.number(type, -2));
  radius = math::SqrtOp::create(build, loc, radius);
  Value angle = arith::MulFOp::create(build, loc, fraction(oddWord, 0), code.number(type, 6.283185307179586));
  // Draws keep their bits: what is exact enough for them stays as it is.
  auto sine = math::SinOp::create(build, loc, angle);
  auto cosine = math::CosOp::create(build, loc, angle);
  sine->setAttr(oneTurn, build.getUnitAttr());
  cosine->setAttr(oneTurn, build.getUnitAttr());
  return arith::MulFOp::create(build, loc, radius, code.select(odd, sine, cosine));
}

} // namespace mlc::compiler
