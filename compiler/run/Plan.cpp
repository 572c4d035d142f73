#include "compiler/run/Plan.h"

#include <utility>

namespace mlc::run {

Expected<PlannedTraining> planTraining(compiler::JitProgram &jit, int64_t rows, int threads) {
  Expected<compiler::TrainingPlan> plan = jit.planTraining(rows);
  if (!plan)
    return plan.status();
  return PlannedTraining{rows, std::move(plan->step),
                         planMemory(jit.manifest(), rows, threads, plan->arenaBytes, plan->scratchBytes)};
}

} // namespace mlc::run
