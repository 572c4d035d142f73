// The numbers of the language: hyper-parameters, literals, sizes, `step`. They are f64 while checking and
// meet a tensor rounded once to its element type.
#pragma once

#include "frontend/check/Program.h"

#include <optional>
#include <string>
#include <vector>

namespace mlc::frontend {

/// A number is known (a literal), a polynomial in `batch`, or an expression over `step` and its like or
/// over sizes. A *run-time* number becomes an argument of the step even when its value is known:
/// hyper-parameters of an optimizer are such, so that changing one compiles nothing.
class Number {
public:
  Number(double value = 0) : value(value) { tree.value = value; }
  static Number size(const Dim &dim);
  static Number step();
  static Number totalSteps();
  static Number epoch();
  static Number validationFigure();
  /// An operator that reads the validation figures of the run so far. Nothing where `apply` gives nothing.
  static std::optional<Number> ofFigures(const std::string &op, const std::vector<Number> &operands);

  /// This number as an argument of the step. Nothing when it depends on `batch`, which no argument says.
  std::optional<Number> atRunTime() const;
  bool isRunTime() const { return runTime; }
  /// The value in the file, also of a run-time number.
  std::optional<double> known() const { return value; }
  /// The size this number is, if it is an integer or a polynomial in `batch`, known before the run.
  std::optional<Dim> dim() const;
  const core::ScalarExpr &expr() const { return tree; }

  /// Whether `op` is an operator on `count` numbers.
  static bool takes(const std::string &op, size_t count);
  /// An operator of core::evaluateOperator on numbers. Nothing when `step` meets a size that depends on
  /// `batch`, which no argument of the step can say.
  static std::optional<Number> apply(const std::string &op, const std::vector<Number> &operands);
  /// Whether an expression of these would have more than `mostOperators`: what is made of itself twice, and
  /// that again, would grow without end. Then `apply` gives nothing.
  static constexpr size_t mostOperators = 1000;
  static bool areTooLong(const std::vector<Number> &operands);

private:
  void become(const std::string &op, const std::vector<Number> &operands);

  std::optional<double> value;
  std::optional<Dim> symbolic; // not constant
  core::ScalarExpr tree;
  size_t operators = 0; // in the tree
  bool runTime = false;
  bool hasSize = false;
};

/// The integer `value` is, if it is one and fits.
std::optional<int64_t> integer(double value);

} // namespace mlc::frontend
