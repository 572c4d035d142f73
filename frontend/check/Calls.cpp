// Calls and pipes: who is called, with what, and what the call adds to the instance path.
#include "frontend/check/Elaborator.h"
#include "frontend/check/LossInputs.h"
#include "frontend/syntax/ForeignNames.h"

#include <algorithm>

namespace mlc::frontend {

/// Deeper than any program needs; functions given to themselves end here.
static constexpr size_t maxDepth = 200;
/// What calls itself twice over and over makes no operations and would never end.
static constexpr size_t maxCalls = 2000000;

std::optional<Arguments> Elaborator::arguments(const std::vector<Arg> &args, Env &env) {
  Arguments result;
  std::map<std::string, Span> names;
  bool good = true;
  for (const Arg &arg : args) {
    Argument value{expression(*arg.value, env), arg.value->span};
    good &= value.value.kind != Value::Error;
    if (!arg.name) {
      result.positional.push_back(std::move(value));
      continue;
    }
    auto [earlier, isNew] = names.emplace(arg.name->text, arg.name->span);
    if (!isNew) {
      report(DiagnosticCode::E0313, arg.name->span, "`" + arg.name->text + "` is given twice")
          .note(earlier->second, "first here");
      good = false;
    }
    result.named.emplace_back(*arg.name, std::move(value));
  }
  if (!good)
    return std::nullopt;
  return result;
}

Value Elaborator::call(const Call &call, Env &env, const Expected *expected, const Argument *piped,
                       bool onlyStage) {
  Variable *variable = find(env, call.callee.text);
  Value callee = variable ? variable->value : lookup(call.callee.text, call.callee.span, env, true);
  std::optional<Arguments> given = arguments(call.args, env);
  if (callee.isError() || !given || (piped && piped->value.isError()))
    return piped && piped->value.kind == Value::Absent && !callee.isError() ? piped->value
           : callee.kind == Value::Absent                                   ? callee
                                                                            : Value();
  if (callee.kind != Value::Function)
    return fail(DiagnosticCode::E0306, call.callee.span,
                "`" + call.callee.text + "` is " + describe(callee) + ", not a function");
  const Function &function = *callee.function;
  if (piped) {
    bool second = function.kind == Function::BuiltIn && function.builtin->patternFirst;
    if (second && given->positional.empty())
      return fail(DiagnosticCode::E0303, call.span, "`" + call.callee.text + "` needs a pattern");
    given->positional.insert(given->positional.begin() + second, *piped);
  }
  CallSite site{call.span, call.callee.span, "", componentName(call)};
  // Fns are invisible in parameter names; function operands and layers are not. A lone stage adds nothing.
  bool isLayer = function.kind == Function::Declared ? function.declaration->kind != CallableKind::Fn
                                                     : function.kind != Function::Instance;
  if (!onlyStage && (isLayer || (variable && variable->isParameter)))
    site.component = componentName(call);
  RematRegion region(*this, *graph, call.isRemat || function.isRemat);
  return apply(function, std::move(*given), site, env, expected);
}

Value Elaborator::pipe(const PipeExpr &expr, Env &env, const Expected *expected) {
  if (!expr.head) {
    Function function;
    function.kind = Function::Pipe;
    function.pipe = &expr;
    function.scope = env.scope;
    return Value::ofFunction(std::move(function));
  }
  Argument value{expression(*expr.head, env), expr.head->span};
  for (const Call &stage : expr.stages) {
    bool isLast = &stage == &expr.stages.back();
    Span before = currentSpan;
    currentSpan = stage.span;
    value.value = call(stage, env, isLast ? expected : nullptr, &value, false);
    currentSpan = before;
    value.span = stage.span;
    if (value.value.isError())
      return value.value;
  }
  return value.value;
}

Value Elaborator::instance(const LayerInstanceStmt &stmt, Env &env) {
  Function result;
  result.kind = Function::Instance;
  result.path = join(env.path, stmt.name.text);
  result.site = join(env.site, stmt.name.text);
  const auto *node = as<CallExpr>(*stmt.value);
  Value base;
  if (node && !node->cast) {
    base = lookup(node->call.callee.text, node->call.callee.span, env);
    result.isRemat = node->call.isRemat;
    std::optional<Arguments> given = arguments(node->call.args, env);
    if (base.isError() || !given)
      return Value();
    for (Argument &argument : given->positional)
      result.positional.emplace_back(argument.value, argument.span);
    for (auto &[name, argument] : given->named)
      result.named.emplace_back(name, argument.value);
  } else {
    base = expression(*stmt.value, env);
  }
  if (base.isError())
    return base;
  bool fits = base.kind == Value::Function && (base.function->kind != Function::Declared ||
                                               base.function->declaration->kind == CallableKind::Layer);
  if (!fits)
    return fail(DiagnosticCode::E0306, stmt.value->span,
                "a named instance is a layer with its hyper-parameters, or a pipe");
  result.instanceOf = base.function;
  return Value::ofFunction(std::move(result));
}

//===-- Application --------------------------------------------------------------------------------===//

static Value applyBuiltin(Elaborator &elaborator, const Builtin &builtin, Arguments &arguments,
                          const CallSite &site, Env &env, const Expected *expected) {
  std::string name = builtin.name;
  bool variadic = !builtin.operands.empty() && std::string(builtin.operands.back()) == "...";
  size_t required = builtin.operands.size() - variadic;
  size_t count = arguments.positional.size();
  if (count < required || (count > required && !variadic)) {
    std::string list;
    for (const char *operand : builtin.operands)
      list += (list.empty() ? "" : ", ") + std::string(operand);
    DiagnosticBuilder builder =
        elaborator.report(DiagnosticCode::E0303, site.span,
                          "`" + name + "` takes " + std::to_string(required) + (variadic ? " or more" : "") +
                              (required == 1 && !variadic ? " operand" : " operands") + ", and " +
                              std::to_string(count) + (count == 1 ? " is given" : " are given"));
    builder.label("its signature is `" + name + "(" + list + ")`");
    elaborator.helpBeside(builder, name);
    return Value();
  }
  BuiltinCall call{site, env, expected, std::move(arguments.positional), {}};
  bool anyName = !builtin.options.empty() && std::string(builtin.options.back()) == "*";
  for (auto &[ident, argument] : arguments.named) {
    bool known = std::any_of(builtin.options.begin(), builtin.options.end(),
                             [&, &ident = ident](const char *option) { return ident.text == option; });
    if (!known && !anyName) {
      std::vector<std::string> options(builtin.options.begin(), builtin.options.end());
      DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0304, ident.span,
                                                    "`" + name + "` has no option `" + ident.text + "`");
      if (std::optional<std::string> help = foreignArgumentHelp(ident.text, options))
        builder.help(*help);
      else if (std::optional<std::string> meant = didYouMean(ident.text, options))
        builder.help("did you mean `" + *meant + "`?");
      return Value();
    }
    call.named[ident.text] = argument;
  }
  for (const Argument &operand : call.operands)
    if (operand.value.isError())
      return operand.value;
  for (const auto &entry : call.named)
    if (entry.second.value.isError())
      return entry.second.value;
  return builtin.rule(elaborator, call);
}

/// A pipe is applied under the site's component; its own calls are numbered in the text it stands in.
static Value applyPipe(Elaborator &elaborator, const Function &function, Arguments &arguments,
                       const CallSite &site, Env &env, const Expected *expected) {
  if (arguments.positional.size() != 1 || !arguments.named.empty())
    return elaborator.fail(DiagnosticCode::E0303, site.span, "a pipe takes one operand");
  Env inner{function.scope, join(env.path, site.component), join(env.site, site.siteComponent)};
  Argument value = arguments.positional[0];
  const std::vector<Call> &stages = function.pipe->stages;
  for (const Call &stage : stages) {
    bool isLast = &stage == &stages.back();
    value.value = elaborator.call(stage, inner, isLast ? expected : nullptr, &value, stages.size() == 1);
    value.span = stage.span;
    if (value.value.isError())
      break;
  }
  return value.value;
}

static bool mayCall(Elaborator &elaborator, const Callable &declaration, const CallSite &site,
                    const Env &env) {
  const std::string &name = declaration.name.text;
  switch (declaration.kind) {
  case CallableKind::Fn:
    return true;
  case CallableKind::Layer:
    if (env.scope->owns)
      return true;
    elaborator
        .report(DiagnosticCode::E0308, site.calleeSpan,
                "the layer `" + name + "` is called outside a model or layer")
        .label("its parameters would have no path")
        .help("train blocks and fns call models and fns; put the layer into a model");
    return false;
  case CallableKind::Model:
    if (!env.scope->owns)
      return true;
    elaborator
        .report(DiagnosticCode::E0308, site.calleeSpan,
                "the model `" + name + "` is called in a model or layer")
        .help("two models over one architecture share it as a `layer`");
    return false;
  case CallableKind::Optimizer:
    elaborator.fail(DiagnosticCode::E0306, site.calleeSpan, "`" + name + "` is an optimizer, not a function",
                    "optimizers stand in an `optimizer` line");
    return false;
  case CallableKind::Metric:
    elaborator.fail(DiagnosticCode::E0306, site.calleeSpan, "`" + name + "` is a metric, not a function",
                    "declared metrics stand alone in a `metric` line");
    return false;
  }
  return false;
}

static void recordInstance(Elaborator &elaborator, const Callable &declaration, const std::string &path,
                           const Value &value) {
  bool owns = declaration.kind == CallableKind::Layer || declaration.kind == CallableKind::Model;
  if (!owns || elaborator.phase->kind != Phase::Forward || !elaborator.instancePaths.insert(path).second)
    return;
  core::InstanceInfo info;
  info.path = path;
  info.callee = declaration.name.text;
  for (const Value &part : value.kind == Value::Tuple ? value.elements : std::vector<Value>{value})
    if (part.kind == Value::Tensor)
      info.outputs.push_back(elaborator.type(part));
  elaborator.instances.push_back(std::move(info));
}

/// The result against the declared type; numbers become tensors where the type says so.
static Value checkResult(Elaborator &elaborator, const Callable &declaration, const TypeExpr &type,
                         Value value, Env &callee) {
  if (type.kind == TypeExpr::Kind::Tuple && value.kind == Value::Tuple &&
      value.elements.size() == type.elements.size()) {
    for (size_t i = 0; i < value.elements.size(); ++i) {
      value.elements[i] = checkResult(elaborator, declaration, type.elements[i], value.elements[i], callee);
      if (value.elements[i].isError())
        return value.elements[i];
    }
    return value;
  }
  Span span = declaration.body.stmts.empty() ? declaration.headSpan : declaration.body.stmts.back()->span;
  bool isTensorType = type.kind == TypeExpr::Kind::Tensor;
  if (isTensorType && value.kind == Value::List)
    value = elaborator.demandTensor(value, span, "the result");
  if (value.isError())
    return value;
  if (isTensorType && (value.kind == Value::Number || value.kind == Value::Truth)) {
    // A function of numbers alone gives a number.
    if (type.dims.empty() || !elaborator.isBound(type, callee, declaration.generics))
      return value;
    std::optional<TensorType> resolved = elaborator.resolve(type, callee);
    return resolved ? elaborator.coerce(value, *resolved, span, "the result") : Value();
  }
  if (isTensorType && value.kind == Value::Tensor &&
      elaborator.unify(type, elaborator.type(value), callee, declaration.generics))
    return value;
  DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0205, span,
                                                "`" + declaration.name.text + "` gives " +
                                                    elaborator.typeText(type, callee, declaration.generics) +
                                                    ", and its body is " + elaborator.describe(value));
  if (elaborator.userSpan(type.span) == type.span)
    builder.note(type.span, "declared here");
  elaborator.noteOrigin(builder, value, span);
  if (isTensorType && value.kind == Value::Tensor && elaborator.isBound(type, callee, declaration.generics))
    if (std::optional<TensorType> wanted = elaborator.resolve(type, callee))
      if (wanted->dtype == elaborator.type(value).dtype)
        if (std::optional<std::string> way =
                Elaborator::rearranged(elaborator.type(value).shape, wanted->shape))
          builder.help(*way);
  return Value();
}

static Value applyDeclared(Elaborator &elaborator, const Function &function, Arguments &arguments,
                           const CallSite &site, Env &env, const Expected *expected) {
  const Callable &declaration = *function.declaration;
  if (!mayCall(elaborator, declaration, site, env))
    return Value();
  bool isModel = declaration.kind == CallableKind::Model;
  Env callee;
  callee.scope = elaborator.newScope(function.scope);
  callee.scope->callee = &declaration;
  callee.scope->owns = declaration.kind == CallableKind::Fn
                           ? function.scope->owns
                           : declaration.kind == CallableKind::Layer || isModel;
  callee.path = isModel ? declaration.name.text : join(env.path, site.component);
  callee.site = isModel ? declaration.name.text : join(env.site, site.siteComponent);
  bool absent = false;
  if (!elaborator.bindParameters(declaration, arguments, site, callee, expected, absent)) {
    return absent ? Value::absent() : Value();
  }
  warnOfInput(elaborator, declaration, callee, site, arguments);
  // Functions without operands get their shape from the place they stand in.
  if (declaration.operands.empty())
    for (const Generic &generic : declaration.generics)
      if (!callee.scope->names.count(generic.name.text)) {
        elaborator
            .report(DiagnosticCode::E0217, site.span,
                    "nothing says which shape `" + declaration.name.text + "` gives here")
            .help("annotate what takes the value: `let name: float[...] = " + declaration.name.text +
                  "(...)`");
        return Value();
      }
  // What the body should be, as far as it is known.
  std::optional<Expected> wanted;
  if (declaration.result && declaration.result->kind != TypeExpr::Kind::Dim &&
      declaration.result->kind != TypeExpr::Kind::Fn &&
      elaborator.isBound(*declaration.result, callee, declaration.generics)) {
    Value blamedBefore = elaborator.blamed;
    if (!declaration.operands.empty())
      elaborator.blamed = callee.scope->names[declaration.operands[0].name.text].value;
    wanted = elaborator.resolveExpected(*declaration.result, callee);
    elaborator.blamed = blamedBefore;
    if (!wanted)
      return Value();
  }
  const Expected *bodyExpected = wanted ? &*wanted : declaration.result ? nullptr : expected;
  std::string pathBefore = elaborator.currentPath;
  elaborator.currentPath = callee.path;
  Value value;
  bool isDerived = elaborator.phase->kind == Phase::Forward || elaborator.inside(GraphContext::Closure);
  if (function.derivative && isDerived)
    value = elaborator.callWithDerivative(function, callee, bodyExpected, site);
  else
    value = elaborator.statements(declaration.body, callee, bodyExpected);
  elaborator.currentPath = pathBefore;
  if (declaration.result && !value.isError())
    value = checkResult(elaborator, declaration, *declaration.result, std::move(value), callee);
  noteActivation(elaborator, declaration, value);
  if (!value.isError())
    recordInstance(elaborator, declaration, callee.path, value);
  return value;
}

Value Elaborator::apply(const Function &function, Arguments arguments, const CallSite &site, Env &env,
                        const Expected *expected) {
  if (frames.size() >= maxDepth) {
    std::string cycle;
    for (size_t i = frames.size() - 4; i < frames.size(); ++i)
      cycle += (cycle.empty() ? "`" : " → `") + frames[i].name + "`";
    if (!tooLarge)
      fail(DiagnosticCode::E0307, site.span,
           "calls go deeper than " + std::to_string(maxDepth) + ": " + cycle);
    tooLarge = true;
    return Value();
  }
  if (tooLarge)
    return Value();
  if (++callCount > maxCalls) {
    tooLarge = true;
    return fail(DiagnosticCode::E0314, site.span, "the program is too large",
                "more than " + std::to_string(maxCalls) + " calls");
  }
  if (function.kind == Function::Instance) {
    for (const auto &[value, span] : function.positional)
      arguments.positional.push_back({value, span});
    for (const auto &[name, value] : function.named)
      arguments.named.emplace_back(name, Argument{value, name.span});
    // The instance lies where it was declared, whoever calls it.
    Env home{env.scope, function.path, function.site};
    CallSite inner{site.span, site.calleeSpan, "", ""};
    return apply(*function.instanceOf, std::move(arguments), inner, home, expected);
  }
  frames.push_back({site.span, function.name()});
  Span before = currentSpan;
  Value value;
  switch (function.kind) {
  case Function::BuiltIn:
    currentSpan = site.span;
    value = applyBuiltin(*this, *function.builtin, arguments, site, env, expected);
    break;
  case Function::Pipe:
    value = applyPipe(*this, function, arguments, site, env, expected);
    break;
  default:
    value = applyDeclared(*this, function, arguments, site, env, expected);
    break;
  }
  currentSpan = before;
  frames.pop_back();
  return value;
}

} // namespace mlc::frontend
