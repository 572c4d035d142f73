// What to write where an operand does not fit its parameter: what is converted by which words, and of
// classes, whose number, scores and rows of 0 and 1 are easily taken for each other, which of them is meant.
#include "frontend/check/OperandHelps.h"

#include "frontend/check/Builtins.h"

#include <algorithm>

namespace mlc::frontend {

/// How the argument is written, or the parameter's name where that would not stand in an expression as it is.
static std::string writtenAs(const Elaborator &elaborator, const Param &param, Span span) {
  std::string_view text = elaborator.diagnostics.sources().text(span);
  auto isPlain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '(' || c == ')';
  };
  bool isShort = !text.empty() && text.size() <= 24 && std::all_of(text.begin(), text.end(), isPlain);
  return isShort ? std::string(text) : param.name.text;
}

/// Whether `longer` is `shorter` with one axis more at its end.
static bool hasOneMore(const std::vector<Dim> &longer, const std::vector<Dim> &shorter) {
  return longer.size() == shorter.size() + 1 && std::equal(shorter.begin(), shorter.end(), longer.begin());
}

/// The operand that has a score for each of the classes that `param` has the numbers of: its pattern has the
/// axes of the parameter's, and one more.
static const Param *scoresOf(const Callable &declaration, const Param &param) {
  auto name = [](const DimExpr &dim) {
    if (dim.pack)
      return dim.pack->text;
    const auto *variable = dim.value ? as<NameExpr>(*dim.value) : nullptr;
    return variable ? variable->name : std::string();
  };
  const std::vector<DimExpr> &own = param.type->dims;
  for (const Param &other : declaration.operands) {
    if (&other == &param)
      break;
    if (!other.type || other.type->kind != TypeExpr::Kind::Tensor ||
        other.type->dims.size() != own.size() + 1)
      continue;
    if (std::equal(own.begin(), own.end(), other.type->dims.begin(), [&](const DimExpr &a, const DimExpr &b) {
          return !name(a).empty() && name(a) == name(b);
        }))
      return &other;
  }
  return nullptr;
}

/// Scores that are one number a row, where there should be one for each class.
static bool helpScores(Elaborator &elaborator, DiagnosticBuilder &builder, const Callable &declaration,
                       const Param &param, const TensorType &given, const std::string &written, Env &callee) {
  const Param *scores = scoresOf(declaration, param);
  if (!scores || !elaborator.isBound(*scores->type, callee, declaration.generics))
    return false;
  std::optional<TensorType> type = elaborator.resolve(*scores->type, callee);
  // Two matrices are rather scores and rows of 0 and 1.
  if (!type || type->shape != given.shape || (isFloat(given.dtype) && given.shape.size() > 1))
    return false;
  builder.help("`" + scores->name.text + "` is " + elaborator.text(*type) +
               ", and should have an axis more: a score for each class");
  bool isPrelude = elaborator.isOfPrelude(declaration);
  std::string isTrue =
      given.dtype == DType::Bool ? written : written + (isFloat(given.dtype) ? " > 0.5" : " == 1");
  if (isPrelude && declaration.name.text == "accuracy")
    builder.help("of one logit a row: `metric accuracy = where(" + isTrue +
                 ", float(z > 0), float(z <= 0))`");
  else if (isPrelude && declaration.name.text == "cross_entropy")
    builder.help("of one logit a row: `bce_with_logits(z, " +
                 (isFloat(given.dtype) ? written : "float(" + isTrue + ")") + ")`");
  return true;
}

void helpOperand(Elaborator &elaborator, DiagnosticBuilder &builder, const Callable &declaration,
                 const Param &param, const Value &value, Span span, Env &callee) {
  const TensorType given = elaborator.type(value);
  DType wanted = elaborator.dtype(param.type->scalar);
  std::string written = writtenAs(elaborator, param, span);
  if (helpScores(elaborator, builder, declaration, param, given, written, callee))
    return;
  std::optional<TensorType> type;
  if (elaborator.isBound(*param.type, callee, declaration.generics))
    type = elaborator.resolve(*param.type, callee);
  if (wanted == given.dtype) {
    if (type)
      if (std::optional<std::string> way = Elaborator::rearranged(given.shape, type->shape))
        builder.help(*way);
    return;
  }
  bool isWhole = !isFloat(given.dtype) && given.dtype != DType::Bool;
  if (isFloat(wanted)) {
    if (type && isWhole && hasOneMore(type->shape, given.shape))
      builder.help("rows of 0 and 1, of the numbers of classes, are `one_hot(" + written + ", " +
                   type->shape.back().str() + ")`");
    else
      builder.help("nothing is converted by itself: write `float(...)`");
  } else if (wanted == DType::I32) {
    if (type && isFloat(given.dtype) && hasOneMore(given.shape, type->shape))
      builder.help("a class is its number here, and no row of 0 and 1: `argmax(" + written + ")`");
    else
      builder.help(
          "nothing is converted by itself: write `i32(...)`" +
          std::string(isFloat(given.dtype) ? "; a field of classes is declared as `category(n)`" : ""));
  } else if (wanted == DType::Bool) {
    if (type && isWhole && hasOneMore(type->shape, given.shape))
      builder.help("of one class against the others: its scores, `[:, 1]`, and `" + written + " == 1`");
    else
      builder.help("nothing is converted by itself: a comparison says what is true, `" + written +
                   (isFloat(given.dtype) ? " > 0.5`" : " == 1`"));
  }
}

void helpUncalled(DiagnosticBuilder &builder, const Function &function) {
  std::string operands;
  if (function.kind == Function::Declared)
    for (const Param &param : function.declaration->operands) {
      // A metric's weight is what its line says after `weight`.
      bool isWeight = function.declaration->kind == CallableKind::Metric && param.name.text == "weight";
      if (!isWeight)
        operands += (operands.empty() ? "" : ", ") + param.name.text;
    }
  else if (function.kind == Function::BuiltIn)
    for (const char *operand : function.builtin->operands)
      operands += (operands.empty() ? "" : ", ") + std::string(operand);
  else
    return;
  builder.help("call it: `" + function.name() + "(" + operands + ")`");
}

} // namespace mlc::frontend
