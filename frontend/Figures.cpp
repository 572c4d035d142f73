// Losses and metrics: what a step adds up, and what an epoch makes of the sums.
#include "frontend/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

std::string TrainBlock::lineName(const std::optional<Ident> &name, const Expr &value,
                                 const std::string &otherwise) const {
  if (name)
    return name->text;
  if (const auto *call = as<CallExpr>(value))
    if (!call->cast)
      return call->call.callee.text;
  if (const auto *pipe = as<PipeExpr>(value))
    return pipe->stages.back().callee.text;
  if (const auto *variable = as<NameExpr>(value))
    return variable->name;
  return otherwise;
}

/// Flat, in f64, to be joined with the others.
void TrainBlock::addSum(ValueId value) {
  GraphContext &graph = *elaborator.graph;
  Dim count = product(graph.type(value).shape);
  sumParts.push_back(graph.reshape(graph.convert(value, DType::F64), {count}));
  sumCount += count.constant().value_or(0);
}

ValueId TrainBlock::sums() {
  GraphContext &graph = *elaborator.graph;
  if (sumParts.size() == 1)
    return sumParts[0];
  Dim count;
  for (ValueId part : sumParts)
    count = count + graph.type(part).shape[0];
  return graph.op("concat", sumParts, {{"axis", int64_t(0)}}, {DType::F64, {count}});
}

/// The sum over all axes, in f64 over the rows; `inOwnType` is the same in the value's own type.
static ValueId sumRows(GraphContext &graph, ValueId value, ValueId *inOwnType) {
  std::vector<int64_t> within;
  for (size_t axis = 1; axis < graph.type(value).shape.size(); ++axis)
    within.push_back(int64_t(axis));
  ValueId rows = graph.reduce(value, "sum", within);
  bool isScalar = graph.type(rows).shape.empty();
  if (inOwnType)
    *inOwnType = isScalar ? rows : graph.reduce(rows, "sum", {0});
  rows = graph.convert(rows, DType::F64);
  return isScalar ? rows : graph.reduce(rows, "sum", {0});
}

/// a / b, and 0 where b is 0. Both scalars.
static ValueId quotient(GraphContext &graph, ValueId a, ValueId b) {
  TensorType type = graph.type(a);
  ValueId zero = graph.constant(type, 0.0), one = graph.constant(type, 1.0);
  ValueId empty = graph.op("compare", {b, zero}, {{"predicate", std::string("eq")}}, {DType::Bool, {}});
  return graph.op("div", {a, graph.op("select", {empty, one, b}, {}, type)}, {}, type);
}

void TrainBlock::ratio(const Value &given, Span span, const Value *weight, Span weightSpan, Line &line) {
  Elaborator &e = elaborator;
  std::string what = line.isLoss ? "a loss" : "a metric";
  Value value = e.demandTensor(given, span, what);
  if (value.isError())
    return;
  TensorType type = e.type(value);
  if (!isFloat(type.dtype)) {
    DiagnosticBuilder builder =
        e.report(DiagnosticCode::E0409, span, what + " is float, and this is " + e.text(type));
    e.noteOrigin(builder, value, span);
    builder.help("convert it: `float(...)`");
    return;
  }
  ValueId weighted = value.id, ownSum = 0, ownWeight = 0, numerator, denominator;
  GraphContext &graph = *e.graph;
  e.currentSpan = span;
  e.locate();
  if (!weight) {
    numerator = sumRows(graph, weighted, &ownSum);
    Number count = Number::size(product(type.shape));
    denominator = graph.constant({DType::F64, {}}, count.expr());
    if (line.isLoss) {
      Number share = *Number::apply("div", {Number(1), count});
      ValueId factor = graph.constant({type.dtype, {}}, share.expr());
      if (share.known() == std::optional<double>(1))
        lossParts.push_back(ownSum);
      else
        lossParts.push_back(graph.op("mul", {ownSum, factor}, {}, {type.dtype, {}}));
    }
  } else {
    std::vector<ValueId> ids;
    TensorType common;
    Value weights = *weight;
    bool isBool = weights.kind == Value::Tensor && e.type(weights).dtype == DType::Bool;
    if (!e.align({{weights, weightSpan}, {value, span}}, isBool ? 1 : 0, weightSpan, ids, common))
      return;
    if (common.shape != type.shape) {
      e.fail(DiagnosticCode::E0409, weightSpan,
             "the weight has more axes than what it weighs: " + e.text(common) + " and " + e.text(type));
      return;
    }
    e.locate();
    if (isBool) {
      weighted = graph.op("select", {ids[0], ids[1], graph.constant(common, 0.0)}, {}, common);
      ids[0] = graph.convert(ids[0], type.dtype);
    } else {
      ids[0] = graph.op("stop_gradient", {ids[0]}, {}, common);
      // A weight of 0 leaves out as false does, whatever it weighs: 0 * NaN would not.
      ValueId zero = graph.constant(common, 0.0);
      ValueId counts = graph.op("compare", {ids[0], zero}, {{"predicate", std::string("ne")}},
                                {DType::Bool, common.shape});
      ValueId counted = graph.op("select", {counts, ids[1], zero}, {}, common);
      weighted = graph.op("mul", {ids[0], counted}, {}, common);
    }
    numerator = sumRows(graph, weighted, &ownSum);
    denominator = sumRows(graph, ids[0], &ownWeight);
    if (line.isLoss)
      lossParts.push_back(quotient(graph, ownSum, ownWeight));
  }
  if (line.isLoss)
    losses.emplace_back(ownSum, span);
  line.offset = sumCount;
  addSum(numerator);
  addSum(denominator);
  if (collecting)
    lines.push_back(line);
}

void TrainBlock::loss(const LossClause &clause, Env &env) {
  Value value = elaborator.expression(*clause.value, env);
  Value weight;
  if (clause.weight)
    weight = elaborator.expression(*clause.weight, env);
  if (value.isError() || (clause.weight && weight.isError()))
    return;
  Line line;
  line.isLoss = true;
  line.isNamed = clause.name.has_value() || !currentPart.empty();
  line.name = clause.name || currentPart.empty() ? lineName(clause.name, *clause.value, "loss") : currentPart;
  line.span = clause.name ? clause.name->span : clause.value->span;
  ratio(value, clause.value->span, clause.weight ? &weight : nullptr,
        clause.weight ? clause.weight->span : clause.span, line);
}

void TrainBlock::metric(const MetricClause &clause, Env &env) {
  Line line;
  line.isNamed = clause.name.has_value();
  line.name = lineName(clause.name, *clause.value, "metric");
  line.span = clause.name ? clause.name->span : clause.value->span;
  // A declared metric is called alone; everything else is an expression of rows.
  const Call *call = nullptr;
  const Expr *head = nullptr;
  if (const auto *node = as<CallExpr>(*clause.value); node && !node->cast)
    call = &node->call;
  if (const auto *pipe = as<PipeExpr>(*clause.value); pipe && pipe->head && pipe->stages.size() == 1) {
    call = &pipe->stages[0];
    head = pipe->head.get();
  }
  if (call) {
    Value callee = elaborator.lookup(call->callee.text, call->callee.span, env);
    if (callee.kind == Value::Function && callee.function->kind == Function::Declared &&
        callee.function->declaration->kind == CallableKind::Metric) {
      if (clause.weight) {
        elaborator.fail(DiagnosticCode::E0413, clause.weight->span,
                        "a declared metric takes no weight: give it as an operand");
        return;
      }
      std::optional<Arguments> given = elaborator.arguments(call->args, env);
      if (!given)
        return;
      if (head)
        given->positional.insert(given->positional.begin(), {elaborator.expression(*head, env), head->span});
      declaredMetric(*call, *callee.function, env, line, std::move(*given));
      return;
    }
    if (callee.isError())
      return;
  }
  Value value = elaborator.expression(*clause.value, env);
  Value weight;
  if (clause.weight)
    weight = elaborator.expression(*clause.weight, env);
  if (!value.isError() && !(clause.weight && weight.isError()))
    ratio(value, clause.value->span, clause.weight ? &weight : nullptr,
          clause.weight ? clause.weight->span : clause.span, line);
}

/// `s <- s + e` adds e.
static const Expr *increment(const RebindStmt &stmt) {
  const auto *sum = as<BinaryExpr>(*stmt.value);
  if (!sum || sum->op != BinaryOp::Add)
    return nullptr;
  const auto *left = as<NameExpr>(*sum->left);
  return left && left->name == stmt.name.text ? sum->right.get() : nullptr;
}

/// 0, or a tensor of it: `zeros()`.
static bool isZero(Elaborator &elaborator, const Value &value) {
  if (value.kind == Value::Number)
    return value.number.known() == std::optional<double>(0);
  if (value.kind != Value::Tensor)
    return false;
  const core::Node *node = elaborator.graph->producer(value.id);
  if (!node || node->op != "constant")
    return false;
  return std::any_of(node->attrs.begin(), node->attrs.end(), [](const auto &attr) {
    const double *number = std::get_if<double>(&attr.second);
    return number && *number == 0;
  });
}

/// They are added in f64 in every step and kept for every split.
static constexpr int64_t maxSums = int64_t(1) << 24;

/// The states' increments join the sums; the result is elaborated in the graph of figures.
void TrainBlock::declaredMetric(const Call &call, const Function &function, Env &env, Line &line,
                                Arguments arguments) {
  Elaborator &e = elaborator;
  const Callable &metric = *function.declaration;
  Env callee;
  callee.scope = e.newScope(function.scope);
  callee.site = join(env.site, componentName(call));
  CallSite site{call.span, call.callee.span, "", componentName(call)};
  bool absent = false;
  if (!e.bindParameters(metric, arguments, site, callee, nullptr, absent))
    return;
  line.isRatio = false;
  line.metric = &metric;
  line.offset = sumCount;
  line.scope = e.copyOf(*callee.scope);
  e.frames.push_back({call.span, metric.name.text});
  struct Open {
    TensorType type;
    Span span;
    ValueId total = 0;
    bool added = false;
  };
  std::vector<std::pair<std::string, Open>> states;
  bool good = true;
  auto wrong = [&](Span span, const std::string &message) {
    e.fail(DiagnosticCode::E0413, span, message);
    good = false;
  };
  for (size_t i = 0; i + 1 < metric.body.stmts.size() && good; ++i) {
    const Stmt &stmt = *metric.body.stmts[i];
    switch (stmt.kind) {
    case StmtKind::Let:
      e.bind(cast<LetStmt>(stmt).binding, callee);
      break;
    case StmtKind::Fn:
      e.declareFunction(*cast<FnStmt>(stmt).function, callee);
      break;
    case StmtKind::State: {
      const auto &node = cast<StateStmt>(stmt);
      std::optional<TensorType> type = e.resolve(node.type, callee);
      if (!type) {
        good = false;
        break;
      }
      Expected expected{{*type}, false};
      Value initial = e.expression(*node.initial, callee, &expected);
      if (initial.isError()) {
        good = false;
        break;
      }
      if (!isZero(e, initial))
        wrong(node.initial->span, "the state of a metric begins at 0: steps add to it");
      else if (!isFloat(type->dtype) || !product(type->shape).constant())
        wrong(node.type.span, "the state of a metric is float, and of one size");
      else
        states.emplace_back(node.name.text, Open{*type, node.name.span});
      Value none;
      none.kind = Value::Absent;
      e.declare(callee, node.name, none);
      break;
    }
    case StmtKind::Rebind: {
      const auto &node = cast<RebindStmt>(stmt);
      auto state = std::find_if(states.begin(), states.end(),
                                [&](const auto &each) { return each.first == node.name.text; });
      const Expr *added = increment(node);
      if (state == states.end() || !added) {
        wrong(stmt.span, state == states.end() ? "`" + node.name.text + "` is no state of this metric"
                                               : "a metric adds to its state: `" + node.name.text + " <- " +
                                                     node.name.text + " + ...`");
        break;
      }
      Expected expected{{state->second.type}, false};
      Value value = e.expression(*added, callee, &expected);
      value = e.coerce(value, state->second.type, added->span, "the state `" + node.name.text + "`");
      if (value.kind != Value::Tensor) {
        if (value.kind == Value::Absent)
          wrong(added->span, "what is added depends on this batch alone, not on a state");
        good = false;
        break;
      }
      Open &open = state->second;
      open.total = open.added ? e.graph->op("add", {open.total, value.id}, {}, open.type) : value.id;
      open.added = true;
      break;
    }
    default:
      wrong(stmt.span, "a metric has states, lets, `s <- s + e`, and a result");
    }
  }
  for (const auto &[name, open] : states)
    if (good && !open.added)
      wrong(open.span, "nothing is added to the state `" + name + "`");
  e.frames.pop_back();
  if (!good)
    return;
  for (auto &[name, open] : states) {
    line.states.emplace_back(name, open.type);
    addSum(open.total);
    if (sumCount > maxSums)
      return wrong(open.span, "the states of all metrics have at most 2^24 elements");
  }
  if (states.empty())
    return wrong(metric.name.span, "a declared metric has a `state`");
  if (collecting)
    lines.push_back(line);
}

bool TrainBlock::checkMetric(const Call &call, const Function &function, Env &env, Arguments arguments) {
  collecting = true;
  Line line;
  line.span = call.span;
  declaredMetric(call, function, env, line, std::move(arguments));
  if (lines.empty() || elaborator.diagnostics.hasErrors())
    return false;
  // As a program with this metric alone has it.
  Phase figuring(Phase::Figures);
  elaborator.phase = &figuring;
  elaborator.graph = &figuring.graph;
  ValueId result = 0;
  return metricResult(lines[0], figuring.graph.input({DType::F64, {Dim(sumCount)}}), result);
}

//===-- The graph of figures -----------------------------------------------------------------------===//

static ValueId part(GraphContext &graph, ValueId sums, int64_t offset, const std::vector<Dim> &shape) {
  Dim count = product(shape);
  if (graph.type(sums).shape[0] != count)
    sums = graph.op("slice", {sums},
                    {{"starts", std::vector<Dim>{Dim(offset)}}, {"strides", std::vector<Dim>{Dim(1)}}},
                    {DType::F64, {count}});
  return graph.reshape(sums, shape);
}

/// The result of a declared metric, from its states: f64 throughout, the operands gone.
bool TrainBlock::metricResult(const Line &line, ValueId sums, ValueId &result) {
  Elaborator &e = elaborator;
  DType before = e.computeType;
  e.computeType = DType::F64;
  Env env;
  env.scope = e.copyOf(*line.scope);
  Value absent;
  absent.kind = Value::Absent;
  for (auto &[name, variable] : env.scope->names)
    if (variable.value.kind == Value::Tensor)
      variable.value = absent;
  int64_t offset = line.offset;
  for (const auto &[name, type] : line.states) {
    env.scope->names[name].value = e.result(part(*e.graph, sums, offset, type.shape));
    offset += product(type.shape).constant().value_or(0);
  }
  e.frames.push_back({line.span, line.metric->name.text});
  Value value;
  for (const StmtPtr &stmt : line.metric->body.stmts) {
    if (stmt->kind == StmtKind::Let)
      e.bind(cast<LetStmt>(*stmt).binding, env);
    if (stmt->kind == StmtKind::Fn)
      e.declareFunction(*cast<FnStmt>(*stmt).function, env);
    if (const auto *last = as<ExprStmt>(*stmt))
      value = e.expression(*last->value, env);
  }
  Span span = line.metric->body.stmts.back()->span;
  if (value.kind == Value::Absent)
    e.fail(DiagnosticCode::E0413, span, "the result of a metric depends on its states, not on a batch");
  else if (line.metric->body.stmts.back()->kind != StmtKind::Expr)
    e.fail(DiagnosticCode::E0413, span, "a metric ends with its result");
  else
    value = e.coerce(value, {DType::F64, {}}, span, "the result of a metric");
  e.frames.pop_back();
  e.computeType = before;
  if (value.kind != Value::Tensor)
    return false;
  result = value.id;
  return true;
}

bool TrainBlock::figures(Phase &phase) {
  Elaborator &e = elaborator;
  GraphContext &graph = phase.graph;
  e.phase = &phase;
  e.graph = &graph;
  ValueId sums = graph.input({DType::F64, {Dim(program.sums)}});
  phase.step.inputs.push_back({core::Input::Field, 0, sums});
  TensorType scalar{DType::F64, {}};
  std::vector<ValueId> lossValues, values;
  std::vector<core::Figure> names;
  size_t lossLines = std::count_if(lines.begin(), lines.end(), [](const Line &line) { return line.isLoss; });
  bool good = true;
  std::map<std::string, Span> seen;
  auto add = [&](const Line &line, ValueId value) {
    auto [entry, added] = seen.emplace(line.name, line.span);
    bool isTotal = line.name == "loss" && lossLines > 1;
    if (!added || isTotal) {
      DiagnosticBuilder builder = e.report(DiagnosticCode::E0412, line.span,
                                           isTotal ? "`loss` is the name of the sum of all losses"
                                                   : "two figures are called `" + line.name + "`");
      if (!added)
        builder.note(entry->second, "first here");
      builder.help("give it a name: `" + std::string(line.isLoss ? "loss" : "metric") + " NAME = ...`");
      good = false;
    }
    names.push_back({line.name, line.isLoss});
    values.push_back(value);
  };
  for (const Line &line : lines) {
    e.currentSpan = line.span;
    e.locate();
    if (!line.isRatio) {
      ValueId value = 0;
      if (metricResult(line, sums, value))
        add(line, value);
      else
        good = false;
      continue;
    }
    ValueId value =
        quotient(graph, part(graph, sums, line.offset, {}), part(graph, sums, line.offset + 1, {}));
    if (line.isLoss)
      lossValues.push_back(value);
    // A single loss without a name of its own is `loss`.
    if (!line.isLoss || lossLines > 1 || (line.isNamed && line.name != "loss"))
      add(line, value);
  }
  if (!good || lossValues.empty())
    return false;
  ValueId total = lossValues[0];
  for (size_t i = 1; i < lossValues.size(); ++i)
    total = graph.op("add", {total, lossValues[i]}, {}, scalar);
  values.insert(values.begin(), total);
  names.insert(names.begin(), {"loss", true});
  for (ValueId &value : values)
    value = graph.reshape(value, {Dim(1)});
  ValueId all = values.size() == 1 ? values[0]
                                   : graph.op("concat", values, {{"axis", int64_t(0)}},
                                              {DType::F64, {Dim(int64_t(values.size()))}});
  graph.graph.outputs = {all};
  program.figureNames = names;
  return true;
}

} // namespace mlc::frontend
