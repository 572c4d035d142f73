#include "frontend/check/Number.h"

#include <algorithm>
#include <cmath>

namespace mlc::frontend {

using core::ScalarExpr;

std::optional<int64_t> integer(double value) {
  if (!(std::abs(value) <= 9007199254740992.0) || value != std::floor(value))
    return std::nullopt;
  return int64_t(value);
}

Number Number::size(const Dim &dim) {
  if (std::optional<int64_t> constant = dim.constant())
    return Number(double(*constant));
  Number number;
  number.value.reset();
  number.symbolic = dim;
  number.tree.kind = ScalarExpr::Size;
  number.tree.size = dim;
  number.hasSize = true;
  return number;
}

Number Number::step() {
  Number number;
  number.value.reset();
  number.tree.kind = ScalarExpr::Step;
  number.runTime = true;
  return number;
}

Number Number::totalSteps() {
  Number number = step();
  number.tree.kind = ScalarExpr::TotalSteps;
  return number;
}

Number Number::epoch() {
  Number number = step();
  number.tree.kind = ScalarExpr::Epoch;
  return number;
}

Number Number::validationFigure() {
  Number number = step();
  number.tree.kind = ScalarExpr::ValidationFigure;
  return number;
}

std::optional<Number> Number::atRunTime() const {
  if (hasSize)
    return std::nullopt;
  Number number = *this;
  number.runTime = true;
  return number;
}

std::optional<Dim> Number::dim() const {
  if (symbolic)
    return symbolic;
  if (value && !runTime)
    if (std::optional<int64_t> whole = integer(*value))
      return Dim(*whole);
  return std::nullopt;
}

bool Number::areTooLong(const std::vector<Number> &operands) {
  size_t operators = 1;
  for (const Number &operand : operands)
    operators += operand.operators;
  return operators > mostOperators;
}

bool Number::takes(const std::string &op, size_t count) {
  return (op == "stop_gradient" && count == 1) || core::evaluateOperator(op, std::vector<double>(count, 0));
}

std::optional<Number> Number::apply(const std::string &op, const std::vector<Number> &operands) {
  // Numbers have no gradient to stop.
  if (op == "stop_gradient" && operands.size() == 1)
    return operands[0];
  Number result;
  bool allKnown = true;
  std::vector<double> values;
  for (const Number &operand : operands) {
    allKnown &= operand.value.has_value();
    values.push_back(operand.value.value_or(0));
    result.runTime |= operand.runTime;
    result.hasSize |= operand.hasSize;
  }
  if (result.runTime && result.hasSize)
    return std::nullopt;
  // What is no operator on numbers is none in the run either.
  result.value = core::evaluateOperator(op, values);
  if (!result.value)
    return std::nullopt;
  if (!allKnown)
    result.value.reset();
  if (allKnown && !result.runTime) {
    result.tree.value = *result.value;
    return result;
  }
  // Polynomials stay polynomials where they can: they may be sizes.
  if (operands.size() == 2 && !result.runTime) {
    std::optional<Dim> a = operands[0].dim(), b = operands[1].dim();
    if (a && b) {
      if (op == "add")
        return size(*a + *b);
      if (op == "sub")
        return size(*a - *b);
      if (op == "mul")
        return size(*a * *b);
      if (op == "div")
        if (std::optional<Dim> quotient = a->dividedBy(*b))
          return size(*quotient);
    }
  }
  if (operands.size() == 1 && (op == "floor" || op == "ceil") && operands[0].symbolic)
    return operands[0];
  if (areTooLong(operands))
    return std::nullopt;
  result.become(op, operands);
  return result;
}

std::optional<Number> Number::ofFigures(const std::string &op, const std::vector<Number> &operands) {
  if (areTooLong(operands) ||
      std::any_of(operands.begin(), operands.end(), [](const Number &operand) { return operand.hasSize; }))
    return std::nullopt;
  Number result = step(); // known in the run alone
  result.become(op, operands);
  return result;
}

void Number::become(const std::string &op, const std::vector<Number> &operands) {
  tree.kind = ScalarExpr::Op;
  tree.op = op;
  operators = 1;
  for (const Number &operand : operands) {
    tree.operands.push_back(operand.tree);
    operators += operand.operators;
  }
}

} // namespace mlc::frontend
