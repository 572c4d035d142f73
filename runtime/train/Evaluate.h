// The figures of a model over a split.
#ifndef MLC_RUNTIME_TRAIN_EVALUATE_H
#define MLC_RUNTIME_TRAIN_EVALUATE_H

#include "runtime/data/Dataset.h"
#include "runtime/data/Loader.h"
#include "runtime/session/Session.h"

#include <atomic>
#include <functional>
#include <vector>

namespace mlc {

struct Evaluation {
  std::vector<double> figures; ///< in the order of manifest().figures.names
  int64_t samples = 0;
  bool interrupted = false; ///< `stop` became non-zero; the figures are then missing
};

struct EvaluateOptions {
  int64_t batch = 1;
  int64_t room = 0; ///< LoaderPlan::room
  uint64_t seed = 0;
  const double *scalars = nullptr;                        ///< values of the manifest's scalars
  const std::atomic<int> *stop = nullptr;                 ///< looked at after every batch
  std::function<void(int64_t samples)> onBatch = nullptr; ///< samples seen so far
  ExplainOutside explainOutside = nullptr;
};

/// A batch with which `id` was called, copied. `batch` has one input for each of the function's ports.
ReplayedStep whatCallSaw(const Session &session, FunctionKind id, const Batch &batch,
                         const CallPosition &position, const double *scalars);

/// Adds the sums of eval_step over all rows, in order, in f64, and turns them into figures once: never a mean
/// of means. Random ops see update 0 and the row's number in the split.
Expected<Evaluation> evaluate(Session &session, const Rows &rows, const EvaluateOptions &options);

} // namespace mlc
#endif
