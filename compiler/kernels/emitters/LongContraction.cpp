// Products with long sums whose operands both lie sum by sum, as those of weight gradients do: C[m][n] is the
// sum over k of A[k][m] B[k][n], and k counts rows of a batch. Also those of few rows A[m][k] with many
// weights.
//
// Where columns of B lie a row apart, every step of a sum is a cache line, and often a page, of its own. So
// the sum is cut into blocks for which a panel of B fits the L1 cache. For each block, panel by panel: B's
// part is copied to [k][columns], and each tile of rows goes over it with its accumulators in registers,
// which between blocks lie in scratch. A is read in place where its steps are near to each other: a tile
// takes a cache line or two of each, and fetches those of the next tile. Where they are far apart, a block of
// A would not stay in the caches from panel to panel (its lines share few sets, and each has a page of its
// own), so it is copied first, tile by tile as [k][rows]. After the last block the epilogue (every op after
// the contraction) goes over the chunk's part of C. Chunks form the grid of rows and columns for which least
// is brought near. The sum of each element runs over k in order; where it is long, what lies in scratch
// between blocks are f64 totals of the blocks' f32 sums.
#include "compiler/kernels/code/LongSum.h"
#include "compiler/kernels/code/Tile.h"
#include "compiler/kernels/emitters/Product.h"

#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Steps of the sum at a time: a panel of B takes up to two thirds of an L1 cache of 48 KiB.
constexpr int64_t blockSteps = 256;
/// Shorter sums do as well in one piece.
constexpr int64_t leastSteps = 320;
/// Of products of few rows: the most rows, and the least bytes of B.
constexpr int64_t streamedRows = 128, streamedBytes = 2 << 20;
/// As tileFetch, of a copied tile: a guess.
constexpr double tileCopy = 1.0;

/// Whether as many lines `stride` bytes apart fall into so few sets of an L2 cache (of 2048 sets and 16 ways)
/// that they and what is fetched ahead of them displace each other.
bool crowd(int64_t lines, int64_t stride) {
  constexpr int64_t sets = 2048, line = 64, ways = 16;
  int64_t used = stride % line == 0 ? sets / std::gcd(sets, stride / line) : sets;
  return lines > used * ways / 2;
}

struct LongContractionCut {
  int64_t lanes, vectors;           // of a panel
  int64_t panels;                   // over all columns
  Heights tiles;                    // over all rows
  int64_t steps, blocks, lastSteps; // of the sum
  Grid grid;                        // the chunks
  int64_t mostTiles, mostPanels;    // of one chunk
  bool copyRows;                    // of A
  bool totals;                      // sums are long: between blocks they are f64
  double nanoseconds;

  int64_t width() const { return vectors * lanes; }
  /// Of a step of a copied tile: whole vectors.
  int64_t tileStep() const { return llvm::divideCeilSigned(tiles.height, lanes) * lanes; }
  // In elements, of a chunk's scratch: a panel of B, the accumulators, the copied rows of A.
  int64_t sizeOfPanel() const { return steps * width(); }
  int64_t partialWidth() const { return mostPanels * width(); }
  int64_t sizeOfPartial() const { return partials() * (totals ? 2 : 1); }
  int64_t partials() const { return mostTiles * tiles.height * partialWidth(); }
  int64_t sizeOfTile() const { return steps * tileStep(); }
  int64_t sizeOfRows() const { return copyRows ? mostTiles * sizeOfTile() : 0; }
  int64_t scratch() const { return sizeOfPanel() + sizeOfPartial() + sizeOfRows(); }
};

LongContractionCut cutOf(const Product &product, const Target &target, Choices &choices) {
  LongContractionCut cut;
  int64_t rows = product.row.size, columns = product.column.size, sum = product.sumSize();
  cut.lanes = target.lanes(elementOf(product.b).getIntOrFloatBitWidth());
  int64_t count = llvm::divideCeilSigned(columns, cut.lanes);
  cut.vectors = choices.between("vectors", std::min<int64_t>(count, 2), 1, std::min<int64_t>(count, 3));
  cut.panels = llvm::divideCeilSigned(count, cut.vectors);
  int64_t mostRows = tileRows(target, cut.vectors);
  cut.tiles = balance(rows, choices.between("rows", mostRows, 1, mostRows));
  cut.totals = elementOf(product.b).isF32() && sum > shortProduct;
  int64_t blocks = llvm::divideCeilSigned(sum, blockSteps);
  // Where blocks are added up in f64, they are a part of what the sum is.
  cut.blocks =
      cut.totals ? blocks : choices.between("blocks", blocks, 1, llvm::divideCeilSigned(sum, leastSteps / 4));
  // A multiple of what the tile's loop is unrolled by.
  cut.steps = llvm::divideCeilSigned(llvm::divideCeilSigned(sum, cut.blocks), 4) * 4;
  cut.lastSteps = sum - (cut.blocks - 1) * cut.steps;
  cut.nanoseconds = productNanoseconds(2.0 * double(rows) * double(columns) * double(sum), target);
  int64_t chunks = chunksFor(cut.nanoseconds, cut.tiles.tiles * cut.panels);
  cut.copyRows =
      product.row.a == 1 &&
      choices.flag("copy_rows", crowd(cut.steps, product.sums[0].a * elementBytes(elementOf(product.a))));
  cut.grid = gridFor(chunks, cut.tiles.tiles, cut.panels, [&](Grid grid) {
    int64_t bytes = llvm::divideCeilSigned(cut.tiles.tiles, grid.rows) * cut.sizeOfTile() *
                    elementBytes(elementOf(product.a));
    double tiles = double(cut.tiles.tiles) *
                   ((cut.copyRows ? tileCopy : tileFetch) * double(grid.columns) +
                    (cut.copyRows && bytes > cacheOfRows ? tileFetch * double(cut.panels) : 0));
    return tiles + panelCopy * double(cut.panels * grid.rows);
  });
  choose(cut.grid, cut.tiles.tiles, cut.panels, choices);
  cut.mostTiles = llvm::divideCeilSigned(cut.tiles.tiles, cut.grid.rows);
  cut.mostPanels = llvm::divideCeilSigned(cut.panels, cut.grid.columns);
  return cut;
}

/// Few rows, as of a small batch, and weights that no L2 cache holds, not even a panel of them.
bool streams(const Product &product) {
  int64_t element = elementBytes(elementOf(product.b));
  return product.sums[0].a == 1 && product.row.size <= streamedRows &&
         product.sumSize() * product.column.size * element >= streamedBytes &&
         crowd(product.sumSize(), product.sums[0].b * element);
}

bool suits(const Product &product) {
  return product.outerSize() == 1 && product.sums.size() == 1 && product.sumSize() >= leastSteps &&
         product.column.b == 1 && product.row.size >= 24 && product.column.size >= 16 &&
         (product.row.a == 1 || streams(product));
}

class LongContractionEmitter : public Emitter {
public:
  StringRef name() const override { return "long contraction"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Product> product = productOf(group);
    if (!product || !suits(*product))
      return std::nullopt;
    LongContractionCut cut = cutOf(*product, target, choices);
    return Plan{cut.grid.chunks(), cut.scratch() * elementBytes(elementOf(product->b)), cut.nanoseconds};
  }

  StringRef orderOfSums(const Group &group) const override {
    return orderOfProduct(*productOf(group), name());
  }

  void emit(const Group &group, Emission &emission) const override;
};

class LongContractionLoops {
public:
  LongContractionLoops(const Group &group, Emission &emission, Product product)
      : group(group), emission(emission), code(emission.code), product(std::move(product)),
        cut(cutOf(this->product, code.target(), emission.choices)), a(this->product.memoryOfA(emission)),
        b(this->product.memoryOfB(emission)), packed{emission.scratch, b.element},
        partial(code.at(packed, code.integer(cut.sizeOfPanel()))),
        copied(code.at(partial, code.integer(cut.sizeOfPartial()))) {
    if (cut.totals)
      partial.element = code.builder().getF64Type();
  }

  void run() {
    tiles = emission.rowPart(cut.tiles.tiles, cut.grid.rows, cut.grid.columns);
    panels = emission.columnPart(cut.panels, cut.grid.columns);
    firstRow = cut.tiles.start(code, tiles.first);
    clear();
    int64_t alike = cut.lastSteps == cut.steps ? cut.blocks : cut.blocks - 1;
    code.loop(alike, [&](Value block) { oneBlock(code.mul(block, cut.steps), cut.steps); });
    if (alike != cut.blocks)
      oneBlock(code.integer(alike * cut.steps), cut.lastSteps);
    code.loop(firstRow, cut.tiles.start(code, tiles.second), 1,
              [&](Value row) { writeRow(row, code.mul(code.sub(row, firstRow), cut.partialWidth())); });
  }

private:
  void clear() {
    Value zero = code.number(code.type(partial.element, cut.lanes), 0);
    code.loop(code.integer(0), code.integer(cut.partials()), cut.lanes,
              [&](Value i) { code.store(zero, partial, i); });
  }

  /// `steps` steps of the sum from `first` on, for all tiles of the chunk.
  void oneBlock(Value first, int64_t steps) {
    if (cut.copyRows)
      copyTiles(first, steps);
    int64_t whole = product.column.size / cut.width();
    auto onePanel = [&](Value panel, bool isWhole) {
      copyPanel(first, panel, steps, isWhole);
      cut.tiles.forEach(code, tiles.first, tiles.second, [&](Value tile, Value row, int64_t height) {
        oneTile(first, steps, tile, row, height, code.mul(code.sub(panel, panels.first), cut.width()));
      });
    };
    Value high = panels.second;
    if (whole != cut.panels)
      high = arith::MinSIOp::create(code.builder(), code.loc(), high, code.integer(whole));
    code.loop(panels.first, high, 1, [&](Value panel) { onePanel(panel, true); });
    if (whole != cut.panels)
      code.when(code.compare(arith::CmpIPredicate::eq, panels.second, cut.panels),
                [&] { onePanel(code.integer(whole), false); });
  }

  /// Where a tile of the chunk is copied to.
  Value placeOf(Value tile) { return code.mul(code.sub(tile, tiles.first), cut.sizeOfTile()); }

  /// Copies the chunk's rows of A, step by step as they lie, to one [steps][tileStep] for each tile.
  void copyTiles(Value first, int64_t steps) {
    code.loop(steps, [&](Value k) {
      Value from = code.mul(code.add(first, k), product.sums[0].a), to = code.mul(k, cut.tileStep());
      cut.tiles.forEach(code, tiles.first, tiles.second, [&](Value tile, Value row, int64_t height) {
        for (int64_t done = 0; done < height; done += cut.lanes) {
          Value mask = height - done < cut.lanes ? code.firstLanes(height - done, cut.lanes) : Value();
          code.store(code.load(a, code.add(code.add(from, row), done), cut.lanes, mask), copied,
                     code.add(code.add(placeOf(tile), to), done));
        }
      });
    });
  }

  /// Copies B's part to [steps][width], zeros past the last column, and begins to fetch what is copied next:
  /// the chunk's next panel, or its first one of the next block.
  void copyPanel(Value first, Value panel, int64_t steps, bool isWhole) {
    int64_t stride = product.sums[0].b;
    Value column = code.mul(panel, cut.width());
    Value from = code.add(code.mul(first, stride), column);
    Value back = code.add(code.mul(code.sub(panels.first, panel), cut.width()), steps * stride);
    Value isLast = code.compare(arith::CmpIPredicate::eq, code.add(panel, 1), panels.second);
    Value next = code.add(from, code.select(isLast, back, code.integer(cut.width())));
    SmallVector<Value> masks(cut.vectors);
    for (int64_t v = 0; v < cut.vectors && !isWhole; ++v)
      masks[v] = code.lanesBelow(code.add(column, v * cut.lanes), product.column.size, cut.lanes);
    code.loop(steps, [&](Value k) {
      Value row = code.mul(k, stride);
      for (int64_t v = 0; v < cut.vectors; ++v) {
        code.prefetch(b, code.add(code.add(next, row), v * cut.lanes));
        code.store(code.load(b, code.add(code.add(from, row), v * cut.lanes), cut.lanes, masks[v]), packed,
                   code.add(code.mul(k, cut.width()), v * cut.lanes));
      }
    });
  }

  /// A tile of `height` rows from `row` on: its part of the sum, added to that of the blocks before.
  void oneTile(Value first, int64_t steps, Value number, Value row, int64_t height, Value column) {
    Tile tile;
    tile.vectors = cut.vectors;
    tile.lanes = cut.lanes;
    tile.setRows(height, product.row.a);
    if (cut.copyRows) {
      tile.sums.push_back({steps, cut.tileStep(), cut.width()});
      tile.a = code.at(copied, placeOf(number));
    } else {
      tile.sums.push_back({steps, product.sums[0].a, cut.width()});
      tile.a = code.at(a, code.add(code.mul(first, product.sums[0].a), code.mul(row, product.row.a)));
      if (product.row.a == 1)
        tile.aheadA = 2 * height - 1;
    }
    tile.b = packed;
    Memory sums = code.at(partial, code.add(code.mul(code.sub(row, firstRow), cut.partialWidth()), column));
    auto place = [&](int64_t r, int64_t v) { return code.integer(r * cut.partialWidth() + v * cut.lanes); };
    SmallVector<Value> accumulators;
    if (cut.totals)
      accumulators = zeroAccumulators(code, tile);
    else
      for (int64_t r = 0; r < height; ++r)
        for (int64_t v = 0; v < cut.vectors; ++v)
          accumulators.push_back(code.load(sums, place(r, v), cut.lanes));
    accumulators = emitTile(code, tile, std::move(accumulators));
    for (int64_t r = 0; r < height; ++r)
      for (int64_t v = 0; v < cut.vectors; ++v) {
        Value sum = accumulators[r * cut.vectors + v];
        if (cut.totals)
          sum = addToTotal(code, code.load(sums, place(r, v), cut.lanes), sum);
        code.store(sum, sums, place(r, v));
      }
  }

  /// The epilogue of one row, from the sums that begin at `from`.
  void writeRow(Value row, Value from) {
    int64_t whole = product.column.size / cut.lanes * cut.lanes;
    Value first = code.mul(panels.first, cut.width());
    auto vector = [&](Value column, Value mask) {
      Value sums = code.load(partial, code.add(from, code.sub(column, first)), cut.lanes);
      if (cut.totals)
        sums = roundTotal(code, sums);
      writeSums(group, emission, product, sums, mask, {row, column});
    };
    Value end = arith::MinSIOp::create(code.builder(), code.loc(), code.mul(panels.second, cut.width()),
                                       code.integer(whole));
    code.loop(first, end, cut.lanes, [&](Value column) { vector(column, Value()); });
    if (whole == product.column.size)
      return;
    auto last = [&] { vector(code.integer(whole), code.firstLanes(product.column.size - whole, cut.lanes)); };
    if (cut.grid.columns == 1)
      last();
    else
      code.when(code.compare(arith::CmpIPredicate::eq, panels.second, cut.panels), last);
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Product product;
  LongContractionCut cut;
  Memory a, b, packed, partial, copied;
  std::pair<Value, Value> tiles, panels; // of the chunk
  Value firstRow;
};

void LongContractionEmitter::emit(const Group &group, Emission &emission) const {
  LongContractionLoops(group, emission, *productOf(group)).run();
}

} // namespace

const Emitter &longContractionEmitter() {
  static const LongContractionEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
