#include "compiler/oracle/Products.h"

#include <Eigen/Core>
#include <cmath>
#include <map>

using namespace mlir;

namespace mlc::compiler::oracle {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

static int64_t product(ArrayRef<int64_t> dims) {
  int64_t result = 1;
  for (int64_t dim : dims)
    result *= dim;
  return result;
}

/// The elements of `tensor` with its labelled axes in the order of `labels`.
static Eigen::ArrayXd valuesInOrder(const Tensor &tensor, ArrayRef<int64_t> axisLabels,
                                    ArrayRef<int64_t> labels) {
  SmallVector<int64_t> strides = stridesOf(tensor.shape()), shape, step;
  for (int64_t label : labels) {
    size_t axis = llvm::find(axisLabels, label) - axisLabels.begin();
    shape.push_back(tensor.shape()[axis]);
    step.push_back(strides[axis]);
  }
  Eigen::ArrayXd source = tensor.values(), result(tensor.size());
  forEachIndex(shape, [&](ArrayRef<int64_t> index, int64_t position) {
    int64_t from = 0;
    for (size_t i = 0; i < index.size(); ++i)
      from += index[i] * step[i];
    result[position] = source[from];
  });
  return result;
}

Tensor contract(const Tensor &a, const Tensor &b, ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs,
                ArrayRef<int64_t> out, RankedTensorType type) {
  std::map<int64_t, int64_t> size;
  for (auto [label, dim] : llvm::zip(lhs, a.shape()))
    size[label] = dim;
  for (auto [label, dim] : llvm::zip(rhs, b.shape()))
    size[label] = dim;
  SmallVector<int64_t> both, rows, columns, summed;
  for (int64_t label : lhs) {
    bool right = llvm::is_contained(rhs, label), kept = llvm::is_contained(out, label);
    (right && kept ? both : right ? summed : rows).push_back(label);
  }
  for (int64_t label : rhs)
    if (!llvm::is_contained(lhs, label))
      columns.push_back(label);
  auto extent = [&](ArrayRef<int64_t> labels) {
    int64_t result = 1;
    for (int64_t label : labels)
      result *= size[label];
    return result;
  };
  auto join = [](ArrayRef<int64_t> x, ArrayRef<int64_t> y, ArrayRef<int64_t> z) {
    SmallVector<int64_t> all(x);
    all.append(y.begin(), y.end());
    all.append(z.begin(), z.end());
    return all;
  };
  int64_t m = extent(rows), k = extent(summed), n = extent(columns);
  Eigen::ArrayXd left = valuesInOrder(a, lhs, join(both, rows, summed));
  Eigen::ArrayXd right = valuesInOrder(b, rhs, join(both, summed, columns));
  Eigen::ArrayXd result(extent(both) * m * n);
  for (int64_t batch = 0; batch < extent(both); ++batch)
    Eigen::Map<Matrix>(result.data() + batch * m * n, m, n).noalias() =
        Eigen::Map<Matrix>(left.data() + batch * m * k, m, k) *
        Eigen::Map<Matrix>(right.data() + batch * k * n, k, n);

  // From [both, rows, columns] to the order of `out`.
  SmallVector<int64_t> have = join(both, rows, columns), haveShape;
  for (int64_t label : have)
    haveShape.push_back(size[label]);
  SmallVector<int64_t> haveStrides = stridesOf(haveShape), step;
  for (int64_t label : out)
    step.push_back(haveStrides[llvm::find(have, label) - have.begin()]);
  Tensor sum(type);
  forEachIndex(type.getShape(), [&](ArrayRef<int64_t> index, int64_t position) {
    int64_t from = 0;
    for (size_t i = 0; i < index.size(); ++i)
      from += index[i] * step[i];
    sum.set(position, result[from]);
  });
  return sum;
}

std::vector<PixelPair> pixelPairs(const Geometry &geometry, int64_t place, ArrayRef<int64_t> wideSpatial,
                                  ArrayRef<int64_t> narrowSpatial, int64_t first, int64_t n) {
  size_t axes = geometry.window.size();
  SmallVector<int64_t> offset(axes);
  for (size_t axis = axes; axis-- > 0;) {
    offset[axis] = place % geometry.window[axis] * geometry.dilations[axis] - geometry.padsLow[axis];
    place /= geometry.window[axis];
  }
  std::vector<PixelPair> pairs;
  int64_t widePixels = product(wideSpatial), narrowPixels = product(narrowSpatial);
  forEachIndex(narrowSpatial, [&](ArrayRef<int64_t> index, int64_t position) {
    int64_t wide = 0;
    for (size_t axis = 0; axis < axes; ++axis) {
      int64_t at = index[axis] * geometry.strides[axis] + offset[axis];
      if (at < 0 || at >= wideSpatial[axis])
        return;
      wide = wide * wideSpatial[axis] + at;
    }
    for (int64_t i = first; i < first + n; ++i)
      pairs.push_back({i * widePixels + wide, i * narrowPixels + position});
  });
  return pairs;
}

static ArrayRef<int64_t> spatialOf(ArrayRef<int64_t> shape) { return shape.drop_front().drop_back(); }

/// [n, spatial..., c] as a matrix of pixels.
static Matrix pixels(const Tensor &tensor) {
  Eigen::ArrayXd values = tensor.values();
  int64_t channels = tensor.shape().back();
  return Eigen::Map<Matrix>(values.data(), channels ? tensor.size() / channels : 0, channels);
}

static Tensor tensorOf(const Matrix &matrix, RankedTensorType type) {
  Tensor result(type);
  result.setValues(Eigen::Map<const Eigen::ArrayXd>(matrix.data(), matrix.size()));
  return result;
}

/// Weights [k..., c, f] of one place as a matrix.
static Eigen::Map<const Matrix> filterAt(const Eigen::ArrayXd &w, int64_t place, int64_t c, int64_t f) {
  return Eigen::Map<const Matrix>(w.data() + place * c * f, c, f);
}

Tensor conv(const Tensor &x, const Tensor &w, const Geometry &geometry, int64_t groups,
            RankedTensorType type) {
  Matrix in = pixels(x);
  Eigen::ArrayXd weights = w.values();
  int64_t filters = type.getShape().back(), ci = in.cols() / groups, co = filters / groups;
  Matrix out = Matrix::Zero(type.getNumElements() / filters, filters);
  for (int64_t place = 0; place < product(geometry.window); ++place) {
    std::vector<PixelPair> pairs =
        pixelPairs(geometry, place, spatialOf(x.shape()), spatialOf(type.getShape()), 0, x.shape()[0]);
    auto filter = filterAt(weights, place, ci, filters);
    for (int64_t g = 0; g < groups; ++g) {
      Matrix rows(pairs.size(), ci);
      for (size_t i = 0; i < pairs.size(); ++i)
        rows.row(i) = in.row(pairs[i].wide).segment(g * ci, ci);
      Matrix sums = rows * filter.middleCols(g * co, co);
      for (size_t i = 0; i < pairs.size(); ++i)
        out.row(pairs[i].narrow).segment(g * co, co) += sums.row(i);
    }
  }
  return tensorOf(out, type);
}

Tensor convInput(const Tensor &y, const Tensor &w, const Geometry &geometry, int64_t groups,
                 RankedTensorType type) {
  Matrix in = pixels(y);
  Eigen::ArrayXd weights = w.values();
  int64_t channels = type.getShape().back(), ci = channels / groups, co = in.cols() / groups;
  Matrix out = Matrix::Zero(type.getNumElements() / channels, channels);
  for (int64_t place = 0; place < product(geometry.window); ++place) {
    std::vector<PixelPair> pairs =
        pixelPairs(geometry, place, spatialOf(type.getShape()), spatialOf(y.shape()), 0, y.shape()[0]);
    auto filter = filterAt(weights, place, ci, in.cols());
    for (int64_t g = 0; g < groups; ++g) {
      Matrix rows(pairs.size(), co);
      for (size_t i = 0; i < pairs.size(); ++i)
        rows.row(i) = in.row(pairs[i].narrow).segment(g * co, co);
      Matrix sums = rows * filter.middleCols(g * co, co).transpose();
      for (size_t i = 0; i < pairs.size(); ++i)
        out.row(pairs[i].wide).segment(g * ci, ci) += sums.row(i);
    }
  }
  return tensorOf(out, type);
}

Tensor convFilter(const Tensor &x, const Tensor &y, const Geometry &geometry, int64_t groups,
                  int64_t partials, RankedTensorType type) {
  Matrix in = pixels(x), ct = pixels(y);
  int64_t ci = in.cols() / groups, co = ct.cols() / groups, places = product(geometry.window);
  int64_t piece = x.shape()[0] / partials;
  // Rows: piece, place, channel.
  Matrix out = Matrix::Zero(partials * places * ci, ct.cols());
  for (int64_t part = 0; part < partials; ++part)
    for (int64_t place = 0; place < places; ++place) {
      std::vector<PixelPair> pairs =
          pixelPairs(geometry, place, spatialOf(x.shape()), spatialOf(y.shape()), part * piece, piece);
      for (int64_t g = 0; g < groups; ++g) {
        Matrix wide(pairs.size(), ci), narrow(pairs.size(), co);
        for (size_t i = 0; i < pairs.size(); ++i) {
          wide.row(i) = in.row(pairs[i].wide).segment(g * ci, ci);
          narrow.row(i) = ct.row(pairs[i].narrow).segment(g * co, co);
        }
        out.block((part * places + place) * ci, g * co, ci, co) = wide.transpose() * narrow;
      }
    }
  return tensorOf(out, type);
}

std::pair<Tensor, Tensor> windowMax(const Tensor &x, const Geometry &geometry, RankedTensorType valueType,
                                    RankedTensorType indexType) {
  Matrix in = pixels(x);
  Matrix best(valueType.getNumElements() / in.cols(), in.cols()),
      place = Matrix::Constant(best.rows(), in.cols(), -1);
  for (int64_t k = 0; k < product(geometry.window); ++k)
    for (PixelPair pair :
         pixelPairs(geometry, k, spatialOf(x.shape()), spatialOf(valueType.getShape()), 0, x.shape()[0]))
      for (int64_t c = 0; c < in.cols(); ++c) {
        double value = in(pair.wide, c), &champion = best(pair.narrow, c);
        bool wins =
            place(pair.narrow, c) < 0 || value > champion || (std::isnan(value) && !std::isnan(champion));
        if (!wins)
          continue;
        champion = value;
        place(pair.narrow, c) = k;
      }
  return {tensorOf(best, valueType), tensorOf(place, indexType)};
}

/// Calls visit(wide row, narrow row, channel) for every place that `index` chose.
template <typename Visit>
static void forEachChosen(const Matrix &index, const Geometry &geometry, ArrayRef<int64_t> wide,
                          ArrayRef<int64_t> narrow, Visit &&visit) {
  for (int64_t k = 0; k < product(geometry.window); ++k)
    for (PixelPair pair : pixelPairs(geometry, k, spatialOf(wide), spatialOf(narrow), 0, wide[0]))
      for (int64_t c = 0; c < index.cols(); ++c)
        if (index(pair.narrow, c) == double(k))
          visit(pair.wide, pair.narrow, c);
}

Tensor windowGather(const Tensor &x, const Tensor &index, const Geometry &geometry, RankedTensorType type) {
  Matrix in = pixels(x), chosen = pixels(index), out = Matrix::Zero(chosen.rows(), chosen.cols());
  forEachChosen(chosen, geometry, x.shape(), type.getShape(),
                [&](int64_t wide, int64_t narrow, int64_t c) { out(narrow, c) = in(wide, c); });
  return tensorOf(out, type);
}

Tensor windowScatter(const Tensor &ct, const Tensor &index, const Geometry &geometry, RankedTensorType type) {
  Matrix in = pixels(ct), chosen = pixels(index);
  Matrix out = Matrix::Zero(type.getNumElements() / in.cols(), in.cols());
  forEachChosen(chosen, geometry, type.getShape(), ct.shape(),
                [&](int64_t wide, int64_t narrow, int64_t c) { out(wide, c) += in(narrow, c); });
  return tensorOf(out, type);
}

Tensor windowSum(const Tensor &x, const Geometry &geometry, RankedTensorType type) {
  Matrix in = pixels(x), out = Matrix::Zero(type.getNumElements() / in.cols(), in.cols());
  for (int64_t k = 0; k < product(geometry.window); ++k)
    for (PixelPair pair :
         pixelPairs(geometry, k, spatialOf(x.shape()), spatialOf(type.getShape()), 0, x.shape()[0]))
      out.row(pair.narrow) += in.row(pair.wide);
  return tensorOf(out, type);
}

Tensor windowSpread(const Tensor &ct, const Geometry &geometry, RankedTensorType type) {
  Matrix in = pixels(ct), out = Matrix::Zero(type.getNumElements() / in.cols(), in.cols());
  for (int64_t k = 0; k < product(geometry.window); ++k)
    for (PixelPair pair :
         pixelPairs(geometry, k, spatialOf(type.getShape()), spatialOf(ct.shape()), 0, ct.shape()[0]))
      out.row(pair.wide) += in.row(pair.narrow);
  return tensorOf(out, type);
}

} // namespace mlc::compiler::oracle
