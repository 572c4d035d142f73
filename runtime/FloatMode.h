// The floating-point environment compiled code runs in, on every thread.
#ifndef MLC_RUNTIME_FLOATMODE_H
#define MLC_RUNTIME_FLOATMODE_H

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace mlc {

/// Round to nearest, no traps, subnormals kept (neither flush-to-zero nor denormals-are-zero): results are
/// those of IEEE 754 whatever mode the host program uses, and equal to what other frameworks compute by
/// default. The guard sets the mode for its scope and gives the thread its own back.
class FloatMode {
public:
#if defined(__x86_64__) || defined(_M_X64)
  FloatMode() : saved_(_mm_getcsr()) { _mm_setcsr(standard); }
  ~FloatMode() { _mm_setcsr(saved_); }

private:
  /// All exceptions masked, all other bits zero: what a process starts with.
  static constexpr unsigned standard = 0x1f80;
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
