// What `mlc train --profile` prints.
#pragma once

#include "runtime/profile/Peak.h"
#include "runtime/profile/Profiler.h"
#include "runtime/profile/Trace.h"
#include "runtime/program/Manifest.h"
#include "runtime/train/MemoryPlan.h"

#include <string>
#include <vector>

namespace mlc::tool {

/// Where the time to the end of the first step went, phase by phase; what memory was stated and what was
/// taken; then the ten launches that cost most, each with its share of all kernels' time, its speed and that
/// as a share of `peak`, and its source lines.
std::string profileText(const Profiler &profiler, const std::vector<Span> &spans, const Peak &peak,
                        const MemoryPlan &stated, int64_t allocated);

} // namespace mlc::tool
