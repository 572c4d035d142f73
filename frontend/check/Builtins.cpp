// The shape rules the language cannot say itself: their table, and those about one thing each.
#include "frontend/check/Builtins.h"

namespace mlc::frontend {

const std::vector<Builtin> &builtins() {
  static const std::vector<Builtin> table = {
      {"sum", {"x"}, {"axes", "axis", "keep"}, sumRule},
      {"mean", {"x"}, {"axes", "axis", "keep"}, meanRule},
      {"amax", {"x"}, {"axes", "axis", "keep"}, amaxRule},
      {"amin", {"x"}, {"axes", "axis", "keep"}, aminRule},
      {"argmax", {"x"}, {"axis"}, argmaxRule},
      {"min", {"a", "b"}, {}, minRule},
      {"max", {"a", "b"}, {}, maxRule},
      {"where", {"condition", "a", "b"}, {}, whereRule},
      {"rearrange", {"pattern", "x"}, {"*"}, rearrangeRule, true},
      {"einsum", {"pattern", "x", "..."}, {}, einsumRule, true},
      {"concat", {"x", "..."}, {"axis"}, concatRule},
      {"stack", {"x", "..."}, {"axis"}, stackRule},
      {"split", {"x", "parts"}, {"axis"}, splitRule},
      {"reverse", {"x"}, {"axis", "axes"}, reverseRule},
      {"roll", {"x", "by"}, {"axis"}, rollRule},
      {"pad", {"x", "low", "high"}, {"axis", "value"}, padRule},
      {"transpose", {"x"}, {"axes"}, transposeRule},
      {"range", {"n"}, {}, rangeRule},
      {"product", {"sizes"}, {}, productRule},
      {"length", {"sizes"}, {}, lengthRule},
      {"at_least", {"n", "least", "what"}, {}, atLeastRule},
      {"repeat", {"x", "n", "f"}, {}, repeatRule},
      {"train_mean", {"field"}, {}, trainMeanRule},
      {"train_std", {"field"}, {}, trainStdRule},
      {"train_min", {"field"}, {}, trainMinRule},
      {"train_max", {"field"}, {}, trainMaxRule},
      {"grad", {"f", "x", "..."}, {}, gradRule},
      {"ranking", {"score", "label", "weight"}, {}, rankingRule},
      {"primitive", {"name", "..."}, {"*"}, primitiveRule, false, true},
      {"in_classes", {"y", "n"}, {}, inClassesRule, false, true},
      {"windows", {"extent", "window", "stride"}, {}, windowsRule, false, true},
      {"plateaus", {"patience", "threshold", "cooldown"}, {}, plateausRule, false, true},
  };
  return table;
}

const Builtin *findBuiltin(const std::string &name) {
  for (const Builtin &builtin : builtins())
    if (name == builtin.name)
      return &builtin;
  return nullptr;
}

/// TrainBlock knows what it is where it may stand.
Value rankingRule(Elaborator &elaborator, BuiltinCall &call) {
  return elaborator.fail(
      DiagnosticCode::E0413, call.site.span,
      "`ranking` stands where a state of a metric begins: `state r: float[2] = ranking(...)`");
}

//===-- Choices ------------------------------------------------------------------------------------===//

static Value smallestOrLargest(Elaborator &elaborator, BuiltinCall &call, const char *op) {
  return elaborator.elementwise(op, call.operands[0].value, call.operands[1].value, call.operands[0].span,
                                call.operands[1].span, call.site.span);
}
Value minRule(Elaborator &elaborator, BuiltinCall &call) {
  return smallestOrLargest(elaborator, call, "min");
}
Value maxRule(Elaborator &elaborator, BuiltinCall &call) {
  return smallestOrLargest(elaborator, call, "max");
}

/// where(condition, a, b): a where it holds, else b; one shape, one element type.
Value whereRule(Elaborator &elaborator, BuiltinCall &call) {
  const Value &condition = call.operands[0].value;
  bool isTruth = condition.kind == Value::Truth;
  bool numbers = call.operands[1].value.kind == Value::Number && call.operands[2].value.kind == Value::Number;
  if (isTruth && numbers) {
    std::vector<Number> parts = {condition.number, call.operands[1].value.number,
                                 call.operands[2].value.number};
    return elaborator.numberOf(Number::apply("select", parts), parts, call.site.span);
  }
  bool isBool = condition.kind == Value::Tensor && elaborator.type(condition).dtype == DType::Bool;
  if (!isTruth && !isBool) {
    DiagnosticBuilder builder =
        elaborator.report(DiagnosticCode::E0208, call.operands[0].span,
                          "the condition of `where` is bool, and this is " + elaborator.describe(condition));
    elaborator.noteOrigin(builder, condition, call.operands[0].span);
    return Value();
  }
  std::vector<ValueId> ids;
  TensorType common;
  if (!elaborator.align(call.operands, 1, call.site.span, ids, common))
    return Value();
  return elaborator.emit("select", ids, {}, common, call.site.span);
}

//===-- Numbers ------------------------------------------------------------------------------------===//

/// plateaus(patience, threshold, cooldown): see ScalarInputs of the runtime.
Value plateausRule(Elaborator &elaborator, BuiltinCall &call) {
  std::vector<Number> numbers;
  for (const Argument &operand : call.operands) {
    if (operand.value.kind != Value::Number)
      return elaborator.fail(DiagnosticCode::E0218, operand.span,
                             "a number is needed here, and this is " + elaborator.describe(operand.value));
    numbers.push_back(operand.value.number);
  }
  if (!elaborator.checkFollowsFigures("the rate", call.site.span))
    return Value();
  return elaborator.numberOf(Number::ofFigures("plateaus", numbers), numbers, call.site.span, "epoch");
}

/// product(s): how many elements the axes of a pack have.
Value productRule(Elaborator &elaborator, BuiltinCall &call) {
  const Value &sizes = call.operands[0].value;
  if (sizes.kind != Value::Tuple && sizes.kind != Value::List && sizes.kind != Value::Number)
    return elaborator.fail(DiagnosticCode::E0218, call.operands[0].span,
                           "`product` takes a pack of sizes or a tuple of numbers, and this is " +
                               elaborator.describe(sizes));
  Number result(1);
  for (const Value &element : sizes.kind == Value::Number ? std::vector<Value>{sizes} : sizes.elements) {
    std::optional<Number> next;
    if (element.kind == Value::Number)
      next = Number::apply("mul", {result, element.number});
    if (!next)
      return elaborator.fail(DiagnosticCode::E0218, call.operands[0].span,
                             "`product` takes numbers, and this is " + elaborator.describe(element));
    result = *next;
  }
  return Value::of(result);
}

/// length(s): how many axes a pack has.
Value lengthRule(Elaborator &elaborator, BuiltinCall &call) {
  const Value &sizes = call.operands[0].value;
  if (sizes.kind != Value::Tuple && sizes.kind != Value::List)
    return elaborator.fail(DiagnosticCode::E0218, call.operands[0].span,
                           "`length` takes a pack of sizes or a list, and this is " +
                               elaborator.describe(sizes));
  return Value::of(Number(double(sizes.elements.size())));
}

/// The first of `1 .. rows` rows of a batch for which `n`, which grows with it, is `least` or more; nothing
/// if none is.
static std::optional<int64_t> leastRows(const Number &n, double least, int64_t rows) {
  auto reaches = [&](int64_t count) {
    std::optional<double> value = core::evaluate(n.expr(), count);
    return value && *value >= least;
  };
  if (!reaches(rows))
    return std::nullopt;
  int64_t low = 1, high = rows;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (reaches(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/// at_least(n, least, "what"): n, a number of things that training needs `least` of. Batches with fewer are
/// not trained on.
Value atLeastRule(Elaborator &elaborator, BuiltinCall &call) {
  const Value &n = call.operands[0].value, &what = call.operands[2].value;
  std::optional<int64_t> least =
      elaborator.wholeNumber(call.operands[1].value, call.operands[1].span, "what `at_least` asks for");
  if (!least)
    return Value();
  if (what.kind != Value::String)
    return elaborator.fail(DiagnosticCode::E0218, call.operands[2].span,
                           "`at_least` takes a string that says what it counts, and this is " +
                               elaborator.describe(what));
  if (n.kind != Value::Number || !core::evaluate(n.number.expr(), 1))
    return elaborator.fail(DiagnosticCode::E0218, call.operands[0].span,
                           "`at_least` takes a number that is known before the run, and this is " +
                               elaborator.describe(n));
  // Elsewhere statistics are those of training.
  if (!elaborator.phase || !elaborator.phase->training() || elaborator.isFrozen(call.env.path))
    return n;
  const int64_t batch = elaborator.batchRows;
  const std::string needs = "at least " + std::to_string(*least) + " " + what.text;
  std::optional<int64_t> rows = leastRows(n.number, double(*least), batch);
  if (!rows) {
    double count = core::evaluate(n.number.expr(), batch).value_or(0);
    std::string has = integer(count) ? std::to_string(*integer(count)) : std::to_string(count);
    bool grows = core::evaluate(n.number.expr(), batch + 1) != count;
    DiagnosticBuilder builder =
        elaborator.report(DiagnosticCode::E0221, call.site.span,
                          needs + " are needed, and " +
                              (grows ? "a batch of " + std::to_string(batch) + " has " + has
                                     : "there " + std::string(count == 1 ? "is " : "are ") + has));
    if (grows)
      builder.help("train with more rows in a batch: `batch n`, or `--batch`");
    return Value();
  }
  elaborator.needRows(*rows, call.site.span, needs);
  return n;
}

void Elaborator::needRows(int64_t rows, Span span, const std::string &needs) {
  if (rows <= leastRows.rows)
    return;
  Span shown = userSpan(span);
  const Source &source = diagnostics.sources().get(shown.source);
  std::string place = source.name().substr(source.name().find_last_of('/') + 1) +
                      ":" + // as it is wherever the program lies
                      std::to_string(source.lineColumn(shown.begin).line);
  // The last frame is that of the builtin itself.
  std::string who = frames.size() > 1 ? frames[frames.size() - 2].name + " at " : "";
  leastRows = {rows, who + place + " needs " + needs};
}

/// range(n): 0, 1, ... n - 1 as i32.
Value rangeRule(Elaborator &elaborator, BuiltinCall &call) {
  std::optional<Dim> extent =
      elaborator.size(call.operands[0].value, call.operands[0].span, "the length of `range`");
  if (!extent)
    return Value();
  return elaborator.emit("iota", {}, {{"axis", int64_t(0)}}, {DType::I32, {*extent}}, call.site.span);
}

//===-- Layers -------------------------------------------------------------------------------------===//

/// repeat(x, n, f): f applied n times, each with its own parameters, numbered from 0.
Value repeatRule(Elaborator &elaborator, BuiltinCall &call) {
  std::optional<Dim> count =
      elaborator.size(call.operands[1].value, call.operands[1].span, "the count of `repeat`");
  if (!count)
    return Value();
  std::optional<int64_t> times = count->constant();
  if (!times || *times > 10000)
    return elaborator.fail(DiagnosticCode::E0201, call.operands[1].span,
                           "`repeat` takes a count of at most 10000");
  const Value &function = call.operands[2].value;
  if (function.kind != Value::Function)
    return elaborator.fail(DiagnosticCode::E0218, call.operands[2].span,
                           "`repeat` takes a function, and this is " + elaborator.describe(function));
  Argument value = call.operands[0];
  for (int64_t i = 0; i < *times; ++i) {
    size_t before = elaborator.nodeCount;
    Value given = value.value;
    CallSite site = call.site;
    site.component = join(call.site.component, std::to_string(i));
    site.siteComponent = join(call.site.siteComponent, std::to_string(i));
    value.value = elaborator.apply(*function.function, {{value}, {}}, site, call.env, nullptr);
    value.span = call.site.span;
    if (value.value.isError())
      break;
    // Applied to the same type it makes the same operations again, but for layers that are frozen.
    bool isSame = given.kind == Value::Tensor && value.value.kind == Value::Tensor &&
                  elaborator.type(given) == elaborator.type(value.value) && elaborator.frozen.empty();
    size_t more = (elaborator.nodeCount - before) * size_t(*times - i - 1);
    if (isSame && !elaborator.tooLarge && elaborator.nodeCount + more > Elaborator::maxNodes) {
      elaborator.tooLarge = true;
      return elaborator.fail(DiagnosticCode::E0314, call.operands[1].span, "the program is too large",
                             "with all that is repeated, more than " + std::to_string(Elaborator::maxNodes) +
                                 " operations");
    }
  }
  return value.value;
}

} // namespace mlc::frontend
