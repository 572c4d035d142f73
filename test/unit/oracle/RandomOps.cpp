// Each op that a random program may hold, with the bounds of its result.
#include "test/unit/oracle/RandomGenerator.h"

using namespace mlir;

namespace mlc::test {

bool RandomGenerator::unary(Known x) {
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

bool RandomGenerator::binary(Known x) {
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

bool RandomGenerator::shape(Known x) {
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

bool RandomGenerator::reduction(Known x) {
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
  return keep(ir::ReduceOp::create(builder, loc, kinds[kind], x.value, axes, TypeAttr()), x.low * scale,
              x.high * scale);
}

bool RandomGenerator::contract(Known a) {
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
  Value value =
      coin() ? ir::ContractOp::create(builder, loc, a.value, b.value, lhs, rhs, out, TypeAttr()).getResult()
             : ir::ContractOp::create(builder, loc, b.value, a.value, rhs, lhs, out, TypeAttr()).getResult();
  return keep(value, -size, size);
}

bool RandomGenerator::spatial() {
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
    return keep(
        ir::ConvOp::create(builder, loc, x.value, w.value, strides, low, high, dilations, groups, TypeAttr()),
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

bool RandomGenerator::table(Known x) {
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

} // namespace mlc::test
