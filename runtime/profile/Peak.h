// What the processor can do at most, to hold kernels against.
#ifndef MLC_RUNTIME_PROFILE_PEAK_H
#define MLC_RUNTIME_PROFILE_PEAK_H

#include "runtime/Status.h"
#include "runtime/ThreadPool.h"

namespace mlc {

/// Of all workers of a pool together.
struct Peak {
  double flops = 0; ///< f32 multiplications and additions a second, from registers
  double bytes = 0; ///< read and written a second, from memory far larger than the caches
};

/// Measures both, in about a tenth of a second and with 192 MiB for as long. Fails when these are not to be
/// had.
Expected<Peak> measurePeak(ThreadPool &pool);

} // namespace mlc
#endif
