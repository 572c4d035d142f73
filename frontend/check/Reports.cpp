// The elaborator's errors: said where the user wrote, with the calls that led there.
#include "frontend/check/Elaborator.h"
#include "frontend/check/ProgramPrinter.h"

namespace mlc::frontend {

bool Elaborator::isOfPrelude(const Callable &callable) const {
  return diagnostics.sources().get(callable.name.span.source).origin() == SourceOrigin::Prelude;
}

Span Elaborator::userSpan(Span span) const {
  auto isUser = [&](Span span) {
    return diagnostics.sources().get(span.source).origin() != SourceOrigin::Prelude;
  };
  if (isUser(span))
    return span;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
    if (isUser(frame->callSpan))
      return frame->callSpan;
  return span;
}

DiagnosticBuilder Elaborator::report(DiagnosticCode code, Span span, std::string message) {
  Span shown = userSpan(span);
  if (shown != span && !frames.empty()) {
    // The outermost function of the prelude is the one the user called.
    for (const Frame &frame : frames)
      if (frame.callSpan == shown) {
        message = "in `" + frame.name + "`: " + message;
        break;
      }
  }
  return diagnostics.report(code, shown, std::move(message));
}

Value Elaborator::fail(DiagnosticCode code, Span span, std::string message, std::string label) {
  DiagnosticBuilder builder = report(code, span, std::move(message));
  if (!label.empty())
    builder.label(std::move(label));
  return Value();
}

Value Elaborator::numberOf(const std::optional<Number> &made, const std::vector<Number> &operands, Span span,
                           const char *ofRun) {
  if (made)
    return Value::of(*made);
  if (Number::areTooLong(operands))
    return fail(DiagnosticCode::E0314, span, "this number is too long an expression",
                "more than " + std::to_string(Number::mostOperators) + " operators on `step` or sizes");
  return fail(DiagnosticCode::E0218, span,
              std::string("`") + ofRun + "` and `batch` cannot be in one number: the run does not know both");
}

std::optional<Number> Elaborator::atRunTime(const Number &number, Span span, const std::string &what) {
  std::optional<Number> result = number.atRunTime();
  if (!result)
    fail(DiagnosticCode::E0218, span,
         what + " is a number of the run, and `batch` is another in the last batch of an epoch",
         "write the number instead");
  return result;
}

void Elaborator::noteOrigin(DiagnosticBuilder &builder, const Value &value, Span primary) {
  if (value.kind != Value::Tensor)
    return;
  const core::Origin &origin = value.graph->origin(value.id);
  for (Span span : origin.chain) {
    if (diagnostics.sources().get(span.source).origin() != SourceOrigin::User)
      continue;
    Span shown = userSpan(primary);
    if (span != shown)
      builder.note(span, text(type(value)) + " comes from here");
    return;
  }
}

std::string Elaborator::text(DType dtype) const {
  if (dtype == computeType)
    return "float";
  return core::print(TensorType{dtype, {}});
}

std::string Elaborator::text(const TensorType &type) const {
  std::string shape = core::print(TensorType{type.dtype, type.shape});
  size_t bracket = shape.find('[');
  return text(type.dtype) + (bracket == std::string::npos ? "" : shape.substr(bracket));
}

std::string Elaborator::describe(const Value &value) const {
  if (value.kind == Value::Tensor)
    return text(type(value));
  if (value.kind == Value::Number && value.number.known())
    return "the number " + core::printNumber(*value.number.known());
  return frontend::describe(value.kind);
}

void Elaborator::locate() {
  core::Origin &origin = graph->here;
  origin.path = currentPath;
  origin.chain.assign(1, currentSpan);
  appendCallers(origin.chain);
}

void Elaborator::appendCallers(std::vector<Span> &chain) const {
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
    if (chain.empty() || frame->callSpan != chain.back())
      chain.push_back(frame->callSpan);
}

} // namespace mlc::frontend
