// Derivatives written as formulas: a small value with + - * / that builds mlc ops, and folds what is trivial
// on the way, so that the derivative of `neg` is one op and not a multiplication by a constant.
#pragma once

#include "dialects/mlc/MlcOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlc::ir {

/// A tensor, or a number that becomes a splat once a tensor gives it a shape, or nothing (the derivative is
/// zero). Operators need at least one tensor or two numbers. The builder is borrowed and must outlive the
/// Expr.
class Expr {
public:
  Expr() = default;
  Expr(double number) : number(number) {}
  Expr(mlir::ImplicitLocOpBuilder &builder, mlir::Value value) : builder(&builder), value(value) {}

  /// The number, where it is one: also a constant's splat.
  std::optional<double> getNumber() const { return value ? splatOf(value) : number; }
  bool isNone() const { return !value && !number; }
  bool is(double other) const { return getNumber() == other; }
  mlir::Value getValue() const { return value; }
  mlir::ImplicitLocOpBuilder *getBuilder() const { return builder; }

  /// As a value of `type`, converting nothing: a number becomes a constant. Null for none.
  mlir::Value materialize(mlir::ImplicitLocOpBuilder &builder, mlir::Type type) const;

private:
  mlir::ImplicitLocOpBuilder *builder = nullptr;
  mlir::Value value;
  std::optional<double> number;
};

Expr operator+(const Expr &a, const Expr &b);
Expr operator-(const Expr &a, const Expr &b);
Expr operator*(const Expr &a, const Expr &b);
Expr operator/(const Expr &a, const Expr &b);
Expr operator-(const Expr &a);

Expr exp(const Expr &a);
Expr log(const Expr &a);
Expr sin(const Expr &a);
Expr cos(const Expr &a);
Expr sign(const Expr &a);
Expr pow(const Expr &a, const Expr &b);

/// Truth values; one side at least is a tensor.
Expr operator>(const Expr &a, const Expr &b);
Expr operator<(const Expr &a, const Expr &b);
Expr eq(const Expr &a, const Expr &b);
/// `b` where `condition` holds, else `c`; one of the two at least is a tensor.
Expr select(const Expr &condition, const Expr &b, const Expr &c);

} // namespace mlc::ir
