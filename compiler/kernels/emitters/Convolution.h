// The numbers of a convolution, in two spatial dimensions: a 1-D one has height 1.
#ifndef MLC_COMPILER_KERNELS_EMITTERS_CONVOLUTION_H
#define MLC_COMPILER_KERNELS_EMITTERS_CONVOLUTION_H

#include "compiler/kernels/emitters/Emitter.h"

#include <array>

namespace mlc::compiler {

/// x [n, in, channels], w [taps, channels / groups, filters], y [n, out, filters]; arrays are (height,
/// width).
struct ConvShape {
  using Pair = std::array<int64_t, 2>;
  int64_t images, channels, filters, groups;
  Pair in, out, taps, strides, low, dilations;

  int64_t perGroup() const { return channels / groups; }
  int64_t filtersPerGroup() const { return filters / groups; }
};

ConvShape convShape(ir::ConvOp op);
ConvShape convShape(ir::ConvInputOp op);
ConvShape convShape(ir::ConvFilterOp op);

/// A picture with a border: element (r, c) of the frame is element (r, c) - low of the source where that is
/// one, else zero.
struct Frame {
  ConvShape::Pair source; // height and width
  int64_t channels;
  ConvShape::Pair size, low;

  /// The source itself will do.
  bool isSource() const {
    return low == ConvShape::Pair{0, 0} && size[0] <= source[0] && size[1] <= source[1];
  }
  int64_t elements() const { return size[0] * size[1] * channels; }
  /// Elements from one row to the next, in the frame or in the source when that will do.
  int64_t pitch() const { return (isSource() ? source[1] : size[1]) * channels; }
  int64_t scratchBytes(mlir::Type element) const {
    return isSource() ? 0 : (elements() * elementBytes(element) + 63) / 64 * 64;
  }

  /// Zeros a frame in `buffer`: once, before the first fill.
  void clear(Code &code, const Memory &buffer) const;
  /// Where the frame of the picture at `from` can be read: `from`, or `buffer` after a copy.
  /// `top`, if given, is the row of the whole frame that this one, a part of its rows, begins with.
  Memory fill(Code &code, const Memory &from, const Memory &buffer, mlir::Value top = {}) const;
};

/// Stores zeros in `count` elements / copies them.
void clearRange(Code &code, const Memory &to, int64_t count);
void copyRange(Code &code, const Memory &from, mlir::Value fromOffset, const Memory &to, mlir::Value toOffset,
               int64_t count);

} // namespace mlc::compiler

#endif
