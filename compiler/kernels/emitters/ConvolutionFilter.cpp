// The weight gradient of a convolution, directly.
//
// Algorithm: for each image of a piece of the batch, and for each panel of filters, tiles of taps x vectors
// of filters accumulate over the image's pixels; between images the sums lie in the result, to which those of
// an image are added when there are many pixels in all. Images of few pixels are taken several at once. Rows
// of a tile are neighbouring taps: (width, channel), or all taps when those are few; then the images are
// framed as in the forward pass. Else all rows of a tile are channels of one tap, and the pixels for which it
// lies in the border are left out: with 3x3 taps on 4x4 pixels that is nearly a third of the work.
//
// Chunks share the partial sums and, where these are few or large, the panels.
#include "compiler/kernels/code/LongSum.h"
#include "compiler/kernels/code/Tile.h"
#include "compiler/kernels/emitters/Convolution.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Fewer rows than this leave the multiply-add units waiting for the accumulators.
constexpr int64_t enoughRows = 10;

struct ConvolutionFilterPlan {
  ConvShape shape;
  int64_t partials;
  Frame frame;

  int64_t together = 1;                     // images
  bool skipsBorder = false;                 // the pixels for which a tap lies there
  int64_t partialParts = 1, panelParts = 1; // the chunks
  double nanoseconds = 0;

  int64_t resultSize() const { return shape.taps[0] * shape.taps[1] * shape.perGroup() * shape.filters; }
};

/// Vectors of filters of a group, and of a panel.
int64_t vectorsOf(const ConvShape &shape, int64_t lanes) {
  return (shape.filtersPerGroup() + lanes - 1) / lanes;
}
int64_t panelsOf(const ConvShape &shape, int64_t lanes, const Target &target) {
  int64_t count = vectorsOf(shape, lanes), width = tileVectors(target, count);
  return (count + width - 1) / width;
}

/// The pixels [first, second) along `axis` for which `tap` lies in the image.
std::pair<int64_t, int64_t> pixelsInside(const ConvShape &shape, int axis, int64_t tap) {
  int64_t place = tap * shape.dilations[axis] - shape.low[axis], stride = shape.strides[axis];
  int64_t low = place < 0 ? llvm::divideCeilSigned(-place, stride) : 0;
  int64_t high = place < shape.in[axis] ? (shape.in[axis] - 1 - place) / stride + 1 : 0;
  return {std::min(low, shape.out[axis]), std::clamp(high, std::min(low, shape.out[axis]), shape.out[axis])};
}

/// Whether a tap lies in the border for some pixel.
bool hasBorder(const ConvShape &shape) {
  for (int axis = 0; axis < 2; ++axis)
    for (int64_t tap = 0; tap < shape.taps[axis]; ++tap)
      if (pixelsInside(shape, axis, tap) != std::pair<int64_t, int64_t>(0, shape.out[axis]))
        return true;
  return false;
}

std::optional<ConvolutionFilterPlan> matchConvolutionFilter(const Group &group, const Target &target,
                                                            Choices &choices) {
  /// Sums that a core keeps close between images, and frames beside them, in bytes.
  constexpr int64_t closeSums = 768 << 10, closeFrames = 512 << 10;
  constexpr int64_t enoughPixels = 128, enoughPartials = 4;
  // Its result is summed in memory, so that nothing can follow in registers.
  if (group.ops.size() != 1 || group.outs.size() != 1)
    return std::nullopt;
  auto op = dyn_cast<ir::ConvFilterOp>(group.ops.front());
  if (!op || !group.stored.count(op.getX()) || !group.stored.count(op.getY()))
    return std::nullopt;
  ConvShape shape = convShape(op);
  if ((shape.groups > 1 && shape.filtersPerGroup() < 8) || sizeOf(op.getResult()) == 0 ||
      sizeOf(op.getY()) == 0)
    return std::nullopt;
  ConvolutionFilterPlan plan{shape, int64_t(op.getPartials()), {shape.in, shape.channels, shape.in, {0, 0}}};
  // What is never read needs no frame.
  plan.skipsBorder = shape.perGroup() >= enoughRows && hasBorder(shape);
  if (!plan.skipsBorder) {
    plan.frame.low = shape.low;
    for (int i = 0; i < 2; ++i)
      plan.frame.size[i] =
          (shape.out[i] - 1) * shape.strides[i] + (shape.taps[i] - 1) * shape.dilations[i] + 1;
  }
  Type element = elementOf(op.getX());
  int64_t bytes = elementBytes(element), piece = shape.images / plan.partials;
  for (int64_t images = 2; images <= piece; ++images)
    if (piece % images == 0 && images * shape.out[0] * shape.out[1] <= enoughPixels &&
        images * plan.frame.elements() * bytes <= closeFrames)
      plan.together = images;
  int64_t panels = panelsOf(shape, target.lanes(bytes * 8), target);
  plan.nanoseconds = convolutionNanoseconds(flopsOf(op), target);
  int64_t chunks = chunksFor(plan.nanoseconds, plan.partials * panels);
  plan.partialParts = choices.between("partial_parts", std::min(chunks, plan.partials), 1, plan.partials);
  if (shape.groups == 1) {
    bool shares = plan.partials < enoughPartials || plan.resultSize() * bytes > closeSums;
    plan.panelParts = choices.between(
        "panel_parts", shares ? std::clamp<int64_t>(chunks / plan.partialParts, 1, panels) : 1, 1, panels);
  }
  return plan;
}

class ConvolutionFilterLoops {
public:
  ConvolutionFilterLoops(ir::ConvFilterOp op, Emission &emission, const ConvolutionFilterPlan &plan,
                         Memory result)
      : emission(emission), code(emission.code), shape(plan.shape), plan(plan),
        source(emission.pull.memoryOf(op.getX())), cotangent(emission.pull.memoryOf(op.getY())),
        result(result), buffer{emission.scratch, source.element},
        lanes(code.target().lanes(source.element.getIntOrFloatBitWidth())) {}

  void run() {
    auto [low, high] = emission.rowPart(plan.partials, plan.partialParts, plan.panelParts);
    auto [firstPanel, endPanel] = emission.columnPart(panelsOf(shape, lanes, code.target()), plan.panelParts);
    panelLow = firstPanel;
    panelHigh = endPanel;
    int64_t piece = shape.images / plan.partials;
    code.loop(plan.together,
              [&](Value i) { plan.frame.clear(code, code.at(buffer, code.mul(i, frameStep()))); });
    code.loop(low, high, 1, [&](Value partial) {
      sums = code.at(result, code.mul(partial, plan.resultSize()));
      if (plan.panelParts == 1)
        clearRange(code, sums, plan.resultSize());
      else
        panels([&](Value column, int64_t vectors, Value mask) { clearPanel(column, vectors, mask); });
      code.loop(piece / plan.together, [&](Value i) {
        Value first = code.add(code.mul(partial, piece), code.mul(i, plan.together));
        Memory pictures = code.at(source, code.mul(first, pictureSize()));
        framed = plan.frame.isSource() ? pictures : buffer;
        code.loop(plan.together, [&](Value image) {
          plan.frame.fill(code, code.at(pictures, code.mul(image, pictureSize())),
                          code.at(buffer, code.mul(image, frameStep())));
        });
        pixels = code.at(cotangent, code.mul(first, shape.out[0] * shape.out[1] * shape.filters));
        code.loop(shape.groups, [&](Value group) {
          panels([&](Value column, int64_t vectors, Value mask) { onePanel(group, column, vectors, mask); });
        });
      });
    });
  }

private:
  int64_t pictureSize() const { return shape.in[0] * shape.in[1] * shape.channels; }
  /// Elements from one image's frame to the next.
  int64_t frameStep() const {
    return plan.frame.isSource() ? pictureSize()
                                 : plan.frame.scratchBytes(source.element) / elementBytes(source.element);
  }

  /// This chunk's panels: the first filter in the group, the vectors, the mask of the last one.
  void panels(llvm::function_ref<void(Value, int64_t, Value)> body) {
    int64_t columns = shape.filtersPerGroup(), count = vectorsOf(shape, lanes),
            width = tileVectors(code.target(), count), whole = columns / (width * lanes);
    Value end = code.integer(whole);
    if (!Code::known(panelHigh))
      end = arith::MinSIOp::create(code.builder(), code.loc(), panelHigh, end);
    code.loop(panelLow, end, 1, [&](Value panel) { body(code.mul(panel, width * lanes), width, Value()); });
    int64_t done = whole * width, rest = count - done, last = columns - (count - 1) * lanes;
    if (rest == 0)
      return;
    auto atEnd = [&] {
      body(code.integer(done * lanes), rest, last == lanes ? Value() : code.firstLanes(last, lanes));
    };
    if (Code::known(panelHigh))
      atEnd();
    else
      code.when(code.compare(arith::CmpIPredicate::eq, panelHigh, whole + 1), atEnd);
  }

  void clearPanel(Value column, int64_t vectors, Value mask) {
    code.loop(plan.resultSize() / shape.filters, [&](Value row) {
      for (int64_t v = 0; v < vectors; ++v)
        code.store(code.number(code.type(sums.element, lanes), 0), sums,
                   code.add(code.add(code.mul(row, shape.filters), column), v * lanes),
                   v + 1 == vectors ? mask : Value());
    });
  }

  void onePanel(Value group, Value column, int64_t vectors, Value mask) {
    int64_t pitch = plan.frame.pitch(), channels = shape.channels, perGroup = shape.perGroup();
    Tile tile;
    tile.vectors = vectors;
    tile.lanes = lanes;
    tile.mask = mask;
    Value filter = code.add(code.mul(group, shape.filtersPerGroup()), column);
    tile.b = code.at(pixels, filter);
    if (plan.together > 1)
      tile.sums.push_back({plan.together, frameStep(), shape.out[0] * shape.out[1] * shape.filters});
    if (shape.out[0] > 1 || plan.skipsBorder)
      tile.sums.push_back({shape.out[0], shape.strides[0] * pitch, shape.out[1] * shape.filters});
    tile.sums.push_back({shape.out[1], shape.strides[1] * channels, shape.filters});

    // Taps from the innermost axis out until there are enough for a tile; what is left is looped over.
    const int64_t sizes[] = {shape.taps[0], shape.taps[1], perGroup};
    const int64_t strides[] = {shape.dilations[0] * pitch, shape.dilations[1] * channels, 1};
    size_t inner = 2;
    int64_t taps = perGroup;
    while (inner > 0 && taps < enoughRows)
      taps *= sizes[--inner];
    SmallVector<int64_t> offsets(taps);
    bool even = true;
    for (int64_t t = 0; t < taps; ++t) {
      int64_t rest = t, offset = 0;
      for (size_t axis = 3; axis-- > inner; rest /= sizes[axis])
        offset += rest % sizes[axis] * strides[axis];
      offsets[t] = offset;
      even &= t < 2 || offset - offsets[t - 1] == offsets[1] - offsets[0];
    }
    Heights tiles = balance(taps, tileRows(code.target(), vectors));
    SmallVector<int64_t> outer(sizes, sizes + inner);
    int64_t outerSize = 1;
    for (int64_t size : outer)
      outerSize *= size;
    code.loop(outerSize, [&](Value flat) {
      SmallVector<Coord, 4> coords = Coords(code, 1).unflatten({flat, 0, {}}, outer);
      Value from = code.mul(group, perGroup);
      if (plan.skipsBorder)
        from = code.add(from, -shape.low[0] * pitch - shape.low[1] * channels);
      for (size_t axis = 0; axis < inner; ++axis)
        from = code.add(from, code.mul(coords[axis].base, strides[axis]));
      Value to = code.add(code.mul(flat, taps * shape.filters), filter);
      if (plan.skipsBorder)
        leaveOutBorder(tile, coords);
      auto one = [&](Value first, Value offset, ArrayRef<int64_t> rowOffsets) {
        tile.rowOffsets.assign(rowOffsets.begin(), rowOffsets.end());
        tile.a = code.at(framed, code.add(from, offset));
        accumulate(tile, code.add(to, code.mul(first, shape.filters)));
      };
      if (even) {
        int64_t stride = taps > 1 ? offsets[1] - offsets[0] : 0;
        auto some = [&](int64_t low, int64_t high, int64_t height) {
          code.loop(code.integer(low), code.integer(high), 1, [&](Value index) {
            Value first = tiles.start(code, index);
            one(first, code.mul(first, stride), ArrayRef(offsets).take_front(height));
          });
        };
        some(0, tiles.first, tiles.height);
        some(tiles.first, tiles.tiles, tiles.height - 1);
        return;
      }
      for (int64_t index = 0, first = 0; index < tiles.tiles; ++index) {
        int64_t height = index < tiles.first ? tiles.height : tiles.height - 1;
        one(code.integer(first), code.integer(0), ArrayRef(offsets).slice(first, height));
        first += height;
      }
    });
  }

  /// Restricts a tile's sums to the pixels for which the tap at `coords` lies in the image.
  void leaveOutBorder(Tile &tile, ArrayRef<Coord> coords) {
    for (int axis = 0; axis < 2; ++axis) {
      SumAxis &sum = tile.sums.end()[axis - 2];
      std::tie(sum.low, sum.high) = rangeOf(axis, coords[axis].base);
    }
  }

  std::pair<Value, Value> rangeOf(int axis, Value tap) {
    auto [low, high] = pixelsInside(shape, axis, 0);
    std::pair<Value, Value> range{code.integer(low), code.integer(high)};
    for (int64_t t = 1; t < shape.taps[axis]; ++t) {
      Value here = code.compare(arith::CmpIPredicate::eq, tap, t);
      auto [first, end] = pixelsInside(shape, axis, t);
      range = {code.select(here, code.integer(first), range.first),
               code.select(here, code.integer(end), range.second)};
    }
    return range;
  }

  /// Adds a tile's sums over this image to those in the result.
  void accumulate(const Tile &tile, Value to) {
    int64_t pixels = shape.images / plan.partials * shape.out[0] * shape.out[1];
    const bool apart = sums.element.isF32() && pixels > shortProduct;
    SmallVector<Value> before;
    auto place = [&](int64_t r, int64_t v) { return code.add(to, r * shape.filters + v * lanes); };
    auto maskOf = [&](int64_t v) { return v + 1 == tile.vectors ? tile.mask : Value(); };
    for (int64_t r = 0; r < tile.rows(); ++r)
      for (int64_t v = 0; v < tile.vectors; ++v)
        before.push_back(code.load(sums, place(r, v), lanes, maskOf(v)));
    SmallVector<Value> after = emitTile(code, tile, apart ? zeroAccumulators(code, tile) : before);
    for (int64_t r = 0; r < tile.rows(); ++r)
      for (int64_t v = 0; v < tile.vectors; ++v) {
        Value sum = after[r * tile.vectors + v];
        if (apart)
          sum = arith::AddFOp::create(code.builder(), code.loc(), before[r * tile.vectors + v], sum);
        code.store(sum, sums, place(r, v), maskOf(v));
      }
  }

  Emission &emission;
  Code &code;
  ConvShape shape;
  const ConvolutionFilterPlan &plan;
  Memory source, cotangent, result, buffer, framed, pixels, sums;
  Value panelLow, panelHigh;
  int64_t lanes;
};

class ConvolutionFilterEmitter : public Emitter {
public:
  StringRef name() const override { return "convolution_filter"; }

  std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const override {
    std::optional<ConvolutionFilterPlan> plan = matchConvolutionFilter(group, target, choices);
    if (!plan)
      return std::nullopt;
    return Plan{plan->partialParts * plan->panelParts,
                plan->together * plan->frame.scratchBytes(elementOf(group.outs.front())), plan->nanoseconds};
  }

  void emit(const Group &group, Emission &emission) const override {
    std::optional<ConvolutionFilterPlan> plan =
        matchConvolutionFilter(group, emission.code.target(), emission.choices);
    // A result that is returned more than once is computed more than once.
    for (const Memory &place : emission.places.lookup(group.outs.front()))
      ConvolutionFilterLoops(cast<ir::ConvFilterOp>(group.ops.front()), emission, *plan, place).run();
  }
};

} // namespace

const Emitter &convolutionFilterEmitter() {
  static const ConvolutionFilterEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
