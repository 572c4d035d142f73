// The sum that a convolution and the gradient by its input both are: over a framed picture, with weights as
// they lie or turned.
#ifndef MLC_COMPILER_KERNELS_CORRELATION_H
#define MLC_COMPILER_KERNELS_CORRELATION_H

#include "compiler/kernels/Convolution.h"

namespace mlc::compiler {

/// out[n, o, g * perOut + f] =
///   sum of frame(n)[o * strides + k * dilations, g * perSum + c] * weights[k, c, g * perOut + f].
struct Correlation {
  int64_t images, groups, perSum, perOut;
  ConvShape::Pair out, taps, strides, dilations;
  Frame frame;
  mlir::Value source, weights; // in memory
  bool turned;                 // the weights are w[taps - 1 - k, f, g * perSum + c]

  int64_t weightElements() const { return taps[0] * taps[1] * perSum * perOut * groups; }
};

/// The one convolution or input gradient of a group, followed by elementwise ops only, its operands in
/// memory. Nothing if the group is not that.
std::optional<Correlation> correlationOf(const Group &group);

/// to[k, c, g * perOut + f] = weights[taps - 1 - k, f, g * perSum + c]: c.weightElements() elements.
void turnWeights(Code &code, const Correlation &c, const Memory &weights, const Memory &to);

} // namespace mlc::compiler

#endif
