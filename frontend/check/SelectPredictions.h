// Some of a program's `predict` lines, with no more inputs than they need.
#pragma once

#include "frontend/check/Program.h"

#include <string>
#include <vector>

namespace mlc::frontend {

/// Leaves of the program's predictions those that are named, all of which are there, in the program's order.
void selectPredictions(core::Program &program, const std::vector<std::string> &names);

} // namespace mlc::frontend
