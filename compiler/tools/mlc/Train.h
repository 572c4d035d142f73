// Training as the command does it, for programs that look on.
#pragma once

#include "compiler/tools/mlc/Command.h"
#include "runtime/train/Trainer.h"

#include <functional>

namespace mlc::tool {

/// Called on the thread that trains.
using StepListener = std::function<void(const StepReport &)>;

/// What `mlc train` does. `onStep`, if there is one, sees each report of steps that a person would see.
Status train(const Options &options, const StepListener &onStep = {});

} // namespace mlc::tool
