// Convolutions of few pixels with many weights, and gradients by their input: single pictures, or a batch of
// small ones, deep in a net.
//
// Each weight is used a few dozen times and comes from far away, so that fetching weights is most of the
// work; and a good part of the products would be with the border's zeros. Algorithm: for each panel of
// filters, the sum is cut into blocks whose weights fit into the first cache: a tap and a part of the
// channels. All pixels add a block to their accumulators, which wait in scratch meanwhile, tile by tile:
// those pixels that have something under the tap, for among few pixels many lie at the border. While they do
// so, each tile copies its share of the next block, row after row (where they lie, rows are powers of two
// apart and would drive each other out of the cache), and prefetches its share of the block after that:
// memory and arithmetic are busy all the time. Weights are read once; those of a gradient are turned as they
// are copied, square by square. Chunks share the panels.
#include "compiler/kernels/code/Tile.h"
#include "compiler/kernels/code/Transpose.h"
#include "compiler/kernels/emitters/Correlation.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

constexpr int64_t vectors = 2; // of a panel: what adjacent cache lines hold
constexpr int64_t cacheLine = 64;

/// Along one axis: which results have something of the picture under a tap.
struct Reach {
  int64_t source, out, stride, dilation, pad;

  int64_t low(int64_t tap) const { return std::max<int64_t>(0, pad - tap * dilation + stride - 1) / stride; }
  int64_t high(int64_t tap) const {
    int64_t last = source - 1 + pad - tap * dilation;
    return last < 0 ? 0 : std::min(out, last / stride + 1);
  }
  int64_t size(int64_t tap) const { return std::max<int64_t>(0, high(tap) - low(tap)); }

  /// The same of a tap that has some.
  Value low(Code &code, Value tap) const {
    Value above = code.sub(code.integer(pad + stride - 1), code.mul(tap, dilation));
    return code.div(arith::MaxSIOp::create(code.builder(), code.loc(), above, code.integer(0)), stride);
  }
  Value high(Code &code, Value tap) const {
    Value last = code.sub(code.integer(source - 1 + pad), code.mul(tap, dilation));
    return arith::MinSIOp::create(code.builder(), code.loc(), code.add(code.div(last, stride), 1),
                                  code.integer(out));
  }
};

/// How the pixels under a tap are cut when `width` columns of them have something there.
struct Tiling {
  int64_t width;
  SmallVector<int64_t, 4> heights; // of the tiles: as many of each as fit, from the top
  Heights columns;
  int64_t group, fetched; // after so many terms, so many units of weights are fetched

  int64_t tiles(int64_t rows) const {
    int64_t count = 0;
    for (int64_t height : heights) {
      count += rows / height;
      rows %= height;
    }
    return count * columns.tiles;
  }
};

struct FewPixelsCut {
  int64_t lanes, panels;
  int64_t block;                    // terms of the sum that are added at once
  int64_t units;                    // in which a block is copied: rows, or squares where they are turned
  std::array<Reach, 2> reach;       // rows, columns
  ConvShape::Pair firstTap, endTap; // those that have any pixels
  SmallVector<Tiling, 4> tilings;   // one for each width that taps have
  int64_t pixels;

  int64_t width() const { return vectors * lanes; }
  int64_t blockSize() const { return block * width(); }
  int64_t tapCount(int i) const { return endTap[i] - firstTap[i]; }
  /// Elements: accumulators, a block that is read and one that is written.
  int64_t scratch() const { return pixels * width() + 2 * blockSize(); }
};

/// Nothing if there are no pixels, or none under a tap between others.
std::optional<std::pair<int64_t, int64_t>> tapsOf(const Reach &reach, int64_t taps) {
  int64_t first = 0, end = taps;
  while (first < end && reach.size(first) == 0)
    ++first;
  while (first < end && reach.size(end - 1) == 0)
    --end;
  for (int64_t tap = first; tap < end; ++tap)
    if (reach.size(tap) == 0)
      return std::nullopt;
  if (first == end)
    return std::nullopt;
  return std::pair{first, end};
}

Tiling tilingOf(int64_t width, const FewPixelsCut &cut, int64_t images, int64_t most) {
  Tiling tiling;
  tiling.width = width;
  tiling.columns = balance(width, most);
  int64_t rows = 0;
  for (int64_t y = cut.firstTap[0]; y < cut.endTap[0]; ++y)
    rows = std::max(rows, cut.reach[0].size(y));
  int64_t height = balance(rows, std::max<int64_t>(1, most / width)).height;
  for (; height > 0; height /= 2)
    tiling.heights.push_back(height);
  int64_t tiles = images * tiling.tiles(rows);
  tiling.group = std::min(llvm::divideCeilSigned(tiles, 4) * 4, cut.block);
  while (tiling.group < cut.block && cut.block % tiling.group != 0)
    tiling.group += 4;
  tiling.fetched = llvm::divideCeilSigned(cut.units * tiling.group, cut.block * tiles);
  return tiling;
}

std::optional<FewPixelsCut> cutOf(const Correlation &c, const Target &target) {
  /// Weights that a core keeps close without help, in bytes.
  constexpr int64_t fewWeights = 192 << 10;
  /// Pixels whose sums stay in an L2 cache; of larger pictures, where fewer lie at the border.
  constexpr int64_t fewPixels = 2048, smallPicture = 64, fewOfLarger = 256;
  constexpr int64_t mostTerms = 64, fewTerms = 32;
  constexpr size_t mostTilings = 4; // each is code of its own
  int64_t bytes = elementBytes(elementOf(c.source));
  FewPixelsCut cut;
  cut.pixels = c.images * c.out[0] * c.out[1];
  int64_t most = c.out[0] * c.out[1] <= smallPicture ? fewPixels : fewOfLarger;
  if (!c.isForward() || c.groups != 1 || c.weightElements() * bytes < fewWeights || cut.pixels > most)
    return std::nullopt;
  cut.lanes = target.lanes(bytes * 8);
  if (c.perOut % cut.width() != 0)
    return std::nullopt;
  cut.panels = c.perOut / cut.width();
  cut.block = std::min(c.perSum, mostTerms) / 4 * 4;
  while (cut.block >= fewTerms && c.perSum % cut.block != 0)
    cut.block -= 4;
  if (cut.block < fewTerms || (c.turned && cut.block % cut.lanes != 0))
    return std::nullopt;
  cut.units = c.turned ? cut.block / cut.lanes * vectors : cut.block;
  for (int i = 0; i < 2; ++i) {
    cut.reach[i] = {c.frame.source[i], c.out[i], c.strides[i], c.dilations[i], c.frame.low[i]};
    std::optional<std::pair<int64_t, int64_t>> taps = tapsOf(cut.reach[i], c.taps[i]);
    if (!taps)
      return std::nullopt;
    std::tie(cut.firstTap[i], cut.endTap[i]) = *taps;
  }
  for (int64_t x = cut.firstTap[1]; x < cut.endTap[1]; ++x) {
    int64_t width = cut.reach[1].size(x);
    if (llvm::any_of(cut.tilings, [&](const Tiling &tiling) { return tiling.width == width; }))
      continue;
    cut.tilings.push_back(tilingOf(width, cut, c.images, tileRows(target, vectors)));
    if (cut.tilings.size() > mostTilings)
      return std::nullopt;
  }
  return cut;
}

class FewPixelsEmitter : public Emitter {
public:
  StringRef name() const override { return "few_pixels"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Correlation> c = correlationOf(group);
    std::optional<FewPixelsCut> cut = c ? cutOf(*c, target) : std::nullopt;
    if (!cut)
      return std::nullopt;
    return shared(convolutionNanoseconds(flopsOf(group.anchors().front()), target), cut->panels,
                  cut->scratch() * elementBytes(elementOf(c->source)), choices);
  }

  void emit(const Group &group, Emission &emission) const override;
};

class FewPixelsLoops {
public:
  FewPixelsLoops(const Group &group, Emission &emission)
      : group(group), emission(emission), code(emission.code), c(*correlationOf(group)),
        cut(*cutOf(c, code.target())), source(emission.pull.memoryOf(c.source)),
        weights(emission.pull.memoryOf(c.weights)), sums{emission.scratch, source.element},
        blocks(code.at(sums, code.integer(cut.pixels * cut.width()))), parts(c.perSum / cut.block),
        count(cut.tapCount(0) * cut.tapCount(1) * parts) {}

  void run() {
    auto [low, high] = emission.part(cut.panels);
    firstPanel = low;
    for (int64_t early = 0; early < 2; ++early)
      code.loop(cut.units, [&](Value unit) { prefetch(blockAt(firstPanel, code.integer(early)), unit); });
    code.loop(cut.units,
              [&](Value unit) { copy(blockAt(firstPanel, code.integer(0)), unit, code.integer(0)); });
    code.loop(low, high, 1, [&](Value panel) {
      clearRange(code, sums, cut.pixels * cut.width());
      auto loopOfTaps = [&](int i, llvm::function_ref<void(Value)> body) {
        code.loop(code.integer(cut.firstTap[i]), code.integer(cut.endTap[i]), 1, body);
      };
      loopOfTaps(0, [&](Value y) { loopOfTaps(1, [&](Value x) { addTap(panel, y, x); }); });
      write(code.mul(panel, cut.width()));
    });
  }

private:
  /// Where a panel's block of weights begins. Past its last block come those of the next panel; past all
  /// weights, their last block.
  Value blockAt(Value panel, Value block) {
    Value past = code.compare(arith::CmpIPredicate::sge, block, count);
    Value index = code.select(past, code.sub(block, code.integer(count)), block);
    // Taps that have no pixels are left out.
    int64_t across = cut.tapCount(1) * parts;
    if (cut.tapCount(1) != c.taps[1])
      index = code.add(code.mul(code.div(index, across), c.taps[1] * parts), code.rem(index, across));
    index = code.add(index, (cut.firstTap[0] * c.taps[1] + cut.firstTap[1]) * parts);
    Value column =
        code.mul(code.add(panel, code.select(past, code.integer(1), code.integer(0))), cut.width());
    int64_t taps = c.taps[0] * c.taps[1],
            last = c.weightElements() - (cut.block - 1) * c.perOut - cut.width();
    Value place = code.add(code.mul(index, cut.block * c.perOut), column);
    if (c.turned) {
      Value tap = code.sub(code.integer(taps - 1), code.div(index, parts));
      place = code.add(code.mul(code.add(code.mul(tap, c.perOut), column), c.perSum),
                       code.mul(code.rem(index, parts), cut.block));
      last = c.weightElements() - (cut.width() - 1) * c.perSum - cut.block;
    }
    return arith::MinSIOp::create(code.builder(), code.loc(), place, code.integer(last));
  }

  /// Of a square of turned weights: the vector of filters and the first term.
  std::pair<Value, Value> squareOf(Value unit) {
    return {code.mul(code.rem(unit, vectors), cut.lanes), code.mul(code.div(unit, vectors), cut.lanes)};
  }

  void prefetch(Value block, Value unit) {
    if (c.turned) {
      auto [filter, term] = squareOf(unit);
      Value from = code.add(block, code.add(code.mul(filter, c.perSum), term));
      for (int64_t lane = 0; lane < cut.lanes; ++lane)
        code.prefetch(weights, code.add(from, lane * c.perSum));
      return;
    }
    int64_t bytes = elementBytes(source.element);
    for (int64_t v = 0; v < cut.width() * bytes; v += cacheLine)
      code.prefetch(weights, code.add(code.add(block, code.mul(unit, c.perOut)), v / bytes));
  }

  /// Copies a unit of a block into the place for the chunk's block `number`.
  void copy(Value block, Value unit, Value number) {
    if (c.turned) {
      auto [filter, term] = squareOf(unit);
      Value from = code.add(block, code.add(code.mul(filter, c.perSum), term));
      Value to = code.add(bufferOf(number), code.add(code.mul(term, cut.width()), filter));
      SmallVector<Value> rows;
      for (int64_t lane = 0; lane < cut.lanes; ++lane)
        rows.push_back(code.load(weights, code.add(from, lane * c.perSum), cut.lanes));
      rows = transposeVectors(code, std::move(rows));
      for (int64_t i = 0; i < cut.lanes; ++i)
        code.store(rows[i], blocks, code.add(to, i * cut.width()));
      return;
    }
    Value from = code.add(block, code.mul(unit, c.perOut));
    Value to = code.add(bufferOf(number), code.mul(unit, cut.width()));
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

  /// Gives how many tiles there are.
  Value forTiles(const Tiling &tiling, Value y, Value x, llvm::function_ref<void(const Place &)> body) {
    Value top = cut.reach[0].low(code, y), bottom = cut.reach[0].high(code, y),
          left = cut.reach[1].low(code, x);
    // The rows of tiles above those of each height, and where these begin.
    SmallVector<Value> above{code.integer(0)}, begin{top};
    for (int64_t height : tiling.heights) {
      Value fit = code.div(code.sub(bottom, begin.back()), height);
      above.push_back(code.add(above.back(), fit));
      begin.push_back(code.add(begin.back(), code.mul(fit, height)));
    }
    auto rowOfTiles = [&](Value image, Value row, Value before, int64_t height) {
      auto tiles = [&](int64_t low, int64_t high, int64_t width) {
        code.loop(code.integer(low), code.integer(high), 1, [&](Value index) {
          body({image, row, code.add(left, tiling.columns.start(code, index)),
                code.add(code.mul(before, tiling.columns.tiles), index), height, width});
        });
      };
      tiles(0, tiling.columns.first, tiling.columns.height);
      tiles(tiling.columns.first, tiling.columns.tiles, tiling.columns.height - 1);
    };
    code.loop(c.images, [&](Value image) {
      Value before = code.mul(image, above.back());
      for (size_t i = 0; i < tiling.heights.size(); ++i) {
        int64_t height = tiling.heights[i];
        code.loop(begin[i], begin[i + 1], height, [&](Value row) {
          Value index = code.add(above[i], code.div(code.sub(row, begin[i]), height));
          rowOfTiles(image, row, code.add(before, index), height);
        });
      }
    });
    return code.mul(above.back(), c.images * tiling.columns.tiles);
  }

  /// Of the sum of a pixel, of its first filters.
  Value sumAt(Value image, Value row, Value pixel) {
    Value rows = code.add(code.mul(image, c.out[0]), row);
    return code.mul(code.add(code.mul(rows, c.out[1]), pixel), cut.width());
  }

  /// Adds what lies under tap (y, x) to all pixels.
  void addTap(Value panel, Value y, Value x) {
    Value width = code.sub(cut.reach[1].high(code, x), cut.reach[1].low(code, x));
    for (const Tiling &tiling : cut.tilings) {
      auto add = [&] { code.loop(parts, [&](Value part) { addBlock(tiling, panel, y, x, part); }); };
      if (cut.tilings.size() == 1)
        add();
      else
        code.when(code.compare(arith::CmpIPredicate::eq, width, tiling.width), add);
    }
  }

  /// Adds a part of the channels under the tap.
  void addBlock(const Tiling &tiling, Value panel, Value y, Value x, Value part) {
    Value down = code.sub(y, code.integer(cut.firstTap[0])),
          right = code.sub(x, code.integer(cut.firstTap[1]));
    Value index = code.add(code.mul(code.add(code.mul(down, cut.tapCount(1)), right), parts), part);
    Value number = code.add(code.mul(code.sub(panel, firstPanel), count), index);
    Value next = blockAt(panel, code.add(index, 1)), afterNext = blockAt(panel, code.add(index, 2));
    auto fetch = [&](Value unit) {
      prefetch(afterNext, unit);
      copy(next, unit, code.add(number, 1));
    };
    int64_t groups = cut.block / tiling.group, pitch = c.frame.source[1] * c.frame.channels;
    Value tiles = forTiles(tiling, y, x, [&](const Place &place) {
      Tile tile;
      tile.vectors = vectors;
      tile.lanes = cut.lanes;
      tile.sums = {{tiling.group, 1, cut.width()}};
      SmallVector<Value> at, values;
      Value sum = sumAt(place.image, place.row, place.pixel);
      for (int64_t row = 0; row < place.height; ++row)
        for (int64_t pixel = 0; pixel < place.width; ++pixel) {
          tile.rowOffsets.push_back(row * c.strides[0] * pitch + pixel * c.strides[1] * c.frame.channels);
          for (int64_t v = 0; v < vectors; ++v)
            at.push_back(code.add(sum, (row * c.out[1] + pixel) * cut.width() + v * cut.lanes));
        }
      for (Value place : at)
        values.push_back(code.load(sums, place, cut.lanes));
      Value row = code.add(code.mul(place.image, c.frame.source[0]), inSource(0, place.row, y));
      Value from =
          code.add(code.add(code.mul(row, pitch), code.mul(inSource(1, place.pixel, x), c.frame.channels)),
                   code.mul(part, cut.block));
      Memory a = code.at(source, from), b = code.at(blocks, bufferOf(number));
      values = code.loop(code.integer(0), code.integer(groups), 1, values, [&](Value i, ValueRange in) {
        Value first = code.mul(code.add(code.mul(place.number, groups), i), tiling.fetched);
        for (int64_t j = 0; j < tiling.fetched; ++j) {
          Value unit = code.add(first, j);
          code.when(code.compare(arith::CmpIPredicate::slt, unit, cut.units), [&] { fetch(unit); });
        }
        tile.a = code.at(a, code.mul(i, tiling.group));
        tile.b = code.at(b, code.mul(i, tiling.group * cut.width()));
        return emitTile(code, tile, SmallVector<Value>(in));
      });
      for (auto [value, place] : llvm::zip_equal(values, at))
        code.store(value, sums, place);
    });
    // What fewer tiles than usual have left.
    code.loop(code.mul(tiles, groups * tiling.fetched), code.integer(cut.units), 1, fetch);
  }

  Value inSource(int i, Value result, Value tap) {
    Value place = code.add(code.mul(result, c.strides[i]), code.mul(tap, c.dilations[i]));
    return code.add(place, -c.frame.low[i]);
  }

  void write(Value column) {
    Heights pixels = balance(c.out[1], tileRows(code.target(), vectors));
    code.loop(c.images, [&](Value image) {
      code.loop(c.out[0], [&](Value row) {
        pixels.forEach(code, code.integer(0), code.integer(pixels.tiles),
                       [&](Value, Value pixel, int64_t width) {
                         Value sum = sumAt(image, row, pixel);
                         SmallVector<Value> values;
                         for (int64_t i = 0; i < width * vectors; ++i)
                           values.push_back(code.load(sums, code.add(sum, i * cut.lanes), cut.lanes));
                         writeTile(group, emission, c,
                                   {image, row, pixel, column, width, vectors, cut.lanes, Value()}, values);
                       });
      });
    });
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Correlation c;
  FewPixelsCut cut;
  Memory source, weights, sums, blocks;
  int64_t parts, count; // blocks of a tap, of the whole sum
  Value firstPanel;     // of the chunk
};

void FewPixelsEmitter::emit(const Group &group, Emission &emission) const {
  FewPixelsLoops(group, emission).run();
}

} // namespace

const Emitter &fewPixelsEmitter() {
  static const FewPixelsEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
