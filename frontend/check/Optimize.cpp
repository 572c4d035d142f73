// The update: the optimizer's declaration applied to each parameter.
#include "frontend/check/ProgramPrinter.h"
#include "frontend/check/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

namespace {
/// The arguments of an optimizer for some parameters.
struct Group {
  const GroupClause *clause = nullptr;
  std::vector<std::pair<Ident, Argument>> named;
  std::vector<bool> used; // by pattern
};
} // namespace

static void override(std::vector<std::pair<Ident, Argument>> &named, const Ident &name,
                     const Argument &argument) {
  for (auto &[ident, own] : named)
    if (ident.text == name.text) {
      own = argument;
      return;
    }
  named.emplace_back(name, argument);
}

void TrainBlock::describe(const Part &part, const std::string &of,
                          const std::vector<std::pair<Ident, Argument>> &named) {
  std::string before = (part.name.empty() ? "" : part.name + ".") + of + ".";
  for (const auto &[name, argument] : named)
    if (argument.value.kind == Value::Number || argument.value.kind == Value::Truth)
      program.settings.numbers[before + name.text] = core::print(argument.value.number.expr());
}

bool TrainBlock::update(Phase &phase, const Part &part, core::Objective &objective) {
  Elaborator &e = elaborator;
  e.phase = &phase;
  e.graph = &phase.graph;
  const OptimizerClause *clause = nullptr;
  std::vector<Group> groups;
  bool good = true;
  Env env{part.scope, "", ""};
  e.every = part.every;
  const auto &splits = program.splits;
  e.validates = program.settings.validation > 0 ||
                std::any_of(splits.begin(), splits.end(),
                            [](const auto &split) { return split.first == "validation"; });
  struct Restore {
    Elaborator &e;
    ~Restore() {
      e.every = 1;
      e.validates.reset();
    }
  } restore{e};
  for (const ClausePtr &each : *part.clauses) {
    if (const auto *node = as<OptimizerClause>(*each)) {
      if (clause) {
        e.report(DiagnosticCode::E0408, each->keywordSpan,
                 part.name.empty() ? "two optimizers in one train block" : "two optimizers in one objective")
            .note(clause->keywordSpan, "first here");
        return false;
      }
      clause = node;
    }
    if (const auto *node = as<GroupClause>(*each)) {
      std::optional<Arguments> given = e.arguments(node->args, env);
      if (!given)
        return false;
      if (!given->positional.empty()) {
        e.fail(DiagnosticCode::E0305, given->positional[0].span, "a group gives hyper-parameters by name");
        return false;
      }
      groups.push_back({node, std::move(given->named), std::vector<bool>(node->patterns.size(), false)});
    }
  }
  if (!clause) {
    e.report(DiagnosticCode::E0408, part.span,
             part.name.empty() ? "the train block has no `optimizer`"
                               : "the objective `" + part.name + "` has no `optimizer`")
        .help("for instance `optimizer adam(lr = 1e-3)`");
    return false;
  }
  const Ident &name = clause->call.callee;
  Value callee = e.lookup(name.text, name.span, env);
  if (callee.isError())
    return false;
  bool isOptimizer = callee.kind == Value::Function && callee.function->kind == Function::Declared &&
                     callee.function->declaration->kind == CallableKind::Optimizer;
  if (!isOptimizer) {
    e.fail(DiagnosticCode::E0408, name.span, "`" + name.text + "` is no optimizer",
           "sgd, adam, adamw, rmsprop are");
    return false;
  }
  const Callable &declaration = *callee.function->declaration;
  std::optional<Arguments> base = e.arguments(clause->call.args, env);
  if (!base)
    return false;
  if (!base->positional.empty()) {
    e.fail(DiagnosticCode::E0305, base->positional[0].span,
           "hyper-parameters of an optimizer are given by name");
    return false;
  }
  for (const std::string &hyper : overrides.optimizer()) {
    std::vector<std::string> known;
    for (const Param &param : declaration.hypers)
      known.push_back("optimizer." + param.name.text);
    std::string whole = "optimizer." + hyper;
    if (std::find(known.begin(), known.end(), whole) == known.end()) {
      DiagnosticBuilder builder =
          e.report(DiagnosticCode::E0417, name.span, "`--set " + whole + "` is nothing to set");
      builder.label("`" + name.text + "` has no `" + hyper + "`");
      if (std::optional<std::string> meant = didYouMean(whole, known))
        builder.help("did you mean `" + *meant + "`?");
      return false;
    }
    const Expr &expr = *overrides.find("optimizer." + hyper);
    override(base->named, {hyper, name.span}, {e.expression(expr, env), expr.span});
  }
  for (const auto &[ident, argument] : base->named)
    if (argument.value.kind == Value::Tensor) {
      e.fail(DiagnosticCode::E0218, argument.span, "a hyper-parameter is a number, and this is a tensor");
      return false;
    }
  for (const Param &param : declaration.hypers)
    if (param.initial)
      hypers.emplace("optimizer." + param.name.text, param.initial->span);
  for (const auto &[ident, argument] : base->named)
    hypers["optimizer." + ident.text] = argument.span;
  describe(part, "optimizer", base->named);
  for (const Group &group : groups) {
    std::string patterns;
    for (const StringLiteral &pattern : group.clause->patterns)
      patterns += (patterns.empty() ? "\"" : ", \"") + pattern.text + "\"";
    describe(part, "group " + patterns, group.named);
  }

  GraphContext &graph = phase.graph;
  std::vector<Value> params, gradients, results;
  for (size_t i = 0; i < objective.trainable.size(); ++i) {
    int state = objective.trainable[i];
    params.push_back(Value::tensor(graph, e.stateValue(state)));
    ValueId gradient = graph.input(e.states[state].type);
    phase.step.inputs.push_back({core::Input::Field, int(i), gradient});
    gradients.push_back(Value::tensor(graph, gradient));
  }
  // The norm over all gradients, before clipping.
  TensorType scalar{e.computeType, {}};
  e.currentSpan = clause->span;
  std::optional<ValueId> norm;
  auto gradNorm = [&] {
    if (norm)
      return *norm;
    std::optional<ValueId> total;
    for (const Value &gradient : gradients) {
      std::vector<int64_t> all;
      const TensorType type = graph.type(gradient.id);
      for (size_t axis = 0; axis < type.shape.size(); ++axis)
        all.push_back(int64_t(axis));
      ValueId square = graph.reduce(graph.op("mul", {gradient.id, gradient.id}, {}, type), "sum", all);
      total = total ? graph.op("add", {*total, square}, {}, scalar) : square;
    }
    norm = graph.op("sqrt", {total ? *total : graph.constant(scalar, 0.0)}, {}, scalar);
    return *norm;
  };
  std::vector<Value> clipped = gradients;
  if (part.clipNorm) {
    // As PyTorch: g * min(1, clip / (norm + 1e-6)).
    e.locate();
    ValueId limit = graph.scalar(*part.clipNorm, e.computeType);
    ValueId safe = graph.op("add", {gradNorm(), graph.constant(scalar, 1e-6)}, {}, scalar);
    ValueId factor = graph.op(
        "min", {graph.op("div", {limit, safe}, {}, scalar), graph.constant(scalar, 1.0)}, {}, scalar);
    for (Value &gradient : clipped) {
      const TensorType type = graph.type(gradient.id);
      gradient.id = graph.op("mul", {gradient.id, graph.broadcast(factor, type.shape)}, {}, type);
    }
  }
  e.gradNorm = [&](Span) {
    e.locate();
    return Value::tensor(graph, gradNorm());
  };
  PathPatterns patterns;
  std::vector<std::pair<size_t, size_t>> groupOf; // by pattern: the group, and which of its patterns
  for (size_t i = 0; i < groups.size(); ++i)
    for (size_t p = 0; p < groups[i].used.size(); ++p) {
      patterns.add(groups[i].clause->patterns[p].text);
      groupOf.emplace_back(i, p);
    }
  for (size_t i = 0; i < objective.trainable.size() && good; ++i) {
    const core::StateTensor &state = e.states[objective.trainable[i]];
    const TensorType type = state.type;
    Arguments given = *base;
    for (size_t pattern : patterns.matching(state.name)) {
      Group &group = groups[groupOf[pattern].first];
      group.used[groupOf[pattern].second] = true;
      for (const auto &[ident, argument] : group.named)
        override(given.named, ident, argument);
    }
    given.positional = {{params[i], clause->span}, {clipped[i], clause->span}};
    CallSite site{clause->call.span, name.span, "", ""};
    Env inner;
    inner.scope = e.newScope(callee.function->scope);
    inner.path = (part.name.empty() ? "objective" : part.name) + "." + state.name;
    inner.site = inner.path;
    e.frames.push_back({clause->call.span, name.text});
    e.currentSpan = clause->call.span;
    e.currentPath = inner.path;
    bool absent = false;
    Value result;
    Expected expected{{type}, false};
    size_t before = e.states.size();
    if (e.bindParameters(declaration, given, site, inner, nullptr, absent))
      result = e.coerce(e.statements(declaration.body, inner, &expected), type,
                        declaration.body.stmts.back()->span, "the new value of a parameter");
    e.frames.pop_back();
    for (size_t slot = before; slot < e.states.size(); ++slot)
      e.states[slot].of = objective.trainable[i];
    good = result.kind == Value::Tensor;
    results.push_back(result);
  }
  e.currentPath.clear();
  e.gradNorm = nullptr;
  for (const Group &group : groups)
    for (size_t p = 0; p < group.used.size(); ++p)
      if (good && !group.used[p]) {
        noMatch(group.clause->patterns[p].span, group.clause->patterns[p].text);
        good = false;
      }
  if (!good)
    return false;
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].id = whenActive(part, graph, results[i].id, params[i].id);
    graph.graph.outputs.push_back(results[i].id);
  }
  objective.moved = objective.trainable;
  for (const auto &[state, value] : phase.states)
    if (e.states[state].role == core::StateTensor::Slot) {
      objective.moved.push_back(state);
      graph.graph.outputs.push_back(whenActive(part, graph, value, phase.read[state]));
    }
  if (&part == &parts.back())
    follow(phase, objective, results);
  return true;
}

} // namespace mlc::frontend
