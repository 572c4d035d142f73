// What only the prelude may call: primitives, and what their shapes and indices need.
#include "frontend/check/Builtins.h"

#include <algorithm>
#include <limits>

namespace mlc::frontend {

/// Of a window or its stride; primitives hold 32 bits of either.
static constexpr int64_t widestWindow = std::numeric_limits<int32_t>::max();

/// windows(extent, window, stride): how many windows fit; one at least.
Value windowsRule(Elaborator &elaborator, BuiltinCall &call) {
  std::optional<int64_t> numbers[3];
  for (int i = 0; i < 3; ++i) {
    numbers[i] =
        elaborator.wholeNumber(call.operands[i].value, call.operands[i].span, "the size of a window");
    if (!numbers[i])
      return Value();
  }
  int64_t extent = *numbers[0], window = *numbers[1], stride = *numbers[2];
  bool isNarrow = window <= widestWindow && stride <= widestWindow;
  if (window >= 1 && window <= extent && stride >= 1 && isNarrow)
    return Value::of(Number::size((extent - window) / stride + 1));
  std::string wrong =
      stride < 1   ? "the stride of a window is 1 or more, and this is " + std::to_string(stride)
      : window < 1 ? "a window is 1 or more wide, and this is " + std::to_string(window)
      : !isNarrow
          ? "a window and its stride are at most " + std::to_string(widestWindow) + ", and this is " +
                std::to_string(std::max(window, stride))
          : "a window of " + std::to_string(window) + " does not fit an axis of " + std::to_string(extent);
  DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0219, call.site.span, wrong);
  elaborator.noteOrigin(builder, elaborator.blamed, call.site.span);
  return Value();
}

/// in_classes(y, n): y, an index below n. A field is noted down, so that the runtime refuses other labels
/// when it reads them; everything else is looked at while the step runs.
Value inClassesRule(Elaborator &elaborator, BuiltinCall &call) {
  const Value &value = call.operands[0].value;
  std::optional<Dim> size = call.operands[1].value.number.dim();
  std::optional<int64_t> count = size ? size->constant() : std::nullopt;
  if (!size || value.kind != Value::Tensor)
    return value;
  if (count &&
      elaborator.noteClasses(static_cast<GraphContext *>(value.graph), value.id, *count, call.site.span))
    return value;
  std::optional<ValueId> id = elaborator.use(value, call.operands[0].span);
  if (!id)
    return Value();
  const TensorType type = elaborator.type(value);
  ValueId bound = elaborator.graph->constant(type, Number::size(*size).expr());
  return elaborator.emit("within", {*id, bound}, {}, type, call.site.span);
}

bool Elaborator::noteClasses(GraphContext *context, ValueId value, int64_t count, Span span) {
  // In the graph of a function a field may be any operand: what is looked at there depends on the call.
  bool isInStep = !context->parent;
  while (context->parent) {
    auto outer = context->outer.find(value);
    if (outer == context->outer.end())
      return false;
    context->classes.emplace_back(value, count);
    value = outer->second;
    context = context->parent;
  }
  auto field = phase->fieldOf.find(value);
  if (field == phase->fieldOf.end() || field->second >= int(fields.size()))
    return false;
  const core::Field &named = fields[field->second];
  int64_t &classes = fields[field->second].classes;
  if (named.categories > count)
    report(DiagnosticCode::E0213, span,
           "`" + named.name + "` has the codes 0 to " + std::to_string(named.categories - 1) +
               ", and this looks them up among " + std::to_string(count))
        .note(named.span, named.optional && named.coding == "category"
                              ? std::to_string(named.categories) +
                                    " codes are declared here, of which 0 stands for a missing value"
                              : std::to_string(named.categories) + " codes are declared here");
  classes = classes ? std::min(classes, count) : count;
  return isInStep;
}

static std::optional<AttrValue> attribute(const Value &value) {
  switch (value.kind) {
  case Value::Number:
    if (std::optional<Dim> dim = value.number.dim(); dim && !dim->constant())
      return std::vector<Dim>{*dim};
    if (!value.number.known())
      return std::nullopt;
    if (std::optional<int64_t> whole = integer(*value.number.known()))
      return *whole;
    return *value.number.known();
  case Value::Truth:
    if (!value.number.known())
      return std::nullopt;
    return *value.number.known() != 0;
  case Value::String:
    return value.text;
  case Value::Tuple:
  case Value::List: {
    std::vector<Dim> dims;
    for (const Value &element : value.elements) {
      std::optional<Dim> dim = element.number.dim();
      if (element.kind != Value::Number || !dim)
        return std::nullopt;
      dims.push_back(*dim);
    }
    return dims;
  }
  default:
    return std::nullopt;
  }
}

/// FNV-1a: the key of a random draw, stable over releases because checkpoints and parity depend on it.
static int64_t hashOf(const std::string &text) {
  uint64_t hash = 14695981039346656037u;
  for (unsigned char byte : text)
    hash = (hash ^ byte) * 1099511628211u;
  return int64_t(hash);
}

/// primitive("name", operands..., attribute = value): a node of the graph, of the type the place demands; on
/// numbers alone, the operator on numbers.
Value primitiveRule(Elaborator &elaborator, BuiltinCall &call) {
  const std::string op = call.operands[0].value.text;
  std::vector<Number> numbers;
  const Value *tensor = nullptr;
  for (size_t i = 1; i < call.operands.size(); ++i) {
    const Value &value = call.operands[i].value;
    if (value.kind == Value::Number)
      numbers.push_back(value.number);
    else if (!tensor)
      tensor = &value;
  }
  if (!tensor && !numbers.empty()) {
    if (!Number::takes(op, numbers.size()))
      return elaborator.fail(DiagnosticCode::E0218, call.site.span, "`" + op + "` takes a tensor");
    return elaborator.numberOf(Number::apply(op, numbers), numbers, call.site.span);
  }
  if (!call.expected)
    return elaborator.fail(DiagnosticCode::E0217, call.site.span, "nothing says which shape the result has",
                           "annotate the `let` it is bound by");
  std::vector<ValueId> operands;
  for (size_t i = 1; i < call.operands.size(); ++i) {
    Value value = call.operands[i].value;
    if (value.kind != Value::Tensor && tensor && tensor->kind == Value::Tensor)
      value = elaborator.coerce(value, elaborator.type(*tensor), call.operands[i].span, "the operand");
    std::optional<ValueId> id = elaborator.use(value, call.operands[i].span);
    if (!id)
      return Value();
    operands.push_back(*id);
  }
  Attrs attrs;
  for (const auto &[name, argument] : call.named) {
    std::optional<AttrValue> value = attribute(argument.value);
    if (!value)
      return elaborator.fail(DiagnosticCode::E0218, argument.span,
                             "`" + name + "` is known before the run, and this is " +
                                 elaborator.describe(argument.value));
    attrs.emplace_back(name, *value);
  }
  const std::vector<TensorType> types = call.expected->types;
  if (op == "random") {
    // Keyed by the path of the calls and the number of draws before this one there.
    const std::string &path = call.env.site;
    int ordinal = elaborator.phase->draws[path]++;
    elaborator.locate();
    operands.push_back(elaborator.graph->stream());
    std::string name = path + "#" + std::to_string(ordinal);
    int64_t key = hashOf(name);
    attrs.emplace_back("site", key);
    elaborator.randomSites.push_back({key, std::move(name)});
    attrs.emplace_back("batched", !types[0].shape.empty() && !types[0].shape[0].constant());
  }
  for (const TensorType &type : types)
    if (!elaborator.checkSize(type, call.site.span))
      return Value();
  if (types.size() == 1)
    return elaborator.emit(op, operands, std::move(attrs), types[0], call.site.span);
  elaborator.locate();
  std::vector<Value> results;
  for (ValueId id : elaborator.graph->ops(op, operands, std::move(attrs), types))
    results.push_back(elaborator.result(id));
  return Value::tuple(std::move(results));
}

} // namespace mlc::frontend
