// Matrix products and everything einsum can say that has one: batches, transposed operands, several row or
// sum axes.
//
// Algorithm: for each outer index, for each panel of columns (one to three vectors wide), for each tile of
// rows: keep rows x vectors accumulators in registers over the whole sum, then apply the epilogue (every op
// after the contraction, elementwise) to each accumulator and store it. B is read in place when its columns
// are contiguous and few rows reuse it, else packed panel by panel into scratch, transposed in registers if
// need be. A is read in place by broadcasts. Chunks share the outer indices or, where those are few, form a
// grid over rows and columns in which a chunk's rows of A stay in the L2 cache from panel to panel. The sum
// of each element runs over k in order, so it does not depend on the number of rows or chunks.
#include "compiler/kernels/code/Diagonal.h"
#include "compiler/kernels/code/Tile.h"
#include "compiler/kernels/code/Transpose.h"
#include "compiler/kernels/emitters/Product.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// How a product is cut.
struct ContractionCut {
  int64_t lanes, vectors;         // of a panel
  int64_t panels;                 // the last of which may be partial:
  int64_t lastVectors, lastLanes; // its vectors, and the lanes of the last of them
  Heights tiles;
  bool pack;
  bool fetchBeside;    // the panels to come, line by line beside the sums; else while a panel is copied
  int64_t outerChunks; // what the chunks share: the outer indices, or if this is 1,
  Grid grid;           // tiles and panels
  double nanoseconds;

  int64_t tilesOfChunk() const { return std::max<int64_t>(1, tiles.tiles / grid.rows); }
  int64_t width() const { return vectors * lanes; }
  bool partial() const { return lastVectors != vectors || lastLanes != lanes; }
};

/// As tileFetch, of rows that processors fetch ahead themselves.
constexpr double rowFetch = 0.1;

/// Elements between the steps of a panel that is copied first: so many, or, for many rows, a multiple of so
/// many, whose lines share few sets of an L1 cache.
constexpr int64_t farApart = 512, sharesSets = 256, manyRows = 1024;

/// Shorter sums are added whole, zeros or not.
constexpr int64_t leastTriangle = 32;

/// Tiles of a chunk, at most, for the next panels to be fetched beside their sums.
constexpr int64_t mostTilesBeside = 16;

/// `oneChunk`: of a block, which nobody shares.
ContractionCut cutOf(const Product &product, const Target &target, Choices &choices, bool oneChunk = false) {
  ContractionCut cut;
  cut.lanes = target.lanes(elementOf(product.b).getIntOrFloatBitWidth());
  int64_t columns = product.column.size, count = (columns + cut.lanes - 1) / cut.lanes;
  cut.vectors = choices.between("vectors", tileVectors(target, count), 1, std::min<int64_t>(count, 3));
  cut.panels = (count + cut.vectors - 1) / cut.vectors;
  cut.lastVectors = count - (cut.panels - 1) * cut.vectors;
  cut.lastLanes = columns - (count - 1) * cut.lanes;
  int64_t mostRows = tileRows(target, cut.vectors);
  cut.tiles = balance(product.row.size, choices.between("rows", mostRows, 1, mostRows));
  int64_t outer = product.outerSize(), sum = product.sumSize();
  double flops = 2.0 * double(outer) * double(product.row.size) * double(columns) * double(sum);
  cut.nanoseconds = productNanoseconds(flops, target);
  int64_t chunks = oneChunk ? 1 : chunksFor(cut.nanoseconds, std::max(outer, cut.panels * cut.tiles.tiles));
  // A panel read in place costs a cache line a step of the sum and may thrash when they lie far apart.
  bool strided = product.column.b != 1;
  int64_t apart = product.sums.empty() ? 0 : product.sums.back().b;
  bool isCrowded = apart > 0 && apart % sharesSets == 0 && product.row.size >= manyRows;
  bool far = sum >= 64 && (apart >= farApart || isCrowded);
  cut.outerChunks = outer >= chunks ? chunks : 1;
  if (!oneChunk)
    cut.outerChunks = choices.between("outer_chunks", cut.outerChunks, 1, outer);
  if (cut.outerChunks == 1)
    cut.grid = gridFor(chunks, cut.tiles.tiles, cut.panels, [&](Grid grid) {
      // A chunk's rows of A stay in the L2 cache from panel to panel, if there are not too many.
      int64_t bytes = product.row.size / grid.rows * sum * elementBytes(elementOf(product.a));
      double fetches = double(cut.tiles.tiles * (bytes > cacheOfRows ? cut.panels : grid.columns));
      return rowFetch * fetches + (strided || far ? panelCopy : tileFetch) * double(cut.panels * grid.rows);
    });
  if (!oneChunk && cut.outerChunks == 1)
    choose(cut.grid, cut.tiles.tiles, cut.panels, choices);
  // Packing costs about one row tile.
  cut.pack = strided || choices.flag("pack", far && cut.tilesOfChunk() >= 4);
  // Weights that no L2 cache keeps from step to step, and few rows: more to bring than there is time for
  // while copying.
  cut.fetchBeside =
      cut.pack && !strided && product.sums.size() == 1 &&
      choices.flag("fetch_beside", cut.tilesOfChunk() <= mostTilesBeside &&
                                       sum * columns * elementBytes(elementOf(product.b)) > cacheOfRows);
  return cut;
}

int64_t scratchBytes(const Product &product, const ContractionCut &cut) {
  int64_t panel = product.sumSize() * cut.width() * elementBytes(elementOf(product.b));
  return cut.pack ? panel : 0;
}

class ContractionEmitter : public Emitter {
public:
  StringRef name() const override { return "contraction"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Product> product = productOf(group);
    if (!product)
      return std::nullopt;
    ContractionCut cut = cutOf(*product, target, choices);
    return Plan{std::max(cut.outerChunks, cut.grid.chunks()), scratchBytes(*product, cut), cut.nanoseconds};
  }

  StringRef orderOfSums(const Group &group) const override {
    return orderOfProduct(*productOf(group), name());
  }

  void emit(const Group &group, Emission &emission) const override;
};

/// One emission: what the loops share.
class ContractionLoops {
public:
  ContractionLoops(const Group &group, Emission &emission, Product product, Past past, bool oneChunk = false)
      : group(group), emission(emission), code(emission.code), product(std::move(product)), past(past),
        cut(cutOf(this->product, code.target(), emission.choices, oneChunk)), firstRow(code.integer(0)),
        a(this->product.memoryOfA(emission)), b(this->product.memoryOfB(emission)) {}

  void run() {
    int64_t outer = product.outerSize();
    std::pair<Value, Value> outers = {code.integer(0), code.integer(outer)},
                            tiles = {code.integer(0), code.integer(cut.tiles.tiles)},
                            panels = {code.integer(0), code.integer(cut.panels)};
    if (cut.outerChunks > 1) {
      outers = emission.part(outer);
    } else {
      tiles = emission.rowPart(cut.tiles.tiles, cut.grid.rows, cut.grid.columns);
      panels = emission.columnPart(cut.panels, cut.grid.columns);
    }
    SmallVector<int64_t> sizes;
    for (const Product::Axis &axis : product.outer)
      sizes.push_back(axis.size);
    code.loop(outers.first, outers.second, 1, [&](Value flat) {
      enter(Coords(code, 1).unflatten({flat, 0, {}}, sizes));
      forPanels(panels, tiles);
    });
  }

  /// At one place of the outer axes, the rows from `row` on: as many as the product was cut to.
  void runBlock(ArrayRef<Coord> outer, Value row) {
    enter({outer.begin(), outer.end()});
    firstRow = row;
    Value panels = code.integer(cut.panels), end = code.add(row, product.row.size);
    if (past == Past::Results)
      panels = least(code.add(code.div(code.add(end, -1), cut.width()), 1), cut.panels);
    if (past == Past::LaterSums)
      lastSum = least(code.mul(code.div(code.add(end, stepsOfTurn - 1), stepsOfTurn), stepsOfTurn),
                      product.sumSize());
    forPanels({code.integer(0), panels}, {code.integer(0), code.integer(cut.tiles.tiles)});
  }

private:
  Value least(Value value, int64_t most) {
    if (auto known = Code::known(value))
      return code.integer(std::min(*known, most));
    return arith::MinSIOp::create(code.builder(), code.loc(), value, code.integer(most));
  }

  void enter(SmallVector<Coord, 4> coords) {
    outerCoords = std::move(coords);
    offsetA = offsetB = offsetC = code.integer(0);
    for (auto [axis, coord] : llvm::zip_equal(product.outer, outerCoords)) {
      offsetA = code.add(offsetA, code.mul(coord.base, axis.a));
      offsetB = code.add(offsetB, code.mul(coord.base, axis.b));
      offsetC = code.add(offsetC, code.mul(coord.base, axis.c));
    }
  }

  void forPanels(std::pair<Value, Value> panels, std::pair<Value, Value> tiles) {
    int64_t whole = cut.partial() ? cut.panels - 1 : cut.panels;
    code.loop(panels.first, least(panels.second, whole), 1, [&](Value panel) {
      onePanel(code.mul(panel, cut.width()), cut.vectors, Value(), cut.lanes, tiles);
    });
    if (!cut.partial())
      return;
    auto last = [&] {
      Value mask = cut.lastLanes == cut.lanes ? Value() : code.firstLanes(cut.lastLanes, cut.lanes);
      onePanel(code.integer(whole * cut.width()), cut.lastVectors, mask, cut.lastLanes, tiles);
    };
    if (Code::known(panels.second))
      last();
    else
      code.when(code.compare(arith::CmpIPredicate::eq, panels.second, cut.panels), last);
  }

  void onePanel(Value column, int64_t vectors, Value mask, int64_t lastLanes, std::pair<Value, Value> tiles) {
    Tile tile;
    tile.vectors = vectors;
    tile.lanes = cut.lanes;
    Value start = code.add(offsetB, code.mul(column, product.column.b));
    if (cut.pack) {
      tile.b = packPanel(start, vectors, lastLanes, tile.sums);
    } else {
      tile.b = code.at(b, start);
      tile.mask = mask;
      // The next panel's lines, while there is time: weights come from far away when rows are few.
      if (cut.panels > 1)
        tile.aheadB = vectors * cut.lanes;
      for (const Product::Axis &axis : product.sums)
        tile.sums.push_back({axis.size, axis.a, axis.b});
    }
    // Of the panel after the next, which on two workers is the other's: copying is no time to wait for it.
    Value later = code.add(start, 2 * cut.width());
    Value firstTile = tiles.first;
    if (past == Past::Results) // the first that has the panel's first column in a row
      firstTile = code.div(
          arith::MaxSIOp::create(code.builder(), code.loc(), code.sub(column, firstRow), code.integer(0)),
          cut.tiles.height);
    cut.tiles.forEach(code, firstTile, tiles.second, [&](Value index, Value row, int64_t height) {
      tile.setRows(height, product.row.a);
      if (cut.fetchBeside)
        tile.fetchBeside = [&](Value step) { fetchLines(later, code.sub(index, tiles.first), step); };
      oneTile(tile, code.add(firstRow, row), column, mask);
    });
  }

  /// Fetches some lines of the panel at `start`, so that the tiles of this panel (`tile`: which of them)
  /// fetch all, a few in each turn of their sums.
  void fetchLines(Value start, Value tile, Value step) {
    const Product::Axis &sum = product.sums.front();
    int64_t lines = llvm::divideCeilSigned(stepsOfTurn * cut.vectors, cut.tilesOfChunk());
    Value turn = code.div(code.add(code.mul(tile, sum.size), step), stepsOfTurn);
    for (int64_t i = 0; i < lines; ++i) {
      Value line = code.add(code.mul(turn, lines), i);
      // The last turns may have none to fetch.
      Value row = least(code.div(line, cut.vectors), sum.size - 1);
      Value place = code.add(code.mul(row, sum.b), code.mul(code.rem(line, cut.vectors), cut.lanes));
      code.prefetch(b, code.add(start, place));
    }
  }

  void oneTile(Tile tile, Value row, Value column, Value mask) {
    tile.a = code.at(a, code.add(offsetA, code.mul(row, product.row.a)));
    auto forVectors = [&](auto &&body) {
      for (int64_t r = 0; r < tile.rows(); ++r)
        for (int64_t v = 0; v < tile.vectors; ++v)
          body(r * tile.vectors + v, v + 1 == tile.vectors ? mask : Value(),
               ResultPlace{code.add(row, r), code.add(column, v * tile.lanes), offsetC, outerCoords});
    };
    leaveOutZeros(tile, row);
    fetchResults(tile, row, column);
    SmallVector<Value> accumulators = emitTile(code, tile, zeroAccumulators(code, tile));
    forVectors([&](int64_t i, Value lanes, const ResultPlace &place) {
      writeSums(group, emission, product, accumulators[i], lanes, place);
    });
  }

  /// Leaves out terms of the sum that are zero in each of the tile's rows.
  void leaveOutZeros(Tile &tile, Value row) {
    if (past != Past::LaterSums && past != Past::EarlierSums)
      return;
    SumAxis &sum = tile.sums.front();
    auto wholeTurns = [&](Value steps) { return code.mul(code.div(steps, stepsOfTurn), stepsOfTurn); };
    if (past == Past::LaterSums) {
      sum.low = code.integer(0);
      sum.high = least(wholeTurns(code.add(row, tile.rows() + stepsOfTurn - 1)), sum.size);
    } else {
      sum.low = wholeTurns(row);
      sum.high = code.integer(sum.size);
    }
    sum.wholeTurns = true;
  }

  /// Has the lines fetched that the epilogue reads and writes. They lie a row apart: nobody else foresees
  /// them, and there is a sum's time to bring them. A long sum asks for one in each of its first turns: of
  /// many that are asked for at once, the last ones hold up the sum's own.
  void fetchResults(Tile &tile, Value row, Value column) {
    int64_t lines = tile.rows() * tile.vectors;
    auto fetch = [this, row, column, vectors = tile.vectors](Value line) {
      Value vector = code.rem(line, vectors);
      fetchAhead(group, emission, product,
                 {code.add(row, code.div(line, vectors)), code.add(column, code.mul(vector, cut.lanes)),
                  offsetC, outerCoords});
    };
    bool isLong =
        tile.sums.size() == 1 && !tile.sums.front().low && tile.sums.front().size >= 2 * lines * stepsOfTurn;
    // Where panels of B come near beside the sum, that is enough beside it.
    if (isLong && !tile.fetchBeside && !tile.aheadB) {
      tile.fetchSteps = lines * stepsOfTurn;
      tile.fetchBeside = [this, fetch](Value step) { fetch(code.div(step, stepsOfTurn)); };
      return;
    }
    for (int64_t line = 0; line < lines; ++line)
      fetch(code.integer(line));
  }

  /// Copies a panel of B to scratch as [sum][vectors * lanes], zeros past the last column. Returns it, with
  /// the strides of the sums.
  Memory packPanel(Value start, int64_t vectors, int64_t lastLanes, SmallVector<SumAxis> &sums) {
    Memory panel{emission.scratch, b.element};
    int64_t width = vectors * cut.lanes, stride = width;
    sums.resize(product.sums.size());
    for (size_t i = product.sums.size(); i-- > 0;) {
      sums[i] = {product.sums[i].size, product.sums[i].a, stride};
      stride *= product.sums[i].size;
    }
    // The sum axis that is contiguous in B, if there is one, is read in whole vectors and transposed.
    std::optional<size_t> along;
    for (size_t i = 0; i < product.sums.size(); ++i)
      if (product.sums[i].b == 1 && product.column.b != 1)
        along = i;
    auto nest = [&](auto &&self, size_t depth, Value from, Value to) -> void {
      if (depth == product.sums.size()) {
        for (int64_t v = 0; v < vectors; ++v)
          along ? packBlocks(panel, from, to, *along, sums[*along].strideB, v,
                             v + 1 == vectors ? lastLanes : cut.lanes)
                : packVector(panel, from, to, v, v + 1 == vectors ? lastLanes : cut.lanes);
        return;
      }
      if (along == depth)
        return self(self, depth + 1, from, to);
      Value end = lastSum ? lastSum : code.integer(product.sums[depth].size);
      code.loop(code.integer(0), end, 1, [&](Value i) {
        self(self, depth + 1, code.add(from, code.mul(i, product.sums[depth].b)),
             code.add(to, code.mul(i, sums[depth].strideB)));
      });
    };
    nest(nest, 0, start, code.integer(0));
    return panel;
  }

  /// One vector of columns at one place of the sum.
  void packVector(const Memory &panel, Value from, Value to, int64_t v, int64_t lanes) {
    Value mask = lanes == cut.lanes ? Value() : code.firstLanes(lanes, cut.lanes);
    from = code.add(from, v * cut.lanes * product.column.b);
    // The next panel's line: nobody else foresees steps so far apart.
    if (product.column.b == 1 && !cut.fetchBeside)
      code.prefetch(b, code.add(from, cut.width()));
    Value vector = product.column.b == 1
                       ? code.load(b, from, cut.lanes, mask)
                       : code.gather(b, from, code.mul(code.laneNumbers(cut.lanes), product.column.b), mask);
    code.store(vector, panel, code.add(to, v * cut.lanes));
  }

  /// One vector of columns at every place of sum axis `along`, in square blocks.
  void packBlocks(const Memory &panel, Value from, Value to, size_t along, int64_t stride, int64_t v,
                  int64_t lanes) {
    int64_t size = product.sums[along].size, whole = size / cut.lanes * cut.lanes;
    from = code.add(from, v * cut.lanes * product.column.b);
    to = code.add(to, v * cut.lanes);
    auto block = [&](Value k, int64_t count) {
      Value mask = count == cut.lanes ? Value() : code.firstLanes(count, cut.lanes);
      SmallVector<Value> rows;
      for (int64_t lane = 0; lane < cut.lanes; ++lane)
        rows.push_back(
            lane < lanes ? code.load(b, code.add(code.add(from, k), lane * product.column.b), cut.lanes, mask)
                         : code.number(code.type(b.element, cut.lanes), 0));
      rows = transposeVectors(code, std::move(rows));
      for (int64_t i = 0; i < count; ++i)
        code.store(rows[i], panel, code.add(to, code.mul(code.add(k, i), stride)));
    };
    code.loop(code.integer(0), code.integer(whole), cut.lanes, [&](Value k) { block(k, cut.lanes); });
    if (whole != size)
      block(code.integer(whole), size - whole);
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Product product;
  Past past;
  ContractionCut cut;
  Value firstRow;
  Value lastSum; // past the last step that a row of the block has a term of; null: of all
  Memory a, b;
  SmallVector<Coord, 4> outerCoords;
  Value offsetA, offsetB, offsetC;
};

/// What of a product need not be computed because rows of A are zero past, or up to, a step of the sum.
Past zerosOf(const Product &product) {
  ArrayRef<int64_t> shape = shapeOf(product.a);
  if (product.sums.size() != 1 || product.firstA != 0 || shape.size() < 2 ||
      product.sumSize() % stepsOfTurn != 0 || product.sumSize() < leastTriangle ||
      pastDiagonal(product.a) != 0.0)
    return Past::Nothing;
  // Which axes of A the rows and the sum are, whole, is told by their steps.
  const Product::Axis &row = product.row, &sum = product.sums.front();
  int64_t rows = shape[shape.size() - 2], columns = shape.back();
  if (llvm::any_of(product.outer, [&](const Product::Axis &axis) { return axis.a % (rows * columns) != 0; }))
    return Past::Nothing;
  if (row.a == columns && sum.a == 1 && row.size == rows && sum.size == columns)
    return Past::LaterSums;
  if (row.a == 1 && sum.a == columns && row.size == columns && sum.size == rows)
    return Past::EarlierSums;
  return Past::Nothing;
}

void ContractionEmitter::emit(const Group &group, Emission &emission) const {
  Product product = *productOf(group);
  Past past = zerosOf(product);
  ContractionLoops(group, emission, std::move(product), past).run();
}

} // namespace

int64_t scratchOfBlock(Product product, int64_t rows, const Target &target, Choices &choices) {
  product.row.size = rows;
  return scratchBytes(product, cutOf(product, target, choices, /*oneChunk=*/true));
}

int64_t panelColumns(const Product &product, const Target &target, Choices &choices) {
  return cutOf(product, target, choices, /*oneChunk=*/true).width();
}

void emitBlock(const Group &group, Emission &emission, Product product, const ProductBlock &block) {
  product.row.size = block.rows;
  ContractionLoops(group, emission, std::move(product), block.past, /*oneChunk=*/true)
      .runBlock(block.outer, block.row);
}

const Emitter &contractionEmitter() {
  static const ContractionEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
