#include "compiler/kernels/emitters/Product.h"

#include "compiler/kernels/code/LongSum.h"

#include "compiler/kernels/Kernel.h"

using namespace mlir;

namespace mlc::compiler {

/// `view`, of shape `from`, as one of shape `to`, if that has strides. With `mayBePanels` one axis may come
/// to lie in panels.
static std::optional<View> reshaped(const View &view, ArrayRef<int64_t> from, ArrayRef<int64_t> to,
                                    bool mayBePanels) {
  if (llvm::is_contained(from, 0) || view.panels)
    return std::nullopt;
  // Neighbours that lie like one axis, the last ones first.
  struct Run {
    int64_t size, stride;
  };
  SmallVector<Run> runs;
  for (size_t axis = from.size(); axis-- > 0;) {
    if (from[axis] == 1)
      continue;
    if (!runs.empty() && view.strides[axis] == runs.back().size * runs.back().stride)
      runs.back().size *= from[axis];
    else
      runs.push_back({from[axis], view.strides[axis]});
  }
  View result{view.source, SmallVector<int64_t>(to.size(), 0), view.offset};
  auto run = runs.begin();
  for (size_t axis = to.size(); axis-- > 0;) {
    if (to[axis] == 1)
      continue;
    result.strides[axis] = run->stride;
    if (run->size % to[axis] != 0) {
      auto outer = run + 1;
      if (!mayBePanels || result.panels || outer == runs.end() || to[axis] != run->size * outer->size)
        return std::nullopt;
      result.panels = View::Panels{int64_t(axis), run->size, outer->stride};
      run = outer + 1;
      continue;
    }
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
    if (!view || view->panels)
      return std::nullopt;
    for (auto [stride, start, step] : llvm::zip_equal(view->strides, op.getStarts(), op.getStrides())) {
      view->offset += start * stride;
      stride *= step;
    }
    return view;
  }
  if (auto op = value.getDefiningOp<ir::ReshapeOp>()) {
    std::optional<View> view = viewOf(op.getX(), stored);
    if (!view)
      return std::nullopt;
    auto transpose = op.getX().getDefiningOp<ir::TransposeOp>();
    return reshaped(*view, shapeOf(op.getX()), shapeOf(value), transpose && transpose->hasAttr(stridedAttr));
  }
  if (auto op = value.getDefiningOp<ir::TransposeOp>()) {
    std::optional<View> inner = viewOf(op.getX(), stored);
    if (!inner || inner->panels)
      return std::nullopt;
    View view{inner->source, {}, inner->offset};
    for (int64_t axis : op.getPermutation())
      view.strides.push_back(inner->strides[axis]);
    return view;
  }
  if (auto op = value.getDefiningOp<ir::BroadcastOp>()) {
    std::optional<View> inner = viewOf(op.getX(), stored);
    if (!inner || inner->panels)
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
  if (part != 0) {
    coords[outs[0]] = arithmetic.add(coords[outs[0]], arithmetic.mul(index, part));
    return;
  }
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
      bool whole = last.part == 0 && axis.part == 0;
      if (whole && last.a == axis.a * axis.size && last.b == axis.b * axis.size &&
          last.c == axis.c * axis.size) {
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

namespace {

/// An operand of a contraction, with the labels of its axes.
struct Operand {
  ArrayRef<int64_t> labels;
  const View &view;

  /// How many places of the label's axis lie together; 0: all, or the label is not there.
  int64_t panelOf(int64_t label) const {
    return view.panels && labels[view.panels->axis] == label ? view.panels->size : 0;
  }
  /// The stride from one place of the label's axis to the next, and from a panel to the next.
  std::pair<int64_t, int64_t> stridesOf(int64_t label, int64_t panel) const {
    const auto *found = llvm::find(labels, label);
    if (found == labels.end())
      return {0, 0};
    int64_t stride = view.strides[found - labels.begin()];
    return {stride, panelOf(label) ? view.panels->stride : stride * panel};
  }
};

} // namespace

/// Adds the axis of a label to `axes`: two if an operand has it in panels. False where they have different
/// ones.
static bool addAxes(SmallVector<Product::Axis> &axes, Product::Axis axis, int64_t label, const Operand &a,
                    const Operand &b) {
  int64_t panelA = a.panelOf(label), panelB = b.panelOf(label), panel = std::max(panelA, panelB);
  if (panelA && panelB && panelA != panelB)
    return false;
  auto [strideA, outerA] = a.stridesOf(label, panel);
  auto [strideB, outerB] = b.stridesOf(label, panel);
  if (panel != 0) {
    axes.push_back({axis.size / panel, outerA, outerB, axis.c * panel, axis.outs, panel});
    axis.size = panel;
    axis.part = 1;
  }
  axis.a = strideA;
  axis.b = strideB;
  axes.push_back(axis);
  return true;
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
  SmallVector<int64_t> strides = stridesOf(shape);
  SmallVector<Product::Axis> batch, rows, columns, sums;
  const Operand first{lhs, *left}, second{rhs, *right};
  for (size_t i = 0; i < out.size(); ++i) {
    if (shape[i] == 1)
      continue;
    bool inA = llvm::is_contained(lhs, out[i]), inB = llvm::is_contained(rhs, out[i]);
    SmallVector<Product::Axis> &axes = inA && inB ? batch : inA ? rows : columns;
    if (!addAxes(axes, {shape[i], 0, 0, strides[i], {int64_t(i)}}, out[i], first, second))
      return std::nullopt;
  }
  ArrayRef<int64_t> leftShape = shapeOf(swap ? op.getB() : op.getA());
  for (auto [label, size] : llvm::zip_equal(lhs, leftShape))
    if (size != 1 && !llvm::is_contained(out, label) &&
        !addAxes(sums, {size, 0, 0, 0, {}}, label, first, second))
      return std::nullopt;
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

StringRef orderOfProduct(const Product &product, StringRef emitter) {
  bool totals = elementOf(product.b).isF32() && product.sumSize() > shortProduct;
  return totals ? emitter : StringRef("product");
}

void choose(Grid &grid, int64_t tiles, int64_t panels, Choices &choices) {
  grid.rows = choices.between("grid_rows", grid.rows, 1, tiles);
  grid.columns = choices.between("grid_columns", grid.columns, 1, panels);
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
