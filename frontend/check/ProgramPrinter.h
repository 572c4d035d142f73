// Core programs as text, for people and tests.
#pragma once

#include "frontend/check/Program.h"

#include <string>

namespace mlc::frontend::core {

/// "f32[batch, 10]"; a scalar is "f32".
std::string print(const TensorType &type);
/// "batch × 10"; a scalar is "scalar".
std::string shapeText(const TensorType &type);
/// "0.1 * cos(step / total_steps)"-like infix text; literals in the shortest form that reads back.
std::string print(const ScalarExpr &expr);
/// "2", "0.1", "5e-04": the shortest text that reads back to the same number.
std::string printNumber(double value);
/// One node a line, `%3 = add %1, %2 : f32[batch]`, values renumbered from 0.
std::string print(const Graph &graph, const std::string &indent = "");
/// Everything: fields, states, settings, then the graphs.
std::string print(const Program &program);

} // namespace mlc::frontend::core
