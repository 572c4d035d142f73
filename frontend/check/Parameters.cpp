// Arguments to parameters: by position and by name, generics from the operands; and the tensors that live
// between steps.
#include "frontend/check/Elaborator.h"
#include "frontend/check/OperandHelps.h"
#include "frontend/check/Overrides.h"
#include "frontend/check/ProgramPrinter.h"
#include "frontend/syntax/ForeignNames.h"

#include <algorithm>

namespace mlc::frontend {

namespace {
/// A parameter of a signature with what the call gives for it.
struct Slot {
  const Param *param = nullptr;
  bool isOperand = false;
  const Argument *given = nullptr;
};
} // namespace

static std::string signatureText(const Callable &declaration) {
  std::string text = "`" + declaration.name.text + "(";
  auto add = [&](const std::vector<Param> &params) {
    for (const Param &param : params) {
      if (text.back() != '(' && text.back() != ' ')
        text += ", ";
      text += param.name.text + (param.initial ? " = ..." : "");
    }
  };
  add(declaration.operands);
  if (!declaration.hypers.empty()) {
    text += declaration.operands.empty() ? "" : "; ";
    add(declaration.hypers);
  }
  return text + ")`";
}

/// Which parameter gets which argument. Positions fill the required parameters; where no hyper-parameter is
/// required, also sizes that have a default: `random_crop(24)`.
static bool assign(Elaborator &elaborator, const Callable &declaration, const Arguments &arguments,
                   const CallSite &site, std::vector<Slot> &slots) {
  for (const Param &param : declaration.operands)
    slots.push_back({&param, true, nullptr});
  for (const Param &param : declaration.hypers)
    slots.push_back({&param, false, nullptr});
  const std::string &name = declaration.name.text;
  std::map<std::string_view, Slot *> byName;
  if (!arguments.named.empty())
    for (Slot &slot : slots)
      byName.emplace(slot.param->name.text, &slot);
  for (const auto &[ident, argument] : arguments.named) {
    auto slot = byName.find(ident.text);
    if (slot == byName.end()) {
      std::vector<std::string> names;
      for (const Slot &each : slots)
        names.push_back(each.param->name.text);
      DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0304, ident.span,
                                                    "`" + name + "` has no parameter `" + ident.text + "`");
      builder.label("its signature is " + signatureText(declaration));
      if (std::optional<std::string> help = foreignArgumentHelp(ident.text, names))
        builder.help(*help);
      else if (std::optional<std::string> meant = didYouMean(ident.text, names))
        builder.help("did you mean `" + *meant + "`?");
      return false;
    }
    slot->second->given = &argument;
  }
  auto takesPosition = [](const Slot &slot, bool sizes) {
    bool isSize = slot.param->type && slot.param->type->kind == TypeExpr::Kind::Dim;
    return !slot.given && (sizes ? slot.param->initial && isSize : !slot.param->initial);
  };
  bool requiresHypers = std::any_of(declaration.hypers.begin(), declaration.hypers.end(),
                                    [](const Param &param) { return !param.initial; });
  size_t next = 0;
  for (bool sizes : {false, true})
    for (Slot &slot : slots)
      if (next < arguments.positional.size() && takesPosition(slot, sizes) && !(sizes && requiresHypers))
        slot.given = &arguments.positional[next++];
  if (next < arguments.positional.size()) {
    auto optional = std::find_if(slots.begin(), slots.end(), [](const Slot &slot) { return !slot.given; });
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0305, arguments.positional[next].span,
                                                  "too many arguments for `" + name + "`");
    builder.label("its signature is " + signatureText(declaration));
    if (optional != slots.end())
      builder.help("what has a default is given by name: `" + optional->param->name.text + " = ...`");
    if (elaborator.isOfPrelude(declaration))
      elaborator.helpBeside(builder, name);
    return false;
  }
  for (const Slot &slot : slots)
    if (!slot.given && !slot.param->initial) {
      DiagnosticBuilder builder =
          elaborator.report(DiagnosticCode::E0303, site.span,
                            "`" + name + "` needs a value for `" + slot.param->name.text + "`");
      builder.label("its signature is " + signatureText(declaration));
      if (elaborator.isOfPrelude(declaration))
        elaborator.helpBeside(builder, name);
      return false;
    }
  return true;
}

/// A tensor for an operand of this type: binds generics, or says why not.
static bool unifyOperand(Elaborator &elaborator, const Callable &declaration, const Param &param,
                         const Value &value, Span span, Env &callee) {
  if (elaborator.unify(*param.type, elaborator.type(value), callee, declaration.generics))
    return true;
  DiagnosticBuilder builder =
      elaborator.report(DiagnosticCode::E0204, span,
                        "`" + param.name.text + "` of `" + declaration.name.text + "` is " +
                            elaborator.typeText(*param.type, callee, declaration.generics) +
                            ", and this is " + elaborator.describe(value));
  elaborator.noteOrigin(builder, value, span);
  helpOperand(elaborator, builder, declaration, param, value, span, callee);
  return false;
}

/// What a parameter with words may be: `a size, "same" or "valid"`.
static std::string choiceText(const Param &param) {
  std::string text = param.type ? "a size" : "";
  for (size_t i = 0; i < param.words.size(); ++i) {
    text += text.empty() ? "" : i + 1 == param.words.size() ? " or " : ", ";
    text += "\"" + param.words[i].text + "\"";
  }
  return text;
}

/// A string for one of its words, or anything for one that has no type beside them.
static bool checkWord(Elaborator &elaborator, const Callable &declaration, const Param &param,
                      const Value &value, Span span) {
  std::vector<std::string> words;
  for (const StringLiteral &word : param.words)
    words.push_back(word.text);
  bool isString = value.kind == Value::String;
  if (isString && std::find(words.begin(), words.end(), value.text) != words.end())
    return true;
  DiagnosticBuilder builder = elaborator.report(
      DiagnosticCode::E0218, span,
      "`" + param.name.text + "` of `" + declaration.name.text + "` is " + choiceText(param) +
          ", and this is " + (isString ? "\"" + value.text + "\"" : elaborator.describe(value)));
  if (isString)
    if (std::optional<std::string> meant = didYouMean(value.text, words))
      builder.help("did you mean \"" + *meant + "\"?");
  return false;
}

/// The value of a parameter that is no tensor, against its type.
static bool checkPlain(Elaborator &elaborator, const Callable &declaration, const Param &param, Value &value,
                       Span span) {
  bool isNumber = value.kind == Value::Number;
  if (!param.words.empty() && !(param.type && isNumber))
    return checkWord(elaborator, declaration, param, value, span);
  if (!param.type)
    return true;
  std::string what = "`" + param.name.text + "` of `" + declaration.name.text + "`";
  if (param.type->kind == TypeExpr::Kind::Dim) {
    std::optional<Dim> dim = elaborator.size(value, span, what);
    if (dim)
      value = Value::of(Number::size(*dim));
    return dim.has_value();
  }
  if (param.type->kind == TypeExpr::Kind::Fn && value.kind != Value::Function) {
    elaborator.fail(DiagnosticCode::E0218, span,
                    what + " is a function, and this is " + elaborator.describe(value));
    return false;
  }
  return true;
}

static bool isTensorType(const Param &param) {
  return param.type && param.type->kind == TypeExpr::Kind::Tensor;
}

static bool hasOnlyPacks(const TypeExpr &type) {
  return std::all_of(type.dims.begin(), type.dims.end(),
                     [](const DimExpr &dim) { return dim.pack.has_value(); });
}

Value Elaborator::defaultOf(const Callable &declaration, const Param &param, Env &callee) {
  const Expr *given = overrides ? overrides->insteadOf(*param.initial) : nullptr;
  auto found = root->visible.find(declaration.name.text);
  if (found != root->visible.end() && !found->second.first->isPrelude) {
    const auto *item = as<CallableItem>(*found->second.second);
    bool isSettable = declaration.kind == CallableKind::Model || declaration.kind == CallableKind::Layer;
    if (isSettable && item && item->callable.get() == &declaration)
      settable[declaration.name.text + "." + param.name.text] = given ? given : param.initial.get();
  }
  if (!given)
    return expression(*param.initial, callee);
  Env outer{root->scope, "", ""};
  return expression(*given, outer);
}

bool Elaborator::bindParameters(const Callable &declaration, Arguments &arguments, const CallSite &site,
                                Env &callee, const Expected *expected, bool &absent) {
  elaborated.insert(&declaration);
  std::vector<Slot> slots;
  if (!assign(*this, declaration, arguments, site, slots))
    return false;
  for (const Slot &slot : slots)
    if (slot.given && slot.given->value.isError()) {
      absent = slot.given->value.kind == Value::Absent;
      return false;
    }
  bool isGood = true;
  auto set = [&](const Slot &slot, Value value, Span span) {
    // What an optimizer is given becomes an argument of the step, so that changing it compiles nothing.
    if (declaration.kind == CallableKind::Optimizer && value.kind == Value::Number) {
      std::optional<Number> number =
          atRunTime(value.number, span, "`" + slot.param->name.text + "` of `" + declaration.name.text + "`");
      isGood &= number.has_value();
      value = number ? Value::of(*number) : Value();
    }
    Variable &variable = callee.scope->names[slot.param->name.text];
    variable.value = std::move(value);
    variable.span = span;
    variable.isParameter = true;
  };
  // Tensors bind the generics; numbers then take the types that follow.
  bool anyTensor = false;
  for (const Slot &slot : slots) {
    if (!slot.given || !isTensorType(*slot.param))
      continue;
    Value value = slot.given->value;
    if (value.kind == Value::List)
      value = demandTensor(value, slot.given->span, "`" + slot.param->name.text + "`");
    if (value.isError())
      return false;
    if (value.kind != Value::Tensor)
      continue;
    anyTensor = true;
    if (!use(value, slot.given->span) ||
        !unifyOperand(*this, declaration, *slot.param, value, slot.given->span, callee))
      return false;
    set(slot, value, slot.given->span);
  }
  for (const Slot &slot : slots)
    anyTensor |= slot.isOperand && slot.given && slot.given->value.kind == Value::Tensor;
  // What the place demands binds generics that no operand says: `let w: float[3] = normal()`.
  if (expected && declaration.result && !expected->isTuple &&
      !isBound(*declaration.result, callee, declaration.generics) &&
      declaration.result->kind == TypeExpr::Kind::Tensor)
    unify(*declaration.result, expected->types[0], callee, declaration.generics);
  for (const Slot &slot : slots) {
    const Param &param = *slot.param;
    if (callee.scope->names.count(param.name.text) && isTensorType(param) && slot.given &&
        slot.given->value.kind != Value::Number && slot.given->value.kind != Value::Truth)
      continue;
    Span span = slot.given ? slot.given->span : param.span;
    Value value = slot.given ? slot.given->value : defaultOf(declaration, param, callee);
    if (slot.given && param.initial && overrides)
      overrides->noteGiven(*param.initial, slot.given->span);
    if (value.isError())
      return false;
    if (isTensorType(param) && slot.given) {
      bool isNumber = value.kind == Value::Number || value.kind == Value::Truth;
      bool bound = isBound(*param.type, callee, declaration.generics);
      if (!isNumber || ((!anyTensor || !bound) && !hasOnlyPacks(*param.type))) {
        fail(DiagnosticCode::E0218, span,
             "`" + param.name.text + "` of `" + declaration.name.text + "` is " +
                 typeText(*param.type, callee, declaration.generics) + ", and this is " + describe(value));
        return false;
      }
      if (anyTensor && bound) {
        std::optional<TensorType> type = resolve(*param.type, callee);
        value = type ? coerce(value, *type, span, "`" + param.name.text + "`") : Value();
        if (value.isError())
          return false;
      }
    } else if (!isTensorType(param) && !checkPlain(*this, declaration, param, value, span)) {
      return false;
    }
    set(slot, value, span);
  }
  if (!isGood)
    return false;
  // Sizes such as `4 * hidden` once more, now that all names are known.
  for (const Slot &slot : slots) {
    const Value &value = callee.scope->names[slot.param->name.text].value;
    if (isTensorType(*slot.param) && value.kind == Value::Tensor &&
        !unifyOperand(*this, declaration, *slot.param, value, slot.given ? slot.given->span : site.span,
                      callee))
      return false;
  }
  return checkRequirements(declaration, site, callee);
}

//===-- Tensors that live between steps ------------------------------------------------------------===//

ValueId Elaborator::stateValue(int state) {
  auto [entry, added] = phase->states.emplace(state, 0);
  if (added) {
    locate();
    // States belong to the step's own graph, which is the one at hand wherever layers are called.
    entry->second = phase->graph.input(states[state].type);
    phase->read[state] = entry->second;
    phase->step.inputs.push_back({core::Input::State, state, entry->second});
  }
  return entry->second;
}

static bool holdsBatch(const std::vector<Dim> &dims) {
  return std::any_of(dims.begin(), dims.end(), [](const Dim &dim) { return !dim.constant(); });
}

static bool holdsBatch(const core::ScalarExpr &expr) {
  return expr.kind == core::ScalarExpr::Size ||
         std::any_of(expr.operands.begin(), expr.operands.end(),
                     [](const core::ScalarExpr &operand) { return holdsBatch(operand); });
}

/// Whether a node of `graph`, from number `begin` on, is another for another number of rows.
static bool holdsBatch(const core::Graph &graph, size_t begin) {
  for (size_t i = begin; i < graph.nodes.size(); ++i) {
    const core::Node &node = graph.nodes[i];
    for (ValueId id : node.results)
      if (holdsBatch(graph.types[id].shape))
        return true;
    for (const auto &[name, value] : node.attrs) {
      const auto *dims = std::get_if<std::vector<Dim>>(&value);
      const auto *expr = std::get_if<core::ScalarExpr>(&value);
      if ((dims && holdsBatch(*dims)) || (expr && holdsBatch(*expr)))
        return true;
    }
    for (const std::unique_ptr<core::Graph> &region : node.regions)
      if (holdsBatch(*region, 0))
        return true;
  }
  return false;
}

int Elaborator::registerState(const std::string &path, core::StateTensor::Role role, const TensorType &type,
                              const Expr &initial, Env &env, Span span) {
  auto known = statesByPath.find(path);
  if (known != statesByPath.end()) {
    const core::StateTensor &state = states[known->second];
    if (state.type == type && state.role == role)
      return known->second;
    report(DiagnosticCode::E0311, span,
           "`" + path + "` is " + text(type) + " here and " + text(state.type) + " in another call");
    return -1;
  }
  core::StateTensor state;
  state.role = role;
  state.name = path;
  state.type = type;
  state.span = userSpan(span);
  // The initialiser is elaborated in the graph of Init, its random draws keyed by the path.
  GraphContext *graphBefore = graph;
  Phase *phaseBefore = phase;
  graph = &init->graph;
  phase = init;
  Env inner = env;
  inner.site = path;
  Expected expected{{type}, false};
  const size_t begin = graph->graph.nodes.size();
  Value value = expression(initial, inner, &expected);
  value = coerce(value, type, initial.span, "`" + path + "`");
  graph = graphBefore;
  phase = phaseBefore;
  if (value.isError())
    return -1;
  // The size itself may be the fault, which the caller says.
  if (!holdsBatch(type.shape) && holdsBatch(init->graph.graph, begin)) {
    fail(DiagnosticCode::E0218, initial.span,
         "first values are made once, and `batch` is another in each batch", "write the number instead");
    return -1;
  }
  state.init = int(init->graph.graph.outputs.size());
  init->graph.graph.outputs.push_back(value.id);
  int index = int(states.size());
  states.push_back(std::move(state));
  statesByPath[path] = index;
  return index;
}

Value Elaborator::parameter(const Ident &name, const TypeExpr &typeExpr, const Expr &initial,
                            core::StateTensor::Role role, Env &env, int *index) {
  std::optional<TensorType> type = resolve(typeExpr, env);
  if (!type)
    return Value();
  if (role == core::StateTensor::Param && !isFloat(type->dtype))
    return fail(DiagnosticCode::E0206, typeExpr.span, "a `param` is learned: its elements are float");
  int state = registerState(join(env.path, name.text), role, *type, initial, env, name.span);
  if (state < 0)
    return Value();
  for (const Dim &dim : type->shape)
    if (!dim.constant())
      return fail(DiagnosticCode::E0311, typeExpr.span,
                  "what lives between steps has one size, and `" + dim.str() +
                      "` is another in the last batch of an epoch");
  if (index)
    *index = state;
  return Value::tensor(phase->graph, stateValue(state));
}

int Elaborator::statistic(const std::string &field, const std::string &kind, const TensorType &type,
                          Span span) {
  std::string name = dataName + "." + field + "." + kind;
  auto [entry, added] = statesByPath.emplace(name, int(states.size()));
  if (added) {
    core::StateTensor state;
    state.role = core::StateTensor::Statistic;
    state.name = name;
    state.type = type;
    state.field = field;
    state.kind = kind;
    state.span = userSpan(span);
    states.push_back(std::move(state));
  }
  return entry->second;
}

//===-- What a graph gets from outside -------------------------------------------------------------===//

ValueId GraphContext::captured(const Capture &capture) {
  if (kind == Scan || kind == Closure)
    return *bring(parent, parent->captured(capture));
  bool fresh = false;
  ValueId value = namedInput(capture.key, capture.type, fresh);
  if (!fresh)
    return value;
  if (parent) {
    captures.push_back(capture);
  } else if (capture.isStream) {
    phase.step.inputs.push_back({core::Input::Stream, 0, value});
  } else {
    phase.step.inputs.push_back({core::Input::Scalar, int(phase.step.scalars.size()), value});
    phase.step.scalars.push_back(capture.number.expr());
  }
  return value;
}

ValueId GraphContext::scalar(const Number &number, DType dtype) {
  TensorType type{dtype, {}};
  return captured({"scalar " + core::print(number.expr()) + " " + core::print(type), type, false, number});
}

ValueId GraphContext::stream() {
  TensorType type{DType::I64, {Dim(3)}};
  if (kind != Scan)
    return captured({"stream", type, true, Number()});
  bool fresh = false;
  ValueId own = namedInput("stream", type, fresh);
  if (fresh) {
    slices.push_back(own);
    outer[own] = parent->streams(steps);
  }
  return own;
}

} // namespace mlc::frontend
