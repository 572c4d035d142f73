// argsort: places along the last axis in the order of their elements.
//
// Algorithm: a merge sort of places, from pairs to halves, between two lists in scratch; the keys are
// computed once for each line and stay where they are. Of two equal elements the left one is taken, so the
// order is the one order there is. The inner loop has no branch: both candidates are read, at places that are
// clamped to the line. Chunks share the lines.
#include "compiler/kernels/emitters/Emitter.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

ir::ArgsortOp matchArgsort(const Group &group) {
  if (group.outs.size() != 1 || group.anchors().size() != 1)
    return {};
  auto op = group.outs.front().getDefiningOp<ir::ArgsortOp>();
  return op && !group.stored.count(op.getResult()) ? op : ir::ArgsortOp();
}

int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

int64_t passesOf(int64_t extent) {
  int64_t passes = 0;
  while ((int64_t(1) << passes) < extent)
    ++passes;
  return passes;
}

class Sort {
public:
  Sort(ir::ArgsortOp op, Emission &emission)
      : op(op), emission(emission), code(emission.code), i32(code.builder().getI32Type()),
        extent(shapeOf(op.getX()).back()) {
    Type element = elementOf(op.getX());
    keys = {emission.scratch, element};
    int64_t offset = aligned(extent * elementBytes(element));
    for (Memory &list : lists) {
      list = code.carve(emission.scratch, offset, i32);
      offset += aligned(extent * 4);
    }
  }

  void line(Value index) {
    ArrayRef<int64_t> shape = shapeOf(op.getX());
    SmallVector<Coord, 4> outer = Coords(code, 1).unflatten({index, 0, {}}, shape.drop_back());
    code.loop(extent, [&](Value i) {
      Pull::Scope scope(emission.pull);
      Point made;
      made.coords = outer;
      made.coords->push_back({i, 0, {}});
      code.store(emission.pull.at(op.getX(), emission.pull.point(std::move(made))), keys, i);
      code.store(arith::TruncIOp::create(code.builder(), code.loc(), i32, i), lists[0], i);
    });
    SmallVector<Value> sorted =
        code.loop(code.integer(0), code.integer(passesOf(extent)), 1, {lists[0].pointer, lists[1].pointer},
                  [&](Value pass, ValueRange carried) {
                    onePass(shiftLeft(code.integer(1), pass), pass, {carried[0], i32}, {carried[1], i32});
                    return SmallVector<Value>{carried[1], carried[0]};
                  });
    Value start = code.mul(index, extent);
    for (const Memory &place : emission.places.lookup(op.getResult()))
      code.loop(extent,
                [&](Value i) { code.store(code.load({sorted[0], i32}, i, 1), place, code.add(start, i)); });
  }

private:
  Value shiftLeft(Value a, Value by) { return arith::ShLIOp::create(code.builder(), code.loc(), a, by); }
  Value least(Value a, int64_t b) {
    return arith::MinSIOp::create(code.builder(), code.loc(), a, code.integer(b));
  }

  /// Neighbouring sorted runs of `width` places, merged.
  void onePass(Value width, Value pass, Memory from, Memory to) {
    Value both = shiftLeft(width, code.integer(1));
    Value pairs = arith::ShRUIOp::create(
        code.builder(), code.loc(), code.sub(code.add(both, extent), code.integer(1)), code.add(pass, 1));
    code.loop(code.integer(0), pairs, 1, [&](Value pair) {
      Value low = code.mul(pair, both), middle = least(code.add(low, width), extent),
            high = least(code.add(low, both), extent);
      code.loop(low, high, 1, {low, middle}, [&](Value k, ValueRange carried) {
        Value left = code.load(from, least(carried[0], extent - 1), 1);
        Value right = code.load(from, least(carried[1], extent - 1), 1);
        Value none = code.compare(arith::CmpIPredicate::sge, carried[0], middle);
        Value some = code.compare(arith::CmpIPredicate::slt, carried[1], high);
        Value before = arith::OrIOp::create(code.builder(), code.loc(), none, precedes(right, left));
        Value takesRight = arith::AndIOp::create(code.builder(), code.loc(), some, before);
        code.store(code.select(takesRight, right, left), to, k);
        Value step =
            arith::ExtUIOp::create(code.builder(), code.loc(), code.builder().getI64Type(), takesRight);
        return SmallVector<Value>{code.add(carried[0], code.sub(code.integer(1), step)),
                                  code.add(carried[1], step)};
      });
    });
  }

  Value keyAt(Value place) {
    return code.load(
        keys, arith::ExtUIOp::create(code.builder(), code.loc(), code.builder().getI64Type(), place), 1);
  }

  /// Whether the element at place `a` comes strictly before that at `b`. NaN is larger than any number.
  Value precedes(Value a, Value b) {
    OpBuilder &build = code.builder();
    Location loc = code.loc();
    Value small = keyAt(a), large = keyAt(b);
    if (op.getDescending())
      std::swap(small, large);
    if (!isa<FloatType>(keys.element))
      return code.compare(keys.element.isInteger(8) ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt,
                          small, large);
    Value less = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::OLT, small, large);
    Value number = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::ORD, small, small);
    Value isNan = arith::CmpFOp::create(build, loc, arith::CmpFPredicate::UNO, large, large);
    return arith::OrIOp::create(build, loc, less, arith::AndIOp::create(build, loc, number, isNan));
  }

  ir::ArgsortOp op;
  Emission &emission;
  Code &code;
  Type i32;
  int64_t extent;
  Memory keys, lists[2];
};

class ArgsortEmitter : public Emitter {
public:
  StringRef name() const override { return "argsort"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    ir::ArgsortOp op = matchArgsort(group);
    if (!op)
      return std::nullopt;
    int64_t size = sizeOf(op.getX()), extent = shapeOf(op.getX()).back(), lines = extent ? size / extent : 0;
    double nanoseconds = 3.0 * double(size) * double(passesOf(extent)) + nanosecondsOf(group, target);
    return shared(nanoseconds, lines,
                  aligned(extent * elementBytes(elementOf(op.getX()))) + 2 * aligned(extent * 4), choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    ir::ArgsortOp op = matchArgsort(group);
    if (sizeOf(op.getX()) == 0)
      return;
    Sort sort(op, emission);
    auto [low, high] = emission.part(sizeOf(op.getX()) / shapeOf(op.getX()).back());
    emission.code.loop(low, high, 1, [&](Value index) { sort.line(index); });
  }

  bool readsInPlace(const Group &, Value) const override { return false; }
};

} // namespace

const Emitter &argsortEmitter() {
  static const ArgsortEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
