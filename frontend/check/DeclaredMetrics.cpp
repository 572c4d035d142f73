// Declared metrics: what their states add up in a step, and what is made of them after the last.
#include "frontend/check/LossInputs.h"
#include "frontend/check/RowMeans.h"
#include "frontend/check/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

/// `s <- s + e` adds e.
static const Expr *increment(const RebindStmt &stmt) {
  const auto *sum = as<BinaryExpr>(*stmt.value);
  if (!sum || sum->op != BinaryOp::Add)
    return nullptr;
  const auto *left = as<NameExpr>(*sum->left);
  return left && left->name == stmt.name.text ? sum->right.get() : nullptr;
}

/// Reports what batches cannot add up to the same as the split would.
bool TrainBlock::checkSum(ValueId value, Span span) {
  if (!rowMeans || rowMeans->isSum(value))
    return true;
  bool isMean = rowMeans->isMean(value);
  elaborator
      .report(DiagnosticCode::E0432, span,
              isMean ? "batches add this up, and it does not grow with their rows: another number of batches "
                       "would give "
                       "another figure"
                     : "batches add this up, and it is no sum over rows")
      .help("add `sum(...)` over rows, of ones to count them, and divide at the end");
  return false;
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

/// `ranking(score, label, weight)`, which a state may begin as.
static const Call *rankingOf(const Expr &initial) {
  const auto *node = as<CallExpr>(initial);
  return node && !node->cast && node->call.callee.text == "ranking" ? &node->call : nullptr;
}

/// The scores and weights join what is collected of each row.
bool TrainBlock::ranking(const Call &call, Env &env) {
  Elaborator &e = elaborator;
  std::optional<Arguments> given = e.arguments(call.args, env);
  if (!given)
    return false;
  if (given->positional.size() != 3 || !given->named.empty()) {
    e.fail(DiagnosticCode::E0303, call.span, "`ranking` takes scores, labels and weights");
    return false;
  }
  std::vector<Value> operands;
  std::vector<TensorType> types;
  for (const Argument &argument : given->positional) {
    operands.push_back(e.demandTensor(argument.value, argument.span, "an operand of `ranking`"));
    if (operands.back().isError())
      return false;
    types.push_back(e.type(operands.back()));
  }
  bool fits = isFloat(types[0].dtype) && types[1].dtype == DType::Bool && isFloat(types[2].dtype) &&
              types[0].shape == types[1].shape && types[0].shape == types[2].shape;
  std::optional<Dim> perRow = product(types[0].shape).dividedBy(Dim::batch());
  if (!fits) {
    e.fail(DiagnosticCode::E0413, call.span,
           "`ranking` takes scores, labels that are bool and weights, of one shape, and these are " +
               e.text(types[0]) + ", " + e.text(types[1]) + " and " + e.text(types[2]));
    return false;
  }
  if (!rowMeans) { // a metric that is checked alone
    program.rankings.push_back({});
    return true;
  }
  if (!perRow || !perRow->constant()) {
    e.fail(DiagnosticCode::E0413, call.span,
           "`ranking` takes scores of each row of the batch, and these are " + e.text(types[0]));
    return false;
  }
  GraphContext &graph = *e.graph;
  e.currentSpan = call.span;
  e.locate();
  const std::vector<Dim> rows = {Dim::batch(), *perRow};
  auto flat = [&](ValueId value) { return graph.reshape(value, rows); };
  TensorType wide{DType::F64, rows};
  ValueId score = flat(graph.convert(operands[0].id, DType::F64));
  ValueId weight = flat(graph.convert(operands[2].id, DType::F64));
  ValueId zero = graph.constant(wide, 0.0);
  weight = graph.op("max", {weight, zero}, {}, wide);
  weight = graph.op("select", {flat(operands[1].id), weight, graph.op("neg", {weight}, {}, wide)}, {}, wide);
  rankedParts.push_back(score);
  rankedParts.push_back(weight);
  if (collecting)
    program.rankings.push_back({*perRow->constant(), 0});
  return true;
}

std::optional<ValueId> TrainBlock::ranked() {
  if (rankedParts.empty())
    return std::nullopt;
  GraphContext &graph = *elaborator.graph;
  Dim width;
  for (ValueId each : rankedParts)
    width = width + graph.type(each).shape[1];
  return graph.op("concat", rankedParts, {{"axis", int64_t(1)}}, {DType::F64, {Dim::batch(), width}});
}

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
  warnOfInput(e, metric, callee, site, arguments);
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
    bool isRanking = false; // filled in after the last batch
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
      if (const Call *call = rankingOf(*node.initial); call && type) {
        good = ranking(*call, callee);
        if (good && *type != TensorType{e.computeType, {Dim(2)}})
          wrong(node.type.span, "`ranking` gives float[2]");
        states.emplace_back(node.name.text, Open{*type, node.name.span, 0, true, true});
        e.declare(callee, node.name, Value::absent());
        break;
      }
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
      e.declare(callee, node.name, Value::absent());
      break;
    }
    case StmtKind::Rebind: {
      const auto &node = cast<RebindStmt>(stmt);
      auto state = std::find_if(states.begin(), states.end(),
                                [&](const auto &each) { return each.first == node.name.text; });
      const Expr *added = increment(node);
      if (state != states.end() && state->second.isRanking) {
        wrong(stmt.span,
              "`" + node.name.text + "` is made of all rows after the last: nothing is added to it");
        break;
      }
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
      if (!checkSum(value.id, added->span)) {
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
  size_t firstRanking =
      program.rankings.size() - size_t(std::count_if(states.begin(), states.end(),
                                                     [](const auto &each) { return each.second.isRanking; }));
  for (auto &[name, open] : states) {
    line.states.emplace_back(name, open.type);
    if (open.isRanking) {
      if (collecting)
        program.rankings[firstRanking++].sums = sumCount;
      open.total = e.graph->constant(open.type, 0.0);
    }
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

//===-- After the last batch -----------------------------------------------------------------------===//

ValueId TrainBlock::part(GraphContext &graph, ValueId sums, int64_t offset, const std::vector<Dim> &shape) {
  Dim count = product(shape);
  if (graph.type(sums).shape[0] != count)
    sums = graph.op("slice", {sums},
                    {{"starts", std::vector<Dim>{Dim(offset)}}, {"strides", std::vector<Dim>{Dim(1)}}},
                    {DType::F64, {count}});
  return graph.reshape(sums, shape);
}

/// Each is a column of metrics.csv.
static constexpr int64_t maxElements = 10000;

static bool readsStream(const core::StepGraph &step) {
  return std::any_of(step.inputs.begin(), step.inputs.end(),
                     [](const core::Input &input) { return input.kind == core::Input::Stream; });
}

/// The result of a declared metric, from its states: f64 throughout, the operands gone.
bool TrainBlock::metricResult(const Line &line, ValueId sums, ValueId &result) {
  Elaborator &e = elaborator;
  DType before = e.computeType;
  e.computeType = DType::F64;
  Env env;
  env.scope = e.copyOf(*line.scope);
  for (auto &[name, variable] : env.scope->names) {
    const Value &value = variable.value;
    bool isNumber = value.kind == Value::Number || value.kind == Value::Truth;
    if (value.kind == Value::Tensor || (isNumber && !value.number.known()))
      variable.value = Value::absent();
  }
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
    e.fail(DiagnosticCode::E0413, span,
           "the result of a metric depends on its states, not on a step or its batch");
  else if (!value.isError() && readsStream(e.phase->step))
    e.fail(DiagnosticCode::E0413, span,
           "the result of a metric is made of its states, without random numbers");
  else if (line.metric->body.stmts.back()->kind != StmtKind::Expr)
    e.fail(DiagnosticCode::E0413, span, "a metric ends with its result");
  else if (value.kind != Value::Tensor || e.type(value).shape.empty())
    value = e.coerce(value, {DType::F64, {}}, span, "the result of a metric");
  else if (const TensorType type = e.type(value); !isFloat(type.dtype))
    value =
        e.fail(DiagnosticCode::E0413, span, "the result of a metric is float, and this is " + e.text(type));
  else if (int64_t count = product(type.shape).constant().value_or(0); count < 1 || count > maxElements)
    value = e.fail(DiagnosticCode::E0413, span,
                   "the result of a metric has 1 to " + std::to_string(maxElements) +
                       " elements, and this is " + e.text(type));
  else
    value = e.result(e.graph->convert(value.id, DType::F64));
  e.frames.pop_back();
  e.computeType = before;
  if (value.kind != Value::Tensor)
    return false;
  result = value.id;
  return true;
}

} // namespace mlc::frontend
