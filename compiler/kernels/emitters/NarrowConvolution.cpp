// Convolutions and input gradients with few filters (LeNet's six), where vectors along the filters would be
// mostly empty: vectors run along the pixels of a row instead.
//
// Algorithm: each image's frame is laid out in scratch by planes, one for each channel, so that neighbouring
// pixels are neighbours in memory. A tile is all filters x some vectors of pixels, of one row or of several:
// weights are broadcast, pixels loaded whole. After the epilogue, which sees one filter and neighbouring
// pixels, the filters' vectors are shuffled into the result's order, in which filters are innermost.
#include "compiler/kernels/code/Tile.h"
#include "compiler/kernels/code/Transpose.h"
#include "compiler/kernels/emitters/Correlation.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// The sizes of tiles and planes.
struct NarrowConvolutionCut {
  int64_t lanes, pitch, plane; // elements from row to row and from plane to plane
  int64_t rowVectors;          // vectors of pixels in a row of the result
  int64_t vectors;             // of those in a tile
  Heights rows;                // rows of the result in a tile

  int64_t planeElements(const Correlation &c) const { return plane * c.perSum + lanes; }
};

NarrowConvolutionCut cutOf(const Correlation &c, const Target &target, Type element, Choices &choices) {
  NarrowConvolutionCut cut;
  cut.lanes = target.lanes(element.getIntOrFloatBitWidth());
  cut.pitch = c.frame.size[1];
  cut.plane = cut.pitch * c.frame.size[0];
  cut.rowVectors = (c.out[1] + cut.lanes - 1) / cut.lanes;
  // All registers but one to broadcast into and the pixels.
  int64_t most = std::clamp<int64_t>((target.vectorRegisters - 2) / (c.perOut + 1), 1, 8);
  int64_t widest = std::min(cut.rowVectors, most);
  cut.vectors = choices.between("vectors", widest, 1, widest);
  cut.rows = balance(c.out[0], cut.vectors < cut.rowVectors ? 1 : std::max<int64_t>(1, most / cut.vectors));
  return cut;
}

std::optional<Correlation> matchNarrowConvolution(const Group &group, const Target &target) {
  std::optional<Correlation> c = correlationOf(group);
  if (!c || c->groups != 1 || c->strides[1] != 1 || !c->isDense())
    return std::nullopt;
  int64_t lanes = target.lanes(elementOf(c->source).getIntOrFloatBitWidth());
  // Few filters, rows that fill vectors, and sums long enough to pay for the shuffles.
  bool filled = c->out[1] % lanes == 0 || c->out[1] % lanes > lanes / 2 || c->out[1] > 3 * lanes;
  if (c->perOut * 2 > lanes || !filled || c->taps[0] * c->taps[1] * c->perSum < 16)
    return std::nullopt;
  return c;
}

class NarrowConvolutionLoops {
public:
  NarrowConvolutionLoops(const Group &group, Emission &emission)
      : group(group), emission(emission), code(emission.code),
        c(*matchNarrowConvolution(group, code.target())), anchor(group.anchors().front()->getResult(0)),
        source(emission.pull.memoryOf(c.source)), weights(emission.pull.memoryOf(c.weights)),
        planes{emission.scratch, source.element},
        cut(cutOf(c, code.target(), source.element, emission.choices)) {}

  void run() {
    auto part = emission.part(c.images);
    clearRange(code, planes, cut.planeElements(c));
    if (c.turned) {
      int64_t bytes = (cut.planeElements(c) * elementBytes(source.element) + 63) / 64 * 64;
      Memory turned = code.carve(emission.scratch, bytes, source.element);
      turnWeights(code, c, weights, turned);
      weights = turned;
    }
    code.loop(part.first, part.second, 1, [&](Value index) {
      image = index;
      fill(code.at(source, code.mul(image, c.frame.source[0] * c.frame.source[1] * c.perSum)));
      tiles(0, cut.rows.first, cut.rows.height);
      tiles(cut.rows.first, cut.rows.tiles, cut.rows.height - 1);
    });
  }

private:
  /// Copies a picture into the planes.
  void fill(const Memory &picture) {
    const Frame &frame = c.frame;
    std::array<int64_t, 2> first, end;
    for (int i = 0; i < 2; ++i) {
      first[i] = std::max<int64_t>(0, -frame.low[i]);
      end[i] = std::min(frame.source[i], frame.size[i] - frame.low[i]);
      if (first[i] >= end[i])
        return;
    }
    code.loop(code.integer(first[0]), code.integer(end[0]), 1, [&](Value row) {
      Value from = code.mul(row, frame.source[1] * c.perSum);
      Value to = code.add(code.mul(code.add(row, frame.low[0]), cut.pitch), frame.low[1]);
      if (c.perSum == 1) {
        copyRange(code, picture, code.add(from, first[1]), planes, code.add(to, first[1]), end[1] - first[1]);
        return;
      }
      int64_t count = end[1] - first[1], whole = count / cut.lanes * cut.lanes;
      auto pixels = [&](Value pixel, int64_t several) {
        int64_t blocks = c.perSum / cut.lanes * cut.lanes;
        Value start = code.add(from, code.mul(pixel, c.perSum)), place = code.add(to, pixel);
        code.loop(code.integer(0), code.integer(blocks), cut.lanes,
                  [&](Value channel) { square(picture, start, place, channel, cut.lanes, several); });
        if (blocks != c.perSum)
          square(picture, start, place, code.integer(blocks), c.perSum - blocks, several);
      };
      code.loop(code.integer(first[1]), code.integer(first[1] + whole), cut.lanes,
                [&](Value pixel) { pixels(pixel, cut.lanes); });
      if (whole != count)
        pixels(code.integer(first[1] + whole), count - whole);
    });
  }

  /// `several` pixels of `channels` channels each, from `channel` on, transposed.
  void square(const Memory &picture, Value from, Value to, Value channel, int64_t channels, int64_t several) {
    from = code.add(from, channel);
    to = code.add(to, code.mul(channel, cut.plane));
    Value mask = channels == cut.lanes ? Value() : code.firstLanes(channels, cut.lanes);
    SmallVector<Value> vectors;
    for (int64_t pixel = 0; pixel < cut.lanes; ++pixel)
      vectors.push_back(pixel < several
                            ? code.load(picture, code.add(from, pixel * c.perSum), cut.lanes, mask)
                            : code.number(code.type(source.element, cut.lanes), 0));
    vectors = transposeVectors(code, std::move(vectors));
    Value pixelMask = several == cut.lanes ? Value() : code.firstLanes(several, cut.lanes);
    for (int64_t i = 0; i < channels; ++i)
      code.store(vectors[i], planes, code.add(to, i * cut.plane), pixelMask);
  }

  /// The tiles [low, high) of `height` rows each.
  void tiles(int64_t low, int64_t high, int64_t height) {
    code.loop(code.integer(low), code.integer(high), 1, [&](Value index) {
      Value row = cut.rows.start(code, index);
      int64_t whole = cut.rowVectors / cut.vectors;
      code.loop(whole, [&](Value group) {
        oneTile(row, height, code.mul(group, cut.vectors * cut.lanes), cut.vectors);
      });
      if (int64_t rest = cut.rowVectors % cut.vectors)
        oneTile(row, height, code.integer(whole * cut.vectors * cut.lanes), rest);
    });
  }

  void oneTile(Value row, int64_t height, Value pixel, int64_t vectors) {
    Tile tile;
    tile.lanes = cut.lanes;
    tile.vectors = height * vectors;
    tile.setRows(c.perOut, 1);
    for (int64_t r = 0; r < height; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        tile.columnOffsets.push_back(r * c.strides[0] * cut.pitch + v * cut.lanes);
    tile.a = weights;
    tile.b = code.at(planes, code.add(code.mul(row, c.strides[0] * cut.pitch), pixel));
    auto sum = [&](int64_t size, int64_t a, int64_t b) {
      if (size > 1)
        tile.sums.push_back({size, a, b});
    };
    sum(c.taps[0], c.taps[1] * c.perSum * c.perOut, c.dilations[0] * cut.pitch);
    sum(c.taps[1], c.perSum * c.perOut, c.dilations[1]);
    sum(c.perSum, c.perOut, cut.plane);
    SmallVector<Value> accumulators = emitTile(code, tile, zeroAccumulators(code, tile));
    bool partial = c.out[1] % cut.lanes != 0;
    for (int64_t r = 0; r < height; ++r)
      for (int64_t v = 0; v < vectors; ++v) {
        SmallVector<Value> filters;
        for (int64_t f = 0; f < c.perOut; ++f)
          filters.push_back(accumulators[f * tile.vectors + r * vectors + v]);
        Value first = code.add(pixel, v * cut.lanes);
        // Only a row's last vector may be partial, and it is the last of its tile.
        bool last = v + 1 == vectors && partial;
        Value here = code.add(row, r);
        if (!last || vectors != cut.vectors || cut.rowVectors == cut.vectors) {
          finish(filters, here, first, last ? c.out[1] % cut.lanes : cut.lanes);
          continue;
        }
        // A whole tile ends the row only if the row is whole tiles, in the last of them.
        if (cut.rowVectors % cut.vectors != 0) {
          finish(filters, here, first, cut.lanes);
          continue;
        }
        Value ends = code.compare(arith::CmpIPredicate::eq, first, (cut.rowVectors - 1) * cut.lanes);
        code.when(ends, [&] { finish(filters, here, first, c.out[1] % cut.lanes); });
        Value goesOn = code.compare(arith::CmpIPredicate::ne, first, (cut.rowVectors - 1) * cut.lanes);
        code.when(goesOn, [&] { finish(filters, here, first, cut.lanes); });
      }
  }

  /// The epilogue on each filter's pixels, then the results interleaved.
  void finish(ArrayRef<Value> filters, Value row, Value pixel, int64_t count) {
    Value mask = count == cut.lanes ? Value() : code.firstLanes(count, cut.lanes);
    Value start =
        code.mul(code.add(code.mul(code.add(code.mul(image, c.out[0]), row), c.out[1]), pixel), c.perOut);
    SmallVector<SmallVector<Value>> results(group.outs.size());
    for (auto [f, filter] : llvm::enumerate(filters)) {
      Pull::Scope scope(emission.pull);
      emission.pull.set(anchor, filter);
      Point made;
      made.lanes = cut.lanes;
      made.mask = mask;
      made.linear = Coord{code.add(start, int64_t(f)), c.perOut, {}};
      made.coords = SmallVector<Coord, 4>{
          {image, 0, {}}, {row, 0, {}}, {pixel, 1, {}}, {code.integer(int64_t(f)), 0, {}}};
      if (shapeOf(anchor).size() == 3)
        made.coords->erase(made.coords->begin() + 1);
      const Point *where = emission.pull.point(std::move(made));
      for (auto [out, list] : llvm::zip_equal(group.outs, results))
        list.push_back(emission.pull.at(out, where));
    }
    for (auto [out, list] : llvm::zip_equal(group.outs, results))
      for (int64_t v = 0; v < c.perOut; ++v) {
        int64_t left = count * c.perOut - v * cut.lanes;
        if (left <= 0)
          continue;
        Value vector = interleaved(list, v);
        for (const Memory &place : emission.places.lookup(out))
          code.store(vector, place, code.add(start, v * cut.lanes),
                     left < cut.lanes ? code.firstLanes(left, cut.lanes) : Value());
      }
  }

  /// Elements [v * lanes, (v + 1) * lanes) of the vectors' elements in turn.
  Value interleaved(ArrayRef<Value> vectors, int64_t v) {
    int64_t count = int64_t(vectors.size());
    Value result = vectors[0];
    for (int64_t f = 0; f < count; ++f) {
      SmallVector<int64_t> order(cut.lanes);
      bool any = false;
      for (int64_t lane = 0; lane < cut.lanes; ++lane) {
        int64_t element = v * cut.lanes + lane;
        bool mine = element % count == f;
        any |= mine;
        // The first step also puts the first vector's own elements into place.
        order[lane] = mine ? (f == 0 ? 0 : cut.lanes) + element / count : (f == 0 ? element / count : lane);
      }
      if (any)
        result = code.shuffle(result, vectors[f], order);
    }
    return result;
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Correlation c;
  Value anchor;
  Memory source, weights, planes;
  NarrowConvolutionCut cut;
  Value image;
};

class NarrowConvolutionEmitter : public Emitter {
public:
  StringRef name() const override { return "narrow_convolution"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Correlation> c = matchNarrowConvolution(group, target);
    if (!c)
      return std::nullopt;
    Type element = elementOf(c->source);
    int64_t planes =
        (cutOf(*c, target, element, choices).planeElements(*c) * elementBytes(element) + 63) / 64 * 64;
    int64_t weights = c->turned ? c->weightElements() * elementBytes(element) : 0;
    return shared(convolutionNanoseconds(flopsOf(group.anchors().front()), target), c->images,
                  planes + weights, choices);
  }

  void emit(const Group &group, Emission &emission) const override {
    NarrowConvolutionLoops(group, emission).run();
  }
};

} // namespace

const Emitter &narrowConvolutionEmitter() {
  static const NarrowConvolutionEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
