#include "compiler/kernels/code/Tile.h"

#include "compiler/kernels/code/LongSum.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::compiler {

int64_t tileRows(const Target &target, int64_t vectors) {
  // What is left by a register for each vector of B, one that stays free, and, where an operand cannot be
  // broadcast from memory, one to broadcast into. More than 14 rows, 16 of one vector, gain nothing.
  int64_t free = target.vectorRegisters - vectors - (target.embeddedBroadcast ? 1 : 2);
  return std::max<int64_t>(1, std::min<int64_t>(free / vectors, vectors == 1 ? 16 : 14));
}

int64_t tileVectors(const Target &target, int64_t count) {
  if (count <= 2)
    return std::max<int64_t>(1, count);
  // Three vectors in one pass beat two and one.
  return count == 3 && target.vectorRegisters == 32 ? 3 : 2;
}

Heights balance(int64_t total, int64_t most) {
  int64_t tiles = (total + most - 1) / most;
  int64_t height = (total + tiles - 1) / tiles;
  return {tiles, height, tiles - (height * tiles - total)};
}

Value Heights::start(Code &code, Value index) const {
  if (first == tiles)
    return code.mul(index, height);
  // One row fewer for every tile past the first ones.
  Value past = arith::MaxSIOp::create(code.builder(), code.loc(), code.add(index, -first), code.integer(0));
  return code.sub(code.mul(index, height), past);
}

void Heights::forEach(Code &code, Value low, Value high,
                      llvm::function_ref<void(Value, Value, int64_t)> body) const {
  auto rows = [&](Value from, Value to, int64_t rowsOfEach) {
    code.loop(from, to, 1, [&](Value index) { body(index, start(code, index), rowsOfEach); });
  };
  if (first == tiles)
    return rows(low, high, height);
  Value border = code.integer(first);
  auto clamp = [&](Value value, bool least) -> Value {
    if (auto known = Code::known(value))
      return code.integer(least ? std::max(*known, first) : std::min(*known, first));
    if (least)
      return arith::MaxSIOp::create(code.builder(), code.loc(), value, border);
    return arith::MinSIOp::create(code.builder(), code.loc(), value, border);
  };
  rows(low, clamp(high, false), height);
  rows(clamp(low, true), high, height - 1);
}

Grid gridFor(int64_t chunks, int64_t tiles, int64_t panels, llvm::function_ref<double(Grid)> moved) {
  Grid best;
  double least = 0;
  for (int64_t columns = 1; columns <= std::min(chunks, panels); ++columns) {
    Grid grid{std::min(chunks / columns, tiles), columns};
    double work =
        double(llvm::divideCeilSigned(tiles, grid.rows) * llvm::divideCeilSigned(panels, columns) * chunks) +
        moved(grid);
    if (columns == 1 || work < least) {
      least = work;
      best = grid;
    }
  }
  return best;
}

void Tile::setRows(int64_t count, int64_t stride) {
  rowOffsets.resize(count);
  for (int64_t r = 0; r < count; ++r)
    rowOffsets[r] = r * stride;
}

SmallVector<Value> zeroAccumulators(Code &code, const Tile &tile) {
  Value zero = code.number(code.type(tile.b.element, tile.lanes), 0);
  return SmallVector<Value>(tile.rows() * tile.vectors, zero);
}

static void step(Code &code, const Tile &tile, Value offsetA, Value offsetB,
                 SmallVectorImpl<Value> &accumulators) {
  SmallVector<Value> columns;
  for (int64_t v = 0; v < tile.vectors; ++v)
    columns.push_back(code.load(
        tile.b, code.add(offsetB, tile.columnOffsets.empty() ? v * tile.lanes : tile.columnOffsets[v]),
        tile.lanes, v + 1 == tile.vectors ? tile.mask : Value()));
  Memory row = code.at(tile.a, offsetA);
  if (tile.aheadA)
    code.prefetch(row, code.integer(*tile.aheadA));
  if (tile.aheadB)
    for (int64_t v = 0; v < tile.vectors; ++v)
      code.prefetch(tile.b, code.add(offsetB, *tile.aheadB + v * tile.lanes));
  for (int64_t r = 0; r < tile.rows(); ++r) {
    Value factor = code.splat(code.load(row, code.integer(tile.rowOffsets[r]), 1), tile.lanes);
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Value &accumulator = accumulators[r * tile.vectors + v];
      accumulator = code.fma(factor, columns[v], accumulator);
    }
  }
}

SmallVector<Value> emitTile(Code &code, const Tile &tile, SmallVector<Value> accumulators) {
  // Of a long sum the totals are carried behind the accumulators. They are not used between blocks, so that
  // they do not lie in registers there.
  const size_t count = accumulators.size();
  SmallVector<int64_t> sizes = llvm::map_to_vector(tile.sums, [](const SumAxis &axis) { return axis.size; });
  std::optional<SumBlocks> blocks = sumBlocks(tile.b.element, sizes, shortProduct, stepsOfBlock);
  const SmallVector<Value> zeros = blocks ? zeroAccumulators(code, tile) : SmallVector<Value>();
  for (Value zero : zeros)
    accumulators.push_back(startTotal(code, zero.getType()));
  auto flush = [&](SmallVector<Value> state) {
    for (size_t i = 0; i < count; ++i) {
      state[count + i] = addToTotal(code, state[count + i], state[i]);
      state[i] = zeros[i];
    }
    return state;
  };
  auto nest = [&](auto &&self, size_t depth, Value offsetA, Value offsetB,
                  SmallVector<Value> state) -> SmallVector<Value> {
    if (depth == tile.sums.size()) {
      step(code, tile, offsetA, offsetB, state);
      return state;
    }
    const SumAxis &axis = tile.sums[depth];
    bool inner = depth + 1 == tile.sums.size();
    int64_t times = inner ? stepsOfTurn : 1;
    auto at = [&](Value i, SmallVector<Value> values) {
      return self(self, depth + 1, code.add(offsetA, code.mul(i, axis.strideA)),
                  code.add(offsetB, code.mul(i, axis.strideB)), std::move(values));
    };
    const bool cut = blocks && blocks->depth == depth;
    auto turns = [&](Value low, Value high, int64_t turn, bool fetch) {
      auto body = [&](Value i, ValueRange inside) {
        SmallVector<Value> values(inside);
        if (fetch)
          tile.fetchBeside(i);
        for (int64_t u = 0; u < turn; ++u)
          values = at(code.add(i, u), std::move(values));
        return values;
      };
      state = cut ? loopInBlocks(code, low, high, turn, llvm::divideCeilSigned(blocks->iterations, turn),
                                 state, body, flush)
                  : code.loop(low, high, turn, state, body);
    };
    if (axis.low) {
      turns(axis.low, axis.high, axis.wholeTurns ? times : 1, false);
      return cut ? flush(std::move(state)) : state;
    }
    int64_t whole = axis.size <= 2 * times && inner ? 0 : axis.size / times * times;
    int64_t fetching = inner && tile.fetchBeside ? std::min(whole, tile.fetchSteps.value_or(whole)) : 0;
    if (fetching > 0)
      turns(code.integer(0), code.integer(fetching), times, true);
    if (fetching < whole)
      turns(code.integer(fetching), code.integer(whole), times, false);
    for (int64_t i = whole; i < axis.size; ++i)
      state = at(code.integer(i), std::move(state));
    return cut ? flush(std::move(state)) : state;
  };
  SmallVector<Value> state = nest(nest, 0, code.integer(0), code.integer(0), std::move(accumulators));
  for (size_t i = 0; i < zeros.size(); ++i)
    state[i] = roundTotal(code, state[count + i]);
  state.truncate(count);
  return state;
}

} // namespace mlc::compiler
