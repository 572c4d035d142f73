#include "runtime/train/MemoryPlan.h"

#include "runtime/data/Loader.h"

#include <algorithm>

namespace mlc {

static int64_t batchBytes(const Manifest &manifest, FunctionKind kind, int64_t rows) {
  const FunctionSpec *function = manifest.findFunction(kind);
  int64_t bytes = 0;
  if (function)
    for (const Port &port : function->inputs)
      bytes += checkedProduct(port.shape, sizeOf(port.dtype)).value_or(0) * rows;
  return bytes * Loader::slotsOf(LoaderPlan());
}

MemoryPlan planMemory(const Manifest &manifest, int64_t rows, int64_t workers, int64_t arena,
                      int64_t scratch) {
  MemoryPlan plan;
  plan.state = manifest.stateBytes;
  plan.arena = arena;
  plan.scratch = scratch;
  plan.workers = workers;
  int64_t evaluation = batchBytes(manifest, FunctionKind::EvalStep, rows);
  // Validation runs while batches of the next epoch are prepared, the test when training is over.
  const DataSpec &data = manifest.data;
  plan.batches = batchBytes(manifest, FunctionKind::TrainStep, rows);
  if (data.validation || data.validationFraction > 0)
    plan.batches += evaluation;
  if (data.test)
    plan.batches = std::max(plan.batches, evaluation);
  return plan;
}

} // namespace mlc
