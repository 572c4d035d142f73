// Convolutions of few pixels with many weights: single pictures, deep in a net.
//
// Each weight is used a few dozen times and comes from far away, so that fetching weights is most of the
// work. Algorithm: for each panel of filters, the sum is cut into blocks whose weights fit into the first
// cache: a tap and a part of the channels. All tiles of pixels add a block to their accumulators, which wait
// in scratch meanwhile. While they do so, each copies its share of the next block, row after row (where they
// lie, rows are powers of two apart and would drive each other out of the cache), and prefetches its share of
// the block after that: memory and arithmetic are busy all the time. Weights are read once. Chunks share the
// panels.
#include "compiler/kernels/Correlation.h"
#include "compiler/kernels/Tile.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace mlc::compiler {

namespace {

constexpr int64_t vectors = 2; // of a panel: what adjacent cache lines hold
constexpr int64_t cacheLine = 64;

struct Cut {
  int64_t lanes, panels, chunks;
  int64_t block;           // terms of the sum that are added at once
  int64_t together;        // rows of a tile
  Heights pixels;          // columns of a tile
  int64_t rowTiles, tiles; // of an image, of all
  int64_t group, fetched;  // after so many terms, so many rows of weights are fetched

  int64_t width() const { return vectors * lanes; }
  int64_t tileSize() const { return together * pixels.height * width(); }
  int64_t blockSize() const { return block * width(); }
  /// Elements of scratch beside the frames: accumulators, a block that is read and one that is written.
  int64_t scratch() const { return tiles * tileSize() + 2 * blockSize(); }
};

std::optional<Cut> cutOf(const Correlation &c, const Group &group, const Target &target) {
  /// Weights that a core keeps close without help, in bytes.
  constexpr int64_t fewWeights = 192 << 10;
  constexpr int64_t fewPixels = 256, mostTerms = 64, fewTerms = 32;
  int64_t bytes = elementBytes(elementOf(c.source)), area = c.images * c.out[0] * c.out[1];
  if (c.turned || c.groups != 1 || c.weightElements() * bytes < fewWeights || area > fewPixels)
    return std::nullopt;
  Cut cut;
  cut.lanes = target.lanes(bytes * 8);
  if (c.perOut % cut.width() != 0)
    return std::nullopt;
  cut.panels = c.perOut / cut.width();
  cut.block = std::min(c.perSum, mostTerms) / 4 * 4;
  while (cut.block >= fewTerms && c.perSum % cut.block != 0)
    cut.block -= 4;
  int64_t most = tileRows(target, vectors);
  cut.together = std::clamp<int64_t>(most / c.out[1], 1, c.out[0]);
  cut.pixels = balance(c.out[1], most);
  cut.rowTiles = llvm::divideCeilSigned(c.out[0], cut.together);
  cut.tiles = c.images * cut.rowTiles * cut.pixels.tiles;
  if (cut.block < std::max(fewTerms, cut.tiles))
    return std::nullopt;
  cut.group = llvm::divideCeilSigned(cut.tiles, 4) * 4;
  while (cut.block % cut.group != 0)
    cut.group += 4;
  cut.fetched = llvm::divideCeilSigned(cut.group, cut.tiles);
  // Every chunk fills frames of its own: a few hundredths of its time.
  double framing = c.frame.isSource() ? 0 : 256.0 * double(c.images * c.frame.elements());
  double panel = double(area * c.taps[0] * c.taps[1] * c.perSum * cut.width());
  int64_t panelsPerChunk =
      std::clamp<int64_t>(std::llround(framing / panel), 1, std::max<int64_t>(1, cut.panels / 4));
  cut.chunks = chunksFor(flopsOf(group.anchors().front()) / (0.1 * double(target.vectorBits)),
                         llvm::divideCeilSigned(cut.panels, panelsPerChunk));
  return cut;
}

/// Of one image's frame.
int64_t frameBytes(const Correlation &c) { return c.frame.scratchBytes(elementOf(c.source)); }

class FewPixelsEmitter : public Emitter {
public:
  StringRef name() const override { return "few_pixels"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    std::optional<Correlation> c = correlationOf(group);
    std::optional<Cut> cut = c ? cutOf(*c, group, target) : std::nullopt;
    if (!cut)
      return std::nullopt;
    return Shares{cut->chunks,
                  c->images * frameBytes(*c) + cut->scratch() * elementBytes(elementOf(c->source))};
  }

  void emit(const Group &group, Emission &emission) const override;
};

class Loops {
public:
  Loops(const Group &group, Emission &emission)
      : group(group), emission(emission), code(emission.code), c(*correlationOf(group)),
        cut(*cutOf(c, group, code.target())), source(emission.pull.memoryOf(c.source)),
        weights(emission.pull.memoryOf(c.weights)), frames{emission.scratch, source.element},
        sums(code.carve(emission.scratch, c.images * frameBytes(c), source.element)),
        blocks(code.at(sums, code.integer(cut.tiles * cut.tileSize()))), parts(c.perSum / cut.block),
        count(c.taps[0] * c.taps[1] * parts) {}

  void run() {
    auto [low, high] = emission.part(cut.panels);
    firstPanel = low;
    for (int64_t early = 0; early < 2; ++early)
      code.loop(cut.block, [&](Value row) { prefetch(blockAt(firstPanel, code.integer(early)), row); });
    code.loop(c.images, [&](Value image) {
      Memory frame = frameOf(image);
      c.frame.clear(code, frame);
      c.frame.fill(code, code.at(source, code.mul(image, pictureSize())), frame);
    });
    code.loop(cut.block,
              [&](Value row) { copy(blockAt(firstPanel, code.integer(0)), row, code.integer(0)); });
    code.loop(low, high, 1, [&](Value panel) {
      Value column = code.mul(panel, cut.width());
      clearRange(code, sums, cut.tiles * cut.tileSize());
      code.loop(c.taps[0], [&](Value y) {
        code.loop(c.taps[1],
                  [&](Value x) { code.loop(parts, [&](Value part) { addBlock(panel, y, x, part); }); });
      });
      forTiles([&](const Place &place) {
        Tile tile = tileAt(place);
        TileResults at{place.image, place.row, place.pixel, column, place.width, vectors, cut.lanes, Value()};
        writeTile(group, emission, c, at, accumulators(tile, place));
      });
    });
  }

private:
  int64_t pictureSize() const { return c.frame.source[0] * c.frame.source[1] * c.frame.channels; }
  Memory frameOf(Value image) {
    if (c.frame.isSource())
      return code.at(source, code.mul(image, pictureSize()));
    return code.at(frames, code.mul(image, frameBytes(c) / elementBytes(source.element)));
  }

  /// Where a panel's block of weights begins. Past its last block come those of the next panel; past all
  /// weights, their last block.
  Value blockAt(Value panel, Value block) {
    Value here = code.add(code.mul(block, cut.block * c.perOut), code.mul(panel, cut.width()));
    // One panel on, all its blocks back.
    Value next = code.add(here, cut.width() - count * cut.block * c.perOut);
    Value place = code.select(code.compare(arith::CmpIPredicate::slt, block, count), here, next);
    int64_t last = (count - 1) * cut.block * c.perOut + c.perOut - cut.width();
    return arith::MinSIOp::create(code.builder(), code.loc(), place, code.integer(last));
  }

  void prefetch(Value block, Value row) {
    int64_t bytes = elementBytes(source.element);
    for (int64_t v = 0; v < cut.width() * bytes; v += cacheLine)
      code.prefetch(weights, code.add(code.add(block, code.mul(row, c.perOut)), v / bytes));
  }

  /// Copies a row of a block into the place for the chunk's block `number`.
  void copy(Value block, Value row, Value number) {
    Value from = code.add(block, code.mul(row, c.perOut));
    Value to = code.add(bufferOf(number), code.mul(row, cut.width()));
    for (int64_t v = 0; v < vectors; ++v)
      code.store(code.load(weights, code.add(from, v * cut.lanes), cut.lanes), blocks,
                 code.add(to, v * cut.lanes));
  }

  Value bufferOf(Value number) { return code.mul(code.rem(number, 2), cut.blockSize()); }

  /// A tile: its first pixel, its size, its number.
  struct Place {
    Value image, row, pixel, number;
    int64_t height, width;
  };

  void forTiles(llvm::function_ref<void(const Place &)> body) {
    code.loop(c.images, [&](Value image) {
      auto rowsAt = [&](Value rowTile, int64_t height) {
        auto tiles = [&](int64_t low, int64_t high, int64_t width) {
          code.loop(code.integer(low), code.integer(high), 1, [&](Value index) {
            Value before = code.add(code.mul(image, cut.rowTiles), rowTile);
            body({image, code.mul(rowTile, cut.together), cut.pixels.start(code, index),
                  code.add(code.mul(before, cut.pixels.tiles), index), height, width});
          });
        };
        tiles(0, cut.pixels.first, cut.pixels.height);
        tiles(cut.pixels.first, cut.pixels.tiles, cut.pixels.height - 1);
      };
      int64_t whole = c.out[0] / cut.together;
      code.loop(whole, [&](Value rowTile) { rowsAt(rowTile, cut.together); });
      if (whole != cut.rowTiles)
        rowsAt(code.integer(whole), c.out[0] - whole * cut.together);
    });
  }

  Tile tileAt(const Place &place) {
    Tile tile;
    tile.vectors = vectors;
    tile.lanes = cut.lanes;
    for (int64_t y = 0; y < place.height; ++y)
      for (int64_t x = 0; x < place.width; ++x)
        tile.rowOffsets.push_back(y * c.strides[0] * c.frame.pitch() + x * c.strides[1] * c.frame.channels);
    return tile;
  }

  Value accumulatorAt(const Place &place, int64_t i) {
    return code.add(code.mul(place.number, cut.tileSize()), i * cut.lanes);
  }

  SmallVector<Value> accumulators(const Tile &tile, const Place &place) {
    SmallVector<Value> values;
    for (int64_t i = 0; i < tile.rows() * vectors; ++i)
      values.push_back(code.load(sums, accumulatorAt(place, i), cut.lanes));
    return values;
  }

  /// Adds a part of the channels under tap (y, x) to all tiles.
  void addBlock(Value panel, Value y, Value x, Value part) {
    Value index = code.add(code.mul(code.add(code.mul(y, c.taps[1]), x), parts), part);
    Value number = code.add(code.mul(code.sub(panel, firstPanel), count), index);
    Value next = blockAt(panel, code.add(index, 1)), afterNext = blockAt(panel, code.add(index, 2));
    Value first = code.mul(part, cut.block);
    Value under = code.add(code.add(code.mul(y, c.dilations[0] * c.frame.pitch()),
                                    code.mul(x, c.dilations[1] * c.frame.channels)),
                           first);
    forTiles([&](const Place &place) {
      Tile tile = tileAt(place);
      tile.sums = {{cut.group, 1, cut.width()}};
      Value corner = code.add(code.mul(place.row, c.strides[0] * c.frame.pitch()),
                              code.mul(place.pixel, c.strides[1] * c.frame.channels));
      Memory a = code.at(frameOf(place.image), code.add(corner, under)),
             b = code.at(blocks, bufferOf(number));
      int64_t groups = cut.block / cut.group;
      SmallVector<Value> values = code.loop(
          code.integer(0), code.integer(groups), 1, accumulators(tile, place), [&](Value i, ValueRange in) {
            Value fetch = code.mul(code.add(code.mul(place.number, groups), i), cut.fetched);
            for (int64_t j = 0; j < cut.fetched; ++j) {
              Value row = arith::MinSIOp::create(code.builder(), code.loc(), code.add(fetch, j),
                                                 code.integer(cut.block - 1));
              prefetch(afterNext, row);
              copy(next, row, code.add(number, 1));
            }
            tile.a = code.at(a, code.mul(i, cut.group));
            tile.b = code.at(b, code.mul(i, cut.group * cut.width()));
            return emitTile(code, tile, SmallVector<Value>(in));
          });
      for (auto [i, value] : llvm::enumerate(values))
        code.store(value, sums, accumulatorAt(place, int64_t(i)));
    });
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Correlation c;
  Cut cut;
  Memory source, weights, frames, sums, blocks;
  int64_t parts, count; // blocks of a tap, of the whole sum
  Value firstPanel;     // of the chunk
};

void FewPixelsEmitter::emit(const Group &group, Emission &emission) const { Loops(group, emission).run(); }

} // namespace

const Emitter &fewPixelsEmitter() {
  static const FewPixelsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
