// Convolutions forward and by their input, directly.
//
// Algorithm: for each image, put it into a frame with its border of zeros (in scratch, unless there is none);
// for each row of the result, for each panel of filters, tiles of neighbouring pixels x vectors of filters
// accumulate over the taps and channels. The input's gradient is the same sum over the result's cotangent,
// framed, with the weights turned by 180 degrees and channels and filters exchanged, which each chunk packs
// into its scratch first. With a stride it is several sums, each with some of the taps, whose results lie
// between each other (sub-pixel decomposition).
#include "compiler/kernels/Correlation.h"
#include "compiler/kernels/Tile.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

class ConvolutionEmitter : public Emitter {
public:
  StringRef name() const override { return "convolution"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    std::optional<Correlation> c = correlationOf(group);
    if (!c)
      return std::nullopt;
    double nanoseconds = flopsOf(group.anchors().front()) / (0.1 * double(target.vectorBits));
    Type element = elementOf(c->source);
    int64_t weights = c->turned ? c->weightElements() * elementBytes(element) : 0;
    return Shares{chunksFor(nanoseconds, c->images), c->frame.scratchBytes(element) + weights};
  }

  void emit(const Group &group, Emission &emission) const override;
};

class Loops {
public:
  Loops(const Group &group, Emission &emission)
      : group(group), emission(emission), code(emission.code), c(*correlationOf(group)),
        anchor(group.anchors().front()->getResult(0)), source(emission.pull.memoryOf(c.source)),
        weights(emission.pull.memoryOf(c.weights)), buffer{emission.scratch, source.element},
        lanes(code.target().lanes(source.element.getIntOrFloatBitWidth())) {}

  void run() {
    auto [low, high] = emission.part(c.images);
    c.frame.clear(code, buffer);
    if (c.turned) {
      Memory turned = code.carve(emission.scratch, c.frame.scratchBytes(source.element), source.element);
      turnWeights(code, c, weights, turned);
      weights = turned;
    }
    code.loop(low, high, 1, [&](Value image) {
      this->image = image;
      Memory picture =
          code.at(source, code.mul(image, c.frame.source[0] * c.frame.source[1] * c.frame.channels));
      framed = c.frame.fill(code, picture, buffer);
      code.loop(c.groups, [&](Value index) {
        groupIndex = index;
        panels();
      });
    });
  }

private:
  void panels() {
    int64_t count = (c.perOut + lanes - 1) / lanes, width = tileVectors(code.target(), count);
    int64_t whole = c.perOut / (width * lanes);
    code.loop(code.integer(0), code.integer(whole), 1,
              [&](Value panel) { onePanel(code.mul(panel, width * lanes), width, Value()); });
    int64_t done = whole * width, rest = count - done;
    if (rest == 0)
      return;
    int64_t last = c.perOut - (count - 1) * lanes;
    onePanel(code.integer(done * lanes), rest, last == lanes ? Value() : code.firstLanes(last, lanes));
  }

  void onePanel(Value column, int64_t vectors, Value mask) {
    Tile tile;
    tile.vectors = vectors;
    tile.lanes = lanes;
    tile.mask = mask;
    for (const PhaseRun &rows : c.runs[0])
      for (const PhaseRun &pixels : c.runs[1])
        code.loop(rows.phases, [&](Value p) {
          code.loop(pixels.phases,
                    [&](Value q) { onePhase(tile, column, phaseAt(rows, p), phaseAt(pixels, q)); });
        });
  }

  struct Phase {
    int64_t count, taps;
    Value first, weight, frame;
  };
  Phase phaseAt(const PhaseRun &run, Value index) {
    auto at = [&](int64_t start, int64_t next) { return code.add(code.mul(index, next), start); };
    return {run.count, run.taps, at(run.first, run.nextFirst), at(run.weight, run.nextWeight),
            at(run.frame, run.nextFrame)};
  }

  void onePhase(Tile tile, Value column, const Phase &rows, const Phase &columns) {
    int64_t filters = c.groups * c.perOut, pitch = c.frame.pitch(), channels = c.frame.channels;
    Value tap = code.add(code.mul(rows.weight, c.taps[1]), columns.weight);
    Value filter = code.add(code.mul(groupIndex, c.perOut), column);
    tile.b = code.at(weights, code.add(code.mul(tap, c.perSum * filters), filter));
    if (rows.taps > 1)
      tile.sums.push_back(
          {rows.taps, c.dilations[0] * pitch, c.weightSteps[0] * c.taps[1] * c.perSum * filters});
    if (c.dilations[1] == 1 && c.weightSteps[1] == 1 && c.perSum == channels) {
      tile.sums.push_back({columns.taps * c.perSum, 1, filters});
    } else {
      tile.sums.push_back({columns.taps, c.dilations[1] * channels, c.weightSteps[1] * c.perSum * filters});
      tile.sums.push_back({c.perSum, 1, filters});
    }
    Heights pixels = balance(columns.count, tileRows(code.target(), tile.vectors));
    code.loop(rows.count, [&](Value row) {
      Value frameRow = code.add(rows.frame, code.mul(row, c.strides[0]));
      Value offset = code.add(code.add(code.mul(frameRow, pitch), code.mul(columns.frame, channels)),
                              code.mul(groupIndex, c.perSum));
      Value resultRow = code.add(rows.first, code.mul(row, c.outSteps[0]));
      auto tiles = [&](int64_t low, int64_t high, int64_t height) {
        tile.setRows(height, c.strides[1] * channels);
        code.loop(code.integer(low), code.integer(high), 1, [&](Value index) {
          Value pixel = pixels.start(code, index);
          tile.a = code.at(framed, code.add(offset, code.mul(pixel, c.strides[1] * channels)));
          SmallVector<Value> sums = zeroAccumulators(code, tile);
          if (rows.taps > 0 && columns.taps > 0)
            sums = emitTile(code, tile, std::move(sums));
          finish(tile, sums, resultRow, code.add(columns.first, code.mul(pixel, c.outSteps[1])), column);
        });
      };
      tiles(0, pixels.first, pixels.height);
      tiles(pixels.first, pixels.tiles, pixels.height - 1);
    });
  }

  void finish(const Tile &tile, ArrayRef<Value> accumulators, Value row, Value pixel, Value column) {
    int64_t filters = c.groups * c.perOut;
    Value start = code.add(code.mul(code.add(code.mul(image, c.out[0]), row), c.out[1]), pixel);
    Value filter = code.add(code.mul(groupIndex, c.perOut), column);
    for (int64_t r = 0; r < tile.rows(); ++r)
      for (int64_t v = 0; v < tile.vectors; ++v) {
        Pull::Scope scope(emission.pull);
        emission.pull.set(anchor, accumulators[r * tile.vectors + v]);
        Value here = code.add(filter, v * lanes);
        Point made;
        made.lanes = lanes;
        made.mask = v + 1 == tile.vectors ? tile.mask : Value();
        made.linear = Coord{code.add(code.mul(code.add(start, r * c.outSteps[1]), filters), here), 1, {}};
        made.coords = SmallVector<Coord, 4>{
            {image, 0, {}}, {row, 0, {}}, {code.add(pixel, r * c.outSteps[1]), 0, {}}, {here, 1, {}}};
        if (shapeOf(anchor).size() == 3)
          made.coords->erase(made.coords->begin() + 1);
        emission.write(group.outs, emission.pull.point(std::move(made)));
      }
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Correlation c;
  Value anchor;
  Memory source, weights, buffer, framed;
  int64_t lanes;
  Value image, groupIndex;
};

void ConvolutionEmitter::emit(const Group &group, Emission &emission) const { Loops(group, emission).run(); }

} // namespace

const Emitter &convolutionEmitter() {
  static const ConvolutionEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
