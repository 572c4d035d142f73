// cumsum: running sums along one axis.
//
// Algorithm: for each line along the axis, one pass that carries the sum, in f64, and rounds each place once.
// Where the axis is not the last one, neighbouring lines are neighbours in memory, and a vector of them goes
// together. Chunks share the lines.
#include "compiler/kernels/code/LongSum.h"
#include "compiler/kernels/emitters/Emitter.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

ir::CumsumOp matchCumsum(const Group &group) {
  if (group.outs.size() != 1 || group.anchors().size() != 1)
    return {};
  auto op = group.outs.front().getDefiningOp<ir::CumsumOp>();
  return op && !group.stored.count(op.getResult()) ? op : ir::CumsumOp();
}

class CumsumEmitter : public Emitter {
public:
  StringRef name() const override { return "cumsum"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    ir::CumsumOp op = matchCumsum(group);
    if (!op)
      return std::nullopt;
    ArrayRef<int64_t> shape = shapeOf(op.getResult());
    int64_t lines = sizeOf(op.getResult()) / std::max<int64_t>(1, shape[op.getAxis()]);
    bool vectors = op.getAxis() + 1 < shape.size();
    // An addition waits for the one before: four cycles.
    double nanoseconds = double(sizeOf(op.getResult())) / (vectors ? 2 : 0.7) + nanosecondsOf(group, target);
    return shared(nanoseconds, vectors ? lines / lanesFor(group, target) : lines, 0, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    ir::CumsumOp op = matchCumsum(group);
    Code &code = emission.code;
    ArrayRef<int64_t> shape = shapeOf(op.getResult());
    if (sizeOf(op.getResult()) == 0)
      return;
    size_t axis = op.getAxis();
    bool vectors = axis + 1 < shape.size();
    int64_t lanes = vectors ? lanesFor(group, code.target()) : 1, last = vectors ? shape.back() : 1;
    SmallVector<int64_t> outer(shape);
    if (vectors)
      outer.pop_back();
    outer.erase(outer.begin() + axis);
    int64_t lines = 1, whole = last / lanes;
    for (int64_t size : outer)
      lines *= size;
    // The vectors of every line, then its masked tail.
    auto pass = [&](int64_t perLine, Value mask) {
      auto [low, high] = emission.part(lines * perLine);
      code.loop(low, high, 1, [&](Value index) {
        SmallVector<Coord, 4> coords = Coords(code, 1).unflatten({code.div(index, perLine), 0, {}}, outer);
        coords.insert(coords.begin() + axis, Coord{code.integer(0), 0, {}});
        if (vectors)
          coords.push_back(
              {mask ? code.integer(whole * lanes) : code.mul(code.rem(index, perLine), lanes), 1, {}});
        oneLine(op, emission, std::move(coords), lanes, mask);
      });
    };
    if (whole > 0)
      pass(whole, Value());
    if (whole * lanes != last)
      pass(1, code.firstLanes(last - whole * lanes, lanes));
  }

  bool readsInPlace(const Group &, Value) const override { return false; }

private:
  static void oneLine(ir::CumsumOp op, Emission &emission, SmallVector<Coord, 4> coords, int64_t lanes,
                      Value mask) {
    Code &code = emission.code;
    size_t axis = op.getAxis();
    int64_t extent = shapeOf(op.getResult())[axis];
    Type type = code.type(elementOf(op.getResult()), lanes);
    bool rounds = elementOf(op.getResult()).isF32();
    Value zero = rounds ? startTotal(code, type) : code.number(type, 0);
    code.loop(code.integer(0), code.integer(extent), 1, {zero}, [&](Value k, ValueRange carried) {
      Pull::Scope scope(emission.pull);
      Point made;
      made.lanes = lanes;
      made.mask = mask;
      made.coords = coords;
      (*made.coords)[axis].base = op.getReverse() ? code.sub(code.integer(extent - 1), k) : k;
      const Point *where = emission.pull.point(std::move(made));
      Value here = emission.pull.at(op.getX(), where);
      Value sum = rounds ? addToTotal(code, carried[0], here)
                         : arith::AddFOp::create(code.builder(), code.loc(), carried[0], here).getResult();
      emission.pull.set(op.getResult(), rounds ? roundTotal(code, sum) : sum);
      emission.write({op.getResult()}, where);
      return SmallVector<Value>{sum};
    });
  }
};

} // namespace

const Emitter &cumsumEmitter() {
  static const CumsumEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
