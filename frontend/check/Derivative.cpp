// Calls of functions with a `derivative` clause: the function and its derivative become graphs of their own,
// which the differentiator uses instead of rules.
#include "frontend/check/Elaborator.h"
#include "frontend/check/ProgramPrinter.h"

#include <algorithm>

namespace mlc::frontend {

/// What tells one instantiation of a function from another: types of tensors, values of everything else.
static std::string keyOf(Elaborator &elaborator, const Value &value) {
  switch (value.kind) {
  case Value::Tensor:
    return core::print(elaborator.type(value));
  case Value::Number:
  case Value::Truth:
    return core::print(value.number.expr()) + (value.number.isRunTime() ? "!" : "");
  case Value::String:
    return value.text;
  case Value::Function:
    return std::to_string(reinterpret_cast<uintptr_t>(value.function.get()));
  default:
    break;
  }
  std::string key = "(";
  for (const Value &element : value.elements)
    key += keyOf(elaborator, element) + ",";
  return key;
}

namespace {
/// A function's graph while it is built.
struct Body {
  GraphContext context;
  std::vector<ValueId> operands;
  Body(GraphContext &parent) : context(GraphContext::Function, parent) {}
};
} // namespace

/// Makes the graph at hand that of a function for a while.
template <typename Build> static Value inGraph(Elaborator &elaborator, GraphContext &context, Build build) {
  GraphContext *before = elaborator.graph;
  elaborator.graph = &context;
  Value value = build();
  elaborator.graph = before;
  return value;
}

/// Inputs: the operands, what is captured, then the cotangent if there is one.
static void finish(Body &body, const std::vector<GraphContext::Capture> &captures, const ValueId *cotangent) {
  std::vector<ValueId> inputs = body.operands;
  for (const GraphContext::Capture &capture : captures) {
    bool fresh = false;
    inputs.push_back(body.context.namedInput(capture.key, capture.type, fresh));
  }
  if (cotangent)
    inputs.push_back(*cotangent);
  body.context.graph.inputs = inputs;
  prune(body.context.graph, true);
}

Value Elaborator::callWithDerivative(const Function &function, Env &callee, const Expected *expected,
                                     const CallSite &site) {
  const Callable &declaration = *function.declaration;
  const DerivativeItem &derivative = *function.derivative;
  std::string key = declaration.name.text + std::to_string(reinterpret_cast<uintptr_t>(&declaration));
  if (!phase->training() || isFrozen(callee.path))
    key += " not training";
  for (const auto &entry : callee.scope->names)
    key += " " + entry.first + "=" + keyOf(*this, entry.second.value);
  std::vector<Value> operands;
  std::vector<std::string> names;
  for (const Param &param : declaration.operands) {
    const Value &value = callee.scope->names[param.name.text].value;
    names.push_back(param.name.text);
    operands.push_back(value);
  }
  bool allTensors = std::all_of(operands.begin(), operands.end(),
                                [](const Value &value) { return value.kind == Value::Tensor; });
  // On numbers there is nothing to differentiate, and a derivative may use its own function.
  if (!allTensors || calleesOpen.count(key))
    return statements(declaration.body, callee, expected);
  for (Value &operand : operands) {
    std::optional<ValueId> own = use(operand, site.span);
    if (!own)
      return Value();
    operand = result(*own);
  }
  auto known = calleesByKey.find(key);
  if (known == calleesByKey.end()) {
    calleesOpen.insert(key);
    struct Close {
      std::set<std::string> &open;
      const std::string &key;
      ~Close() { open.erase(key); }
    } close{calleesOpen, key};
    if (derivative.operands.size() != operands.size())
      return fail(DiagnosticCode::E0312, derivative.span,
                  "`" + declaration.name.text + "` has " + std::to_string(operands.size()) +
                      " operands, and its derivative names " + std::to_string(derivative.operands.size()));
    core::Callee result;
    auto enter = [&](Body &body, Env &env, const std::vector<std::string> &operandNames) {
      for (size_t i = 0; i < operands.size(); ++i) {
        ValueId id = body.context.input(type(operands[i]));
        body.context.outer[id] = operands[i].id;
        body.operands.push_back(id);
        Variable &variable = env.scope->names[operandNames[i]];
        variable.value = Value::tensor(body.context, id);
        variable.isParameter = true;
      }
    };
    Body primal(*graph);
    Env primalEnv = callee;
    primalEnv.scope = copyOf(*callee.scope);
    Value value = inGraph(*this, primal.context, [&] {
      enter(primal, primalEnv, names);
      Value body = statements(declaration.body, primalEnv, expected);
      return demandTensor(body, declaration.body.span, "the result of a function with a derivative");
    });
    if (value.isError())
      return value;
    TensorType resultType = type(value);
    primal.context.graph.outputs = {value.id};

    Body vjp(*graph);
    Env vjpEnv = callee;
    vjpEnv.scope = copyOf(*callee.scope);
    std::vector<std::string> derivativeNames;
    for (const Ident &ident : derivative.operands)
      derivativeNames.push_back(ident.text);
    ValueId cotangent = 0;
    result.differentiable.assign(operands.size(), false);
    Value done = inGraph(*this, vjp.context, [&]() -> Value {
      enter(vjp, vjpEnv, derivativeNames);
      cotangent = vjp.context.input(resultType);
      vjpEnv.scope->names[derivative.cotangent.text].value = Value::tensor(vjp.context, cotangent);
      std::map<std::string, ValueId> parts;
      size_t nextBinding = 0;
      for (size_t i = 0; i < derivative.parts.size(); ++i) {
        for (; nextBinding < derivative.bindingsBefore[i]; ++nextBinding)
          bind(derivative.bindings[nextBinding], vjpEnv);
        const Cotangent &part = derivative.parts[i];
        auto at = std::find(derivativeNames.begin(), derivativeNames.end(), part.name.text);
        if (at == derivativeNames.end() || parts.count(part.name.text))
          return fail(DiagnosticCode::E0312, part.name.span,
                      at == derivativeNames.end() ? "`" + part.name.text + "` is no operand of the function"
                                                  : "`" + part.name.text + "` has its derivative twice");
        TensorType wanted = type(operands[at - derivativeNames.begin()]);
        if (!isFloat(wanted.dtype))
          return fail(DiagnosticCode::E0312, part.name.span,
                      "`" + part.name.text + "` is " + text(wanted) + ": it has no derivative");
        Expected partExpected{{wanted}, false};
        Value part_ = coerce(expression(*part.value, vjpEnv, &partExpected), wanted, part.value->span,
                             "the derivative of `" + part.name.text + "`");
        if (part_.isError())
          return part_;
        parts[part.name.text] = part_.id;
        result.differentiable[at - derivativeNames.begin()] = true;
      }
      // Zero would be a wrong gradient that nobody sees.
      for (size_t i = 0; i < operands.size(); ++i)
        if (!result.differentiable[i] && isFloat(type(operands[i]).dtype)) {
          report(DiagnosticCode::E0312, derivative.span,
                 "the derivative leaves out `" + derivativeNames[i] + "`, which is " +
                     text(type(operands[i])))
              .help("write `" + derivativeNames[i] + " = ...`, or `" + derivativeNames[i] + " = 0 * " +
                    derivativeNames[i] + "` if nothing depends on it");
          return Value();
        }
      for (size_t i = 0; i < operands.size(); ++i)
        if (result.differentiable[i])
          vjp.context.graph.outputs.push_back(parts[derivativeNames[i]]);
      return Value::of(0);
    });
    if (done.isError())
      return done;
    CalleeRecord record;
    record.captures = primal.context.captures;
    for (const GraphContext::Capture &capture : vjp.context.captures)
      if (std::none_of(record.captures.begin(), record.captures.end(),
                       [&](const GraphContext::Capture &other) { return other.key == capture.key; }))
        record.captures.push_back(capture);
    for (const auto &[id, count] : primal.context.classes)
      record.classes.emplace_back(
          int(std::find(primal.operands.begin(), primal.operands.end(), id) - primal.operands.begin()),
          count);
    finish(primal, record.captures, nullptr);
    finish(vjp, record.captures, &cotangent);
    result.differentiable.resize(operands.size() + record.captures.size(), false);
    int sameName = 1;
    for (const core::Callee &other : callees)
      sameName += other.name.compare(0, declaration.name.text.size() + 1, declaration.name.text + "_") == 0;
    result.name = declaration.name.text + "_" + std::to_string(sameName);
    result.primal = std::move(primal.context.graph);
    result.vjp = std::move(vjp.context.graph);
    record.index = int(callees.size());
    record.result = resultType;
    appendCallers(result.calledFrom);
    callees.push_back(std::move(result));
    known = calleesByKey.emplace(key, std::move(record)).first;
  } else {
    for (const auto &[operand, count] : known->second.classes)
      noteClasses(graph, operands[operand].id, count, site.span);
  }
  const CalleeRecord &record = known->second;
  std::vector<ValueId> inputs;
  for (const Value &operand : operands)
    inputs.push_back(operand.id);
  for (const GraphContext::Capture &capture : record.captures)
    inputs.push_back(capture.isStream ? graph->stream() : graph->scalar(capture.number, capture.type.dtype));
  return emit("call", inputs, {{"callee", callees[record.index].name}}, record.result, site.span);
}

} // namespace mlc::frontend
