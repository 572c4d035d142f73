// scatter_add: rows of updates added onto a table of zeros, in the order of the indices.
//
// Algorithm: clear this chunk's columns of the table, then for each index in row-major order add its update
// to the row it names. Chunks share the columns, so that no two of them write to one place and the order of
// additions is that of one thread.
#include "compiler/kernels/Convolution.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

ir::ScatterAddOp match(const Group &group) {
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

class ScatterEmitter : public Emitter {
public:
  StringRef name() const override { return "scatter"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    ir::ScatterAddOp op = match(group);
    if (!op)
      return std::nullopt;
    int64_t vectors = widthOf(op) / lanesFor(group, target);
    return Shares{chunksFor(nanosecondsOf(group, target), std::max<int64_t>(1, vectors)), 0};
  }

  void emit(const Group &group, Emission &emission) const override {
    ir::ScatterAddOp op = match(group);
    Code &code = emission.code;
    Pull &pull = emission.pull;
    ArrayRef<int64_t> table = shapeOf(op.getResult()), indices = shapeOf(op.getIndices());
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
      code.loop(sizeOf(op.getIndices()), [&](Value flat) {
        Pull::Scope scope(pull);
        Coords scalars(code, 1);
        Point made;
        made.coords = scalars.unflatten({flat, 0, {}}, indices);
        SmallVector<Coord, 4> outer = *made.coords;
        Value index = pull.at(op.getIndices(), pull.point(std::move(made)));
        // The transpose of gather's clamp.
        index = arith::MaxSIOp::create(code.builder(), code.loc(), index, code.number(index.getType(), 0));
        index = arith::MinSIOp::create(code.builder(), code.loc(), index,
                                       code.number(index.getType(), double(table[0] - 1)));
        Value row = arith::ExtUIOp::create(code.builder(), code.loc(), code.builder().getI64Type(), index);
        eachVector([&](Value i, Value mask) {
          Pull::Scope inner(pull);
          Coords arithmetic(code, lanes);
          Coord along{i, lanes == 1 ? 0 : 1, {}};
          Point update;
          update.lanes = lanes;
          update.mask = mask;
          update.coords = outer;
          update.coords->append(arithmetic.unflatten(along, table.drop_front()));
          update.linear = arithmetic.add(along, {code.mul(flat, width), 0, {}});
          Value here = pull.at(op.getUpdates(), pull.point(std::move(update)));
          Value offset = code.add(code.mul(row, width), i);
          Value sum =
              arith::AddFOp::create(code.builder(), code.loc(), code.load(place, offset, lanes, mask), here);
          code.store(sum, place, offset, mask);
        });
      });
    }
  }

  bool readsInPlace(const Group &, Value) const override { return false; }
};

} // namespace

const Emitter &scatterEmitter() {
  static const ScatterEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
