// The table a person sees before training: instances, shapes, parameters, memory and arithmetic of a step.
#pragma once

#include "compiler/model/JitProgram.h"
#include "frontend/Program.h"
#include "runtime/Manifest.h"

#include <cstdint>
#include <string>

namespace mlc::tool {

/// What a training step costs, from its memory plan and kernels.
struct StepCost {
  int64_t arenaBytes = 0;
  int64_t scratchBytes = 0; ///< of each worker
  double flops = 0;
  int64_t launches = 0;
};

/// Of the compiled training step for `rows` rows.
StepCost stepCost(const compiler::JitProgram &jit, int64_t rows);

/// "61,706"
std::string grouped(int64_t number);
/// "5.2 MiB", exact below 1 KiB
std::string bytesText(int64_t bytes);
/// "3.1 GFLOP"
std::string flopsText(double flops);
/// "1 h 02 min", "3 min 20 s", "4.2 s"
std::string durationText(double seconds);

std::string summaryText(const frontend::core::Program &program, const Manifest &manifest,
                        const StepCost &cost);
/// The same as one JSON object.
std::string summaryJson(const frontend::core::Program &program, const Manifest &manifest,
                        const StepCost &cost);

} // namespace mlc::tool
