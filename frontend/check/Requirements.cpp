// `require condition else "reason"` of a signature: checked at each call, once the parameters are bound, and
// reported where the caller wrote the value that breaks it.
#include "frontend/check/Elaborator.h"
#include "frontend/check/ProgramPrinter.h"

#include <algorithm>
#include <cmath>

namespace mlc::frontend {

/// The names of an expression in the order of the text, each once; those of blocks are their own business.
static void namesIn(const Expr &expr, std::vector<std::string> &names) {
  auto call = [&](const Call &call) {
    for (const Arg &arg : call.args)
      namesIn(*arg.value, names);
  };
  switch (expr.kind) {
  case ExprKind::Name: {
    const std::string &name = cast<NameExpr>(expr).name;
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
    return;
  }
  case ExprKind::Call:
    return call(cast<CallExpr>(expr).call);
  case ExprKind::Pipe:
    if (const ExprPtr &head = cast<PipeExpr>(expr).head)
      namesIn(*head, names);
    for (const Call &stage : cast<PipeExpr>(expr).stages)
      call(stage);
    return;
  case ExprKind::Tuple:
    for (const ExprPtr &element : cast<TupleExpr>(expr).elements)
      namesIn(*element, names);
    return;
  case ExprKind::Unary:
    return namesIn(*cast<UnaryExpr>(expr).operand, names);
  case ExprKind::Binary:
    namesIn(*cast<BinaryExpr>(expr).left, names);
    return namesIn(*cast<BinaryExpr>(expr).right, names);
  case ExprKind::Index:
    return namesIn(*cast<IndexExpr>(expr).base, names);
  case ExprKind::If:
    return namesIn(*cast<IfExpr>(expr).condition, names);
  case ExprKind::Number:
  case ExprKind::Bool:
  case ExprKind::String:
  case ExprKind::List:
  case ExprKind::Scan:
    return;
  }
}

/// A number, size, truth value or string as a person writes it; nothing for whatever else there is.
static std::string shown(const Value &value) {
  switch (value.kind) {
  case Value::Number:
    if (std::optional<Dim> dim = value.number.dim())
      return dim->str();
    if (value.number.known() && std::isnan(*value.number.known()))
      return "nan";
    return value.number.known() ? core::printNumber(*value.number.known()) : "";
  case Value::Truth:
    if (!value.number.known())
      return "";
    return *value.number.known() != 0 ? "true" : "false";
  case Value::String:
    return "\"" + value.text + "\"";
  case Value::Tuple: {
    std::string text;
    for (const Value &element : value.elements)
      text += (text.empty() ? "" : ", ") + shown(element);
    return "(" + text + ")";
  }
  default:
    return "";
  }
}

/// On one line, whatever lines it was written on.
static std::string oneLine(std::string_view text) {
  std::string result;
  for (char c : text) {
    bool isBlank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!isBlank)
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  return result;
}

static void reportBroken(Elaborator &elaborator, const Callable &declaration, const Requirement &requirement,
                         const CallSite &site, Env &callee) {
  std::vector<std::string> names;
  namesIn(*requirement.condition, names);
  // The first of its parameters that the call gives is to blame.
  Span span = site.span;
  bool found = false;
  for (const std::string &name : names)
    for (const std::vector<Param> *params : {&declaration.hypers, &declaration.operands})
      for (const Param &param : *params) {
        auto entry = callee.scope->names.find(name);
        bool isGiven =
            param.name.text == name && entry != callee.scope->names.end() && entry->second.span != param.span;
        if (!found && isGiven) {
          span = entry->second.span;
          found = true;
        }
      }
  std::string values;
  for (const std::string &name : names) {
    auto entry = callee.scope->names.find(name);
    std::string text = entry == callee.scope->names.end() ? "" : shown(entry->second.value);
    if (!text.empty())
      values += (values.empty() ? "here `" : ", `") + name + "` is " + text;
  }
  Span place = elaborator.userSpan(span);
  std::string message = "`" + declaration.name.text + "` requires `" +
                        oneLine(elaborator.diagnostics.sources().text(requirement.condition->span)) + "`";
  // A layer of the prelude that the program did not call itself.
  for (const Elaborator::Frame &frame : elaborator.frames)
    if (frame.callSpan == elaborator.userSpan(site.span)) {
      if (frame.name != declaration.name.text)
        message = "in `" + frame.name + "`: " + message;
      break;
    }
  std::string label = requirement.reason ? requirement.reason->text : "";
  label += (label.empty() || values.empty() ? "" : "; ") + values;
  DiagnosticBuilder builder = elaborator.diagnostics.report(DiagnosticCode::E0220, place, std::move(message));
  builder.label(std::move(label));
  if (elaborator.userSpan(requirement.span) == requirement.span)
    builder.note(requirement.span, "required here");
}

bool Elaborator::checkRequirements(const Callable &declaration, const CallSite &site, Env &callee) {
  for (const Requirement &requirement : declaration.requirements) {
    Value value = expression(*requirement.condition, callee);
    if (value.isError())
      return false;
    if (value.kind != Value::Truth) {
      fail(DiagnosticCode::E0216, requirement.condition->span,
           "a `require` is a truth value that is known before the run, and this is " + describe(value));
      return false;
    }
    // What depends on `batch` is judged at the largest and the smallest there may be; what depends on `step`,
    // not at all.
    bool isBroken = false;
    for (int64_t rows : {batchRows, int64_t(1)}) {
      std::optional<double> known = value.number.known();
      if (!known)
        known = core::evaluate(value.number.expr(), rows);
      isBroken |= known == std::optional<double>(0);
    }
    if (isBroken) {
      reportBroken(*this, declaration, requirement, site, callee);
      return false;
    }
  }
  return true;
}

} // namespace mlc::frontend
