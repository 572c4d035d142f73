// train_mean and its kin: statistics of a field over the training split, which the runtime measures.
#include "frontend/check/Builtins.h"

#include <algorithm>

namespace mlc::frontend {

/// The field that `value` is a part of, by slices and changes of its shape alone, or null.
static const core::Field *fieldOfPart(const Elaborator &elaborator, const Value &value) {
  if (value.kind != Value::Tensor || value.graph != &elaborator.phase->graph)
    return nullptr;
  ValueId id = value.id;
  const std::vector<core::Node> &nodes = elaborator.phase->graph.graph.nodes;
  // Nodes come after what they read.
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    if (std::find(node->results.begin(), node->results.end(), id) == node->results.end())
      continue;
    if (node->op != "slice" && node->op != "reshape" && node->op != "transpose" && node->op != "reverse")
      return nullptr;
    id = node->operands[0];
  }
  auto field = elaborator.phase->fieldOf.find(id);
  return field == elaborator.phase->fieldOf.end() ? nullptr : &elaborator.fields[field->second];
}

/// Statistics of what is no field. Where a function of the user takes them, its caller's line is shown.
static Value notAField(Elaborator &elaborator, BuiltinCall &call, const char *kind) {
  const std::string name = "train_" + std::string(kind);
  const Span own = call.operands[0].span;
  const core::Field *whole = fieldOfPart(elaborator, call.operands[0].value);
  std::string message = "`" + name + "` takes a field of the data, and this is " +
                        (whole ? "a part of `" + whole->name + "`" : "computed");
  const bool isCalled = elaborator.frames.size() > 1; // the last is the statistic itself
  if (isCalled)
    message = "in `" + elaborator.frames.front().name + "`: " + message;
  DiagnosticBuilder builder =
      elaborator.report(DiagnosticCode::E0404, isCalled ? elaborator.frames.front().callSpan : own, message);
  if (isCalled)
    builder.note(own, "the statistic is taken here");
  if (whole)
    builder.help("each element of a field has statistics of its own: take the part of what is made of the "
                 "whole, as in `" +
                 (isCalled ? elaborator.frames.front().name : name) + "(" + whole->name + ")[" +
                 (isCalled ? ":, " : "") + "0]`");
  else
    builder.help(
        "statistics are of columns as they are read: make a column of any size small before what bends it, "
        "as in "
        "`log1p(x / train_mean(x))`, or let the model keep the mean and deviation of what is computed, as in "
        "`stack(log(x), y, axis = 1) |> batch_norm`");
  return Value();
}

static Value statistic(Elaborator &elaborator, BuiltinCall &call, const char *kind) {
  const Value &value = call.operands[0].value;
  auto field = elaborator.phase->fieldOf.end();
  if (value.kind == Value::Tensor && value.graph == &elaborator.phase->graph)
    field = elaborator.phase->fieldOf.find(value.id);
  if (field == elaborator.phase->fieldOf.end())
    return notAField(elaborator, call, kind);
  const core::Field &source = elaborator.fields[field->second];
  if (source.categories || source.type.dtype == DType::Bool)
    return elaborator.fail(DiagnosticCode::E0404, call.operands[0].span,
                           "`" + source.name + "` is no number: it has no " + kind);
  int state =
      elaborator.statistic(source.name, kind, {elaborator.computeType, source.type.shape}, call.site.span);
  return Value::tensor(elaborator.phase->graph, elaborator.stateValue(state));
}
Value trainMeanRule(Elaborator &elaborator, BuiltinCall &call) { return statistic(elaborator, call, "mean"); }
Value trainStdRule(Elaborator &elaborator, BuiltinCall &call) { return statistic(elaborator, call, "std"); }
Value trainMinRule(Elaborator &elaborator, BuiltinCall &call) { return statistic(elaborator, call, "min"); }
Value trainMaxRule(Elaborator &elaborator, BuiltinCall &call) { return statistic(elaborator, call, "max"); }

} // namespace mlc::frontend
