// What training takes, known before it runs.
#pragma once

#include "compiler/model/JitProgram.h"
#include "compiler/step/StepCompiler.h"
#include "runtime/train/MemoryPlan.h"

#include <cstdint>

namespace mlc::run {

/// What planning says of training with batches of `rows` rows.
struct PlannedTraining {
  int64_t rows = 0;
  compiler::StepFunction step;
  MemoryPlan memory;
};

/// On `threads` threads. What is not compiled is planned only.
Expected<PlannedTraining> planTraining(compiler::JitProgram &jit, int64_t rows, int threads);

} // namespace mlc::run
