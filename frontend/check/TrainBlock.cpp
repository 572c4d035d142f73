// A train block becomes a core program, phase by phase.
#include "frontend/check/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

/// A scope with the fields, which are inputs of the phase.
Env TrainBlock::begin(Phase &phase) {
  elaborator.phase = &phase;
  elaborator.graph = &phase.graph;
  elaborator.currentPath.clear();
  phase.draws.clear();
  Env env;
  env.scope = elaborator.newScope(elaborator.root->scope);
  elaborator.currentSpan = item.name.span;
  for (size_t i = 0; i < program.fields.size(); ++i) {
    const core::Field &field = program.fields[i];
    TensorType type = field.type;
    type.shape.insert(type.shape.begin(), Dim::batch());
    elaborator.currentSpan = field.span;
    elaborator.checkSize(type, field.span);
    elaborator.locate();
    bool fresh = false;
    ValueId id = phase.graph.namedInput("field " + field.name, type, fresh);
    if (fresh) {
      phase.step.inputs.push_back({core::Input::Field, int(i), id});
      phase.fieldOf[id] = int(i);
    }
    Variable &variable = env.scope->names[field.name];
    variable.value = Value::tensor(phase.graph, id);
    variable.span = field.span;
  }
  return env;
}

void TrainBlock::clause(const Clause &clause, Env &env, const std::vector<Ident> *given) {
  Phase &phase = *elaborator.phase;
  bool counts = phase.kind != Phase::Predict;
  switch (clause.kind) {
  case ClauseKind::Let: {
    const Binding &binding = cast<LetClause>(clause).binding;
    // A field may be bound anew: `let x = float(x)`.
    for (const Ident &name : binding.pattern.names) {
      auto entry = env.scope->names.find(name.text);
      bool isField = entry != env.scope->names.end() &&
                     std::binary_search(fieldPlaces.begin(), fieldPlaces.end(),
                                        std::make_pair(entry->second.span.source, entry->second.span.begin));
      if (isField) {
        env.scope = elaborator.newScope(env.scope);
        break;
      }
    }
    elaborator.bind(binding, env);
    for (const Ident &name : binding.pattern.names) {
      Value &value = env.scope->names[name.text].value;
      if (phase.kind == Phase::Forward && value.kind == Value::Tensor)
        letTypes[name.text] = elaborator.type(value);
      bool isGiven = given && std::any_of(given->begin(), given->end(),
                                          [&](const Ident &each) { return each.text == name.text; });
      auto type = letTypes.find(name.text);
      if (!isGiven || type == letTypes.end())
        continue;
      bool fresh = false;
      ValueId id = phase.graph.namedInput("given " + name.text, type->second, fresh);
      if (fresh) {
        core::Field field;
        field.name = name.text;
        field.type = type->second;
        field.type.shape.erase(field.type.shape.begin());
        field.span = name.span;
        int index = int(program.fields.size() + program.given.size());
        phase.step.inputs.push_back({core::Input::Field, index, id});
        program.given.push_back(std::move(field));
      }
      value = Value::tensor(phase.graph, id);
    }
    break;
  }
  case ClauseKind::Fn:
    elaborator.declareFunction(*cast<FnClause>(clause).function, env);
    break;
  case ClauseKind::Loss:
    if (counts)
      loss(cast<LossClause>(clause), env);
    break;
  case ClauseKind::Metric:
    if (counts)
      metric(cast<MetricClause>(clause), env);
    break;
  default:
    break;
  }
}

static bool isOutside(const Clause &clause) {
  return clause.kind == ClauseKind::Let || clause.kind == ClauseKind::Fn || clause.kind == ClauseKind::Metric;
}

/// What an objective computes from the batch: the lines around it, its own, the loss, the sums.
bool TrainBlock::forward(Phase &phase, Part &part, core::Objective &objective) {
  sumParts.clear();
  rankedParts.clear();
  lossParts.clear();
  losses.clear();
  currentPart.clear();
  collecting = true;
  bool isFirst = program.objectives.empty();
  Env env = begin(phase);
  rowMeans.emplace(phase.graph.graph, elaborator.callees);
  // Metrics around the objectives are those of the first.
  if (!part.name.empty())
    for (const ClausePtr &each : item.clauses)
      if (isOutside(*each) && (isFirst || each->kind != ClauseKind::Metric))
        clause(*each, env, nullptr);
  enterPart(phase, part, env);
  for (const ClausePtr &each : *part.clauses)
    clause(*each, env, nullptr);
  if (elaborator.diagnostics.hasErrors())
    return false;
  if (lossParts.empty()) {
    elaborator.fail(DiagnosticCode::E0406, part.span,
                    part.name.empty() ? "the train block has no `loss`"
                                      : "the objective `" + part.name + "` has no `loss`");
    return false;
  }
  elaborator.currentSpan = part.span;
  elaborator.locate();
  GraphContext &graph = phase.graph;
  std::vector<ValueId> &outputs = graph.graph.outputs;
  part.scope = env.scope;
  ValueId total = lossParts[0];
  for (size_t i = 1; i < lossParts.size(); ++i)
    total = graph.op("add", {total, lossParts[i]}, {}, {elaborator.computeType, {}});
  outputs.push_back(total);
  ValueId all = sums();
  outputs.push_back(
      whenActive(part, graph, all, part.every == 1 ? all : graph.constant(graph.type(all), 0.0)));
  for (const auto &[state, value] : phase.states)
    if (elaborator.states[state].role == core::StateTensor::State && value != phase.read[state]) {
      objective.updatedStates.push_back(state);
      outputs.push_back(whenActive(part, graph, value, phase.read[state]));
    }
  if (std::optional<ValueId> rows = ranked()) {
    objective.ranked = graph.type(*rows).shape[1].constant().value_or(0);
    // A weight of 0 leaves a row out.
    outputs.push_back(
        whenActive(part, graph, *rows, part.every == 1 ? *rows : graph.constant(graph.type(*rows), 0.0)));
    program.ranked += objective.ranked;
  }
  draws = phase.draws;
  return true;
}

/// All lets, losses and metrics, of every objective.
bool TrainBlock::evaluate(Phase &phase) {
  sumParts.clear();
  rankedParts.clear();
  currentPart.clear();
  collecting = false;
  Env env = begin(phase);
  rowMeans.emplace(phase.graph.graph, elaborator.callees);
  if (!parts[0].name.empty())
    for (const ClausePtr &each : item.clauses)
      if (isOutside(*each))
        clause(*each, env, nullptr);
  for (const Part &part : parts) {
    Env inner = env;
    enterPart(phase, part, inner);
    for (const ClausePtr &each : *part.clauses)
      clause(*each, inner, nullptr);
  }
  currentPart.clear();
  if (elaborator.diagnostics.hasErrors())
    return false;
  elaborator.currentSpan = item.name.span;
  elaborator.locate();
  phase.graph.graph.outputs.push_back(sums());
  if (std::optional<ValueId> rows = ranked())
    phase.graph.graph.outputs.push_back(*rows);
  return true;
}

bool TrainBlock::predict(Phase &phase) {
  Elaborator &e = elaborator;
  std::map<std::string, Span> seen;
  Env shared;
  std::map<std::string, int> drawsSoFar;
  auto next = item.clauses.begin(); // the first that `shared` has not seen
  for (const ClausePtr &each : item.clauses) {
    const auto *line = as<PredictClause>(*each);
    if (!line)
      continue;
    for (const Ident &name : line->given) {
      auto type = letTypes.find(name.text);
      bool rows =
          type != letTypes.end() && !type->second.shape.empty() && type->second.shape[0] == Dim::batch();
      if (!rows) {
        e.fail(DiagnosticCode::E0414, name.span,
               "`given` names a `let` of this train block with a leading `batch`, and `" + name.text +
                   "` is none");
        return false;
      }
    }
    // Every line sees the lets above it, with its own inputs; what lines share is computed once. Lines
    // without inputs of their own go on from where the last of them was, its own draws forgotten.
    Env env;
    if (line->given.empty()) {
      if (next == item.clauses.begin())
        shared = begin(phase);
      phase.draws = drawsSoFar;
      for (; *next != each; ++next)
        clause(**next, shared, nullptr);
      drawsSoFar = phase.draws;
      env = shared;
    } else {
      env = begin(phase);
      for (const ClausePtr &before : item.clauses) {
        if (before == each)
          break;
        clause(*before, env, &line->given);
      }
    }
    Span span = line->value->span;
    Value value = e.demandTensor(e.expression(*line->value, env), span, "a prediction");
    if (value.isError())
      return false;
    const TensorType type = e.type(value);
    size_t batches =
        std::count_if(type.shape.begin(), type.shape.end(), [](const Dim &dim) { return !dim.constant(); });
    if (batches != 1 || type.shape[0] != Dim::batch()) {
      DiagnosticBuilder builder =
          e.report(DiagnosticCode::E0414, span,
                   "a prediction is one row for each row of the batch, and this is " + e.text(type));
      e.noteOrigin(builder, value, span);
      return false;
    }
    std::string name = lineName(line->name, *line->value, "output");
    Span nameSpan = line->name ? line->name->span : span;
    auto [entry, added] = seen.emplace(name, nameSpan);
    if (!added) {
      e.report(DiagnosticCode::E0412, nameSpan, "two predictions are called `" + name + "`")
          .note(entry->second, "first here")
          .help("give it a name: `predict NAME = ...`");
      return false;
    }
    program.predictNames.push_back(name);
    phase.graph.graph.outputs.push_back(value.id);
  }
  return !e.diagnostics.hasErrors();
}

//===-- Putting it together ------------------------------------------------------------------------===//

void TrainBlock::finish(Phase &phase, core::StepGraph &result, bool keepInputs) {
  std::vector<int64_t> renamed = prune(phase.graph.graph, keepInputs);
  result.graph = std::move(phase.graph.graph);
  for (core::Input input : phase.step.inputs) {
    if (renamed[input.value] < 0)
      continue;
    input.value = ValueId(renamed[input.value]);
    if (input.kind == core::Input::Scalar) {
      result.scalars.push_back(phase.step.scalars[input.index]);
      input.index = int(result.scalars.size()) - 1;
    }
    result.inputs.push_back(input);
  }
}

/// Params, states, slots, statistics; within each in the order in which they were met.
void TrainBlock::orderStates() {
  std::vector<core::StateTensor> &states = elaborator.states;
  std::vector<int> order(states.size()), place(states.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = int(i);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return std::make_pair(states[a].role, a) < std::make_pair(states[b].role, b);
  });
  std::vector<ValueId> initial;
  for (size_t i = 0; i < order.size(); ++i) {
    place[order[i]] = int(i);
    core::StateTensor state = std::move(states[order[i]]);
    if (state.init >= 0) {
      initial.push_back(program.init.graph.outputs[state.init]);
      state.init = int(initial.size()) - 1;
    }
    program.states.push_back(std::move(state));
  }
  for (core::StateTensor &state : program.states)
    if (state.of >= 0)
      state.of = place[state.of];
  program.init.graph.outputs = initial;
  for (core::Objective &objective : program.objectives)
    for (std::vector<int> *list : {&objective.trainable, &objective.updatedStates, &objective.moved})
      for (int &state : *list)
        state = place[state];
  for (core::Import &import : program.imports)
    for (core::Import::Tensor &tensor : import.tensors)
      tensor.state = place[tensor.state];
  std::vector<core::StepGraph *> steps = {&program.init, &program.evaluate, &program.predict};
  for (core::Objective &objective : program.objectives)
    steps.insert(steps.end(), {&objective.forward, &objective.update});
  for (core::StepGraph *step : steps)
    for (core::Input &input : step->inputs)
      if (input.kind == core::Input::State || input.kind == core::Input::Before)
        input.index = place[input.index];
}

/// No machine holds more than 2^46 bytes of state.
static bool checkState(Elaborator &elaborator, const core::Program &program) {
  constexpr int64_t most = int64_t(1) << 43; // of f64
  int64_t elements = 0;
  for (const core::StateTensor &state : program.states) {
    elements += product(state.type.shape).constant().value_or(0);
    if (elements <= most)
      continue;
    elaborator.fail(DiagnosticCode::E0202, state.span,
                    "with `" + state.name + "` the parameters and what the optimizer keeps are too large",
                    "more than 2^43 elements");
    return false;
  }
  return true;
}

/// Of the figures, the one that is meant. Others write what it is of into its name: `val_loss`; here figures
/// are of validation rows wherever there are any.
static std::optional<std::string> figureMeant(const std::string &name,
                                              const std::vector<std::string> &names) {
  for (std::string_view prefix : {"val_", "valid_", "validation_", "eval_", "test_"})
    if (name.rfind(prefix, 0) == 0)
      if (std::string rest = name.substr(prefix.size());
          std::find(names.begin(), names.end(), rest) != names.end())
        return rest;
  return didYouMean(name, names);
}

static void settleBest(Elaborator &elaborator, const TrainItem &item, core::Program &program) {
  const BestClause *best = nullptr;
  for (const ClausePtr &clause : item.clauses)
    if (const auto *node = as<BestClause>(*clause)) {
      if (best)
        elaborator.report(DiagnosticCode::E0415, clause->keywordSpan, "`best` stands twice")
            .note(best->keywordSpan, "first here");
      best = node;
    }
  if (!best)
    return;
  std::vector<std::string> names;
  for (const core::Figure &figure : program.figureNames)
    if (figure.shape.empty())
      names.push_back(figure.name);
  if (std::find(names.begin(), names.end(), best->figure.text) == names.end()) {
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0415, best->figure.span,
                                                  "there is no figure `" + best->figure.text + "`");
    bool isTable = std::any_of(program.figureNames.begin(), program.figureNames.end(),
                               [&](const core::Figure &each) { return each.name == best->figure.text; });
    if (isTable)
      builder.label("it is a table, and the best is chosen by a number");
    else if (std::optional<std::string> meant = figureMeant(best->figure.text, names))
      builder.help("did you mean `" + *meant + "`?");
    std::string all;
    for (const std::string &name : names)
      all += (all.empty() ? "`" : ", `") + name + "`";
    // The loss is always one, and is alone where the program has no other line.
    builder.help(names.size() == 1 ? "the only figure is " + all + "; a `metric` line makes another"
                                   : "the figures are " + all);
    return;
  }
  program.settings.best = best->figure.text;
  program.settings.bestIsMax = best->isMax;
}

void countParameters(core::Program &program) {
  std::map<std::string_view, int64_t> counts; // by what a path begins with, up to a dot
  for (const core::StateTensor &state : program.states)
    if (state.role == core::StateTensor::Param)
      for (size_t dot = state.name.find('.'); dot != std::string::npos; dot = state.name.find('.', dot + 1))
        counts[std::string_view(state.name).substr(0, dot)] +=
            product(state.type.shape).constant().value_or(0);
  for (core::InstanceInfo &instance : program.instances)
    if (auto found = counts.find(instance.path); found != counts.end())
      instance.parameters = found->second;
}

/// One objective, from its lines to its forward and update graphs.
bool TrainBlock::objective(Part &part) {
  Phase training(Phase::Forward), updating(Phase::Update);
  core::Objective result;
  result.name = part.name;
  if (!forward(training, part, result))
    return false;
  bool isLast = &part == &parts.back();
  if ((isLast && !checkFrozen()) || !findFollowers(isLast) || !findTrainable(training, part, result) ||
      !update(updating, part, result))
    return false;
  if (isLast)
    warnUnlearned();
  finish(training, result.forward, false);
  finish(updating, result.update, false);
  moved.insert(result.updatedStates.begin(), result.updatedStates.end());
  moved.insert(result.moved.begin(), result.moved.end());
  program.objectives.push_back(std::move(result));
  return true;
}

bool TrainBlock::run() {
  program.name = item.name.text;
  Phase init(Phase::Init), evaluating(Phase::Evaluate), predicting(Phase::Predict), figuring(Phase::Figures);
  elaborator.init = &init;
  // Settings and fields are numbers; whatever else they hold is built where it is in nobody's way.
  elaborator.phase = &init;
  elaborator.graph = &init.graph;
  if (!settings() || !findParts() || !data() || elaborator.diagnostics.hasErrors())
    return false;
  collectFrozen();
  for (Part &part : parts)
    if (!objective(part))
      return false;
  program.sums = sumCount;
  if (!evaluate(evaluating) || !predict(predicting) || !imports() || !figures(figuring) ||
      elaborator.diagnostics.hasErrors())
    return false;
  settleBest(elaborator, item, program);
  finish(init, program.init, false);
  finish(evaluating, program.evaluate, false);
  finish(predicting, program.predict, false);
  finish(figuring, program.figures, true);
  orderStates();
  if (!checkState(elaborator, program))
    return false;
  program.fields = elaborator.fields;
  program.callees = std::move(elaborator.callees);
  program.randomSites = std::move(elaborator.randomSites);
  program.instances = std::move(elaborator.instances);
  program.leastRows = std::move(elaborator.leastRows);
  countParameters(program);
  return !elaborator.diagnostics.hasErrors();
}

} // namespace mlc::frontend
