// What a session's calls spend their time on: kernels, and waiting for data.
#ifndef MLC_RUNTIME_PROFILE_PROFILER_H
#define MLC_RUNTIME_PROFILE_PROFILER_H

#include "runtime/ThreadPool.h"
#include "runtime/program/Program.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlc {

/// Stands between compiled functions and the pool while a session profiles. Used from the thread that calls
/// functions. The program must have been compiled for it (Function::launches).
class Profiler {
public:
  /// A launch of a function, over all calls.
  struct Row {
    FunctionKind function;
    int64_t rows = 0; ///< the function's
    LaunchInfo info;
    int64_t times = 0, nanoseconds = 0;
  };
  struct Totals {
    int64_t steps = 0;       ///< calls of train_step
    int64_t stepTime = 0;    ///< nanoseconds within them
    int64_t waitTime = 0;    ///< nanoseconds the trainer waited for batches
    int64_t firstStepAt = 0; ///< end of the first of them, in nanoseconds since the process began
  };

  /// Runs `call` (of the function `id` for `rows` rows) so that its launches are seen, and counts it.
  void run(FunctionKind id, int64_t rows, const Function &function, mlc_call call, ThreadPool &pool);
  void addWait(int64_t nanoseconds) { totals_.waitTime += nanoseconds; }

  /// Costliest first.
  std::vector<Row> rows() const;
  const Totals &totals() const { return totals_; }

  /// Kernels of that many training steps become spans of the trace; later ones are only summed up.
  static constexpr int64_t tracedSteps = 20;

private:
  static void parallelFor(void *context, mlc_kernel kernel, void *const *args, int64_t chunks);

  struct Sums {
    const LaunchList *list = nullptr;
    std::vector<int64_t> times, nanoseconds;
  };
  std::map<std::pair<FunctionKind, int64_t>, Sums> sums_;
  Totals totals_;
  // The call that runs.
  Sums *current_ = nullptr;
  size_t next_ = 0; ///< place in its order
  ThreadPool *pool_ = nullptr;
  bool traced_ = false;
};

} // namespace mlc
#endif
