#include "test/unit/oracle/RandomProgram.h"
#include "test/unit/oracle/Row.h"

#include "dialects/mlc/MlcOps.h"

#include <cmath>
#include <random>

using namespace mlir;

namespace mlc::test {

namespace {
/// A float value and bounds of its elements.
struct Known {
  Value value;
  double low, high;

  RankedTensorType type() const { return cast<RankedTensorType>(value.getType()); }
  ArrayRef<int64_t> shape() const { return type().getShape(); }
  double size() const { return std::max(std::abs(low), std::abs(high)); }
};

class Generator {
public:
  /// Fills `block`; values may be arguments that it adds to the block unless it is a scan's body (`depth`
  /// above 0).
  Generator(Block &block, Location loc, std::mt19937_64 &random, Type element,
            const RandomProgramOptions &options, int depth)
      : builder(element.getContext()), loc(loc), block(block), random(random), element(element),
        options(options), depth(depth) {
    builder.setInsertionPointToEnd(&block);
  }

  void generate(int ops) {
    if (!depth)
      for (int i = 0; i < 2; ++i)
        keep(input(randomShape(1 + below(3))));
    // Some choices do not apply to the value they meet; the bound keeps that finite.
    for (int made = 0, tries = 0; made < ops && tries < 50 * ops; ++tries)
      made += step();
  }

private:
  int64_t below(int64_t n) { return int64_t(random() % uint64_t(n)); }
  bool coin() { return below(2); }
  Known pick() {
    // Recent values more often: long chains rather than many short ones.
    int64_t n = pool.size();
    return pool[coin() ? n - 1 - below(std::min<int64_t>(n, 3)) : below(n)];
  }

  RankedTensorType typeFor(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, element); }
  int64_t count(ArrayRef<int64_t> shape) { return typeFor(shape).getNumElements(); }
  SmallVector<int64_t> randomShape(int rank) {
    SmallVector<int64_t> shape;
    do {
      shape.clear();
      for (int i = 0; i < rank; ++i)
        shape.push_back(options.sizes[below(options.sizes.size())]);
    } while (count(shape) > options.maxElements);
    return shape;
  }

  Known input(ArrayRef<int64_t> shape) {
    auto type = typeFor(shape);
    if (depth)
      return {constant(shape, double(below(9) - 4) / 4), -1, 1};
    return {block.insertArgument(floatInputs++, type, loc), -1, 1};
  }
  Value indices(ArrayRef<int64_t> shape) {
    if (depth)
      return ir::IotaOp::create(builder, loc, RankedTensorType::get(shape, builder.getI32Type()), 0);
    return block.addArgument(RankedTensorType::get(shape, builder.getI32Type()), loc);
  }
  /// A value of `shape`: one from the pool if there is one, or a new input.
  Known like(ArrayRef<int64_t> shape) {
    SmallVector<Known> same;
    for (const Known &known : pool)
      if (known.shape() == shape)
        same.push_back(known);
    if (same.empty() || below(4) == 0)
      return input(shape);
    return same[below(same.size())];
  }
  Value constant(ArrayRef<int64_t> shape, double number) {
    return ir::ConstantOp::create(builder, loc, typeFor(shape), number);
  }

  /// Adds a value to the pool, scaled down if it may be large.
  bool keep(Known known) {
    if (known.size() > 8) {
      double scale = 4 / known.size();
      known = {ir::MulOp::create(builder, loc, known.value, constant(known.shape(), scale)),
               known.low * scale, known.high * scale};
    }
    pool.push_back(known);
    return true;
  }
  bool keep(Value value, double low, double high) { return keep(Known{value, low, high}); }

  /// x * x + 0.5: in the domain of log, sqrt, rsqrt, div and pow.
  Known positive(Known x) {
    if (x.low >= 0.2)
      return x;
    Value square = ir::MulOp::create(builder, loc, x.value, x.value);
    double high = x.size() * x.size() + 0.5;
    Known sum{ir::AddOp::create(builder, loc, square, constant(x.shape(), 0.5)), 0.5, high};
    return sum;
  }

  bool step() {
    switch (below(10)) {
    case 0:
    case 1:
      return unary(pick());
    case 2:
    case 3:
      return binary(pick());
    case 4:
      return shape(pick());
    case 5:
      return reduction(pick());
    case 6:
      return contract(pick());
    case 7:
      return spatial();
    case 8:
      return table(pick());
    default:
      return options.scans && depth < 2 && below(3) == 0 && scan();
    }
  }

  bool unary(Known x);
  bool binary(Known x);
  bool shape(Known x);
  bool reduction(Known x);
  bool contract(Known x);
  bool spatial();
  bool table(Known x);
  bool scan();

  OpBuilder builder;
  Location loc;
  Block &block;
  std::mt19937_64 &random;
  Type element;
  const RandomProgramOptions &options;
  int depth;
  SmallVector<Known> pool;
  unsigned floatInputs = 0;
};
} // namespace

bool Generator::unary(Known x) {
  switch (below(10)) {
  case 0:
    return keep(ir::NegOp::create(builder, loc, x.value), -x.high, -x.low);
  case 1:
    return x.high <= 3 && keep(ir::ExpOp::create(builder, loc, x.value), std::exp(x.low), std::exp(x.high));
  case 2: {
    Known p = positive(x);
    return keep(ir::LogOp::create(builder, loc, p.value), std::log(p.low), std::log(p.high));
  }
  case 3: {
    Known p = positive(x);
    return keep(ir::SqrtOp::create(builder, loc, p.value), std::sqrt(p.low), std::sqrt(p.high));
  }
  case 4: {
    Known p = positive(x);
    return keep(ir::RsqrtOp::create(builder, loc, p.value), 1 / std::sqrt(p.high), 1 / std::sqrt(p.low));
  }
  case 5:
    return keep(ir::TanhOp::create(builder, loc, x.value), -1, 1);
  case 6:
    return keep(ir::ErfOp::create(builder, loc, x.value), -1, 1);
  case 7:
    return keep(ir::AbsOp::create(builder, loc, x.value), 0, x.size());
  case 8:
    return keep(ir::SinOp::create(builder, loc, x.value), -1, 1);
  default:
    return keep(ir::CosOp::create(builder, loc, x.value), -1, 1);
  }
}

bool Generator::binary(Known x) {
  Known y = like(x.shape());
  double size = std::max(x.size(), y.size());
  switch (below(8)) {
  case 0:
    return keep(ir::AddOp::create(builder, loc, x.value, y.value), x.low + y.low, x.high + y.high);
  case 1:
    return keep(ir::SubOp::create(builder, loc, x.value, y.value), x.low - y.high, x.high - y.low);
  case 2:
    return keep(ir::MulOp::create(builder, loc, x.value, y.value), -x.size() * y.size(), x.size() * y.size());
  case 3: {
    Known p = positive(y);
    return keep(ir::DivOp::create(builder, loc, x.value, p.value), -x.size() / p.low, x.size() / p.low);
  }
  case 4:
    return keep(ir::MaxOp::create(builder, loc, x.value, y.value), std::max(x.low, y.low),
                std::max(x.high, y.high));
  case 5:
    return keep(ir::MinOp::create(builder, loc, x.value, y.value), std::min(x.low, y.low),
                std::min(x.high, y.high));
  case 6: {
    Known p = positive(x);
    if (p.high > 4 || y.size() > 2)
      return false;
    return keep(ir::PowOp::create(builder, loc, p.value, y.value),
                std::min(p.low * p.low, 1 / (p.high * p.high)),
                std::max(p.high * p.high, 1 / (p.low * p.low)));
  }
  default: {
    const char *predicates[] = {"lt", "le", "gt", "ge"};
    Value chosen = ir::CompareOp::create(builder, loc, predicates[below(4)], x.value, y.value);
    Known z = like(x.shape()), w = like(x.shape());
    size = std::max(z.size(), w.size());
    return keep(ir::SelectOp::create(builder, loc, chosen, z.value, w.value), -size, size);
  }
  }
}

bool Generator::shape(Known x) {
  int64_t rank = x.shape().size();
  SmallVector<int64_t> shape(x.shape());
  double low = std::min(x.low, 0.0), high = std::max(x.high, 0.0); // with the zeros of padding
  switch (below(7)) {
  case 0: { // a new axis somewhere
    if (rank == 4)
      return false;
    int64_t at = below(rank + 1);
    SmallVector<int64_t> axes;
    for (int64_t i = 0; i < rank; ++i)
      axes.push_back(i + (i >= at));
    shape.insert(shape.begin() + at, options.sizes[below(options.sizes.size())]);
    if (count(shape) > options.maxElements)
      return false;
    return keep(ir::BroadcastOp::create(builder, loc, typeFor(shape), x.value, axes), x.low, x.high);
  }
  case 1: { // two neighbours merged, or one axis split off
    if (rank >= 2) {
      int64_t at = below(rank - 1);
      shape[at] *= shape[at + 1];
      shape.erase(shape.begin() + at + 1);
    } else {
      shape.insert(shape.begin(), 1);
    }
    return keep(ir::ReshapeOp::create(builder, loc, typeFor(shape), x.value), x.low, x.high);
  }
  case 2: {
    if (rank < 2)
      return false;
    SmallVector<int64_t> permutation;
    for (int64_t i = 0; i < rank; ++i)
      permutation.push_back(i);
    for (int64_t i = rank - 1; i > 0; --i)
      std::swap(permutation[i], permutation[below(i + 1)]);
    return keep(ir::TransposeOp::create(builder, loc, x.value, permutation), x.low, x.high);
  }
  case 3:
    return rank &&
           keep(ir::ReverseOp::create(builder, loc, x.value, ArrayRef<int64_t>{below(rank)}), x.low, x.high);
  case 4: {
    SmallVector<int64_t> starts, strides;
    for (int64_t &dim : shape) {
      strides.push_back(1 + below(2));
      starts.push_back(below(std::min<int64_t>(dim, 2)));
      dim = 1 + below((dim - starts.back() + strides.back() - 1) / strides.back());
    }
    return keep(ir::SliceOp::create(builder, loc, typeFor(shape), x.value, starts, strides), x.low, x.high);
  }
  case 5: {
    SmallVector<int64_t> before, after, between;
    for (int64_t i = 0; i < rank; ++i) {
      before.push_back(below(2));
      after.push_back(below(2));
      between.push_back(below(4) == 0);
    }
    for (int64_t i = 0; i < rank; ++i)
      shape[i] += before[i] + after[i] + (shape[i] - 1) * between[i];
    return count(shape) <= options.maxElements &&
           keep(ir::PadOp::create(builder, loc, x.value, before, after, between), low, high);
  }
  default: {
    if (!rank || 2 * count(shape) > options.maxElements)
      return false;
    Known y = like(x.shape());
    SmallVector<Value> parts{x.value, y.value};
    return keep(ir::ConcatOp::create(builder, loc, parts, below(rank)), std::min(x.low, y.low),
                std::max(x.high, y.high));
  }
  }
}

bool Generator::reduction(Known x) {
  SmallVector<int64_t> axes;
  double terms = 1;
  for (size_t i = 0; i < x.shape().size(); ++i)
    if (coin()) {
      axes.push_back(i);
      terms *= double(x.shape()[i]);
    }
  if (axes.empty())
    return false;
  const char *kinds[] = {"sum", "max", "min"};
  int64_t kind = below(3);
  double scale = kind ? 1 : terms;
  return keep(ir::ReduceOp::create(builder, loc, kinds[kind], x.value, axes), x.low * scale, x.high * scale);
}

bool Generator::contract(Known a) {
  SmallVector<int64_t> lhs, rhs, out, rhsShape, outShape;
  double terms = 1;
  for (auto [label, dim] : llvm::enumerate(a.shape())) {
    lhs.push_back(label);
    int64_t where = below(3); // summed, batch, row
    if (where != 2)
      rhs.push_back(label);
    if (where != 0)
      out.push_back(label);
    else
      terms *= double(dim);
  }
  SmallVector<int64_t> sizes(a.shape());
  for (int64_t i = below(3); i > 0; --i) {
    sizes.push_back(options.sizes[below(options.sizes.size())]);
    rhs.push_back(sizes.size() - 1);
    out.push_back(sizes.size() - 1);
  }
  std::shuffle(rhs.begin(), rhs.end(), random);
  std::shuffle(out.begin(), out.end(), random);
  for (int64_t label : rhs)
    rhsShape.push_back(sizes[label]);
  for (int64_t label : out)
    outShape.push_back(sizes[label]);
  if (out.size() > 4 || count(rhsShape) > options.maxElements || count(outShape) > options.maxElements)
    return false;
  Known b = like(rhsShape);
  double size = a.size() * b.size() * terms;
  Value value = coin() ? ir::ContractOp::create(builder, loc, a.value, b.value, lhs, rhs, out).getResult()
                       : ir::ContractOp::create(builder, loc, b.value, a.value, rhs, lhs, out).getResult();
  return keep(value, -size, size);
}

bool Generator::spatial() {
  bool flat = coin(); // one spatial axis
  SmallVector<int64_t> shape{1 + below(2), 2 + below(4)};
  if (!flat)
    shape.push_back(2 + below(3));
  int64_t groups = 1 + below(2);
  shape.push_back(groups * (1 + below(2)));
  if (count(shape) > options.maxElements)
    return false;
  Known x = like(shape);
  SmallVector<int64_t> window, strides, low, high, dilations, result{shape[0]};
  for (size_t i = 1; i + 1 < shape.size(); ++i) {
    window.push_back(1 + below(std::min<int64_t>(shape[i], 3)));
    strides.push_back(1 + below(2));
    low.push_back(below(window.back()));
    high.push_back(below(window.back()));
    dilations.push_back(1);
    result.push_back((shape[i] + low.back() + high.back() - window.back()) / strides.back() + 1);
  }
  double places = double(count(window));
  switch (below(3)) {
  case 0: {
    SmallVector<int64_t> filter(window);
    filter.push_back(shape.back() / groups);
    filter.push_back(groups * (1 + below(2)));
    Known w = like(filter);
    double size = x.size() * w.size() * places * double(shape.back());
    return keep(ir::ConvOp::create(builder, loc, x.value, w.value, strides, low, high, dilations, groups),
                -size, size);
  }
  case 1:
    return keep(ir::WindowMaxOp::create(builder, loc, x.value, window, strides, low, high).getValue(), x.low,
                x.high);
  default:
    return keep(ir::WindowSumOp::create(builder, loc, x.value, window, strides, low, high),
                -x.size() * places, x.size() * places);
  }
}

bool Generator::table(Known x) {
  if (x.shape().empty())
    return false;
  SmallVector<int64_t> places = randomShape(1), shape(x.shape());
  if (coin()) {
    shape[0] = places[0];
    return count(shape) <= options.maxElements &&
           keep(ir::GatherOp::create(builder, loc, x.value, indices(places)), x.low, x.high);
  }
  double terms = double(shape[0]);
  places = {shape[0]};
  shape[0] = options.sizes[below(options.sizes.size())];
  if (count(shape) > options.maxElements)
    return false;
  return keep(ir::ScatterAddOp::create(builder, loc, typeFor(shape), x.value, indices(places)),
              -x.size() * terms, x.size() * terms);
}

bool Generator::scan() {
  SmallVector<Known> carries, slices, constants;
  auto values = [](ArrayRef<Known> all) {
    return llvm::map_to_vector(all, [](const Known &known) { return known.value; });
  };
  for (int64_t i = 1 + below(2); i > 0; --i) {
    Known first = like(randomShape(below(3)));
    carries.push_back({ir::TanhOp::create(builder, loc, first.value), -1, 1});
  }
  Known slice = pick();
  if (slice.shape().empty())
    return false;
  int64_t steps = slice.shape()[0];
  slices.push_back(slice);
  if (coin())
    constants.push_back(pick());
  int64_t largest = 1;
  for (const Known &carry : carries)
    largest = std::max(largest, count(carry.shape()));
  if ((steps + 1) * largest > options.maxElements)
    return false;

  // The body first, in a block of its own: only then are the types of its outputs known.
  Block body;
  Generator inner(body, loc, random, element, options, depth + 1);
  for (ArrayRef<Known> group :
       {ArrayRef<Known>(carries), ArrayRef<Known>(slices), ArrayRef<Known>(constants)})
    for (const Known &known : group) {
      bool isSlice = group.data() == slices.data();
      auto type = isSlice ? typeFor(known.shape().drop_front()) : known.type();
      inner.pool.push_back({body.addArgument(type, loc), known.low, known.high});
    }
  inner.generate(4);
  SmallVector<Value> yielded;
  for (const Known &carry : carries) {
    Known next = carry;
    for (const Known &known : inner.pool) // the last one of the carry's shape, itself if there is no other
      if (known.shape() == carry.shape())
        next = known;
    yielded.push_back(ir::TanhOp::create(inner.builder, loc, next.value));
  }
  Known output = inner.pool.back();
  yielded.push_back(output.value);
  if (steps * output.type().getNumElements() > options.maxElements)
    yielded.pop_back();
  bool hasOutput = yielded.size() > carries.size();
  ir::YieldOp::create(inner.builder, loc, yielded);
  SmallVector<Type> outputs;
  if (hasOutput)
    outputs.push_back(output.value.getType());
  auto op = ir::ScanOp::create(builder, loc, steps, values(carries), values(slices), values(constants),
                               outputs, coin());
  Block &target = op.getBody().front();
  for (auto [from, to] : llvm::zip_equal(body.getArguments(), target.getArguments()))
    from.replaceAllUsesWith(to);
  target.getOperations().splice(target.end(), body.getOperations());
  for (size_t i = 0; i < carries.size(); ++i)
    keep(op.getResult(i), -1, 1);
  if (hasOutput)
    keep(op.getResults().back(), output.low, output.high);
  return true;
}

func::FuncOp addRandomProgram(ModuleOp module, uint64_t seed, Type element,
                              const RandomProgramOptions &options) {
  OpBuilder builder(module.getBodyRegion());
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      func::FuncOp::create(builder, builder.getUnknownLoc(), "random", builder.getFunctionType({}, {}));
  Block &block = *function.addEntryBlock();
  std::mt19937_64 random(seed);
  Generator(block, function.getLoc(), random, element, options, 0).generate(options.ops);
  SmallVector<Value> results;
  for (Operation &op : block)
    for (Value result : op.getResults())
      if (result.use_empty())
        results.push_back(result);
  builder.setInsertionPointToEnd(&block);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
  function.setType(builder.getFunctionType(block.getArgumentTypes(), ValueRange(results).getTypes()));
  return function;
}

std::vector<compiler::oracle::Tensor> argumentsFor(func::FuncOp function, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<compiler::oracle::Tensor> arguments;
  for (Type type : function.getArgumentTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    bool whole = !isa<FloatType>(tensor.getElementType());
    arguments.push_back(randomTensor(tensor, whole ? 0 : -1, whole ? 8 : 1, random));
  }
  return arguments;
}

SmallVector<int64_t> floatArguments(func::FuncOp function) {
  SmallVector<int64_t> which;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (isa<FloatType>(cast<RankedTensorType>(type).getElementType()))
      which.push_back(i);
  return which;
}

} // namespace mlc::test
