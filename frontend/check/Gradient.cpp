// `grad(f, x)`: the derivative of a scalar function by its first operand. The function becomes a graph of its
// own, what it uses of the graph around it becomes further inputs, and a node `gradient` refers to it: the
// differentiator replaces inner ones before outer ones, so a loss may hold it and a `grad` may hold another.
#include "frontend/check/Builtins.h"

namespace mlc::frontend {

namespace {
/// Makes a graph the one at hand while it lives.
struct InGraph {
  InGraph(Elaborator &elaborator, GraphContext &graph) : elaborator(elaborator), before(elaborator.graph) {
    elaborator.graph = &graph;
  }
  ~InGraph() { elaborator.graph = before; }
  Elaborator &elaborator;
  GraphContext *before;
};
} // namespace

/// grad(f, x, others...): d f(x, others...) / d x, of x's shape.
Value gradRule(Elaborator &elaborator, BuiltinCall &call) {
  const Argument &function = call.operands[0];
  if (function.value.kind != Value::Function)
    return elaborator.fail(DiagnosticCode::E0322, function.span,
                           "`grad` takes a function, and this is " + elaborator.describe(function.value));
  const std::string name = function.value.function->name();
  Value x =
      elaborator.demandTensor(call.operands[1].value, call.operands[1].span, "what `grad` differentiates by");
  if (x.isError())
    return x;
  const TensorType type = elaborator.type(x);
  if (!isFloat(type.dtype)) {
    DiagnosticBuilder builder =
        elaborator.report(DiagnosticCode::E0322, call.operands[1].span,
                          "`grad` differentiates by float, and this is " + elaborator.text(type));
    elaborator.noteOrigin(builder, x, call.operands[1].span);
    return Value();
  }
  GraphContext &outside = *elaborator.graph;
  GraphContext body(GraphContext::Closure, outside);
  elaborator.locate();
  ValueId own = body.input(type), scalar = 0;
  TensorType scalarType;
  body.setOrigin(own, outside.origin(x.id));
  {
    InGraph inside(elaborator, body);
    Arguments arguments;
    arguments.positional.push_back({Value::tensor(body, own), call.operands[1].span});
    arguments.positional.insert(arguments.positional.end(), call.operands.begin() + 2, call.operands.end());
    Value value =
        elaborator.apply(*function.value.function, std::move(arguments), call.site, call.env, nullptr);
    if (value.isError())
      return value;
    bool isTensor = value.kind == Value::Tensor;
    scalarType = isTensor ? elaborator.type(value) : TensorType();
    if (!isTensor || !scalarType.shape.empty() || !isFloat(scalarType.dtype)) {
      DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0322, function.span,
                                                    "`grad` takes a function with a float result, and `" +
                                                        name + "` gives " + elaborator.describe(value));
      elaborator.noteOrigin(builder, value, function.span);
      if (isTensor && isFloat(scalarType.dtype))
        builder.help("sum it: `fn f(x) = sum(" + name + "(x))`");
      return Value();
    }
    std::optional<ValueId> result = elaborator.use(value, call.site.span);
    if (!result)
      return Value();
    scalar = *result;
  }
  std::vector<ValueId> operands = {x.id};
  body.graph.inputs = {own};
  for (ValueId input : body.constants) {
    body.graph.inputs.push_back(input);
    operands.push_back(body.outer[input]);
  }
  body.graph.outputs = {scalar};
  prune(body.graph, true);
  core::Callee callee;
  callee.name = name == "the pipe" ? "pipe" : name;
  int sameName = 1;
  for (const core::Callee &other : elaborator.callees)
    sameName += other.name.compare(0, callee.name.size() + 1, callee.name + "_") == 0;
  callee.name += "_" + std::to_string(sameName);
  callee.primal = std::move(body.graph);
  elaborator.appendCallers(callee.calledFrom);
  elaborator.locate();
  std::vector<ValueId> results = outside.ops(
      "gradient", operands, {{"callee", callee.name}, {"wrt", std::vector<Dim>{0}}}, {scalarType, type});
  elaborator.callees.push_back(std::move(callee));
  return elaborator.result(results[1]);
}

} // namespace mlc::frontend
