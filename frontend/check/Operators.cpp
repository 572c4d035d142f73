// Operators on numbers and tensors: element types, products, conversions; and axes by number.
#include "frontend/check/Elaborator.h"

#include <algorithm>
#include <cmath>

namespace mlc::frontend {

//===-- Operators ----------------------------------------------------------------------------------===//

static const char *opName(BinaryOp op) {
  switch (op) {
  case BinaryOp::Add:
    return "add";
  case BinaryOp::Sub:
    return "sub";
  case BinaryOp::Mul:
    return "mul";
  case BinaryOp::Div:
    return "div";
  case BinaryOp::Pow:
    return "pow";
  case BinaryOp::And:
    return "and";
  case BinaryOp::Or:
    return "or";
  case BinaryOp::Eq:
    return "eq";
  case BinaryOp::Ne:
    return "ne";
  case BinaryOp::Lt:
    return "lt";
  case BinaryOp::Le:
    return "le";
  case BinaryOp::Gt:
    return "gt";
  case BinaryOp::Ge:
    return "ge";
  case BinaryOp::MatMul:
    return "matmul";
  }
  return "";
}

/// Whether op gives a truth value, and takes some.
static bool isComparisonName(const std::string &op) {
  return op == "eq" || op == "ne" || op == "lt" || op == "le" || op == "gt" || op == "ge";
}
static bool isLogic(const std::string &op) { return op == "and" || op == "or" || op == "not"; }

static bool isScalar(const Value &value) { return value.kind == Value::Number || value.kind == Value::Truth; }

/// An operator on numbers and truth values.
static Value onNumbers(Elaborator &elaborator, const std::string &op, const std::vector<Argument> &operands,
                       Span span) {
  std::vector<Number> numbers;
  for (const Argument &operand : operands) {
    bool wantTruth = isLogic(op);
    bool isTruth = operand.value.kind == Value::Truth;
    if (wantTruth != isTruth && !(isTruth && (op == "eq" || op == "ne")))
      return elaborator.fail(DiagnosticCode::E0208, operand.span,
                             wantTruth ? "`" + op + "` takes truth values, and this is a number"
                                       : "numbers are needed here, and this is a truth value");
    numbers.push_back(operand.value.number);
  }
  Value made = elaborator.numberOf(Number::apply(op, numbers), numbers, span);
  return !made.isError() && (isComparisonName(op) || isLogic(op)) ? Value::truth(made.number) : made;
}

Value Elaborator::unary(UnaryOp op, const Value &operand, Span span, Span opSpan) {
  if (operand.isError())
    return operand;
  std::string name = op == UnaryOp::Neg ? "neg" : "not";
  if (isScalar(operand))
    return onNumbers(*this, name, {{operand, span}}, opSpan);
  Value value = demandTensor(operand, span, "an operand of `" + std::string(spelling(op)) + "`");
  if (value.isError())
    return value;
  const TensorType result = type(value);
  if (op == UnaryOp::Not ? result.dtype != DType::Bool
                         : result.dtype == DType::Bool || result.dtype == DType::U8) {
    DiagnosticBuilder builder = report(DiagnosticCode::E0208, opSpan,
                                       op == UnaryOp::Not ? "`not` takes bool, and this is " + text(result)
                                                          : "no arithmetic on " + text(result));
    noteOrigin(builder, value, opSpan);
    return Value();
  }
  return emit(name, {value.id}, {}, result, span);
}

Value Elaborator::elementwise(const std::string &op, const Value &left, const Value &right, Span leftSpan,
                              Span rightSpan, Span opSpan) {
  if (left.isError() || right.isError())
    return left.kind == Value::Absent || right.kind == Value::Absent ? (left.isError() ? left : right)
                                                                     : Value();
  std::vector<Argument> operands = {{left, leftSpan}, {right, rightSpan}};
  if (isScalar(left) && isScalar(right))
    return onNumbers(*this, op, operands, opSpan);
  std::vector<ValueId> ids;
  TensorType common;
  if (!align(operands, 0, opSpan, ids, common))
    return Value();
  bool logic = isLogic(op), comparison = isComparisonName(op);
  bool wrong = logic ? common.dtype != DType::Bool : common.dtype == DType::Bool;
  if (!logic && !comparison && common.dtype == DType::U8)
    wrong = true;
  if (wrong) {
    const Value &shown = left.kind == Value::Tensor ? left : right;
    DiagnosticBuilder builder = report(DiagnosticCode::E0208, opSpan,
                                       logic ? "`" + op + "` takes bool, and this is " + text(type(shown))
                                       : comparison ? "bool is not compared: use `and`, `or`, `not`"
                                                    : "no arithmetic on " + text(type(shown)));
    noteOrigin(builder, shown, opSpan);
    if (!logic && !comparison)
      builder.help(common.dtype == DType::U8 ? "convert first: `float(x)` or `i32(x)`"
                                             : "convert first: `float(x)`");
    return Value();
  }
  if (!isFloat(common.dtype) && (op == "div" || op == "pow"))
    return fail(DiagnosticCode::E0210, opSpan, op == "div" ? "`/` on integers" : "`^` on integers",
                "convert first: `float(x)`");
  if (comparison) {
    common.dtype = DType::Bool;
    return emit("compare", ids, {{"predicate", op}}, common, opSpan);
  }
  return emit(op, ids, {}, common, opSpan);
}

Value Elaborator::power(const Value &left, const Value &right, Span leftSpan, Span rightSpan, Span opSpan) {
  std::optional<double> exponent;
  if (right.kind == Value::Number && !right.number.isRunTime())
    exponent = right.number.known();
  if (left.kind != Value::Tensor || !exponent)
    return elementwise("pow", left, right, leftSpan, rightSpan, opSpan);
  if (*exponent == 1)
    return left;
  if (*exponent == 2)
    return elementwise("mul", left, left, leftSpan, leftSpan, opSpan);
  if (*exponent == -1)
    return elementwise("div", Value::of(1), left, opSpan, leftSpan, opSpan);
  if (*exponent == 0.5 && isFloat(type(left).dtype)) {
    std::optional<ValueId> own = use(left, leftSpan);
    return own ? emit("sqrt", {*own}, {}, type(left), opSpan) : Value();
  }
  return elementwise("pow", left, right, leftSpan, rightSpan, opSpan);
}

Value Elaborator::binary(BinaryOp op, const Value &left, const Value &right, Span leftSpan, Span rightSpan,
                         Span opSpan) {
  if (op == BinaryOp::MatMul)
    return matmul(left, right, leftSpan, rightSpan, opSpan);
  if (op == BinaryOp::Pow)
    return power(left, right, leftSpan, rightSpan, opSpan);
  // `kind == "relu"`: strings are compared while elaborating.
  // Where a parameter is a size or a word, a size is none of its words.
  auto isWordOrNumber = [](const Value &value) {
    return value.kind == Value::String || value.kind == Value::Number;
  };
  bool isWordWithEither = (left.kind == Value::String && isWordOrNumber(right)) ||
                          (right.kind == Value::String && isWordOrNumber(left));
  if (isWordWithEither && (op == BinaryOp::Eq || op == BinaryOp::Ne))
    return Value::truth((left.kind == right.kind && left.text == right.text) == (op == BinaryOp::Eq));
  return elementwise(opName(op), left, right, leftSpan, rightSpan, opSpan);
}

Value Elaborator::contract(const Value &left, const Value &right, const std::vector<int> &lhs,
                           const std::vector<int> &rhs, const std::vector<int> &out, Span span) {
  TensorType result{type(left).dtype, {}};
  auto dims = [](const std::vector<int> &labels) { return std::vector<Dim>(labels.begin(), labels.end()); };
  for (int label : out) {
    auto onLeft = std::find(lhs.begin(), lhs.end(), label);
    result.shape.push_back(onLeft != lhs.end()
                               ? type(left).shape[onLeft - lhs.begin()]
                               : type(right).shape[std::find(rhs.begin(), rhs.end(), label) - rhs.begin()]);
  }
  return emit("contract", {left.id, right.id}, {{"lhs", dims(lhs)}, {"rhs", dims(rhs)}, {"out", dims(out)}},
              result, span);
}

/// [b..., m, k] @ [k, n], and [b..., m, k] @ [b..., k, n]; a left vector is a row.
Value Elaborator::matmul(const Value &left, const Value &right, Span leftSpan, Span rightSpan, Span opSpan) {
  if (left.isError() || right.isError())
    return left.isError() ? left : right;
  Value a = demandTensor(left, leftSpan, "the left side of `@`");
  Value b = demandTensor(right, rightSpan, "the right side of `@`");
  if (a.isError() || b.isError())
    return Value();
  const TensorType typeA = type(a), typeB = type(b);
  auto wrong = [&](DiagnosticCode code, std::string label) {
    DiagnosticBuilder builder = report(
        code, opSpan, "`@` does not fit: " + text(typeA) + " on the left, " + text(typeB) + " on the right");
    builder.label(std::move(label));
    noteOrigin(builder, a, opSpan);
    noteOrigin(builder, b, opSpan);
    return Value();
  };
  if (typeA.dtype != typeB.dtype || !isFloat(typeA.dtype))
    return wrong(DiagnosticCode::E0206, "both sides have one float element type");
  size_t rankA = typeA.shape.size(), rankB = typeB.shape.size();
  if (rankA < 1 || rankB < 2 || (rankB > 2 && rankA != rankB))
    return wrong(DiagnosticCode::E0211, "the right side is a matrix, or both have the same leading axes");
  if (typeA.shape.back() != typeB.shape[rankB - 2])
    return wrong(DiagnosticCode::E0211, "the last axis of the left is " + typeA.shape.back().str() +
                                            ", the last but one of the right " +
                                            typeB.shape[rankB - 2].str());
  std::vector<int> lhs, rhs, out;
  for (size_t axis = 0; axis < rankA; ++axis)
    lhs.push_back(int(axis));
  out.assign(lhs.begin(), lhs.end() - 1);
  if (rankB > 2) {
    if (!std::equal(typeA.shape.begin(), typeA.shape.end() - 2, typeB.shape.begin()))
      return wrong(DiagnosticCode::E0211, "the leading axes differ");
    rhs.assign(lhs.begin(), lhs.end() - 2);
  }
  rhs.push_back(lhs.back());
  rhs.push_back(int(rankA));
  out.push_back(int(rankA));
  return contract(a, b, lhs, rhs, out, opSpan);
}

Value Elaborator::castTo(ScalarKind kind, const Value &value, Span span) {
  if (value.isError())
    return value;
  DType to = dtype(kind);
  if (value.kind == Value::Number) {
    if (isFloat(to))
      return value;
    if (!value.number.known())
      return fail(DiagnosticCode::E0218, span, "only tensors and known numbers are converted");
    double number = *value.number.known();
    return to == DType::Bool ? Value::truth(number != 0) : Value::of(Number(std::trunc(number)));
  }
  if (value.kind == Value::Truth && value.number.known())
    return to == DType::Bool ? value : Value::of(value.number);
  Value tensor = demandTensor(value, span, "what is converted");
  if (tensor.isError())
    return tensor;
  if (to == DType::Bool && type(tensor).dtype != DType::Bool)
    return elementwise("ne", tensor, Value::of(0), span, span, span);
  TensorType result = type(tensor);
  if (result.dtype == to)
    return tensor;
  result.dtype = to;
  return emit("convert", {tensor.id}, {}, result, span);
}

//===-- Axes ---------------------------------------------------------------------------------------===//

std::optional<int64_t> Elaborator::axis(const Value &value, size_t rank, Span span) {
  std::optional<int64_t> number = wholeNumber(value, span, "an axis");
  if (!number)
    return std::nullopt;
  if (*number < -int64_t(rank) || *number >= int64_t(rank)) {
    fail(DiagnosticCode::E0212, span,
         "there is no axis " + std::to_string(*number) + ": the tensor has " + std::to_string(rank) +
             " axes");
    return std::nullopt;
  }
  return *number < 0 ? *number + int64_t(rank) : *number;
}

std::optional<std::vector<int64_t>> Elaborator::axes(const Value &value, size_t rank, Span span) {
  std::vector<int64_t> result;
  const std::vector<Value> &elements =
      value.kind == Value::Tuple || value.kind == Value::List ? value.elements : std::vector<Value>{value};
  for (const Value &element : elements) {
    std::optional<int64_t> one = axis(element, rank, span);
    if (!one)
      return std::nullopt;
    if (std::find(result.begin(), result.end(), *one) != result.end()) {
      fail(DiagnosticCode::E0212, span, "axis " + std::to_string(*one) + " is named twice");
      return std::nullopt;
    }
    result.push_back(*one);
  }
  return result;
}

} // namespace mlc::frontend
