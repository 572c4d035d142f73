// Names, literals, choices: everything but calls and operators. And the reports of the elaborator.
#include "frontend/Elaborator.h"
#include "frontend/ForeignNames.h"
#include "frontend/Overrides.h"
#include "frontend/ProgramPrinter.h"

#include <algorithm>

namespace mlc::frontend {

//===-- Values -------------------------------------------------------------------------------------===//

Value Value::absent() {
  Value value;
  value.kind = Absent;
  return value;
}

Value Value::of(frontend::Number number) {
  Value value;
  value.kind = Number;
  value.number = std::move(number);
  return value;
}

Value Value::truth(frontend::Number number) {
  Value value = of(std::move(number));
  value.kind = Truth;
  return value;
}

Value Value::tensor(GraphBuilder &graph, core::ValueId id) {
  Value value;
  value.kind = Tensor;
  value.graph = &graph;
  value.id = id;
  return value;
}

Value Value::tuple(std::vector<Value> elements) {
  Value value;
  value.kind = Tuple;
  value.elements = std::move(elements);
  return value;
}

Value Value::string(std::string text) {
  Value value;
  value.kind = String;
  value.text = std::move(text);
  return value;
}

Value Value::ofFunction(frontend::Function function) {
  Value value;
  value.kind = Function;
  value.function = std::make_shared<const frontend::Function>(std::move(function));
  return value;
}

const char *describe(Value::Kind kind) {
  switch (kind) {
  case Value::Error:
  case Value::Absent:
    return "an error";
  case Value::Number:
    return "a number";
  case Value::Truth:
    return "a truth value";
  case Value::String:
    return "a string";
  case Value::Tensor:
    return "a tensor";
  case Value::Tuple:
    return "a tuple";
  case Value::List:
    return "a list";
  case Value::Function:
    return "a function";
  }
  return "nothing";
}

std::string Function::name() const {
  switch (kind) {
  case Declared:
    return declaration->name.text;
  case BuiltIn:
    return builtin->name;
  case Pipe:
    return "the pipe";
  case Instance:
    return instanceOf->name();
  }
  return "";
}

std::string join(const std::string &path, const std::string &component) {
  return path.empty() ? component : component.empty() ? path : path + "." + component;
}

std::string componentName(const Call &call) { return call.callee.text + "_" + std::to_string(call.ordinal); }

//===-- Reports ------------------------------------------------------------------------------------===//

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

Value Elaborator::failTooLong(Span span) {
  return fail(DiagnosticCode::E0314, span, "this number is too long an expression",
              "more than " + std::to_string(Number::mostOperators) + " operators on `step` or sizes");
}

Value Elaborator::failBatchInRun(Span span, const std::string &what) {
  return fail(DiagnosticCode::E0218, span,
              what + " is a number of the run, and `batch` is another in the last batch of an epoch",
              "write the number instead");
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

//===-- Names --------------------------------------------------------------------------------------===//

Variable *Elaborator::find(Env &env, const std::string &name) const {
  for (Scope *scope = env.scope.get(); scope; scope = scope->parent.get()) {
    auto entry = scope->names.find(name);
    if (entry != scope->names.end())
      return &entry->second;
  }
  return nullptr;
}

static File *fileOf(const Env &env) {
  for (Scope *scope = env.scope.get(); scope; scope = scope->parent.get())
    if (scope->file)
      return scope->file;
  return nullptr;
}

/// The file that declares `name`, as seen from `file`.
static std::pair<File *, const Item *> findItem(File *file, const std::string &name) {
  if (!file)
    return {nullptr, nullptr};
  auto found = file->visible.find(name);
  return found == file->visible.end() ? std::pair<File *, const Item *>() : found->second;
}

static const char *const specialNames[] = {"training",          "batch",    "step", "total_steps", "epoch",
                                           "validation_figure", "grad_norm"};

Elaborator::~Elaborator() {
  for (const std::shared_ptr<Scope> &scope : scopes)
    scope->names.clear();
}

void Elaborator::forget() {
  states.clear();
  statesByPath.clear();
  stateFirstSite.clear();
  callees.clear();
  calleesByKey.clear();
  calleesOpen.clear();
  randomSites.clear();
  instances.clear();
  instancePaths.clear();
  fields.clear();
  frames.clear();
  currentPath.clear();
  blamed = Value();
  leastRows = {};
}

std::shared_ptr<Scope> Elaborator::newScope(std::shared_ptr<Scope> parent) {
  scopes.push_back(std::make_shared<Scope>());
  scopes.back()->parent = std::move(parent);
  return scopes.back();
}

std::shared_ptr<Scope> Elaborator::copyOf(const Scope &scope) {
  scopes.push_back(std::make_shared<Scope>(scope));
  return scopes.back();
}

bool Elaborator::isKnown(const std::string &name, Env &env) const {
  File *file = fileOf(env);
  const Builtin *builtin = findBuiltin(name);
  return find(env, name) || findItem(file, name).second || (builtin && !builtin->preludeOnly) ||
         std::find(std::begin(specialNames), std::end(specialNames), name) != std::end(specialNames);
}

std::vector<std::string> Elaborator::namesInScope(Env &env, bool ownOnly) const {
  std::vector<std::string> names;
  for (Scope *scope = env.scope.get(); scope; scope = scope->parent.get())
    for (const auto &entry : scope->names)
      names.push_back(entry.first);
  File *file = fileOf(env);
  auto addItems = [&](File *from) {
    for (const auto &entry : from->items)
      names.push_back(entry.first);
  };
  if (file) {
    addItems(file);
    for (File *import : file->imports)
      addItems(import);
    if (prelude && file != prelude && !ownOnly)
      addItems(prelude);
  }
  if (ownOnly)
    return names;
  for (const Builtin &builtin : builtins())
    if (!builtin.preludeOnly)
      names.push_back(builtin.name);
  names.insert(names.end(), std::begin(specialNames), std::end(specialNames));
  return names;
}

DiagnosticBuilder Elaborator::unknownName(const std::string &name, Span span, Env &env, bool isCalled) {
  DiagnosticBuilder builder = report(DiagnosticCode::E0301, span, "unknown name `" + name + "`");
  // Each looks at all names there are: past what is shown that is no use.
  if (diagnostics.errorCount() > DiagnosticEngine::shownErrors)
    return builder;
  std::vector<std::string> foreign = isCalled ? foreignHelps(name) : std::vector<std::string>();
  // `normalize` is no misspelt `normal`; a name of the program may be misspelt all the same.
  if (std::optional<std::string> meant = didYouMean(name, namesInScope(env, !foreign.empty())))
    builder.help("did you mean `" + *meant + "`?");
  for (std::string &help : foreign)
    builder.help(std::move(help));
  return builder;
}

void Elaborator::helpBeside(DiagnosticBuilder &builder, const std::string &name) const {
  if (diagnostics.errorCount() > DiagnosticEngine::shownErrors)
    return;
  for (std::string &help : foreignHelpsBeside(name))
    builder.help(std::move(help));
}

/// The updates of an objective that takes part in one of `every`, from those of the whole.
static Number updatesOf(Number updates, int64_t every) {
  if (every == 1)
    return updates;
  return *Number::apply("floor", {*Number::apply("div", {std::move(updates), Number(double(every))})});
}

bool Elaborator::checkFollowsFigures(const std::string &what, Span span) {
  if (!validates) {
    fail(DiagnosticCode::E0301, span, what + " is there in the numbers of an optimizer only");
    return false;
  }
  if (!*validates)
    report(DiagnosticCode::E0433, span,
           what + " follows the figure of the validation rows, and there are none")
        .help("keep a part of the training rows out with `validation 0.1` in the train block, or name a "
              "`validation` file in the data block");
  return *validates;
}

Value Elaborator::lookup(const std::string &name, Span span, Env &env, bool isCalled) {
  if (Variable *variable = find(env, name))
    return variable->value;
  File *file = fileOf(env);
  if (auto [place, item] = findItem(file, name); item) {
    if (const auto *callable = as<CallableItem>(*item)) {
      Function function;
      function.declaration = callable->callable.get();
      function.scope = place->scope;
      auto derivative = place->derivatives.find(name);
      if (derivative != place->derivatives.end())
        function.derivative = derivative->second;
      return Value::ofFunction(std::move(function));
    }
    if (const auto *let = as<LetItem>(*item)) {
      // Once: what is made of another twice, and so on, would be evaluated without end.
      auto key = std::make_tuple(item, phase && phase->training(), every);
      if (auto known = fileLets.find(key); known != fileLets.end())
        return known->second;
      if (evaluating.size() > 100 || !evaluating.insert(item).second)
        return fail(DiagnosticCode::E0307, span,
                    "`" + name + "` is defined by itself, or by too many others");
      const Expr *given = overrides ? overrides->insteadOf(*let->binding.value) : nullptr;
      if (!place->isPrelude)
        settable[name] = given ? given : let->binding.value.get();
      Env outer{given ? root->scope : place->scope, "", ""};
      Value value = expression(given ? *given : *let->binding.value, outer);
      evaluating.erase(item);
      if (value.kind == Value::Tensor)
        return fail(DiagnosticCode::E0218, let->binding.value->span,
                    "a `let` of a file holds a number, a string or a list, and this is a tensor");
      if (!value.isError())
        fileLets.emplace(key, value);
      return value;
    }
    return fail(DiagnosticCode::E0301, span, "`" + name + "` is no value here",
                item->kind == ItemKind::Data ? "a data block" : "a train block");
  }
  if (const Builtin *builtin = findBuiltin(name))
    if (!builtin->preludeOnly || (file && file->isPrelude)) {
      Function function;
      function.kind = Function::BuiltIn;
      function.builtin = builtin;
      return Value::ofFunction(std::move(function));
    }
  if (name == "training")
    return Value::truth(phase && phase->training() && !isFrozen(env.path));
  // The result of a metric is computed once, after the last batch.
  bool isOfSteps = name == "batch" || name == "step" || name == "total_steps";
  if (isOfSteps && phase && phase->kind == Phase::Figures)
    return Value::absent();
  if (name == "batch")
    return Value::of(Number::size(Dim::batch()));
  if (name == "step")
    return Value::of(updatesOf(Number::step(), every));
  if (name == "total_steps")
    return Value::of(updatesOf(Number::totalSteps(), every));
  if (name == "epoch")
    return validates
               ? Value::of(Number::epoch())
               : fail(DiagnosticCode::E0301, span, "`epoch` is there in the numbers of an optimizer only");
  if (name == "validation_figure")
    return checkFollowsFigures("`validation_figure`", span) ? Value::of(Number::validationFigure()) : Value();
  if (name == "grad_norm") {
    if (gradNorm)
      return gradNorm(span);
    return fail(DiagnosticCode::E0301, span, "`grad_norm` is there in an optimizer only");
  }
  unknownName(name, span, env, isCalled);
  return Value();
}

//===-- Expressions --------------------------------------------------------------------------------===//

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
                              ? "`if` is decided before the run, and this depends on `step`"
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
