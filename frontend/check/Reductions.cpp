// sum, mean, amax, amin, argmax.
#include "frontend/check/Builtins.h"

#include <algorithm>

namespace mlc::frontend {

/// The axes a reduction removes, sorted: `axes`/`axis` names them, `keep` names the others, all without
/// either.
static std::optional<std::vector<int64_t>> reducedAxes(Elaborator &elaborator, BuiltinCall &call,
                                                       size_t rank) {
  const Argument *removed = call.find("axes") ? call.find("axes") : call.find("axis");
  const Argument *kept = call.find("keep");
  std::vector<int64_t> named;
  if (const Argument *given = removed ? removed : kept) {
    std::optional<std::vector<int64_t>> axes = elaborator.axes(given->value, rank, given->span);
    if (!axes)
      return std::nullopt;
    named = *axes;
  }
  std::vector<int64_t> result;
  for (int64_t axis = 0; axis < int64_t(rank); ++axis) {
    bool isNamed = std::find(named.begin(), named.end(), axis) != named.end();
    if (removed ? isNamed : !isNamed)
      result.push_back(axis);
  }
  return result;
}

static Value reduce(Elaborator &elaborator, BuiltinCall &call, const std::string &kind, bool isMean) {
  Value value = elaborator.demandTensor(call.operands[0].value, call.operands[0].span,
                                        "the operand of `" + std::string(isMean ? "mean" : kind) + "`");
  if (value.isError())
    return value;
  const TensorType from = elaborator.type(value);
  if (from.dtype == DType::Bool || from.dtype == DType::U8 || (isMean && !isFloat(from.dtype))) {
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0208, call.operands[0].span,
                                                  "no arithmetic on " + elaborator.text(from));
    builder.help("convert first: `float(x)`");
    return Value();
  }
  std::optional<std::vector<int64_t>> axes = reducedAxes(elaborator, call, from.shape.size());
  if (!axes)
    return Value();
  elaborator.locate();
  Value result = elaborator.result(elaborator.graph->reduce(value.id, kind, *axes));
  if (!isMean || axes->empty())
    return result;
  std::vector<Dim> sizes;
  for (int64_t axis : *axes)
    sizes.push_back(from.shape[axis]);
  std::optional<Number> share = Number::apply("div", {Number(1), Number::size(product(sizes))});
  return elaborator.elementwise("mul", result, Value::of(*share), call.site.span, call.site.span,
                                call.site.span);
}

Value sumRule(Elaborator &elaborator, BuiltinCall &call) { return reduce(elaborator, call, "sum", false); }
Value meanRule(Elaborator &elaborator, BuiltinCall &call) { return reduce(elaborator, call, "sum", true); }
Value amaxRule(Elaborator &elaborator, BuiltinCall &call) { return reduce(elaborator, call, "max", false); }
Value aminRule(Elaborator &elaborator, BuiltinCall &call) { return reduce(elaborator, call, "min", false); }

/// The first index of the largest element, along the last axis unless told otherwise.
Value argmaxRule(Elaborator &elaborator, BuiltinCall &call) {
  Value value =
      elaborator.demandTensor(call.operands[0].value, call.operands[0].span, "the operand of `argmax`");
  if (value.isError())
    return value;
  TensorType type = elaborator.type(value);
  if (type.dtype == DType::Bool)
    return elaborator.fail(DiagnosticCode::E0208, call.operands[0].span,
                           "`argmax` takes numbers, and this is bool");
  const Argument *given = call.find("axis");
  std::optional<int64_t> axis = elaborator.axis(given ? given->value : Value::of(-1), type.shape.size(),
                                                given ? given->span : call.operands[0].span);
  if (!axis)
    return Value();
  type.shape.erase(type.shape.begin() + *axis);
  type.dtype = DType::I32;
  return elaborator.emit("argmax", {value.id}, {{"axis", *axis}}, type, call.site.span);
}

} // namespace mlc::frontend
