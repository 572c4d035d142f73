// scatter_add: rows of updates added onto a table of zeros, in the order of the indices.
//
// Algorithm: clear this chunk's columns of the table, then for each index in row-major order add its update
// to the row it names. Chunks share the columns, so that no two of them write to one place and the order of
// additions is that of one thread.
//
// All updates may name one row. Where there are so many that an f32 would lose them, f64 totals of the table
// lie in scratch, a strip of columns after the other, and are rounded into the table.
#include "compiler/kernels/code/LongSum.h"
#include "compiler/kernels/emitters/Convolution.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

ir::ScatterAddOp matchScatter(const Group &group) {
  if (group.outs.size() != 1 || group.anchors().size() != 1)
    return {};
  auto op = group.outs.front().getDefiningOp<ir::ScatterAddOp>();
  return op && !group.stored.count(op.getResult()) && group.ops.back() == op ? op : ir::ScatterAddOp();
}

/// How many numbers a row of the table has; none if there are no rows.
int64_t widthOf(ir::ScatterAddOp op) {
  int64_t rows = shapeOf(op.getResult())[0];
  return rows ? sizeOf(op.getResult()) / rows : 0;
}

/// The totals of many updates.
struct Strip {
  int64_t lanes, vectors; // of its columns
  int64_t scratchBytes;

  int64_t width() const { return lanes * vectors; }
};

std::optional<Strip> stripOf(ir::ScatterAddOp op, const Target &target, Choices &choices) {
  /// Updates that are added in f32.
  constexpr int64_t fewUpdates = 8192;
  /// Scratch that stays in the L2 cache.
  constexpr int64_t near = 1 << 20;
  /// A few neighbouring cache lines of each update; wider strips would leave fewer chunks.
  constexpr int64_t mostVectors = 4;
  Type element = elementOf(op.getResult());
  int64_t rows = shapeOf(op.getResult())[0], width = widthOf(op);
  if (!element.isF32() || sizeOf(op.getIndices()) <= fewUpdates || width == 0)
    return std::nullopt;
  int64_t lanes = target.lanes(element.getIntOrFloatBitWidth());
  while (lanes > 1 && lanes / 2 >= width)
    lanes /= 2;
  int64_t bytes = rows * lanes * int64_t(sizeof(double));
  int64_t most = std::min(mostVectors, llvm::divideCeilSigned(width, lanes));
  int64_t vectors = choices.between("vectors", std::clamp<int64_t>(near / bytes, 1, most), 1, most);
  return Strip{lanes, vectors, bytes * vectors};
}

class ScatterEmitter : public Emitter {
public:
  StringRef name() const override { return "scatter"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    ir::ScatterAddOp op = matchScatter(group);
    if (!op)
      return std::nullopt;
    std::optional<Strip> strip = stripOf(op, target, choices);
    int64_t vectors = widthOf(op) / (strip ? strip->width() : lanesFor(group, target));
    return shared(nanosecondsOf(group, target), vectors, strip ? strip->scratchBytes : 0, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    ir::ScatterAddOp op = matchScatter(group);
    Code &code = emission.code;
    if (std::optional<Strip> strip = stripOf(op, code.target(), emission.choices))
      return addTotals(op, emission, *strip);
    ArrayRef<int64_t> table = shapeOf(op.getResult());
    int64_t width = widthOf(op), lanes = lanesFor(group, code.target());
    std::pair<Value, Value> columns = emission.part(width, lanes);
    auto eachVector = [&](llvm::function_ref<void(Value, Value)> body) {
      int64_t whole = width / lanes * lanes;
      Value end = arith::MinSIOp::create(code.builder(), code.loc(), columns.second, code.integer(whole));
      code.loop(columns.first, end, lanes, [&](Value i) { body(i, Value()); });
      if (whole != width)
        code.when(code.compare(arith::CmpIPredicate::eq, columns.second, code.integer(width)),
                  [&] { body(code.integer(whole), code.firstLanes(width - whole, lanes)); });
    };
    for (const Memory &place : emission.places.lookup(op.getResult())) {
      if (emission.chunks == 1)
        clearRange(code, place, sizeOf(op.getResult()));
      else
        code.loop(table[0], [&](Value row) {
          eachVector([&](Value i, Value mask) {
            code.store(code.number(code.type(place.element, lanes), 0), place,
                       code.add(code.mul(row, width), i), mask);
          });
        });
      eachUpdate(op, emission, [&](Value flat, ArrayRef<Coord> outer, Value row) {
        eachVector([&](Value i, Value mask) {
          Pull::Scope inner(emission.pull);
          Value here = updateAt(op, emission, flat, outer, i, lanes, mask);
          Value offset = code.add(code.mul(row, width), i);
          Value sum =
              arith::AddFOp::create(code.builder(), code.loc(), code.load(place, offset, lanes, mask), here);
          code.store(sum, place, offset, mask);
        });
      });
    }
  }

  bool readsInPlace(const Group &, Value) const override { return false; }

private:
  /// `body` with each update's number, the coordinates of its index, and the row that it is added to.
  static void eachUpdate(ir::ScatterAddOp op, Emission &emission,
                         llvm::function_ref<void(Value, ArrayRef<Coord>, Value)> body) {
    Code &code = emission.code;
    Pull &pull = emission.pull;
    code.loop(sizeOf(op.getIndices()), [&](Value flat) {
      Pull::Scope scope(pull);
      Coords scalars(code, 1);
      Point made;
      made.coords = scalars.unflatten({flat, 0, {}}, shapeOf(op.getIndices()));
      SmallVector<Coord, 4> outer = *made.coords;
      Value index = pull.at(op.getIndices(), pull.point(std::move(made)));
      // The transpose of gather's clamp.
      index = arith::MaxSIOp::create(code.builder(), code.loc(), index, code.number(index.getType(), 0));
      index = arith::MinSIOp::create(code.builder(), code.loc(), index,
                                     code.number(index.getType(), double(shapeOf(op.getResult())[0] - 1)));
      body(flat, outer,
           arith::ExtUIOp::create(code.builder(), code.loc(), code.builder().getI64Type(), index));
    });
  }

  /// The vector from column `i` on of an update.
  static Value updateAt(ir::ScatterAddOp op, Emission &emission, Value flat, ArrayRef<Coord> outer, Value i,
                        int64_t lanes, Value mask) {
    Code &code = emission.code;
    ArrayRef<int64_t> table = shapeOf(op.getResult());
    Coords arithmetic(code, lanes);
    Coord along{i, lanes == 1 ? 0 : 1, {}};
    Point update;
    update.lanes = lanes;
    update.mask = mask;
    update.coords = SmallVector<Coord, 4>(outer);
    update.coords->append(arithmetic.unflatten(along, table.drop_front()));
    update.linear = arithmetic.add(along, {code.mul(flat, sizeOf(op.getResult()) / table[0]), 0, {}});
    return emission.pull.at(op.getUpdates(), emission.pull.point(std::move(update)));
  }

  static void addTotals(ir::ScatterAddOp op, Emission &emission, const Strip &strip) {
    Code &code = emission.code;
    int64_t rows = shapeOf(op.getResult())[0], width = sizeOf(op.getResult()) / rows, lanes = strip.lanes;
    Memory totals{emission.scratch, code.builder().getF64Type()};
    auto [low, high] = emission.part(width, strip.width());
    // `count` columns from `first` on.
    auto oneStrip = [&](Value first, int64_t count) {
      auto eachVector = [&](Value row, llvm::function_ref<void(Value, Value, Value)> body) {
        for (int64_t at = 0; at < count; at += lanes)
          body(code.add(first, at), code.add(code.mul(row, strip.width()), at),
               count - at < lanes ? code.firstLanes(count - at, lanes) : Value());
      };
      Type type = code.type(elementOf(op.getResult()), lanes);
      code.loop(rows, [&](Value row) {
        eachVector(row,
                   [&](Value, Value total, Value) { code.store(startTotal(code, type), totals, total); });
      });
      eachUpdate(op, emission, [&](Value flat, ArrayRef<Coord> outer, Value row) {
        eachVector(row, [&](Value i, Value total, Value mask) {
          Pull::Scope inner(emission.pull);
          Value here = updateAt(op, emission, flat, outer, i, lanes, mask);
          code.store(addToTotal(code, code.load(totals, total, lanes), here), totals, total);
        });
      });
      code.loop(rows, [&](Value row) {
        eachVector(row, [&](Value i, Value total, Value mask) {
          Value sum = roundTotal(code, code.load(totals, total, lanes));
          for (const Memory &place : emission.places.lookup(op.getResult()))
            code.store(sum, place, code.add(code.mul(row, width), i), mask);
        });
      });
    };
    int64_t whole = width / strip.width() * strip.width();
    Value end = arith::MinSIOp::create(code.builder(), code.loc(), high, code.integer(whole));
    code.loop(low, end, strip.width(), [&](Value first) { oneStrip(first, strip.width()); });
    if (whole != width)
      code.when(code.compare(arith::CmpIPredicate::eq, high, code.integer(width)),
                [&] { oneStrip(code.integer(whole), width - whole); });
  }
};

} // namespace

const Emitter &scatterEmitter() {
  static const ScatterEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
