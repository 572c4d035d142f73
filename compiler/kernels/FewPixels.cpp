// Convolutions of few pixels with many weights: single pictures, deep in a net.
//
// Each weight is used a few dozen times and comes from far away, so that fetching weights is most of the
// work. Algorithm: for each panel of filters, the sum is cut into blocks whose weights fit into the first
// cache: a tap and a part of the channels. All tiles of pixels add a block to their accumulators, which wait
// in scratch meanwhile, and while they do so, they prefetch the next block, each its share: memory and
// arithmetic are busy all the time. The weights are read where they lie, once. Chunks share the panels.
#include "compiler/kernels/Correlation.h"
#include "compiler/kernels/Tile.h"

#include "llvm/Support/MathExtras.h"

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
  int64_t group, fetched;  // after so many terms, so many rows of weights are prefetched

  int64_t width() const { return vectors * lanes; }
  int64_t tileSize() const { return together * pixels.height * width(); }
};

std::optional<Cut> cutOf(const Correlation &c, const Group &group, const Target &target) {
  /// Weights that a core keeps close without help, in bytes.
  constexpr int64_t fewWeights = 192 << 10;
  constexpr int64_t fewPixels = 256, mostTerms = 128, fewTerms = 32;
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
      std::clamp<int64_t>(int64_t(framing / panel + 0.5), 1, std::max<int64_t>(1, cut.panels / 4));
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
    return Shares{cut->chunks, c->images * frameBytes(*c) +
                                   cut->tiles * cut->tileSize() * elementBytes(elementOf(c->source))};
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
        terms(c.taps[0] * c.taps[1] * c.perSum) {}

  void run() {
    auto [low, high] = emission.part(cut.panels);
    Value firstColumn = code.mul(low, cut.width());
    code.loop(cut.block, [&](Value row) { prefetch(code.add(code.mul(row, c.perOut), firstColumn)); });
    code.loop(c.images, [&](Value image) {
      Memory frame = frameOf(image);
      c.frame.clear(code, frame);
      c.frame.fill(code, code.at(source, code.mul(image, pictureSize())), frame);
    });
    code.loop(low, high, 1, [&](Value panel) {
      column = code.mul(panel, cut.width());
      clearRange(code, sums, cut.tiles * cut.tileSize());
      code.loop(c.taps[0], [&](Value y) {
        code.loop(c.taps[1], [&](Value x) {
          code.loop(c.perSum / cut.block, [&](Value part) { addBlock(y, x, part); });
        });
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

  /// A panel's row of weights.
  void prefetch(Value place) {
    int64_t bytes = elementBytes(source.element);
    for (int64_t v = 0; v < cut.width() * bytes; v += cacheLine)
      code.prefetch(weights, code.add(place, v / bytes));
  }

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
  void addBlock(Value y, Value x, Value part) {
    Value first = code.mul(part, cut.block);
    Value row = code.add(code.mul(code.add(code.mul(y, c.taps[1]), x), c.perSum), first);
    Value start = code.add(code.mul(row, c.perOut), column);
    Value isLast = code.compare(arith::CmpIPredicate::eq, row, terms - cut.block);
    Value next = code.select(isLast, code.add(column, cut.width()), code.add(start, cut.block * c.perOut));
    Value under = code.add(code.add(code.mul(y, c.dilations[0] * c.frame.pitch()),
                                    code.mul(x, c.dilations[1] * c.frame.channels)),
                           first);
    forTiles([&](const Place &place) {
      Tile tile = tileAt(place);
      tile.sums = {{cut.group, 1, c.perOut}};
      Value corner = code.add(code.mul(place.row, c.strides[0] * c.frame.pitch()),
                              code.mul(place.pixel, c.strides[1] * c.frame.channels));
      Memory a = code.at(frameOf(place.image), code.add(corner, under)), b = code.at(weights, start);
      int64_t groups = cut.block / cut.group;
      SmallVector<Value> values = code.loop(
          code.integer(0), code.integer(groups), 1, accumulators(tile, place), [&](Value i, ValueRange in) {
            Value fetch = code.mul(code.add(code.mul(place.number, groups), i), cut.fetched);
            for (int64_t j = 0; j < cut.fetched; ++j)
              prefetch(code.add(next, code.mul(code.add(fetch, j), c.perOut)));
            tile.a = code.at(a, code.mul(i, cut.group));
            tile.b = code.at(b, code.mul(i, cut.group * c.perOut));
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
  Memory source, weights, frames, sums;
  int64_t terms; // of the whole sum
  Value column;  // the panel's first filter
};

void FewPixelsEmitter::emit(const Group &group, Emission &emission) const { Loops(group, emission).run(); }

} // namespace

const Emitter &fewPixelsEmitter() {
  static const FewPixelsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
