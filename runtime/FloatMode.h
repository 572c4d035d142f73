// The floating-point environment compiled code runs in, on every thread.
#ifndef MLC_RUNTIME_FLOATMODE_H
#define MLC_RUNTIME_FLOATMODE_H

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace mlc {

/// The mode as x86's MXCSR has it: all exceptions masked (0x1f80), flush to zero (0x8000), denormals are zero
/// (0x0040). Compiled functions set it themselves, for hosts that do not.
inline constexpr unsigned x86FloatMode = 0x9fc0;
/// The same as aarch64's FPCR has it: bit 24 flushes subnormals, of operands too; the rest is how a thread
/// begins.
inline constexpr unsigned long long aarch64FloatMode = 1ULL << 24;

/// Round to nearest, no traps, subnormals read and written as zero. Moments of parameters whose gradient has
/// become zero decay through the subnormals, where each operation costs a hundred times as much: an epoch of
/// the MLP on Fashion-MNIST, whose border pixels are almost always zero, takes twice as long with them. The
/// mode is the same whatever the host program uses, so bits do not depend on it. The guard sets the mode for
/// its scope and gives the thread its own back.
class FloatMode {
public:
#if defined(__x86_64__) || defined(_M_X64)
  FloatMode() : saved_(_mm_getcsr()) { _mm_setcsr(x86FloatMode); }
  ~FloatMode() { _mm_setcsr(saved_); }

private:
  unsigned saved_;

public:
#else
  FloatMode() = default;
#endif
  FloatMode(const FloatMode &) = delete;
  FloatMode &operator=(const FloatMode &) = delete;
};

} // namespace mlc
#endif
