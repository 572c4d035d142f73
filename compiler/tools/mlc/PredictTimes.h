// How fast single rows are predicted, for bench/train.
#pragma once

#include "compiler/tools/mlc/Load.h"
#include "runtime/train/Predict.h"

namespace mlc::tool {

/// Takes a number of seconds a line from standard input. For about so long predicts rows one after the other,
/// from the first 16 of `rows` over and over, and answers on standard output with a line of JSON: {"steps":
/// predictions, "seconds": how long they took}. Ends with the input.
Status timeRows(LoadedRun &run, const Rows &rows, const PredictOptions &options);

} // namespace mlc::tool
