// What a train block minimises: its own losses, or several objectives that run in the order of the text, each
// seeing the updates of those before it and differentiating by what it updates alone; and models that follow
// others.
//
// Each objective has a forward graph of its own, which begins with the `let`s around it. They are the same
// nodes on the same inputs in every objective, so the step computes them once: what an earlier objective has
// moved is read as it was before (Input::Before) there, and as it is now in the objective itself.
#include "frontend/check/ProgramPrinter.h"
#include "frontend/check/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

/// The word that a clause begins with.
static std::string keyword(Elaborator &elaborator, const Clause &clause) {
  return std::string(elaborator.diagnostics.sources().text(clause.keywordSpan));
}

static bool mayStandInside(const Clause &clause) {
  switch (clause.kind) {
  case ClauseKind::Let:
  case ClauseKind::Fn:
  case ClauseKind::Loss:
  case ClauseKind::Metric:
  case ClauseKind::Optimizer:
  case ClauseKind::Group:
  case ClauseKind::Update:
    return true;
  case ClauseKind::Setting: {
    Setting setting = cast<SettingClause>(clause).setting;
    return setting == Setting::Every || setting == Setting::ClipNorm;
  }
  default:
    return false;
  }
}

/// `every N` and `clip_norm x` of an objective.
bool TrainBlock::partSettings(Part &part) {
  Env env{elaborator.root->scope, "", ""};
  std::map<Setting, Span> given;
  for (const ClausePtr &clause : *part.clauses) {
    const auto *setting = as<SettingClause>(*clause);
    if (!setting)
      continue;
    auto [entry, added] = given.emplace(setting->setting, clause->keywordSpan);
    if (!added) {
      elaborator
          .report(DiagnosticCode::E0405, clause->keywordSpan,
                  "`" + std::string(spelling(setting->setting)) + "` is set twice")
          .note(entry->second, "first here");
      return false;
    }
    Value value = elaborator.expression(*setting->value, env);
    if (value.isError())
      return false;
    if (setting->setting == Setting::Every) {
      std::optional<double> known = value.kind == Value::Number ? value.number.known() : std::nullopt;
      std::optional<int64_t> whole = known ? integer(*known) : std::nullopt;
      if (!whole || *whole < 1 || *whole > 1000000) {
        elaborator.fail(DiagnosticCode::E0405, setting->value->span,
                        "`every` is a number of updates, 1 or more");
        return false;
      }
      part.every = *whole;
      program.settings.numbers[part.name + ".every"] = std::to_string(*whole);
    } else {
      part.clipNorm = clipBound(elaborator, value, setting->value->span);
      if (!part.clipNorm)
        return false;
      program.settings.numbers[part.name + ".clip_norm"] = core::print(part.clipNorm->expr());
    }
  }
  return true;
}

/// The parts of the block: its objectives, or itself.
bool TrainBlock::findParts() {
  std::map<std::string, Span> names;
  for (const ClausePtr &each : item.clauses) {
    const auto *clause = as<ObjectiveClause>(*each);
    if (!clause)
      continue;
    auto [entry, added] = names.emplace(clause->name.text, clause->name.span);
    if (!added) {
      elaborator
          .report(DiagnosticCode::E0429, clause->name.span,
                  "two objectives are called `" + clause->name.text + "`")
          .note(entry->second, "first here");
      return false;
    }
    Part &part = parts.emplace_back();
    part.clauses = &clause->clauses;
    part.name = clause->name.text;
    part.span = clause->name.span;
    for (const ClausePtr &inner : clause->clauses)
      if (!mayStandInside(*inner)) {
        elaborator.fail(DiagnosticCode::E0429, inner->keywordSpan,
                        "`" + keyword(elaborator, *inner) + "` does not stand in an objective",
                        "it is a line of the train block");
        return false;
      }
    if (!partSettings(part))
      return false;
  }
  if (parts.empty()) {
    Part &part = parts.emplace_back();
    part.clauses = &item.clauses;
    part.span = item.name.span;
    part.clipNorm = clipNorm;
    return true;
  }
  for (const ClausePtr &clause : item.clauses) {
    bool isPart = clause->kind == ClauseKind::Loss || clause->kind == ClauseKind::Optimizer ||
                  clause->kind == ClauseKind::Group || clause->kind == ClauseKind::Update;
    if (isPart) {
      elaborator
          .report(DiagnosticCode::E0429, clause->keywordSpan,
                  "`" + keyword(elaborator, *clause) + "` stands beside objectives")
          .label("which of them is it of?")
          .note(parts[0].span, "an objective is here");
      return false;
    }
  }
  for (Part &part : parts)
    if (!part.clipNorm)
      part.clipNorm = clipNorm;
  return true;
}

/// Between the lets around an objective and its own lines: what earlier objectives have moved is from here on
/// read as it is now.
void TrainBlock::enterPart(Phase &phase, const Part &part, Env &env) {
  env.scope = elaborator.newScope(env.scope);
  if (part.name.empty())
    return;
  env.site = part.name;
  currentPart = part.name;
  if (phase.kind != Phase::Forward)
    return;
  for (const auto &[site, count] : draws)
    phase.draws[site] = std::max(phase.draws[site], count);
  std::map<ValueId, core::Input *> inputOf;
  for (core::Input &input : phase.step.inputs)
    if (input.kind == core::Input::State)
      inputOf[input.value] = &input;
  for (int state : moved) {
    auto read = phase.read.find(state);
    if (read == phase.read.end())
      continue;
    if (auto input = inputOf.find(read->second); input != inputOf.end())
      input->second->kind = core::Input::Before;
    phase.before[state] = read->second;
    phase.read.erase(state);
    phase.states.erase(state);
  }
}

/// Which iterations an objective with `every` takes part in: the last of each N.
static Number isActive(int64_t every) {
  auto apply = [](const char *op, Number a, Number b) {
    return *Number::apply(op, {std::move(a), std::move(b)});
  };
  Number next = apply("add", Number::step(), Number(1)), period = Number(double(every));
  Number whole = *Number::apply("floor", {apply("div", next, period)});
  return apply("eq", apply("mul", whole, period), next);
}

ValueId TrainBlock::activity(const Part &part, GraphContext &graph) {
  TensorType scalar{DType::F64, {}};
  ValueId number = graph.scalar(isActive(part.every), DType::F64);
  return graph.op("compare", {number, graph.constant(scalar, 0.0)}, {{"predicate", std::string("ne")}},
                  {DType::Bool, {}});
}

/// `value` where the objective takes part in the update, else `otherwise`.
ValueId TrainBlock::whenActive(const Part &part, GraphContext &graph, ValueId value, ValueId otherwise) {
  if (part.every == 1)
    return value;
  const TensorType type = graph.type(value);
  ValueId active = graph.broadcast(activity(part, graph), type.shape);
  return graph.op("select", {active, value, otherwise}, {}, type);
}

//===-- Models that follow others ------------------------------------------------------------------===//

static bool isOfModel(const core::StateTensor &state, const std::string &model) {
  return state.role == core::StateTensor::Param && state.name.compare(0, model.size() + 1, model + ".") == 0;
}

/// `track target from online (rate = r)`: pairs of parameters, before anything is learned.
bool TrainBlock::findFollowers(bool isLast) {
  Elaborator &e = elaborator;
  followers.clear();
  std::set<int> following;
  Env env{e.root->scope, "", ""};
  for (const ClausePtr &each : item.clauses) {
    const auto *clause = as<TrackClause>(*each);
    if (!clause)
      continue;
    auto wrong = [&](Span span, const std::string &message) {
      e.fail(DiagnosticCode::E0430, span, message);
      return false;
    };
    bool areCalled = true;
    for (const Ident *name : {&clause->follower, &clause->leader}) {
      Value value = e.lookup(name->text, name->span, env);
      if (value.isError())
        return false;
      bool isModel = value.kind == Value::Function && value.function->kind == Function::Declared &&
                     value.function->declaration->kind == CallableKind::Model;
      if (!isModel)
        return wrong(name->span, "`" + name->text + "` is no model: a model follows a model");
      bool isCalled = std::any_of(e.states.begin(), e.states.end(), [&](const core::StateTensor &state) {
        return isOfModel(state, name->text);
      });
      if (!isCalled && isLast)
        return wrong(name->span, "the model `" + name->text + "` is not called in this train block");
      areCalled &= isCalled;
    }
    if (!areCalled)
      continue; // a later objective calls it
    if (clause->follower.text == clause->leader.text)
      return wrong(clause->leader.span, "a model does not follow itself");
    Env here{parts[0].scope, "", ""};
    std::optional<Arguments> given = e.arguments(clause->args, here);
    if (!given)
      return false;
    bool hasRate = given->positional.empty() && given->named.size() == 1 &&
                   given->named[0].first.text == "rate" && given->named[0].second.value.kind == Value::Number;
    if (!hasRate)
      return wrong(clause->leader.span, "`track` takes the rate at which the model follows: `(rate = 0.01)`");
    const Argument &asked = given->named[0].second;
    std::optional<Number> rate = e.atRunTime(asked.value.number, asked.span, "the rate of `track`");
    if (!rate)
      return false;
    if (rate->known() && !(*rate->known() >= 0 && *rate->known() <= 1))
      return wrong(given->named[0].second.span,
                   "the rate of `track` is a share of the distance, from 0 to 1");
    program.settings.numbers["track " + clause->follower.text + ".rate"] = core::print(rate->expr());
    for (size_t i = 0; i < e.states.size(); ++i) {
      if (!isOfModel(e.states[i], clause->follower.text))
        continue;
      std::string wanted = clause->leader.text + e.states[i].name.substr(clause->follower.text.size());
      auto leader = e.statesByPath.find(wanted);
      if (leader == e.statesByPath.end() || e.states[leader->second].type != e.states[i].type) {
        e.report(DiagnosticCode::E0430, clause->leader.span,
                 "`" + e.states[i].name + "` has nothing to follow: `" + wanted + "` " +
                     (leader == e.statesByPath.end() ? "is not there"
                                                     : "is " + e.text(e.states[leader->second].type) +
                                                           ", not " + e.text(e.states[i].type)))
            .note(e.states[i].span, "declared here")
            .help("two models over one `layer` have the same parameters");
        return false;
      }
      if (!following.insert(int(i)).second)
        return wrong(clause->follower.span, "`" + clause->follower.text + "` follows two models");
      followers.push_back({int(i), leader->second, *rate});
      // It begins where its model begins.
      std::vector<ValueId> &initial = e.init->graph.graph.outputs;
      initial[e.states[i].init] = initial[e.states[leader->second].init];
    }
  }
  return true;
}

/// At the end of the update: each follower a step nearer to what its model is now.
void TrainBlock::follow(Phase &phase, core::Objective &objective, const std::vector<Value> &learned) {
  GraphContext &graph = phase.graph;
  std::map<int, size_t> trained; // place among what was learned, by state
  for (size_t i = 0; i < objective.trainable.size(); ++i)
    trained[objective.trainable[i]] = i;
  for (const Follower &follower : followers) {
    const TensorType type = elaborator.states[follower.state].type;
    ValueId own = elaborator.stateValue(follower.state), leader = 0;
    auto at = trained.find(follower.leader);
    leader = at == trained.end() ? elaborator.stateValue(follower.leader) : learned[at->second].id;
    elaborator.locate();
    ValueId rate = graph.broadcast(graph.scalar(follower.rate, type.dtype), type.shape);
    ValueId way = graph.op("mul", {rate, graph.op("sub", {leader, own}, {}, type)}, {}, type);
    objective.moved.push_back(follower.state);
    graph.graph.outputs.push_back(graph.op("add", {own, way}, {}, type));
  }
}

} // namespace mlc::frontend
