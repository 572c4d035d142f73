// Contractions without a column axis: inner products, one for each element of the result ("k,k->",
// "bk,bk->b").
//
// Algorithm: for each element of the result, vectors along the operands' last axis (which is summed)
// accumulate products in one vector of lanes, over all other summed axes in order; then the lanes are folded
// and the epilogue runs on the scalar. Long sums go to f64 totals block by block. Chunks share the elements.
#include "compiler/kernels/code/LongSum.h"
#include "compiler/kernels/emitters/Emitter.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

struct Dot {
  ir::ContractOp op;
  int64_t along;               // the label that vectors run along
  SmallVector<int64_t> others; // summed labels besides
  llvm::DenseMap<int64_t, int64_t> sizes;
};

std::optional<Dot> matchDot(const Group &group) {
  SmallVector<Operation *> anchors = group.anchors();
  if (anchors.size() != 1 || !group.onlyElementwiseAfter(anchors.front()))
    return std::nullopt;
  auto op = dyn_cast<ir::ContractOp>(anchors.front());
  if (!op || op.getLhs().empty() || sizeOf(op.getA()) == 0 || sizeOf(op.getB()) == 0)
    return std::nullopt;
  for (Value out : group.outs)
    if (!group.reaches(op.getResult(), out))
      return std::nullopt;
  Dot dot;
  dot.op = op;
  dot.along = op.getLhs().back();
  auto summed = [&](int64_t label) { return !llvm::is_contained(op.getOut(), label); };
  if (!summed(dot.along))
    dot.along = op.getRhs().empty() ? dot.along : op.getRhs().back();
  if (!summed(dot.along))
    return std::nullopt;
  for (auto [label, size] : llvm::zip_equal(op.getLhs(), shapeOf(op.getA()))) {
    dot.sizes[label] = size;
    if (summed(label) && label != dot.along)
      dot.others.push_back(label);
  }
  return dot;
}

class DotEmitter : public Emitter {
public:
  StringRef name() const override { return "dot"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Dot> dot = matchDot(group);
    if (!dot)
      return std::nullopt;
    return shared(nanosecondsOf(group, target), sizeOf(dot->op.getResult()), 0, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    Dot dot = *matchDot(group);
    Code &code = emission.code;
    Pull &pull = emission.pull;
    ArrayRef<int64_t> shape = shapeOf(dot.op.getResult());
    auto part = emission.part(sizeOf(dot.op.getResult()));
    code.loop(part.first, part.second, 1, [&](Value element) {
      Pull::Scope scope(pull);
      SmallVector<Coord, 4> coords = Coords(code, 1).unflatten({element, 0, {}}, shape);
      pull.set(dot.op.getResult(), product(dot, emission, coords, lanesFor(group, code.target())));
      Point made;
      made.coords = coords;
      made.linear = Coord{element, 0, {}};
      emission.write(group.outs, pull.point(std::move(made)));
    });
  }

private:
  static Value product(const Dot &dot, Emission &emission, ArrayRef<Coord> result, int64_t lanes) {
    Code &code = emission.code;
    Pull &pull = emission.pull;
    ir::ContractOp op = dot.op;
    llvm::DenseMap<int64_t, Coord> place;
    for (auto [label, coord] : llvm::zip_equal(op.getOut(), result))
      place[label] = coord;
    int64_t size = dot.sizes.lookup(dot.along), whole = size / lanes * lanes;
    auto step = [&](Value i, Value mask, Value sum) {
      Pull::Scope scope(pull);
      place[dot.along] = {i, lanes == 1 ? 0 : 1, {}};
      auto at = [&](Value operand, ArrayRef<int64_t> labels) {
        Point made;
        made.lanes = lanes;
        made.mask = mask;
        made.coords.emplace();
        for (int64_t label : labels)
          made.coords->push_back(place[label]);
        return pull.at(operand, pull.point(std::move(made)));
      };
      Value next = code.fma(at(op.getA(), op.getLhs()), at(op.getB(), op.getRhs()), sum);
      return mask ? code.select(mask, next, sum) : next;
    };
    // The sum, and its total if it is long.
    SmallVector<int64_t> sizes =
        llvm::map_to_vector(dot.others, [&](int64_t label) { return dot.sizes.lookup(label); });
    sizes.push_back(llvm::divideCeilSigned(size, lanes));
    std::optional<SumBlocks> blocks = sumBlocks(elementOf(op.getResult()), sizes);
    const Value zero = code.number(code.type(elementOf(op.getResult()), lanes), 0);
    auto flush = [&](SmallVector<Value> state) {
      return SmallVector<Value>{zero, addToTotal(code, state[1], state[0])};
    };
    auto nest = [&](auto &&self, size_t depth, SmallVector<Value> state) -> SmallVector<Value> {
      const bool cut = blocks && blocks->depth == depth;
      auto loop = [&](int64_t high, int64_t by, Code::Body body) {
        return cut ? loopInBlocks(code, code.integer(0), code.integer(high), by, blocks->iterations, state,
                                  body, flush)
                   : code.loop(code.integer(0), code.integer(high), by, state, body);
      };
      if (depth < dot.others.size()) {
        state = loop(sizes[depth], 1, [&](Value i, ValueRange inside) {
          place[dot.others[depth]] = {i, 0, {}};
          return self(self, depth + 1, SmallVector<Value>(inside));
        });
      } else {
        state = loop(whole, lanes, [&](Value i, ValueRange inside) {
          SmallVector<Value> next(inside);
          next[0] = step(i, Value(), inside[0]);
          return next;
        });
        if (whole != size)
          state[0] = step(code.integer(whole), code.firstLanes(size - whole, lanes), state[0]);
      }
      return cut ? flush(std::move(state)) : state;
    };
    SmallVector<Value> start{zero};
    if (blocks)
      start.push_back(startTotal(code, zero.getType()));
    Value sum = code.fold(nest(nest, 0, std::move(start)).back(), [&](Value a, Value b) {
      return Value(arith::AddFOp::create(code.builder(), code.loc(), a, b));
    });
    return blocks ? roundTotal(code, sum) : sum;
  }
};

} // namespace

const Emitter &dotEmitter() {
  static const DotEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
