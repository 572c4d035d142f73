#include "frontend/check/Program.h"

#include <algorithm>
#include <cmath>

namespace mlc::frontend::core {

std::optional<double> evaluateOperator(const std::string &op, const std::vector<double> &operands) {
  struct Unary {
    const char *name;
    double (*apply)(double);
  };
  static const Unary unary[] = {
      {"neg", [](double x) { return -x; }},
      {"exp", [](double x) { return std::exp(x); }},
      {"log", [](double x) { return std::log(x); }},
      {"expm1", [](double x) { return std::expm1(x); }},
      {"log1p", [](double x) { return std::log1p(x); }},
      {"sqrt", [](double x) { return std::sqrt(x); }},
      {"rsqrt", [](double x) { return 1 / std::sqrt(x); }},
      {"sin", [](double x) { return std::sin(x); }},
      {"cos", [](double x) { return std::cos(x); }},
      {"abs", [](double x) { return std::abs(x); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"erf", [](double x) { return std::erf(x); }},
      {"floor", [](double x) { return std::floor(x); }},
      {"ceil", [](double x) { return std::ceil(x); }},
      {"sign", [](double x) { return x > 0   ? 1.0
                                     : x < 0 ? -1.0
                                             : x; }},
      {"not", [](double x) { return double(x == 0); }},
  };
  struct Binary {
    const char *name;
    double (*apply)(double, double);
  };
  static const Binary binary[] = {
      {"add", [](double x, double y) { return x + y; }},
      {"sub", [](double x, double y) { return x - y; }},
      {"mul", [](double x, double y) { return x * y; }},
      {"div", [](double x, double y) { return x / y; }},
      {"pow", [](double x, double y) { return std::pow(x, y); }},
      // NaN if an operand is.
      {"min", [](double x, double y) { return x != x || x < y ? x : y; }},
      {"max", [](double x, double y) { return x != x || x > y ? x : y; }},
      {"eq", [](double x, double y) { return double(x == y); }},
      {"ne", [](double x, double y) { return double(x != y); }},
      {"lt", [](double x, double y) { return double(x < y); }},
      {"le", [](double x, double y) { return double(x <= y); }},
      {"gt", [](double x, double y) { return double(x > y); }},
      {"ge", [](double x, double y) { return double(x >= y); }},
      {"and", [](double x, double y) { return double(x != 0 && y != 0); }},
      {"or", [](double x, double y) { return double(x != 0 || y != 0); }},
  };
  if (operands.size() == 1)
    for (const Unary &entry : unary)
      if (op == entry.name)
        return entry.apply(operands[0]);
  if (operands.size() == 2)
    for (const Binary &entry : binary)
      if (op == entry.name)
        return entry.apply(operands[0], operands[1]);
  if (operands.size() == 3 && op == "select")
    return operands[0] != 0 ? operands[1] : operands[2];
  return std::nullopt;
}

std::optional<double> evaluate(const ScalarExpr &expr, int64_t rows) {
  switch (expr.kind) {
  case ScalarExpr::Literal:
    return expr.value;
  case ScalarExpr::Size:
    return double(expr.size.at(rows));
  case ScalarExpr::Step:
  case ScalarExpr::TotalSteps:
  case ScalarExpr::Epoch:
  case ScalarExpr::ValidationFigure:
    return std::nullopt;
  case ScalarExpr::Op:
    break;
  }
  std::vector<double> operands;
  for (const ScalarExpr &operand : expr.operands) {
    std::optional<double> value = evaluate(operand, rows);
    if (!value)
      return std::nullopt;
    operands.push_back(*value);
  }
  return evaluateOperator(expr.op, operands);
}

static int64_t countOperations(const Graph &graph) {
  int64_t count = int64_t(graph.nodes.size());
  for (const Node &node : graph.nodes)
    for (const std::unique_ptr<Graph> &region : node.regions)
      count += countOperations(*region);
  return count;
}

int64_t countOperations(const Program &program) {
  int64_t count = 0;
  for (const StepGraph *step : {&program.init, &program.evaluate, &program.predict, &program.figures})
    count += countOperations(step->graph);
  for (const Objective &objective : program.objectives)
    count += countOperations(objective.forward.graph) + countOperations(objective.update.graph);
  for (const Callee &callee : program.callees)
    count += countOperations(callee.primal) + countOperations(callee.vjp);
  return count;
}

} // namespace mlc::frontend::core
