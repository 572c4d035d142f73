// Convolutions forward and by their input, directly.
//
// Algorithm: for each image, put it into a frame with its border of zeros (in scratch, unless there is none);
// for each panel of filters, tiles of neighbouring pixels (of several rows, where rows are short) x vectors
// of filters accumulate over the taps and channels. The input's gradient is the same sum over the result's
// cotangent, framed, with the weights turned by 180 degrees and channels and filters exchanged, which each
// chunk packs into its scratch first. With a stride it is several sums, each with some of the taps, whose
// results lie between each other (sub-pixel decomposition).
//
// Chunks share the images and, where these are few, their rows. Where weights are many and pictures small, a
// chunk would read more weights than it can keep close; there chunks form a grid of images and panels, and
// each packs the weights of its panels, one panel after the other, the way the tiles read them.
#include "compiler/kernels/code/Tile.h"
#include "compiler/kernels/emitters/Correlation.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

struct ConvolutionCut {
  int64_t lanes, vectors; // of a panel
  int64_t panels;
  bool packs;
  int64_t rowParts;               // of an image; more than one only if weights are few
  int64_t imageParts, panelParts; // the chunks; of images, or of their parts
  int64_t mostPanels;             // of one chunk
  double nanoseconds;

  int64_t width() const { return vectors * lanes; }
};

/// Makes `c`, a forward convolution, that of a part of the rows.
void takePart(Correlation &c, int64_t rowParts) {
  if (rowParts == 1)
    return;
  PhaseRun &rows = c.runs[0].front();
  rows.count /= rowParts;
  c.frame.size[0] = (rows.count - 1) * c.strides[0] + (rows.taps - 1) * c.dilations[0] + 1;
}

ConvolutionCut cutOf(const Correlation &c, const Group &group, const Target &target, Choices &choices) {
  /// Weights that a core keeps close without help, in bytes.
  constexpr int64_t fewWeights = 192 << 10;
  ConvolutionCut cut;
  int64_t bytes = elementBytes(elementOf(c.source));
  cut.lanes = target.lanes(bytes * 8);
  int64_t count = llvm::divideCeilSigned(c.perOut, cut.lanes);
  bool many = c.groups == 1 && c.weightElements() * bytes >= fewWeights;
  // Read only a few times, weights are not worth a copy.
  cut.packs = many && choices.flag("pack", c.turned || c.images * c.out[0] * c.out[1] >= 48);
  cut.vectors = tileVectors(target, count);
  // Rows too short for a tile of two vectors make a good one of three.
  if (many && count >= 3 && tileRows(target, 3) >= 8 && c.runs[1].front().count <= 8)
    cut.vectors = 3;
  cut.vectors = choices.between("vectors", cut.vectors, 1, std::min<int64_t>(count, 3));
  cut.panels = llvm::divideCeilSigned(count, cut.vectors);
  double nanoseconds = cut.nanoseconds = convolutionNanoseconds(flopsOf(group.anchors().front()), target);
  cut.rowParts = 1;
  if (!many && !c.turned) {
    // Equal parts of rows, as many as there can be.
    int64_t parts = std::min(chunksFor(nanoseconds, c.images * c.out[0]) / c.images, c.out[0]);
    while (parts > 1 && c.out[0] % parts != 0)
      --parts;
    Correlation part = c;
    takePart(part, std::max<int64_t>(1, parts));
    // Rows below the source, all in the last part, need a frame in each.
    if (part.frame.isSource() == c.frame.isSource())
      cut.rowParts = std::max<int64_t>(1, parts);
  }
  cut.imageParts = chunksFor(nanoseconds, c.images * cut.rowParts);
  cut.panelParts = 1;
  if (many) {
    int64_t chunks = chunksFor(nanoseconds, c.images * cut.panels);
    double best = 0;
    for (int64_t panelParts = 1; panelParts <= std::min(chunks, cut.panels); ++panelParts) {
      int64_t imageParts = std::min(chunks / panelParts, c.images);
      // In vectors of weights: products, as often as there should be chunks, then what is copied.
      double pixels = double(c.out[0] * c.out[1]) / 6;
      double computed = double(llvm::divideCeilSigned(c.images, imageParts) *
                               llvm::divideCeilSigned(cut.panels, panelParts) * chunks) /
                        double(cut.panels) * double(c.weightElements()) * pixels;
      double copied = double(imageParts) * double(c.weightElements()) * (c.turned ? 8 : 2) +
                      double(panelParts * c.images) * double(c.frame.elements());
      if (best == 0 || computed + copied < best) {
        best = computed + copied;
        cut.imageParts = imageParts;
        cut.panelParts = panelParts;
      }
    }
  }
  cut.imageParts = choices.between("image_parts", cut.imageParts, 1, c.images * cut.rowParts);
  if (many)
    cut.panelParts = choices.between("panel_parts", cut.panelParts, 1, cut.panels);
  cut.mostPanels = llvm::divideCeilSigned(cut.panels, cut.panelParts);
  return cut;
}

class ConvolutionEmitter : public Emitter {
public:
  StringRef name() const override { return "convolution"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<Correlation> c = correlationOf(group);
    if (!c)
      return std::nullopt;
    ConvolutionCut cut = cutOf(*c, group, target, choices);
    takePart(*c, cut.rowParts);
    Type element = elementOf(c->source);
    int64_t packed = cut.packs   ? cut.mostPanels * c->taps[0] * c->taps[1] * c->perSum * cut.width()
                     : c->turned ? c->weightElements()
                                 : 0;
    return Plan{cut.imageParts * cut.panelParts,
                c->frame.scratchBytes(element) + packed * elementBytes(element), cut.nanoseconds};
  }

  void emit(const Group &group, Emission &emission) const override;
};

class ConvolutionLoops {
public:
  ConvolutionLoops(const Group &group, Emission &emission)
      : group(group), emission(emission), code(emission.code), c(*correlationOf(group)),
        source(emission.pull.memoryOf(c.source)), weights(emission.pull.memoryOf(c.weights)),
        buffer{emission.scratch, source.element}, cut(cutOf(c, group, code.target(), emission.choices)),
        lanes(cut.lanes), weightStep(cut.packs ? cut.width() : c.groups * c.perOut) {
    takePart(c, cut.rowParts);
  }

  void run() {
    auto [low, high] = emission.rowPart(c.images * cut.rowParts, cut.imageParts, cut.panelParts);
    auto [firstPanel, endPanel] = emission.columnPart(cut.panels, cut.panelParts);
    panelLow = firstPanel;
    panelHigh = endPanel;
    if (cut.rowParts == 1)
      c.frame.clear(code, buffer);
    Memory packed = code.carve(emission.scratch, c.frame.scratchBytes(source.element), source.element);
    if (cut.packs)
      packPanels(packed);
    else if (c.turned)
      turnWeights(code, c, weights, packed);
    if (cut.packs || c.turned)
      weights = packed;
    code.loop(low, high, 1, [&](Value part) {
      image = part;
      if (cut.rowParts > 1) {
        image = code.div(part, cut.rowParts);
        top = code.mul(code.rem(part, cut.rowParts), c.runs[0].front().count);
        // The rows that are border differ from part to part.
        c.frame.clear(code, buffer);
      }
      Memory picture =
          code.at(source, code.mul(image, c.frame.source[0] * c.frame.source[1] * c.frame.channels));
      framed = c.frame.fill(code, picture, buffer, top ? code.mul(top, c.strides[0]) : Value());
      code.loop(c.groups, [&](Value index) {
        groupIndex = index;
        panels();
      });
    });
  }

private:
  int64_t panelSize() const { return c.taps[0] * c.taps[1] * c.perSum * cut.width(); }

  /// Weights of this chunk's panels as [panel][tap][sum][width], zeros past the last filter.
  void packPanels(const Memory &to) {
    int64_t taps = c.taps[0] * c.taps[1];
    Value apart = code.mul(code.laneNumbers(lanes), c.perSum);
    code.loop(panelLow, panelHigh, 1, [&](Value panel) {
      Value start = code.mul(code.sub(panel, panelLow), panelSize());
      code.loop(taps, [&](Value k) {
        code.loop(c.perSum, [&](Value i) {
          Value place = code.add(start, code.mul(code.add(code.mul(k, c.perSum), i), cut.width()));
          for (int64_t v = 0; v < cut.vectors; ++v) {
            Value filter = code.add(code.mul(panel, cut.width()), v * lanes);
            Value mask =
                cut.panels * cut.width() == c.perOut ? Value() : code.lanesBelow(filter, c.perOut, lanes);
            Value turnedTap = code.sub(code.integer(taps - 1), k);
            Value vector =
                c.turned
                    ? code.gather(
                          weights,
                          code.add(code.mul(code.add(code.mul(turnedTap, c.perOut), filter), c.perSum), i),
                          apart, mask)
                    : code.load(weights,
                                code.add(code.mul(code.add(code.mul(k, c.perSum), i), c.perOut), filter),
                                lanes, mask);
            code.store(vector, to, code.add(place, v * lanes));
          }
        });
      });
    });
  }

  void panels() {
    int64_t count = llvm::divideCeilSigned(c.perOut, lanes), whole = c.perOut / cut.width();
    Value high = panelHigh;
    if (auto known = Code::known(high))
      high = code.integer(std::min(*known, whole));
    else
      high = arith::MinSIOp::create(code.builder(), code.loc(), high, code.integer(whole));
    code.loop(panelLow, high, 1, [&](Value panel) { onePanel(panel, cut.vectors, Value()); });
    int64_t rest = count - whole * cut.vectors;
    if (rest == 0)
      return;
    auto last = [&] {
      int64_t left = c.perOut - (count - 1) * lanes;
      onePanel(code.integer(whole), rest, left == lanes ? Value() : code.firstLanes(left, lanes));
    };
    if (Code::known(panelHigh))
      last();
    else
      code.when(code.compare(arith::CmpIPredicate::eq, panelHigh, cut.panels), last);
  }

  void onePanel(Value panel, int64_t vectors, Value mask) {
    Tile tile;
    tile.vectors = vectors;
    tile.lanes = lanes;
    tile.mask = cut.packs ? Value() : mask;
    lastMask = mask;
    Value column = code.mul(panel, cut.width());
    Value start = cut.packs ? code.mul(code.sub(panel, panelLow), panelSize())
                            : code.add(code.mul(groupIndex, c.perOut), column);
    for (const PhaseRun &rows : c.runs[0])
      for (const PhaseRun &pixels : c.runs[1])
        code.loop(rows.phases, [&](Value p) {
          code.loop(pixels.phases,
                    [&](Value q) { onePhase(tile, column, start, phaseAt(rows, p), phaseAt(pixels, q)); });
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

  /// `column` is the panel's first filter, `start` where its weights begin.
  void onePhase(Tile tile, Value column, Value start, const Phase &rows, const Phase &columns) {
    int64_t pitch = c.frame.pitch(), channels = c.frame.channels;
    Value tap = code.add(code.mul(rows.weight, c.taps[1]), columns.weight);
    tile.b = code.at(weights, code.add(code.mul(tap, c.perSum * weightStep), start));
    if (rows.taps > 1)
      tile.sums.push_back(
          {rows.taps, c.dilations[0] * pitch, c.weightSteps[0] * c.taps[1] * c.perSum * weightStep});
    if (c.dilations[1] == 1 && c.weightSteps[1] == 1 && c.perSum == channels) {
      tile.sums.push_back({columns.taps * c.perSum, 1, weightStep});
    } else {
      tile.sums.push_back(
          {columns.taps, c.dilations[1] * channels, c.weightSteps[1] * c.perSum * weightStep});
      tile.sums.push_back({c.perSum, 1, weightStep});
    }
    // Several rows in a tile where at least two fit.
    int64_t most = tileRows(code.target(), tile.vectors), together = 1;
    if (columns.count > 0)
      together = std::max<int64_t>(1, std::min(rows.count, most / columns.count));
    Heights pixels = balance(columns.count, most);
    auto rowsAt = [&](Value row, int64_t height) {
      Value frameRow = code.add(rows.frame, code.mul(row, c.strides[0]));
      Value offset = code.add(code.add(code.mul(frameRow, pitch), code.mul(columns.frame, channels)),
                              code.mul(groupIndex, c.perSum));
      Value resultRow = code.add(rows.first, code.mul(row, c.outSteps[0]));
      if (top)
        resultRow = code.add(resultRow, top);
      auto tiles = [&](int64_t low, int64_t high, int64_t width) {
        tile.rowOffsets.clear();
        for (int64_t y = 0; y < height; ++y)
          for (int64_t x = 0; x < width; ++x)
            tile.rowOffsets.push_back(y * c.strides[0] * pitch + x * c.strides[1] * channels);
        code.loop(code.integer(low), code.integer(high), 1, [&](Value index) {
          Value pixel = pixels.start(code, index);
          tile.a = code.at(framed, code.add(offset, code.mul(pixel, c.strides[1] * channels)));
          TileResults results = {image,
                                 resultRow,
                                 code.add(columns.first, code.mul(pixel, c.outSteps[1])),
                                 code.add(code.mul(groupIndex, c.perOut), column),
                                 width,
                                 tile.vectors,
                                 lanes,
                                 lastMask};
          SmallVector<Value> sums = zeroAccumulators(code, tile);
          fetchAhead(group, emission, c, results, int64_t(sums.size()));
          if (rows.taps > 0 && columns.taps > 0)
            sums = emitTile(code, tile, std::move(sums));
          writeTile(group, emission, c, results, sums);
        });
      };
      tiles(0, pixels.first, pixels.height);
      tiles(pixels.first, pixels.tiles, pixels.height - 1);
    };
    int64_t whole = rows.count / together * together;
    code.loop(code.integer(0), code.integer(whole), together, [&](Value row) { rowsAt(row, together); });
    if (whole != rows.count)
      rowsAt(code.integer(whole), rows.count - whole);
  }

  const Group &group;
  Emission &emission;
  Code &code;
  Correlation c;
  Memory source, weights, buffer, framed;
  ConvolutionCut cut;
  int64_t lanes, weightStep; // from one term of the sum to the next, in the weights
  Value image, groupIndex, panelLow, panelHigh;
  Value top;      // the part's first row of the result; null: of the whole image
  Value lastMask; // of a panel's last vector; null: all lanes
};

void ConvolutionEmitter::emit(const Group &group, Emission &emission) const {
  ConvolutionLoops(group, emission).run();
}

} // namespace

const Emitter &convolutionEmitter() {
  static const ConvolutionEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
