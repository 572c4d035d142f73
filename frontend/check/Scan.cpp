// `scan names in sequences along axis carry ... { body }`: a node with a region. The body is elaborated once,
// in a graph of its own; what it uses of the graph around it becomes an input, a constant of the scan. Time
// is axis 0 of the node: sequences are transposed there, and what the steps give is transposed back.
#include "frontend/check/Elaborator.h"

#include <algorithm>

namespace mlc::frontend {

//===-- The graph of a body ------------------------------------------------------------------------===//

std::optional<ValueId> GraphContext::bring(const GraphBuilder *from, ValueId value) {
  if (from == this)
    return value;
  std::optional<ValueId> there = kind == Scan || kind == Closure ? parent->bring(from, value) : std::nullopt;
  if (!there)
    return std::nullopt;
  bool fresh = false;
  ValueId own = namedInput("outer " + std::to_string(*there), parent->type(*there), fresh);
  if (fresh) {
    setOrigin(own, parent->origin(*there));
    constants.push_back(own);
    outer[own] = *there;
  }
  return own;
}

ValueId GraphContext::streams(const Dim &steps) {
  // Step t draws under the stream (seed + (t + 1) 2^33, update, row); in a scan inside a scan, with t in the
  // update's upper half, and so on in turn. Numbers stay below 2^53, so every interpreter has them exactly.
  int depth = 0;
  for (const GraphContext *graph = this; graph; graph = graph->parent)
    depth += graph->kind == Scan;
  double apart = (depth % 2 ? 0x1p32 : 0x1p33) * double(int64_t(1) << 10 * std::min(depth / 2, 4));
  ValueId own = stream();
  TensorType column{DType::I64, {steps, Dim(1)}};
  ValueId step = op("iota", {}, {{"axis", int64_t(0)}}, column);
  ValueId number = op("add", {step, constant(column, 1.0)}, {}, column);
  ValueId offset = op("mul", {number, constant(column, apart)}, {}, column);
  std::vector<ValueId> parts;
  for (int64_t i = 0; i < 3; ++i)
    parts.push_back(broadcast(part(own, 0, Dim(i), Dim(1)), column.shape));
  ValueId &moved = parts[depth % 2];
  moved = op("add", {moved, offset}, {}, column);
  return op("concat", parts, {{"axis", int64_t(1)}}, {DType::I64, {steps, Dim(3)}});
}

bool Elaborator::inside(GraphContext::Kind kind) const {
  for (const GraphContext *each = graph; each; each = each->parent)
    if (each->kind == kind)
      return true;
  return false;
}

//===-- Elaboration --------------------------------------------------------------------------------===//

namespace {
/// What one name of the pattern stands for: a sequence, or a tuple of such.
struct Sequences {
  std::vector<Value> values;
  bool isTuple = false;
};

class ScanBuilder {
public:
  ScanBuilder(Elaborator &elaborator, const ScanExpr &expr)
      : elaborator(elaborator), expr(expr), before(elaborator.graph),
        body(GraphContext::Scan, *elaborator.graph), region(elaborator, body, expr.isRemat) {}
  ~ScanBuilder() { elaborator.graph = before; }

  Value run(Env &env, const Expected *expected);

private:
  bool sequences(Env &env);
  bool sequence(const Value &value, Span span);
  bool carries(Env &env);
  void enter(Env &env);
  std::optional<std::vector<ValueId>> yielded(const Value &value, Span span, bool &isTuple);
  Value finish(const std::vector<ValueId> &outputs, bool isTuple);

  Elaborator &elaborator;
  const ScanExpr &expr;
  GraphContext *before;
  GraphContext body;
  RematRegion region;
  std::vector<Sequences> named;       // by name of the pattern
  std::vector<Value> all;             // the sequences, checked
  std::vector<Value> initial;         // of the carries
  std::vector<ValueId> slices, state; // inputs of the body
  std::vector<Variable *> variables;  // of the carries
};
} // namespace

bool ScanBuilder::sequence(const Value &given, Span span) {
  Value value = elaborator.demandTensor(given, span, "what a scan goes along");
  if (value.isError())
    return false;
  const TensorType &type = elaborator.type(value);
  size_t axis = size_t(expr.axis), rank = type.shape.size();
  if (axis >= rank) {
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0212, expr.axisSpan,
                                                  "there is no axis " + std::to_string(axis) +
                                                      ": the scan goes along " + elaborator.text(type));
    elaborator.noteOrigin(builder, value, expr.axisSpan);
    return false;
  }
  if (!all.empty() && body.steps != type.shape[axis]) {
    const TensorType &first = elaborator.type(all[0]);
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0203, span,
                                                  "sizes differ: " + elaborator.text(first) +
                                                      " first, then " + elaborator.text(type));
    builder.label("axis " + std::to_string(axis) + " is " + body.steps.str() + " there and " +
                  type.shape[axis].str() + " here");
    elaborator.noteOrigin(builder, all[0], span);
    elaborator.noteOrigin(builder, value, span);
    return false;
  }
  body.steps = type.shape[axis];
  all.push_back(value);
  return true;
}

bool ScanBuilder::sequences(Env &env) {
  Value value = elaborator.expression(*expr.sequence, env);
  if (value.isError())
    return false;
  const Span span = expr.sequence->span;
  const auto *written = as<TupleExpr>(*expr.sequence);
  size_t names = expr.pattern.names.size();
  if (expr.pattern.isTuple && (value.kind != Value::Tuple || value.elements.size() != names)) {
    std::string what = value.kind == Value::Tuple ? "a tuple of " + std::to_string(value.elements.size())
                                                  : elaborator.describe(value);
    elaborator
        .report(DiagnosticCode::E0319, span,
                "the scan has " + std::to_string(names) + " names, and what it goes along is " + what)
        .note(expr.pattern.span, "the names are here");
    return false;
  }
  auto add = [&](const Value &element, size_t index) {
    bool isWritten = written && index < written->elements.size();
    return sequence(element, isWritten ? written->elements[index]->span : span);
  };
  bool isTuple = value.kind == Value::Tuple;
  std::vector<Value> parts = isTuple ? value.elements : std::vector<Value>{value};
  if (parts.empty()) {
    elaborator.fail(DiagnosticCode::E0319, span, "there is nothing to go along: this is an empty tuple");
    return false;
  }
  for (size_t i = 0; i < parts.size(); ++i)
    if (!add(parts[i], i))
      return false;
  // One name for a tuple is a tuple of slices.
  if (expr.pattern.isTuple)
    for (const Value &each : all)
      named.push_back({{each}, false});
  else
    named.push_back({all, isTuple});
  return true;
}

bool ScanBuilder::carries(Env &env) {
  for (const Carry &carry : expr.carries) {
    std::optional<TensorType> type = elaborator.resolve(carry.type, env);
    if (!type)
      return false;
    Expected wanted{{*type}, false};
    Value value = elaborator.expression(*carry.initial, env, &wanted);
    value = elaborator.coerce(value, *type, carry.initial->span, "the carry `" + carry.name.text + "`");
    if (value.isError())
      return false;
    initial.push_back(value);
  }
  return true;
}

/// Inputs of the body: the carries, the slices; constants come as they are used.
void ScanBuilder::enter(Env &env) {
  GraphContext &outside = *before;
  elaborator.locate();
  for (Value &value : all) {
    const TensorType &type = elaborator.type(value);
    std::vector<int64_t> order = {expr.axis};
    for (size_t axis = 0; axis < type.shape.size(); ++axis)
      if (int64_t(axis) != expr.axis)
        order.push_back(int64_t(axis));
    value.id = outside.transpose(value.id, order);
  }
  elaborator.graph = &body;
  // What a name stands for comes from that name.
  for (size_t i = 0; i < initial.size(); ++i) {
    elaborator.currentSpan = expr.carries[i].name.span;
    elaborator.locate();
    state.push_back(body.input(outside.type(initial[i].id)));
  }
  size_t next = 0;
  for (size_t i = 0; i < named.size(); ++i) {
    elaborator.currentSpan = expr.pattern.names[i].span;
    elaborator.locate();
    std::vector<Value> values;
    for (size_t j = 0; j < named[i].values.size(); ++j) {
      TensorType type = outside.type(all[next++].id);
      type.shape.erase(type.shape.begin());
      slices.push_back(body.input(type));
      values.push_back(Value::tensor(body, slices.back()));
    }
    elaborator.declare(env, expr.pattern.names[i], named[i].isTuple ? Value::tuple(values) : values[0]);
  }
  for (size_t i = 0; i < expr.carries.size(); ++i) {
    const Ident &name = expr.carries[i].name;
    elaborator.declare(env, name, Value::tensor(body, state[i]));
    Variable &variable = env.scope->names[name.text];
    variable.role = Variable::Carry;
    variable.scan = &body;
    variables.push_back(&variable);
  }
}

/// The values that are stacked.
std::optional<std::vector<ValueId>> ScanBuilder::yielded(const Value &value, Span span, bool &isTuple) {
  isTuple = value.kind == Value::Tuple;
  std::vector<ValueId> ids;
  for (const Value &part : isTuple ? value.elements : std::vector<Value>{value}) {
    Value tensor = elaborator.demandTensor(part, span, "what a step of a scan gives");
    if (tensor.isError())
      return std::nullopt;
    const TensorType &type = elaborator.type(tensor);
    if (type.shape.size() < size_t(expr.axis)) {
      DiagnosticBuilder builder =
          elaborator.report(DiagnosticCode::E0320, span,
                            "a step gives " + elaborator.text(type) +
                                ", which cannot be stacked along axis " + std::to_string(expr.axis));
      builder.label("it needs " + std::to_string(expr.axis) + (expr.axis == 1 ? " axis" : " axes") +
                    " or more");
      builder.note(expr.axisSpan, "the scan goes along this axis");
      elaborator.noteOrigin(builder, tensor, span);
      return std::nullopt;
    }
    ids.push_back(tensor.id);
  }
  return ids;
}

Value ScanBuilder::finish(const std::vector<ValueId> &outputs, bool isTuple) {
  std::vector<ValueId> next;
  for (size_t i = 0; i < variables.size(); ++i) {
    const Value &value = variables[i]->value;
    // A carry that went wrong was reported.
    std::optional<ValueId> own =
        value.kind == Value::Tensor ? body.bring(value.graph, value.id) : std::nullopt;
    if (!own)
      return Value();
    next.push_back(*own);
  }
  elaborator.graph = before;
  GraphContext &outside = *before;
  std::vector<ValueId> operands, inputs = state;
  std::vector<TensorType> results;
  auto stacked = [&](ValueId id, const Dim &count) {
    TensorType type = body.type(id);
    type.shape.insert(type.shape.begin(), count);
    results.push_back(type);
  };
  for (size_t i = 0; i < initial.size(); ++i) {
    operands.push_back(initial[i].id);
    stacked(state[i], body.steps + Dim(1));
  }
  for (size_t i = 0; i < all.size(); ++i)
    operands.push_back(all[i].id);
  inputs.insert(inputs.end(), slices.begin(), slices.end());
  for (const std::vector<ValueId> *list : {&body.slices, &body.constants})
    for (ValueId input : *list) {
      inputs.push_back(input);
      operands.push_back(body.outer[input]);
    }
  body.graph.inputs = inputs;
  body.graph.outputs = next;
  for (ValueId output : outputs) {
    body.graph.outputs.push_back(output);
    stacked(output, body.steps);
  }
  for (const TensorType &type : results)
    if (!elaborator.checkSize(type, expr.scanSpan))
      return Value();
  prune(body.graph, true);
  elaborator.currentSpan = expr.scanSpan;
  elaborator.locate();
  std::vector<ValueId> ids = outside.region(
      "scan", operands,
      {{"num_carries", int64_t(initial.size())}, {"num_slices", int64_t(all.size() + body.slices.size())}},
      results, std::move(body.graph));
  std::vector<Value> values;
  for (size_t i = initial.size(); i < ids.size(); ++i) {
    std::vector<int64_t> order;
    for (int64_t axis = 0; axis < int64_t(outside.type(ids[i]).shape.size()); ++axis)
      order.push_back(axis < expr.axis ? axis + 1 : axis == expr.axis ? 0 : axis);
    values.push_back(Value::tensor(outside, outside.transpose(ids[i], order)));
  }
  return isTuple ? Value::tuple(std::move(values)) : values[0];
}

Value ScanBuilder::run(Env &env, const Expected *expected) {
  if (!sequences(env) || !carries(env))
    return Value();
  Env inner = env;
  inner.scope = elaborator.newScope(env.scope);
  inner.scope->owns = env.scope->owns;
  enter(inner);
  std::optional<Expected> wanted;
  if (expected) {
    wanted = *expected;
    for (TensorType &type : wanted->types)
      if (type.shape.size() > size_t(expr.axis))
        type.shape.erase(type.shape.begin() + expr.axis);
  }
  Value value = elaborator.block(expr.body, inner, wanted ? &*wanted : nullptr);
  if (value.isError())
    return value;
  bool isTuple = false;
  Span span = expr.body.stmts.empty() ? expr.scanSpan : expr.body.stmts.back()->span;
  std::optional<std::vector<ValueId>> outputs = yielded(value, span, isTuple);
  return outputs ? finish(*outputs, isTuple) : Value();
}

Value Elaborator::scan(const ScanExpr &expr, Env &env, const Expected *expected) {
  if (tooLarge)
    return Value();
  return ScanBuilder(*this, expr).run(env, expected);
}

} // namespace mlc::frontend
