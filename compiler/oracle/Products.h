// Contractions, convolutions and windows of the oracle, free of operations: shapes and lists in, tensors out.
#ifndef MLC_COMPILER_ORACLE_PRODUCTS_H
#define MLC_COMPILER_ORACLE_PRODUCTS_H

#include "compiler/oracle/Tensor.h"

namespace mlc::compiler::oracle {

/// The sum over every label that `out` lacks of a * b; one label for each axis, each in at least two lists.
/// Products and sums are in f64, rounded once.
Tensor contract(const Tensor &a, const Tensor &b, llvm::ArrayRef<int64_t> lhs, llvm::ArrayRef<int64_t> rhs,
                llvm::ArrayRef<int64_t> out, mlir::RankedTensorType type);

/// Where windows (of a convolution or a pooling) fall: lists over the spatial axes.
struct Geometry {
  llvm::SmallVector<int64_t> window, strides, padsLow, dilations;
};

/// A pair of pixels that one place in the window connects: rows of [n * spatial, channels] matrices.
struct PixelPair {
  int64_t wide;   // in the padded operand's tensor
  int64_t narrow; // in the tensor with one pixel a window
};

/// The pairs for window place `place` (row-major in the window) and batch elements first .. first + n - 1;
/// padding has none.
std::vector<PixelPair> pixelPairs(const Geometry &geometry, int64_t place,
                                  llvm::ArrayRef<int64_t> wideSpatial, llvm::ArrayRef<int64_t> narrowSpatial,
                                  int64_t first, int64_t n);

/// The three faces of T(x, w, y) = sum x w y; see mlc.conv.
Tensor conv(const Tensor &x, const Tensor &w, const Geometry &geometry, int64_t groups,
            mlir::RankedTensorType type);
Tensor convInput(const Tensor &y, const Tensor &w, const Geometry &geometry, int64_t groups,
                 mlir::RankedTensorType type);
/// With partials > 1 the result's leading axis has one sum for each run of n / partials batch elements;
/// `leadingAxis` tells whether that axis is there.
Tensor convFilter(const Tensor &x, const Tensor &y, const Geometry &geometry, int64_t groups,
                  int64_t partials, mlir::RankedTensorType type);

/// The maximum of each window, and its row-major place in the window: the first one, NaN before any number,
/// never padding.
std::pair<Tensor, Tensor> windowMax(const Tensor &x, const Geometry &geometry,
                                    mlir::RankedTensorType valueType, mlir::RankedTensorType indexType);
Tensor windowGather(const Tensor &x, const Tensor &index, const Geometry &geometry,
                    mlir::RankedTensorType type);
Tensor windowScatter(const Tensor &ct, const Tensor &index, const Geometry &geometry,
                     mlir::RankedTensorType type);
Tensor windowSum(const Tensor &x, const Geometry &geometry, mlir::RankedTensorType type);
Tensor windowSpread(const Tensor &ct, const Geometry &geometry, mlir::RankedTensorType type);

} // namespace mlc::compiler::oracle
#endif
