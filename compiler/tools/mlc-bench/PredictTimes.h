// How fast single rows are predicted.
#pragma once

#include "compiler/tools/mlc/Command.h"

namespace mlc::tool {

/// Takes a number of seconds a line from standard input. For about so long predicts rows one after the other,
/// from the first 16 of options.inputs over and over, and answers on standard output with a line of JSON:
/// {"steps": predictions, "seconds": how long they took}. Ends with the input.
Status timeRows(const Options &options);

} // namespace mlc::tool
