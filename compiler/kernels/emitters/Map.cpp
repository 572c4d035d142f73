// The emitter of everything that is computed element by element: maps over one iteration space or several,
// index transformations, random numbers, windows, and, as the last resort, any single sum with what follows
// it.
//
// Algorithm: for each shape among the outs, one nest of loops over it, the last axis in vectors with a masked
// tail. Where no value looks at coordinates the whole space is one axis. At each point all outs of the shape
// are pulled, then stored. Chunks split the space.
#include "compiler/kernels/emitters/Emitter.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

class MapEmitter : public Emitter {
public:
  StringRef name() const override { return "map"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    SmallVector<Operation *> anchors = group.anchors();
    if (anchors.size() > 1 || (anchors.size() == 1 && (isSequential(anchors.front()) ||
                                                       !group.onlyElementwiseAfter(anchors.front()))))
      return std::nullopt;
    int64_t vectors = 1;
    for (Value out : group.outs)
      vectors = std::max(vectors, sizeOf(out) / lanesFor(group, target));
    return shared(nanosecondsOf(group, target), vectors, 0, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    llvm::MapVector<ArrayRef<int64_t>, SmallVector<Value>> byShape;
    for (Value out : group.outs)
      byShape[shapeOf(out)].push_back(out);
    int64_t lanes = lanesFor(group, emission.code.target());
    for (auto &[shape, outs] : byShape) {
      bool coords = llvm::any_of(outs, [&](Value out) { return emission.pull.needsCoords(out); });
      int64_t size = sizeOf(outs.front());
      if (size == 0)
        continue;
      if (size == 1)
        single(emission, outs, shape);
      else if (!coords)
        flat(emission, outs, size, lanes);
      else
        nest(emission, outs, shape, lanes);
    }
  }

private:
  static void single(Emission &emission, ArrayRef<Value> outs, ArrayRef<int64_t> shape) {
    Code &code = emission.code;
    auto body = [&] {
      Pull::Scope scope(emission.pull);
      Point made;
      made.coords = SmallVector<Coord, 4>(shape.size(), Coord{code.integer(0), 0, {}});
      emission.write(outs, emission.pull.point(std::move(made)));
    };
    if (emission.chunks == 1)
      body();
    else
      code.when(code.compare(arith::CmpIPredicate::eq, emission.chunk, int64_t(0)), body);
  }

  /// Vectors along [low, high) of an axis of `size`, where low is a multiple of the lanes; `at` gets the
  /// place and the mask.
  static void vectors(Code &code, Value low, Value high, int64_t size, int64_t lanes,
                      llvm::function_ref<void(Value, Value, int64_t)> at) {
    int64_t whole = size / lanes * lanes;
    if (whole > 0) {
      Value end = code.known(high)
                      ? code.integer(std::min(*code.known(high), whole))
                      : Value(arith::MinSIOp::create(code.builder(), code.loc(), high, code.integer(whole)));
      code.loop(low, end, lanes, [&](Value i) { at(i, Value(), lanes); });
    }
    if (whole == size)
      return;
    Value tail = code.integer(whole);
    auto body = [&] {
      // A tail of one element is a scalar.
      int64_t rest = size - whole;
      if (rest == 1)
        at(tail, Value(), 1);
      else
        at(tail, code.firstLanes(rest, lanes), lanes);
    };
    if (code.known(high)) {
      body();
      return;
    }
    // Only the chunk that ends the axis; a chunk beyond it is empty and begins at its end too.
    Value ends = code.compare(arith::CmpIPredicate::eq, high, size);
    code.when(code.both(ends, code.compare(arith::CmpIPredicate::slt, low, size)), body);
  }

  static void flat(Emission &emission, ArrayRef<Value> outs, int64_t size, int64_t lanes) {
    Code &code = emission.code;
    auto [low, high] = emission.part(size, lanes);
    // A chunk may be empty when a small shape is shared among the chunks of a large one.
    vectors(code, low, high, size, lanes, [&](Value i, Value mask, int64_t width) {
      Pull::Scope scope(emission.pull);
      Point made;
      made.lanes = width;
      made.mask = mask;
      made.linear = Coord{i, width == 1 ? 0 : 1, {}};
      emission.write(outs, emission.pull.point(std::move(made)));
    });
  }

  static void nest(Emission &emission, ArrayRef<Value> outs, ArrayRef<int64_t> shape, int64_t lanes) {
    Code &code = emission.code;
    int64_t last = shape.back();
    auto whole = [&](int64_t size) { return std::pair<Value, Value>(code.integer(0), code.integer(size)); };
    auto row = [&](ArrayRef<Coord> coords, std::pair<Value, Value> columns) {
      vectors(code, columns.first, columns.second, last, lanes, [&](Value i, Value mask, int64_t width) {
        Pull::Scope scope(emission.pull);
        Point made;
        made.lanes = width;
        made.mask = mask;
        made.coords = SmallVector<Coord, 4>(coords);
        made.coords->push_back({i, width == 1 ? 0 : 1, {}});
        emission.write(outs, emission.pull.point(std::move(made)));
      });
    };
    // The axes before the last two are one loop, whose index is divided into theirs; the last but one has its
    // own, which divides nothing.
    ArrayRef<int64_t> outer = shape.drop_back(std::min<size_t>(2, shape.size()));
    int64_t blocks = 1, rows = 1;
    for (int64_t size : outer)
      blocks *= size;
    for (int64_t size : shape.drop_back())
      rows *= size;
    if (shape.size() >= 2 && blocks >= emission.chunks) {
      std::pair<Value, Value> part = emission.part(blocks);
      code.loop(part.first, part.second, 1, [&](Value block) {
        SmallVector<Coord, 4> coords = Coords(code, 1).unflatten({block, 0, {}}, outer);
        code.loop(shape[outer.size()], [&](Value index) {
          coords.push_back({index, 0, {}});
          row(coords, whole(last));
          coords.pop_back();
        });
      });
      return;
    }
    bool byRows = rows >= emission.chunks;
    std::pair<Value, Value> part = byRows ? emission.part(rows) : whole(rows);
    std::pair<Value, Value> columns = byRows ? whole(last) : emission.part(last, lanes);
    code.loop(part.first, part.second, 1, [&](Value index) {
      row(Coords(code, 1).unflatten({index, 0, {}}, shape.drop_back()), columns);
    });
  }
};

} // namespace

const Emitter &mapEmitter() {
  static const MapEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
