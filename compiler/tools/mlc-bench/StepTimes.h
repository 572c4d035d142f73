// When training made which step.
#pragma once

#include "compiler/tools/mlc/Command.h"

#include <string>

namespace mlc::tool {

/// Trains as `mlc train` does; each report of steps adds a line to the file at `path`, which is made anew:
/// updates made, the monotonic clock's seconds, and those of them that the step has waited for data so far.
/// For a program that measures speed without what comes before the first step.
Status trainWithTimes(const Options &options, const std::string &path);

} // namespace mlc::tool
