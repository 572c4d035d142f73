// The sum that a convolution and the gradient by its input both are: over a framed picture, with weights as
// they lie or turned.
#ifndef MLC_COMPILER_KERNELS_EMITTERS_CORRELATION_H
#define MLC_COMPILER_KERNELS_EMITTERS_CORRELATION_H

#include "compiler/kernels/emitters/Convolution.h"

namespace mlc::compiler {

/// Along one axis, `phases` sets of results that lie between each other. Result q of phase p (both from 0) is
/// at first + p * nextFirst + q * outStep, and its first tap is tap weight + p * nextWeight, at place frame +
/// p * nextFrame + q * stride of the frame.
struct PhaseRun {
  int64_t phases, count, taps; // results and taps of each phase
  int64_t first, weight, frame;
  int64_t nextFirst, nextWeight, nextFrame;
};

/// out[n, o, g * perOut + f] =
///   sum of frame(n)[o * strides + k * dilations, g * perSum + c] * weights[k, c, g * perOut + f]
/// for a convolution. The gradient by the input of a strided one is, for the results that are equally far
/// from the last multiple of the stride, such a sum over some of the taps: one phase for each distance, and
/// no zeros between pixels.
struct Correlation {
  int64_t images, groups, perSum, perOut;
  ConvShape::Pair out, taps;
  ConvShape::Pair strides, dilations; // in the frame: from result to result of a phase, from tap to tap
  ConvShape::Pair outSteps,
      weightSteps; // from result to result of a phase in `out`, from tap to tap in the weights
  std::array<llvm::SmallVector<PhaseRun, 2>, 2> runs;
  Frame frame;
  mlir::Value source, weights; // in memory
  bool turned;                 // the weights are w[taps - 1 - k, f, g * perSum + c]

  /// One phase, that takes every tap and makes every result.
  bool isDense() const { return outSteps == ConvShape::Pair{1, 1}; }
  /// Dense, and every result sums all taps from its own place on, as a convolution's does.
  bool isForward() const;
  int64_t weightElements() const { return taps[0] * taps[1] * perSum * perOut * groups; }
};

/// The one convolution or input gradient of a group, followed by elementwise ops only, its operands in
/// memory. Nothing if the group is not that.
std::optional<Correlation> correlationOf(const Group &group);

/// Where a tile's sums are results: `width` neighbouring pixels of each of its rows x vectors of filters.
struct TileResults {
  mlir::Value image, row, pixel, filter; // the first; counted in the result
  int64_t width, vectors, lanes;
  mlir::Value mask; // of the last vector's filters; null: all
};

/// Begins to fetch what will be read and written after the sums of a tile, `vectors` vectors in all.
void fetchAhead(const Group &group, Emission &emission, const Correlation &c, const TileResults &at,
                int64_t vectors);

/// Writes what follows from a tile's sums, which lie row by row, pixel by pixel, vector by vector.
void writeTile(const Group &group, Emission &emission, const Correlation &c, const TileResults &at,
               llvm::ArrayRef<mlir::Value> sums);

/// to[k, c, g * perOut + f] = weights[taps - 1 - k, f, g * perSum + c]: c.weightElements() elements.
void turnWeights(Code &code, const Correlation &c, const Memory &weights, const Memory &to);

} // namespace mlc::compiler

#endif
