// A train block becomes a core program, phase by phase.
#include "frontend/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

void TrainBlock::refuseUnavailable() {
  for (const ClausePtr &clause : item.clauses)
    switch (clause->kind) {
    case ClauseKind::Objective:
      elaborator.fail(DiagnosticCode::E0420, clause->keywordSpan, "`objective` is not available yet");
      break;
    case ClauseKind::Track:
      elaborator.fail(DiagnosticCode::E0421, clause->keywordSpan, "`track` is not available yet");
      break;
    default:
      break;
    }
}

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
                     std::any_of(program.fields.begin(), program.fields.end(),
                                 [&](const core::Field &field) { return field.span == entry->second.span; });
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

/// Forward and evaluate: all lets, losses and metrics.
bool TrainBlock::elaborate(Phase &phase) {
  sumParts.clear();
  lossParts.clear();
  losses.clear();
  sumCount = 0;
  collecting = phase.kind == Phase::Forward;
  Env env = begin(phase);
  for (const ClausePtr &each : item.clauses)
    clause(*each, env, nullptr);
  if (elaborator.diagnostics.hasErrors())
    return false;
  if (lossParts.empty()) {
    elaborator.fail(DiagnosticCode::E0406, item.name.span, "the train block has no `loss`");
    return false;
  }
  elaborator.currentSpan = item.name.span;
  elaborator.locate();
  std::vector<ValueId> &outputs = phase.graph.graph.outputs;
  if (phase.kind == Phase::Forward) {
    forwardScope = env.scope;
    ValueId total = lossParts[0];
    for (size_t i = 1; i < lossParts.size(); ++i)
      total = phase.graph.op("add", {total, lossParts[i]}, {}, {elaborator.computeType, {}});
    outputs.push_back(total);
    program.sums = sumCount;
  }
  outputs.push_back(sums());
  if (phase.kind != Phase::Forward)
    return true;
  for (const auto &[state, value] : phase.states)
    if (elaborator.states[state].role == core::StateTensor::State && value != phase.read[state]) {
      program.updatedStates.push_back(state);
      outputs.push_back(value);
    }
  return true;
}

bool TrainBlock::predict(Phase &phase) {
  Elaborator &e = elaborator;
  std::map<std::string, Span> seen;
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
    // Every line sees the lets above it, with its own inputs; what lines share is computed once.
    Env env = begin(phase);
    for (const ClausePtr &before : item.clauses) {
      if (before == each)
        break;
      clause(*before, env, &line->given);
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

//===-- What is learned ----------------------------------------------------------------------------===//

static std::vector<bool> reach(const core::Graph &graph, std::vector<bool> reached);

/// The operands of a scan that its results, as far as they are reached, depend on: a carry depends on what
/// its next value is made of, whichever step wants it.
static void reachThrough(const core::Graph &graph, const core::Node &scan, std::vector<bool> &reached) {
  const core::Graph &body = *scan.regions[0];
  std::vector<bool> wanted(body.types.size(), false), inner;
  for (size_t i = 0; i < scan.results.size(); ++i)
    if (reached[scan.results[i]] && isFloat(graph.types[scan.results[i]].dtype))
      wanted[body.outputs[i]] = true;
  size_t carries = 0;
  for (const auto &[name, value] : scan.attrs)
    if (name == "num_carries")
      carries = size_t(std::get<int64_t>(value));
  for (bool changed = true; changed;) {
    changed = false;
    inner = reach(body, wanted);
    for (size_t i = 0; i < carries; ++i)
      if (inner[body.inputs[i]] && !wanted[body.outputs[i]])
        changed = wanted[body.outputs[i]] = true;
  }
  for (size_t i = 0; i < scan.operands.size(); ++i)
    if (inner[body.inputs[i]] || (i < carries && reached[scan.results[i]]))
      if (isFloat(graph.types[scan.operands[i]].dtype))
        reached[scan.operands[i]] = true;
}

std::vector<bool> reach(const core::Graph &graph, ValueId from) {
  std::vector<bool> reached(graph.types.size(), false);
  reached[from] = true;
  return reach(graph, std::move(reached));
}

static std::vector<bool> reach(const core::Graph &graph, std::vector<bool> reached) {
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const core::Node &node = graph.nodes[i];
    if (node.op == "scan") {
      reachThrough(graph, node, reached);
      continue;
    }
    if (!isFloat(graph.types[node.results[0]].dtype) || node.op == "stop_gradient")
      continue;
    bool any =
        std::any_of(node.results.begin(), node.results.end(), [&](ValueId value) { return reached[value]; });
    for (ValueId operand : node.operands)
      if (any && isFloat(graph.types[operand].dtype))
        reached[operand] = true;
  }
  return reached;
}

bool TrainBlock::findTrainable() {
  Elaborator &e = elaborator;
  const core::Graph &graph = e.phase->graph.graph;
  std::vector<const StringLiteral *> updates;
  for (const ClausePtr &clause : item.clauses)
    if (const auto *update = as<UpdateClause>(*clause))
      for (const StringLiteral &pattern : update->patterns)
        updates.push_back(&pattern);
  auto isParam = [&](int state) { return e.states[state].role == core::StateTensor::Param; };
  for (const auto &[value, span] : losses) {
    std::vector<bool> reached = reach(graph, value);
    bool any = std::any_of(e.phase->read.begin(), e.phase->read.end(),
                           [&](const auto &entry) { return isParam(entry.first) && reached[entry.second]; });
    if (!any) {
      e.report(DiagnosticCode::E0407, span, "this loss depends on no parameter")
          .help("there is nothing to learn from it: make it a `metric`, or compute it with a `model`");
      return false;
    }
  }
  std::vector<bool> reached = reach(graph, graph.outputs[0]);
  std::vector<bool> used(updates.size(), false);
  for (size_t i = 0; i < e.states.size(); ++i) {
    if (!isParam(int(i)))
      continue;
    bool chosen = updates.empty();
    for (size_t u = 0; u < updates.size(); ++u)
      if (matches(updates[u]->text, e.states[i].name)) {
        chosen = true;
        used[u] = true;
      }
    auto value = e.phase->read.find(int(i));
    bool learns = value != e.phase->read.end() && reached[value->second];
    bool isFrozen = e.isFrozen(e.states[i].name);
    if (!learns && !isFrozen)
      e.diagnostics
          .report(DiagnosticCode::W0002, e.states[i].span,
                  "no loss reaches the parameter `" + e.states[i].name + "`")
          .label("it keeps its first value");
    if (chosen && learns && !isFrozen)
      program.trainable.push_back(int(i));
    else
      e.states[i].frozen = true;
  }
  for (size_t u = 0; u < updates.size(); ++u)
    if (!used[u]) {
      noMatch(updates[u]->span, updates[u]->text);
      return false;
    }
  if (program.trainable.empty()) {
    e.report(DiagnosticCode::E0407, item.name.span, "nothing is left to learn")
        .label(e.frozen.empty() ? "no loss reaches what `update` names"
                                : "every parameter that a loss reaches is frozen");
    return false;
  }
  return true;
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
  program.init.graph.outputs = initial;
  for (std::vector<int> *list : {&program.trainable, &program.updatedStates})
    for (int &state : *list)
      state = place[state];
  for (core::Import &import : program.imports)
    for (core::Import::Tensor &tensor : import.tensors)
      tensor.state = place[tensor.state];
  for (core::StepGraph *step :
       {&program.init, &program.forward, &program.update, &program.evaluate, &program.predict})
    for (core::Input &input : step->inputs)
      if (input.kind == core::Input::State)
        input.index = place[input.index];
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
    names.push_back(figure.name);
  if (std::find(names.begin(), names.end(), best->figure.text) == names.end()) {
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0415, best->figure.span,
                                                  "there is no figure `" + best->figure.text + "`");
    if (std::optional<std::string> meant = didYouMean(best->figure.text, names))
      builder.help("did you mean `" + *meant + "`?");
    return;
  }
  program.settings.best = best->figure.text;
  program.settings.bestIsMax = best->isMax;
}

static void countParameters(core::Program &program) {
  for (core::InstanceInfo &instance : program.instances)
    for (const core::StateTensor &state : program.states)
      if (state.role == core::StateTensor::Param &&
          state.name.compare(0, instance.path.size() + 1, instance.path + ".") == 0)
        instance.parameters += product(state.type.shape).constant().value_or(0);
}

bool TrainBlock::run() {
  program.name = item.name.text;
  refuseUnavailable();
  Phase init(Phase::Init), forward(Phase::Forward), evaluate(Phase::Evaluate), predicting(Phase::Predict),
      updating(Phase::Update), figuring(Phase::Figures);
  elaborator.init = &init;
  // Settings and fields are numbers; whatever else they hold is built where it is in nobody's way.
  elaborator.phase = &init;
  elaborator.graph = &init.graph;
  if (!settings() || !data() || elaborator.diagnostics.hasErrors())
    return false;
  collectFrozen();
  if (!elaborate(forward) || !checkFrozen() || !findTrainable() || !elaborate(evaluate) ||
      !predict(predicting) || !update(updating) || !imports() || !figures(figuring) ||
      elaborator.diagnostics.hasErrors())
    return false;
  settleBest(elaborator, item, program);
  finish(init, program.init, false);
  finish(forward, program.forward, false);
  finish(updating, program.update, false);
  finish(evaluate, program.evaluate, false);
  finish(predicting, program.predict, false);
  finish(figuring, program.figures, true);
  orderStates();
  program.fields = elaborator.fields;
  program.callees = std::move(elaborator.callees);
  program.randomSites = std::move(elaborator.randomSites);
  program.instances = std::move(elaborator.instances);
  countParameters(program);
  return !elaborator.diagnostics.hasErrors();
}

} // namespace mlc::frontend
