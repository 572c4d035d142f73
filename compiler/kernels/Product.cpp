#include "compiler/kernels/Product.h"

#include "compiler/kernels/Kernel.h"

using namespace mlir;

namespace mlc::compiler {

/// The strides of a tensor of shape `from` and `strides` as one of shape `to`, if there are any.
static std::optional<SmallVector<int64_t>> reshaped(ArrayRef<int64_t> from, ArrayRef<int64_t> strides,
                                                    ArrayRef<int64_t> to) {
  if (llvm::is_contained(from, 0))
    return std::nullopt;
  // Neighbours that lie like one axis, the last ones first.
  struct Run {
    int64_t size, stride;
  };
  SmallVector<Run> runs;
  for (size_t axis = from.size(); axis-- > 0;) {
    if (from[axis] == 1)
      continue;
    if (!runs.empty() && strides[axis] == runs.back().size * runs.back().stride)
      runs.back().size *= from[axis];
    else
      runs.push_back({from[axis], strides[axis]});
  }
  SmallVector<int64_t> result(to.size(), 0);
  auto run = runs.begin();
  for (size_t axis = to.size(); axis-- > 0;) {
    if (to[axis] == 1)
      continue;
    if (run->size % to[axis] != 0)
      return std::nullopt;
    result[axis] = run->stride;
    *run = {run->size / to[axis], run->stride * to[axis]};
    if (run->size == 1)
      ++run;
  }
  return result;
}

std::optional<View> viewOf(Value value, const llvm::DenseSet<Value> &stored) {
  if (stored.count(value))
    return View{value, stridesOf(shapeOf(value))};
  if (auto op = value.getDefiningOp<ir::SliceOp>()) {
    std::optional<View> view = viewOf(op.getX(), stored);
    if (!view)
      return std::nullopt;
    for (auto [stride, start, step] : llvm::zip_equal(view->strides, op.getStarts(), op.getStrides())) {
      view->offset += start * stride;
      stride *= step;
    }
    return view;
  }
  if (auto op = value.getDefiningOp<ir::ReshapeOp>()) {
    std::optional<View> view = viewOf(op.getX(), stored);
    auto strides = view ? reshaped(shapeOf(op.getX()), view->strides, shapeOf(value)) : std::nullopt;
    if (!strides)
      return std::nullopt;
    view->strides = std::move(*strides);
    return view;
  }
  if (auto op = value.getDefiningOp<ir::TransposeOp>()) {
    std::optional<View> inner = viewOf(op.getX(), stored);
    if (!inner)
      return std::nullopt;
    View view{inner->source, {}, inner->offset};
    for (int64_t axis : op.getPermutation())
      view.strides.push_back(inner->strides[axis]);
    return view;
  }
  if (auto op = value.getDefiningOp<ir::BroadcastOp>()) {
    std::optional<View> inner = viewOf(op.getX(), stored);
    if (!inner)
      return std::nullopt;
    View view{inner->source, SmallVector<int64_t>(shapeOf(value).size(), 0), inner->offset};
    for (auto [axis, stride] : llvm::zip_equal(op.getAxes(), inner->strides))
      view.strides[axis] = stride;
    return view;
  }
  return std::nullopt;
}

void Product::Axis::place(MutableArrayRef<Coord> coords, Coords &arithmetic, ArrayRef<int64_t> shape,
                          const Coord &index) const {
  if (outs.size() == 1) {
    coords[outs[0]] = index;
    return;
  }
  SmallVector<int64_t> sizes;
  for (int64_t out : outs)
    sizes.push_back(shape[out]);
  for (auto [out, coord] : llvm::zip_equal(outs, arithmetic.unflatten(index, sizes)))
    coords[out] = coord;
}

static Memory memoryFrom(Emission &emission, Value value, int64_t first) {
  return emission.code.at(emission.pull.memoryOf(value), emission.code.integer(first));
}

Memory Product::memoryOfA(Emission &emission) const { return memoryFrom(emission, a, firstA); }

Memory Product::memoryOfB(Emission &emission) const { return memoryFrom(emission, b, firstB); }

int64_t Product::outerSize() const {
  int64_t size = 1;
  for (const Axis &axis : outer)
    size *= axis.size;
  return size;
}

int64_t Product::sumSize() const {
  int64_t size = 1;
  for (const Axis &axis : sums)
    size *= axis.size;
  return size;
}

/// Joins neighbours where one step of the outer is a whole turn of the inner, in every buffer.
static SmallVector<Product::Axis> merge(ArrayRef<Product::Axis> axes) {
  SmallVector<Product::Axis> merged;
  for (const Product::Axis &axis : axes) {
    if (!merged.empty()) {
      Product::Axis &last = merged.back();
      if (last.a == axis.a * axis.size && last.b == axis.b * axis.size && last.c == axis.c * axis.size) {
        last.size *= axis.size;
        last.a = axis.a;
        last.b = axis.b;
        last.c = axis.c;
        last.outs.append(axis.outs);
        continue;
      }
    }
    merged.push_back(axis);
  }
  return merged;
}

std::optional<Product> productOf(ir::ContractOp op, const llvm::DenseSet<Value> &stored) {
  std::optional<View> left = viewOf(op.getA(), stored), right = viewOf(op.getB(), stored);
  if (!left || !right)
    return std::nullopt;
  ArrayRef<int64_t> lhs = op.getLhs(), rhs = op.getRhs(), out = op.getOut(), shape = shapeOf(op.getResult());
  // The operand that has the result's last axis is B.
  bool swap = false;
  for (size_t i = out.size(); i-- > 0;) {
    if (shape[i] == 1)
      continue;
    bool inLeft = llvm::is_contained(lhs, out[i]), inRight = llvm::is_contained(rhs, out[i]);
    if (inLeft && inRight)
      return std::nullopt;
    swap = inLeft;
    break;
  }
  if (swap) {
    std::swap(left, right);
    std::swap(lhs, rhs);
  }
  auto strideIn = [](ArrayRef<int64_t> labels, const View &view, int64_t label) -> std::optional<int64_t> {
    auto it = llvm::find(labels, label);
    if (it == labels.end())
      return std::nullopt;
    return view.strides[it - labels.begin()];
  };
  SmallVector<int64_t> strides = stridesOf(shape);
  SmallVector<Product::Axis> batch, rows, columns, sums;
  for (size_t i = 0; i < out.size(); ++i) {
    if (shape[i] == 1)
      continue;
    std::optional<int64_t> a = strideIn(lhs, *left, out[i]), b = strideIn(rhs, *right, out[i]);
    Product::Axis axis{shape[i], a.value_or(0), b.value_or(0), strides[i], {int64_t(i)}};
    (a && b ? batch : a ? rows : columns).push_back(axis);
  }
  ArrayRef<int64_t> leftShape = shapeOf(swap ? op.getB() : op.getA());
  for (auto [label, size] : llvm::zip_equal(lhs, leftShape))
    if (size != 1 && !llvm::is_contained(out, label))
      sums.push_back({size, *strideIn(lhs, *left, label), *strideIn(rhs, *right, label), 0, {}});
  Product product;
  product.a = left->source;
  product.b = right->source;
  product.firstA = left->offset;
  product.firstB = right->offset;
  batch = merge(batch);
  rows = merge(rows);
  columns = merge(columns);
  product.sums = merge(sums);
  if (columns.empty())
    return std::nullopt;
  product.column = columns.pop_back_val();
  auto largest = rows.begin();
  for (auto it = rows.begin(); it != rows.end(); ++it)
    if (it->size > largest->size)
      largest = it;
  if (!rows.empty()) {
    product.row = *largest;
    rows.erase(largest);
  }
  product.outer = std::move(batch);
  product.outer.append(rows);
  product.outer.append(columns);
  return product;
}

std::optional<Product> productOf(const Group &group) {
  SmallVector<Operation *> anchors = group.anchors();
  if (anchors.size() != 1 || !group.onlyElementwiseAfter(anchors.front()))
    return std::nullopt;
  auto op = dyn_cast<ir::ContractOp>(anchors.front());
  if (!op || sizeOf(op.getResult()) == 0 || sizeOf(op.getA()) == 0)
    return std::nullopt;
  // Outs that do not depend on the product would have no loop of their own.
  for (Value out : group.outs)
    if (!group.reaches(op.getResult(), out))
      return std::nullopt;
  return productOf(op, group.stored);
}

bool isProductOf(Operation *op, ArrayRef<Value> inMemory) {
  auto contract = dyn_cast<ir::ContractOp>(op);
  return contract && productOf(contract, {inMemory.begin(), inMemory.end()});
}

/// The first element of a vector of the result.
static Value linearAt(Code &code, const Product &product, const ResultPlace &place) {
  Value row = code.mul(place.row, product.row.c);
  return code.add(place.offset ? code.add(place.offset, row) : row, place.column);
}

void fetchAhead(const Group &group, Emission &emission, const Product &product, const ResultPlace &place) {
  for (const Memory &memory :
       emission.fetchable(group, group.anchors().front()->getResult(0), product.sumSize()))
    emission.code.prefetch(memory, linearAt(emission.code, product, place));
}

void writeSums(const Group &group, Emission &emission, const Product &product, Value sums, Value mask,
               const ResultPlace &place) {
  Code &code = emission.code;
  Value anchor = group.anchors().front()->getResult(0);
  Pull::Scope scope(emission.pull);
  emission.pull.set(anchor, sums);
  Point point;
  point.lanes = cast<VectorType>(sums.getType()).getNumElements();
  point.mask = mask;
  point.linear = Coord{linearAt(code, product, place), 1, {}};
  if (llvm::any_of(group.outs, [&](Value out) { return emission.pull.needsCoords(out); })) {
    Coords arithmetic(code, point.lanes);
    ArrayRef<int64_t> shape = shapeOf(anchor);
    point.coords.emplace(shape.size(), arithmetic.constant(0));
    product.row.place(*point.coords, arithmetic, shape, {place.row, 0, {}});
    product.column.place(*point.coords, arithmetic, shape, {place.column, 1, {}});
    for (auto [axis, coord] : llvm::zip_equal(product.outer, place.outer))
      axis.place(*point.coords, arithmetic, shape, coord);
  }
  emission.write(group.outs, emission.pull.point(std::move(point)));
}

} // namespace mlc::compiler
