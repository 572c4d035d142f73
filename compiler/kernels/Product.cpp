#include "compiler/kernels/Product.h"

using namespace mlir;

namespace mlc::compiler {

std::optional<View> viewOf(Value value, const llvm::DenseSet<Value> &stored) {
  if (stored.count(value))
    return View{value, stridesOf(shapeOf(value))};
  if (auto op = value.getDefiningOp<ir::TransposeOp>()) {
    std::optional<View> inner = viewOf(op.getX(), stored);
    if (!inner)
      return std::nullopt;
    View view{inner->source, {}};
    for (int64_t axis : op.getPermutation())
      view.strides.push_back(inner->strides[axis]);
    return view;
  }
  if (auto op = value.getDefiningOp<ir::BroadcastOp>()) {
    std::optional<View> inner = viewOf(op.getX(), stored);
    if (!inner)
      return std::nullopt;
    View view{inner->source, SmallVector<int64_t>(shapeOf(value).size(), 0)};
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
