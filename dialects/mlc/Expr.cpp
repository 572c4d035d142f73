#include "dialects/mlc/Expr.h"

#include <cmath>

using namespace mlir;

namespace mlc::ir {

Value Expr::materialize(ImplicitLocOpBuilder &scope, Type type) const {
  if (value || !number)
    return value;
  return ConstantOp::create(scope, type, *number);
}

/// The operands of a binary op as tensors of one type; one of them is a tensor.
static std::pair<Value, Value> tensors(const Expr &a, const Expr &b) {
  const Expr &tensor = a.getValue() ? a : b;
  ImplicitLocOpBuilder &builder = *tensor.getBuilder();
  Type type = tensor.getValue().getType();
  return {a.materialize(builder, type), b.materialize(builder, type)};
}

template <typename OpTy> static Expr build(const Expr &a, const Expr &b) {
  ImplicitLocOpBuilder &builder = *(a.getValue() ? a : b).getBuilder();
  auto [x, y] = tensors(a, b);
  return {builder, builder.createOrFold<OpTy>(x, y)};
}

template <typename OpTy> static Expr build(const Expr &a) {
  return {*a.getBuilder(), a.getBuilder()->createOrFold<OpTy>(a.getValue())};
}

/// Two plain numbers, with no tensor to say a shape.
static bool areNumbers(const Expr &a, const Expr &b) { return !a.getValue() && !b.getValue(); }

static NegOp negation(const Expr &a) { return a.getValue() ? a.getValue().getDefiningOp<NegOp>() : NegOp(); }

Expr operator-(const Expr &a) {
  if (!a.getValue())
    return a.isNone() ? a : Expr(-*a.getNumber());
  return build<NegOp>(a);
}

Expr operator+(const Expr &a, const Expr &b) {
  if (areNumbers(a, b))
    return *a.getNumber() + *b.getNumber();
  if (a.is(0))
    return b;
  if (b.is(0))
    return a;
  if (NegOp negated = negation(b))
    return build<SubOp>(a, Expr(*b.getBuilder(), negated.getX()));
  if (NegOp negated = negation(a))
    return build<SubOp>(b, Expr(*a.getBuilder(), negated.getX()));
  if (a.getValue() && a.getValue() == b.getValue())
    return a * 2.0;
  return build<AddOp>(a, b);
}

Expr operator-(const Expr &a, const Expr &b) {
  if (areNumbers(a, b))
    return *a.getNumber() - *b.getNumber();
  if (b.is(0))
    return a;
  if (a.is(0))
    return -b;
  if (NegOp negated = negation(b))
    return build<AddOp>(a, Expr(*b.getBuilder(), negated.getX()));
  return build<SubOp>(a, b);
}

Expr operator*(const Expr &a, const Expr &b) {
  if (areNumbers(a, b))
    return *a.getNumber() * *b.getNumber();
  if (a.is(1))
    return b;
  if (b.is(1))
    return a;
  if (a.is(-1))
    return -b;
  if (b.is(-1))
    return -a;
  if (a.getNumber())
    return build<MulOp>(b, a);
  return build<MulOp>(a, b);
}

Expr operator/(const Expr &a, const Expr &b) {
  if (areNumbers(a, b))
    return *a.getNumber() / *b.getNumber();
  if (b.is(1))
    return a;
  return build<DivOp>(a, b);
}

Expr exp(const Expr &a) { return a.getValue() ? build<ExpOp>(a) : Expr(std::exp(*a.getNumber())); }
Expr log(const Expr &a) { return a.getValue() ? build<LogOp>(a) : Expr(std::log(*a.getNumber())); }
Expr sin(const Expr &a) { return a.getValue() ? build<SinOp>(a) : Expr(std::sin(*a.getNumber())); }
Expr cos(const Expr &a) { return a.getValue() ? build<CosOp>(a) : Expr(std::cos(*a.getNumber())); }
Expr sign(const Expr &a) { return build<SignOp>(a); }
Expr pow(const Expr &a, const Expr &b) {
  return areNumbers(a, b) ? Expr(std::pow(*a.getNumber(), *b.getNumber())) : build<PowOp>(a, b);
}

static Expr compare(StringRef predicate, const Expr &a, const Expr &b) {
  ImplicitLocOpBuilder &builder = *(a.getValue() ? a : b).getBuilder();
  auto [x, y] = tensors(a, b);
  return {builder, builder.createOrFold<CompareOp>(predicate, x, y)};
}

Expr operator>(const Expr &a, const Expr &b) { return compare("gt", a, b); }
Expr operator<(const Expr &a, const Expr &b) { return compare("lt", a, b); }
Expr eq(const Expr &a, const Expr &b) { return compare("eq", a, b); }

Expr select(const Expr &condition, const Expr &b, const Expr &c) {
  ImplicitLocOpBuilder &builder = *condition.getBuilder();
  auto [x, y] = tensors(b, c);
  return {builder, builder.createOrFold<SelectOp>(condition.getValue(), x, y)};
}

} // namespace mlc::ir
