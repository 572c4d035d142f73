// What must agree between a program and a run for the run to be evaluated, or gone on with.
#pragma once

#include "frontend/check/Program.h"

#include <string>

namespace mlc::compiler {

/// Hex digits each. Source places, comments and layout change neither.
struct ProgramHashes {
  std::string model;    ///< the state tensors, and what evaluation computes
  std::string training; ///< that, initial values, and what each objective computes and how it updates
};

/// The numbers that are not compiled in (learning rates and their like) change neither hash: a person may
/// change them between runs. Nor do settings, and `remat`.
ProgramHashes hashesOf(const frontend::core::Program &program);

} // namespace mlc::compiler
