// Products with long sums whose operands both lie sum by sum, as those of weight gradients do: C[m][n] is the
// sum over k of A[k][m] B[k][n], and k counts rows of a batch.
//
// Read in place, every step of a sum is a cache line, and often a page, of its own. So the sum is cut into
// blocks that fit the L1 cache. For each block: A's part for this chunk's rows is copied to tiles [k][rows],
// then, panel by panel, B's to [k][columns], and each tile of rows goes over the panel with its accumulators
// in registers, which between blocks lie in scratch. After the last block the epilogue (every op after the
// contraction) goes over the chunk's part of C. Chunks form a grid of rows and columns that makes for little
// copying. The sum of each element runs over k in order: copies are padded with zeros, which add nothing.
#include "compiler/kernels/Product.h"
#include "compiler/kernels/Tile.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Steps of the sum at a time: a panel of B and a tile of A then fit an L1 cache of 48 KiB.
constexpr int64_t blockSteps = 160;

struct Cut {
  int64_t lanes, vectors, height; // of a tile
  int64_t tiles, panels;          // over all rows and columns
  int64_t steps, blocks;          // of the sum
  int64_t rowParts, columnParts;  // the chunks
  int64_t mostTiles, mostPanels;  // of one chunk

  int64_t width() const { return vectors * lanes; }
  int64_t pieces() const { return (height + lanes - 1) / lanes; } // vectors of one step of a tile of A
  int64_t stepOfA() const { return pieces() * lanes; }
  // In elements, of a chunk's scratch: A's tiles, B's panels, the accumulators.
  int64_t sizeOfA() const { return mostTiles * steps * stepOfA(); }
  int64_t sizeOfB() const { return mostPanels * steps * width(); }
  int64_t partialWidth() const { return mostPanels * width(); }
  int64_t scratch() const { return sizeOfA() + sizeOfB() + mostTiles * height * partialWidth(); }
};

Cut cutOf(const Product &product, const Target &target) {
  Cut cut;
  int64_t rows = product.row.size, columns = product.column.size, sum = product.sumSize();
  cut.lanes = target.lanes(elementOf(product.b).getIntOrFloatBitWidth());
  int64_t count = llvm::divideCeilSigned(columns, cut.lanes);
  cut.vectors = std::min<int64_t>(count, 2);
  cut.panels = llvm::divideCeilSigned(count, cut.vectors);
  cut.tiles = llvm::divideCeilSigned(rows, tileRows(target, cut.vectors));
  cut.height = llvm::divideCeilSigned(rows, cut.tiles);
  cut.blocks = llvm::divideCeilSigned(sum, blockSteps);
  // A multiple of what the tile's loop is unrolled by.
  cut.steps = llvm::divideCeilSigned(llvm::divideCeilSigned(sum, cut.blocks), 4) * 4;
  double nanoseconds = 2.0 * double(rows) * double(columns) * double(sum) / (0.2 * double(target.vectorBits));
  int64_t chunks = chunksFor(nanoseconds, cut.tiles * cut.panels);
  double best = 0;
  cut.rowParts = cut.columnParts = 1;
  for (int64_t columnParts = 1; columnParts <= std::min(chunks, cut.panels); ++columnParts) {
    int64_t rowParts = std::min(chunks / columnParts, cut.tiles);
    // Tiles that the largest chunk computes, as often as there should be chunks, and what is copied.
    double computed = double(llvm::divideCeilSigned(cut.tiles, rowParts) *
                             llvm::divideCeilSigned(cut.panels, columnParts) * chunks);
    double copied = double(cut.tiles * columnParts) + 2.0 * double(cut.panels * rowParts);
    if (best == 0 || computed + copied < best) {
      best = computed + copied;
      cut.rowParts = rowParts;
      cut.columnParts = columnParts;
    }
  }
  cut.mostTiles = llvm::divideCeilSigned(cut.tiles, cut.rowParts);
  cut.mostPanels = llvm::divideCeilSigned(cut.panels, cut.columnParts);
  return cut;
}

bool suits(const Product &product) {
  return product.outerSize() == 1 && product.sums.size() == 1 && product.sumSize() >= 2 * blockSteps &&
         product.row.a == 1 && product.column.b == 1 && product.row.size >= 24 && product.column.size >= 16;
}

class LongContractionEmitter : public Emitter {
public:
  StringRef name() const override { return "long contraction"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    std::optional<Product> product = productOf(group);
    if (!product || !suits(*product))
      return std::nullopt;
    Cut cut = cutOf(*product, target);
    return Shares{cut.rowParts * cut.columnParts, cut.scratch() * elementBytes(elementOf(product->b))};
  }

  void emit(const Group &group, Emission &emission) const override;
};

class Loops {
public:
  Loops(const Group &group, Emission &emission, Product product)
      : group(group), emission(emission), code(emission.code), product(std::move(product)),
        cut(cutOf(this->product, code.target())), a(emission.pull.memoryOf(this->product.a)),
        b(emission.pull.memoryOf(this->product.b)), packedA{emission.scratch, a.element},
        packedB(code.at(packedA, code.integer(cut.sizeOfA()))),
        partial(code.at(packedB, code.integer(cut.sizeOfB()))) {}

  void run() {
    auto [tileLow, tileHigh] = emission.rowPart(cut.tiles, cut.rowParts, cut.columnParts);
    auto [panelLow, panelHigh] = emission.columnPart(cut.panels, cut.columnParts);
    clear();
    int64_t sum = product.sumSize();
    code.loop(cut.blocks, [&, tileLow = tileLow, tileHigh = tileHigh, panelLow = panelLow,
                           panelHigh = panelHigh](Value block) {
      Value first = code.mul(block, cut.steps);
      Value steps = code.integer(cut.steps);
      if (cut.blocks * cut.steps != sum)
        steps = arith::MinSIOp::create(code.builder(), code.loc(), steps, code.sub(code.integer(sum), first));
      copy(a, first, product.sums[0].a, steps, packedA, cut.pieces(), cut.height, tileLow, tileHigh,
           product.row.size);
      copy(b, first, product.sums[0].b, steps, packedB, cut.vectors, cut.width(), panelLow, panelHigh,
           product.column.size);
      forTiles(panelLow, panelHigh, [&](Value, Value panel) {
        forTiles(tileLow, tileHigh, [&](Value, Value tile) { oneTile(tile, panel); });
      });
    });
    forTiles(tileLow, tileHigh, [&, panelLow = panelLow, panelHigh = panelHigh](Value tile, Value index) {
      Value row = code.mul(tile, cut.height);
      Value rows = arith::MinSIOp::create(code.builder(), code.loc(), code.integer(cut.height),
                                          code.sub(code.integer(product.row.size), row));
      code.loop(code.integer(0), rows, 1, [&](Value r) {
        Value from = code.mul(code.add(code.mul(index, cut.height), r), cut.partialWidth());
        writeRow(code.add(row, r), from, panelLow, panelHigh);
      });
    });
  }

private:
  /// `body` with the number of a tile or panel, and the number within the chunk.
  void forTiles(Value low, Value high, llvm::function_ref<void(Value, Value)> body) {
    code.loop(low, high, 1, [&](Value i) { body(i, code.sub(i, low)); });
  }

  void clear() {
    Value zero = code.number(code.type(b.element, cut.lanes), 0);
    code.loop(code.integer(0), code.integer(cut.mostTiles * cut.height * cut.partialWidth()), cut.lanes,
              [&](Value i) { code.store(zero, partial, i); });
  }

  /// Copies slots `low` to `high` of `source` at each of `steps` steps of the sum from `first` on. A slot
  /// begins `apart` elements after the one before and is `vectors` vectors wide; in `target` it lies step by
  /// step. Zeros for what is not among the `size` elements of a step, or not among the steps.
  void copy(const Memory &source, Value first, int64_t stride, Value steps, const Memory &target,
            int64_t vectors, int64_t apart, Value low, Value high, int64_t size) {
    int64_t width = vectors * cut.lanes, whole = size < width ? 0 : (size - width) / apart + 1;
    Value border = code.integer(whole);
    Value wholeHigh = arith::MinSIOp::create(code.builder(), code.loc(), high, border);
    Value restLow = arith::MaxSIOp::create(code.builder(), code.loc(), low, border);
    auto slots = [&](Value k, Value begin, Value end, bool isWhole) {
      Value row = code.mul(code.add(first, k), stride);
      code.loop(begin, end, 1, [&](Value slot) {
        Value place = code.mul(slot, apart);
        Value to = code.add(code.mul(code.sub(slot, low), cut.steps * width), code.mul(k, width));
        for (int64_t v = 0; v < vectors; ++v)
          code.store(
              code.load(source, code.add(code.add(row, place), v * cut.lanes), cut.lanes,
                        isWhole ? Value() : code.lanesBelow(code.add(place, v * cut.lanes), size, cut.lanes)),
              target, code.add(to, v * cut.lanes));
      });
    };
    code.loop(code.integer(0), steps, 1, [&](Value k) {
      slots(k, low, wholeHigh, true);
      slots(k, restLow, high, false);
    });
    if (cut.blocks * cut.steps == product.sumSize())
      return;
    Value zero = code.number(code.type(b.element, cut.lanes), 0);
    forTiles(low, high, [&](Value, Value slot) {
      Value to = code.mul(slot, cut.steps * width);
      code.loop(code.mul(steps, width), code.integer(cut.steps * width), cut.lanes,
                [&](Value i) { code.store(zero, target, code.add(to, i)); });
    });
  }

  /// One block of the sum, of tile `index` and panel `panel` of the chunk.
  void oneTile(Value index, Value panel) {
    Tile tile;
    tile.vectors = cut.vectors;
    tile.lanes = cut.lanes;
    tile.setRows(cut.height, 1);
    tile.sums.push_back({cut.steps, cut.stepOfA(), cut.width()});
    tile.a = code.at(packedA, code.mul(index, cut.steps * cut.stepOfA()));
    tile.b = code.at(packedB, code.mul(panel, cut.steps * cut.width()));
    Memory sums = code.at(
        partial, code.add(code.mul(index, cut.height * cut.partialWidth()), code.mul(panel, cut.width())));
    auto place = [&](int64_t r, int64_t v) { return code.integer(r * cut.partialWidth() + v * cut.lanes); };
    SmallVector<Value> accumulators;
    for (int64_t r = 0; r < cut.height; ++r)
      for (int64_t v = 0; v < cut.vectors; ++v)
        accumulators.push_back(code.load(sums, place(r, v), cut.lanes));
    accumulators = emitTile(code, tile, std::move(accumulators));
    for (int64_t r = 0; r < cut.height; ++r)
      for (int64_t v = 0; v < cut.vectors; ++v)
        code.store(accumulators[r * cut.vectors + v], sums, place(r, v));
  }

  /// The epilogue of one row: of the columns of panels `low` to `high`, from the sums that begin at `from`.
  void writeRow(Value row, Value from, Value low, Value high) {
    int64_t whole = product.column.size / cut.lanes * cut.lanes;
    Value first = code.mul(low, cut.width());
    auto vector = [&](Value column, Value mask) {
      Value sums = code.load(partial, code.add(from, code.sub(column, first)), cut.lanes);
      writeSums(group, emission, product, sums, mask, {row, column});
    };
    Value end =
        arith::MinSIOp::create(code.builder(), code.loc(), code.mul(high, cut.width()), code.integer(whole));
    code.loop(first, end, cut.lanes, [&](Value column) { vector(column, Value()); });
    if (whole == product.column.size)
      return;
    auto last = [&] { vector(code.integer(whole), code.firstLanes(product.column.size - whole, cut.lanes)); };
    if (cut.columnParts == 1)
      last();
    else
      code.when(code.compare(arith::CmpIPredicate::eq, high, cut.panels), last);
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Product product;
  Cut cut;
  Memory a, b, packedA, packedB, partial;
};

void LongContractionEmitter::emit(const Group &group, Emission &emission) const {
  Loops(group, emission, *productOf(group)).run();
}

} // namespace

const Emitter &longContractionEmitter() {
  static const LongContractionEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
