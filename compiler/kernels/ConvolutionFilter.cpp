// The weight gradient of a convolution, directly.
//
// Algorithm: a chunk is one of the partial sums (or some of them). For each image of the piece, framed as in
// the forward pass, and for each panel of filters, tiles of taps x vectors of filters accumulate over the
// image's pixels; between images the sums lie in the result. Rows of a tile are neighbouring taps: (width,
// channel), or all taps when those are few.
#include "compiler/kernels/Convolution.h"
#include "compiler/kernels/Tile.h"

using namespace mlir;

namespace mlc::compiler {

namespace {

/// Fewer rows than this leave the multiply-add units waiting for the accumulators.
constexpr int64_t enoughRows = 10;

struct Plan {
  ConvShape shape;
  int64_t partials;
  Frame frame;
};

std::optional<Plan> match(const Group &group) {
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
  Plan plan{shape, int64_t(op.getPartials()), {shape.in, shape.channels, {}, shape.low}};
  for (int i = 0; i < 2; ++i)
    plan.frame.size[i] = (shape.out[i] - 1) * shape.strides[i] + (shape.taps[i] - 1) * shape.dilations[i] + 1;
  return plan;
}

class Loops {
public:
  Loops(ir::ConvFilterOp op, Emission &emission, const Plan &plan, Memory result)
      : emission(emission), code(emission.code), shape(plan.shape), plan(plan),
        source(emission.pull.memoryOf(op.getX())), cotangent(emission.pull.memoryOf(op.getY())),
        result(result), buffer{emission.scratch, source.element},
        lanes(code.target().lanes(source.element.getIntOrFloatBitWidth())) {}

  void run() {
    auto [low, high] = emission.part(plan.partials);
    int64_t size = shape.taps[0] * shape.taps[1] * shape.perGroup() * shape.filters,
            piece = shape.images / plan.partials;
    plan.frame.clear(code, buffer);
    code.loop(low, high, 1, [&](Value partial) {
      sums = code.at(result, code.mul(partial, size));
      clearRange(code, sums, size);
      code.loop(piece, [&](Value i) {
        Value image = code.add(code.mul(partial, piece), i);
        Memory picture = code.at(source, code.mul(image, shape.in[0] * shape.in[1] * shape.channels));
        framed = plan.frame.fill(code, picture, buffer);
        pixels = code.at(cotangent, code.mul(image, shape.out[0] * shape.out[1] * shape.filters));
        code.loop(shape.groups, [&](Value group) { panels(group); });
      });
    });
  }

private:
  void panels(Value group) {
    int64_t columns = shape.filtersPerGroup(), count = (columns + lanes - 1) / lanes,
            width = tileVectors(code.target(), count);
    int64_t whole = columns / (width * lanes);
    code.loop(code.integer(0), code.integer(whole), 1,
              [&](Value panel) { onePanel(group, code.mul(panel, width * lanes), width, Value()); });
    int64_t done = whole * width, rest = count - done;
    if (rest == 0)
      return;
    int64_t last = columns - (count - 1) * lanes;
    onePanel(group, code.integer(done * lanes), rest, last == lanes ? Value() : code.firstLanes(last, lanes));
  }

  void onePanel(Value group, Value column, int64_t vectors, Value mask) {
    int64_t pitch = plan.frame.pitch(), channels = shape.channels, perGroup = shape.perGroup();
    Tile tile;
    tile.vectors = vectors;
    tile.lanes = lanes;
    tile.mask = mask;
    Value filter = code.add(code.mul(group, shape.filtersPerGroup()), column);
    tile.b = code.at(pixels, filter);
    if (shape.out[0] > 1)
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
      for (size_t axis = 0; axis < inner; ++axis)
        from = code.add(from, code.mul(coords[axis].base, strides[axis]));
      Value to = code.add(code.mul(flat, taps * shape.filters), filter);
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

  /// Adds a tile's sums over this image to those in the result.
  void accumulate(const Tile &tile, Value to) {
    SmallVector<Value> state;
    auto place = [&](int64_t r, int64_t v) { return code.add(to, r * shape.filters + v * lanes); };
    auto maskOf = [&](int64_t v) { return v + 1 == tile.vectors ? tile.mask : Value(); };
    for (int64_t r = 0; r < tile.rows(); ++r)
      for (int64_t v = 0; v < tile.vectors; ++v)
        state.push_back(code.load(sums, place(r, v), lanes, maskOf(v)));
    state = emitTile(code, tile, std::move(state));
    for (int64_t r = 0; r < tile.rows(); ++r)
      for (int64_t v = 0; v < tile.vectors; ++v)
        code.store(state[r * tile.vectors + v], sums, place(r, v), maskOf(v));
  }

  Emission &emission;
  Code &code;
  ConvShape shape;
  const Plan &plan;
  Memory source, cotangent, result, buffer, framed, pixels, sums;
  int64_t lanes;
};

class ConvolutionFilterEmitter : public Emitter {
public:
  StringRef name() const override { return "convolution_filter"; }

  std::optional<Shares> plan(const Group &group, const Target &target) const override {
    std::optional<Plan> plan = match(group);
    if (!plan)
      return std::nullopt;
    double nanoseconds = flopsOf(group.ops.front()) / (0.1 * double(target.vectorBits));
    Type element = elementOf(group.outs.front());
    return Shares{chunksFor(nanoseconds, plan->partials), plan->frame.scratchBytes(element)};
  }

  void emit(const Group &group, Emission &emission) const override {
    std::optional<Plan> plan = match(group);
    // A result that is returned more than once is computed more than once.
    for (const Memory &place : emission.places.lookup(group.outs.front()))
      Loops(cast<ir::ConvFilterOp>(group.ops.front()), emission, *plan, place).run();
  }
};

} // namespace

const Emitter &convolutionFilterEmitter() {
  static const ConvolutionFilterEmitter emitter;
  return emitter;
}

} // namespace mlc::compiler
