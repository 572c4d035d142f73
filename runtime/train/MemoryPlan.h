// What training takes, in bytes, known before anything runs.
#ifndef MLC_RUNTIME_TRAIN_MEMORYPLAN_H
#define MLC_RUNTIME_TRAIN_MEMORYPLAN_H

#include "runtime/program/Manifest.h"

#include <cstdint>

namespace mlc {

/// The buffers that training a program holds when it holds most. The data set itself, the code and what
/// threads need are not among them.
struct MemoryPlan {
  int64_t state = 0;   ///< parameters, states, the optimizer's slots
  int64_t arena = 0;   ///< what a step computes in between, for the function that needs most
  int64_t batches = 0; ///< prepared ahead of the step, of validation too while it runs
  int64_t scratch = 0; ///< of each worker
  int64_t workers = 1;
  int64_t total() const { return state + arena + batches + workers * scratch; }
};

/// For batches of `rows` rows on `workers` threads, when the largest of the functions that training calls
/// takes `arena` and `scratch` bytes.
MemoryPlan planMemory(const Manifest &manifest, int64_t rows, int64_t workers, int64_t arena,
                      int64_t scratch);

} // namespace mlc
#endif
