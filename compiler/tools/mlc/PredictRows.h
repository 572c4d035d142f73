// The rows that `mlc predict` reads, for programs that do something else with them.
#pragma once

#include "compiler/tools/mlc/Load.h"
#include "runtime/data/Reader.h"
#include "runtime/train/Predict.h"

#include <functional>

namespace mlc::tool {

using UseRows = std::function<Status(const Rows &rows, const PredictOptions &options)>;

/// Reads options.inputs as `mlc predict` does and calls `use` once, with the rows and how they are predicted;
/// what goes wrong there is told of the files that the person named.
Status withRowsToPredict(const Options &options, LoadedRun &run, const UseRows &use);

} // namespace mlc::tool
