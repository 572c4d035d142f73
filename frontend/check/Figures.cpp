// Losses and metrics: what a step adds up, and what an epoch makes of the sums.
#include "frontend/check/TrainBlock.h"

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

/// The first place in the user's text of a node that `line` made: equal nodes are one, and an earlier line
/// may have made it.
static std::optional<Span> placeIn(const DiagnosticEngine &diagnostics, const core::Node &node, Span line) {
  const std::vector<Span> &chain = node.origin.chain;
  auto isInside = [&](Span span) {
    return span.source == line.source && span.begin >= line.begin && span.end <= line.end;
  };
  if (std::none_of(chain.begin(), chain.end(), isInside))
    return std::nullopt;
  for (Span span : chain)
    if (diagnostics.sources().get(span.source).origin() == SourceOrigin::User)
      return span;
  return std::nullopt;
}

static const char *const declareOne = "or declare a `metric` item: states that batches add to, `s <- s + "
                                      "sum(...)`, and a value made of them after the last";

/// How to write what was meant, by the op that batches cannot be averaged through.
static std::string rightForm(const core::Node *culprit, RowMeans &means, bool isTotal) {
  if (isTotal)
    return "for a mean write `mean(...)`; ";
  std::string op = culprit ? culprit->op : "";
  bool squares = (op == "mul" || op == "pow") && means(culprit->operands[0]).kind == Spread::Shifted;
  if (squares)
    return "`metric r2(guess, y)` is exact over a split; ";
  if (op == "sqrt")
    return "`metric rmse(guess, y)` is exact over a split; ";
  if (op == "exp")
    return "`metric perplexity(logits, y)` is exact over a split; ";
  if (op == "div")
    return "for `sum(w * e) / sum(w)` write `metric e weight w`; `r2`, `precision`, `recall` and `f1` are "
           "there; ";
  return "";
}

/// Reports a metric line whose value batches cannot be averaged to.
bool TrainBlock::checkMean(ValueId value, Span span, const ValueId *weight, Span weightSpan) {
  RowMeans &means = *rowMeans;
  auto isOfRows = [&](ValueId each) {
    Spread spread = means(each);
    return (spread.kind == Spread::Same || spread.kind == Spread::Rows) && means.isMean(each);
  };
  bool isSameWeight = weight && means(*weight).kind == Spread::Same;
  bool good = weight && !isSameWeight ? isOfRows(value) && isOfRows(*weight)
                                      : means.isMean(value) && (!weight || means.isMean(*weight));
  if (good)
    return true;
  Elaborator &e = elaborator;
  const core::Node *culprit = means.culprit(value);
  if (!culprit && weight)
    culprit = means.culprit(*weight);
  Spread spread = means(value);
  bool isTotal = !culprit && !weight && spread.kind == Spread::Sum;
  // The weight comes after the value.
  Span lineSpan = span;
  if (weight)
    lineSpan.end = weightSpan.end;
  DiagnosticBuilder builder = e.report(
      DiagnosticCode::E0432, span,
      isTotal
          ? "a sum over a batch says as much about the batch as about the model: batches are averaged"
          : "this is no mean over rows: averaged over batches it is another number than that of the split");
  if (culprit) {
    std::optional<Span> place = placeIn(e.diagnostics, *culprit, lineSpan);
    if (place && *place != e.userSpan(span))
      builder.note(*place, "this is taken of the batch as a whole");
  }
  std::string help = rightForm(culprit, means, isTotal);
  builder.help(help.empty() ? std::string(declareOne).substr(3) : help + declareOne);
  return false;
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
  // A mean over the rows of a batch counts for as many rows as it is the mean of.
  bool isOfBatch = std::all_of(type.shape.begin(), type.shape.end(),
                               [](const Dim &dim) { return dim.constant().has_value(); });
  auto timesRows = [&](ValueId sum) {
    ValueId rows = graph.constant({DType::F64, {}}, Number::size(Dim::batch()).expr());
    return graph.op("mul", {sum, rows}, {}, {DType::F64, {}});
  };
  if (!weight) {
    if (!line.isLoss && !checkMean(value.id, span, nullptr, span))
      return;
    numerator = sumRows(graph, weighted, &ownSum);
    Number count = Number::size(product(type.shape));
    denominator = graph.constant({DType::F64, {}}, count.expr());
    if (isOfBatch && rowMeans->isMean(value.id)) {
      numerator = timesRows(numerator);
      denominator = graph.constant({DType::F64, {}}, Number::size(product(type.shape) * Dim::batch()).expr());
    }
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
    if (!line.isLoss && !checkMean(ids[1], span, &ids[0], weightSpan))
      return;
    bool countsRows = isOfBatch && rowMeans->isMean(ids[0]) && rowMeans->isMean(ids[1]);
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
    if (countsRows) {
      numerator = timesRows(numerator);
      denominator = timesRows(denominator);
    }
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

/// The operand `weight` of a declared metric, which is its last, is what the line says after `weight`; 1
/// where it says nothing.
bool TrainBlock::giveWeight(const MetricClause &clause, const Call &call, const Callable &metric, Env &env,
                            Arguments &given) {
  bool takesWeight = !metric.operands.empty() && metric.operands.back().name.text == "weight";
  bool isGiven = given.positional.size() >= metric.operands.size();
  if (clause.weight && (!takesWeight || isGiven)) {
    elaborator
        .report(DiagnosticCode::E0413, clause.weight->span,
                takesWeight ? "`" + metric.name.text + "` has a weight already, as its last operand"
                            : "`" + metric.name.text + "` takes no weight")
        .help(takesWeight ? "leave one of them out"
                          : "a metric whose last operand is called `weight` takes one");
    return false;
  }
  if (!takesWeight || isGiven)
    return true;
  Value weight = Value::of(Number(1));
  if (clause.weight) {
    weight = elaborator.expression(*clause.weight, env);
    if (weight.kind == Value::Tensor && elaborator.type(weight).dtype == DType::Bool)
      weight = elaborator.castTo(ScalarKind::Float, weight, clause.weight->span);
    if (weight.isError())
      return false;
  }
  given.positional.push_back({weight, clause.weight ? clause.weight->span : call.span});
  return true;
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
      std::optional<Arguments> given = elaborator.arguments(call->args, env);
      if (!given)
        return;
      if (head)
        given->positional.insert(given->positional.begin(), {elaborator.expression(*head, env), head->span});
      if (!giveWeight(clause, *call, *callee.function->declaration, env, *given))
        return;
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

//===-- The graph of figures -----------------------------------------------------------------------===//

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
  auto takenFigureName = [&](const std::string &name) -> std::string {
    if (name == "loss")
      return lossLines > 1 ? "`loss` is the name of the sum of all losses" : "`loss` is the name of the loss";
    // What else stands in a line of `--json`, metrics.csv and updates.csv.
    for (const char *member : {"split", "epoch", "update", "samples", "best"})
      if (name == member)
        return "lines of figures have `" + name + "` already, as what they are about";
    const std::string validation = "validation_";
    if (name.rfind(validation, 0) != 0)
      return {};
    const std::string of = name.substr(validation.size());
    bool isFigure = of == "loss" || std::any_of(lines.begin(), lines.end(),
                                                [&](const Line &line) { return line.name == of; });
    return isFigure ? "`" + name + "` is what metrics.csv calls `" + of + "` of the validation rows" : "";
  };
  auto add = [&](const Line &line, ValueId value) {
    auto [entry, added] = seen.emplace(line.name, line.span);
    std::string taken = !added ? "two figures are called `" + line.name + "`" : takenFigureName(line.name);
    if (!taken.empty()) {
      DiagnosticBuilder builder = e.report(DiagnosticCode::E0412, line.span, taken);
      if (!added)
        builder.note(entry->second, "first here");
      builder.help("give it a name: `" + std::string(line.isLoss ? "loss" : "metric") + " NAME = ...`");
      good = false;
    }
    std::vector<int64_t> shape;
    for (const Dim &dim : graph.type(value).shape)
      shape.push_back(dim.constant().value_or(0));
    names.push_back({line.name, line.isLoss, shape});
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
  names.insert(names.begin(), {"loss", true, {}});
  Dim count;
  for (ValueId &value : values) {
    Dim elements = product(graph.type(value).shape);
    value = graph.reshape(value, {elements});
    count = count + elements;
  }
  ValueId all = values.size() == 1
                    ? values[0]
                    : graph.op("concat", values, {{"axis", int64_t(0)}}, {DType::F64, {count}});
  graph.graph.outputs = {all};
  program.figureNames = names;
  return true;
}

} // namespace mlc::frontend
