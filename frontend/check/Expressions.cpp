// Literals, lists and choices: everything but names, calls and operators.
#include "frontend/check/Elaborator.h"

namespace mlc::frontend {

namespace {
/// The place of the nodes made while it lives.
struct AtSpan {
  AtSpan(Elaborator &elaborator, Span span) : elaborator(elaborator), before(elaborator.currentSpan) {
    elaborator.currentSpan = span;
    ++elaborator.expressionDepth;
  }
  ~AtSpan() {
    elaborator.currentSpan = before;
    --elaborator.expressionDepth;
  }
  Elaborator &elaborator;
  Span before;
};
} // namespace

static Value choice(Elaborator &elaborator, const IfExpr &expr, Env &env, const Expected *expected) {
  Value condition = elaborator.expression(*expr.condition, env);
  if (condition.isError())
    return condition;
  if (condition.kind != Value::Truth || !condition.number.known()) {
    DiagnosticBuilder builder =
        elaborator.report(DiagnosticCode::E0216, expr.condition->span,
                          condition.kind == Value::Truth
                              ? "`if` is decided before the run, and this depends on " +
                                    std::string(condition.number.isRunTime() ? "`step`" : "`batch`")
                              : "`if` needs a truth value that is known before the run, and this is " +
                                    elaborator.describe(condition));
    if (condition.kind != Value::Number)
      builder.help("to choose by data, write `where(condition, a, b)`");
    return Value();
  }
  return elaborator.block(*condition.number.known() != 0 ? expr.then : expr.otherwise, env, expected);
}

static Value list(Elaborator &elaborator, const ListExpr &expr, Env &env) {
  Value result;
  result.kind = Value::List;
  for (const ExprPtr &element : expr.elements) {
    Value value = elaborator.expression(*element, env);
    if (value.isError())
      return value;
    bool isNumber = value.kind == Value::Number && value.number.known() && !value.number.isRunTime();
    bool isRow = value.kind == Value::List;
    if (!isNumber && !isRow)
      return elaborator.fail(DiagnosticCode::E0218, element->span,
                             "a list holds known numbers, and this is " + elaborator.describe(value));
    if (!result.elements.empty() && (result.elements[0].kind != value.kind ||
                                     result.elements[0].elements.size() != value.elements.size()))
      return elaborator.fail(DiagnosticCode::E0218, element->span, "the rows of a list have one length");
    result.elements.push_back(std::move(value));
  }
  return result;
}

/// Expressions in calls in expressions: deeper than this is no program a person wrote, and the stack is
/// finite.
static constexpr size_t maxExpressionDepth = 1000;

Value Elaborator::expression(const Expr &expr, Env &env, const Expected *expected) {
  AtSpan place(*this, expr.span);
  if (expressionDepth > maxExpressionDepth) {
    if (!tooLarge)
      fail(DiagnosticCode::E0314, expr.span, "the program is nested too deeply");
    tooLarge = true;
    return Value();
  }
  switch (expr.kind) {
  case ExprKind::Name:
    return lookup(cast<NameExpr>(expr).name, expr.span, env);
  case ExprKind::Number:
    return Value::of(Number(cast<NumberExpr>(expr).value));
  case ExprKind::Bool:
    return Value::truth(cast<BoolExpr>(expr).value);
  case ExprKind::String:
    return Value::string(cast<StringExpr>(expr).value);
  case ExprKind::Call: {
    const auto &node = cast<CallExpr>(expr);
    if (!node.cast)
      return call(node.call, env, expected, nullptr, false);
    std::optional<Arguments> given = arguments(node.call.args, env);
    if (!given)
      return Value();
    if (given->positional.size() != 1 || !given->named.empty())
      return fail(DiagnosticCode::E0303, expr.span,
                  "`" + std::string(spelling(*node.cast)) + "` takes one operand, the tensor to convert");
    return castTo(*node.cast, given->positional[0].value, given->positional[0].span);
  }
  case ExprKind::Pipe:
    return pipe(cast<PipeExpr>(expr), env, expected);
  case ExprKind::Tuple: {
    std::vector<Value> elements;
    for (const ExprPtr &element : cast<TupleExpr>(expr).elements) {
      Expected part;
      bool hasPart = expected && expected->isTuple && elements.size() < expected->types.size();
      if (hasPart)
        part.types = {expected->types[elements.size()]};
      elements.push_back(expression(*element, env, hasPart ? &part : nullptr));
      if (elements.back().isError())
        return elements.back();
    }
    return Value::tuple(std::move(elements));
  }
  case ExprKind::List:
    return list(*this, cast<ListExpr>(expr), env);
  case ExprKind::Unary: {
    const auto &node = cast<UnaryExpr>(expr);
    return unary(node.op, expression(*node.operand, env), node.operand->span, node.opSpan);
  }
  case ExprKind::Binary: {
    const auto &node = cast<BinaryExpr>(expr);
    Value left = expression(*node.left, env), right = expression(*node.right, env);
    return binary(node.op, left, right, node.left->span, node.right->span, node.opSpan);
  }
  case ExprKind::Index:
    return index(cast<IndexExpr>(expr), env);
  case ExprKind::If:
    return choice(*this, cast<IfExpr>(expr), env, expected);
  case ExprKind::Scan:
    return scan(cast<ScanExpr>(expr), env, expected);
  }
  return Value();
}

} // namespace mlc::frontend
