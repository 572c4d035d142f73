// What is learned: the parameters that a loss reaches and an objective updates.
#include "frontend/check/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

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

static std::vector<bool> varied(const core::Graph &graph, std::vector<bool> varies);

/// The results of a scan that depend on operands that vary: whichever step changes a carry, later ones see
/// it.
static void variedThrough(const core::Graph &graph, const core::Node &scan, std::vector<bool> &varies) {
  const core::Graph &body = *scan.regions[0];
  size_t carries = 0;
  for (const auto &[name, value] : scan.attrs)
    if (name == "num_carries")
      carries = size_t(std::get<int64_t>(value));
  std::vector<bool> inputs(body.types.size(), false), inner;
  for (size_t i = 0; i < scan.operands.size(); ++i)
    inputs[body.inputs[i]] = varies[scan.operands[i]] && isFloat(graph.types[scan.operands[i]].dtype);
  for (bool changed = true; changed;) {
    changed = false;
    inner = varied(body, inputs);
    for (size_t i = 0; i < carries; ++i)
      if (inner[body.outputs[i]] && !inputs[body.inputs[i]])
        changed = inputs[body.inputs[i]] = true;
  }
  for (size_t i = 0; i < scan.results.size(); ++i)
    if (isFloat(graph.types[scan.results[i]].dtype))
      varies[scan.results[i]] = inner[body.outputs[i]] || (i < carries && inputs[body.inputs[i]]);
}

/// The other way round than `reach`: what depends on values that vary, in a way that can be differentiated.
static std::vector<bool> varied(const core::Graph &graph, std::vector<bool> varies) {
  for (const core::Node &node : graph.nodes) {
    if (node.op == "scan") {
      variedThrough(graph, node, varies);
      continue;
    }
    if (!isFloat(graph.types[node.results[0]].dtype) || node.op == "stop_gradient")
      continue;
    bool any = std::any_of(node.operands.begin(), node.operands.end(),
                           [&](ValueId value) { return varies[value] && isFloat(graph.types[value].dtype); });
    for (ValueId result : node.results)
      varies[result] = varies[result] || any;
  }
  return varies;
}

/// Everything a value is computed from, differentiable or not.
static std::vector<bool> need(const core::Graph &graph, std::vector<ValueId> from) {
  std::vector<bool> needed(graph.types.size(), false);
  for (ValueId value : from)
    needed[value] = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const core::Node &node = graph.nodes[i];
    if (std::any_of(node.results.begin(), node.results.end(), [&](ValueId value) { return needed[value]; }))
      for (ValueId operand : node.operands)
        needed[operand] = true;
  }
  return needed;
}

bool TrainBlock::findTrainable(Phase &phase, const Part &part, core::Objective &objective) {
  Elaborator &e = elaborator;
  const core::Graph &graph = phase.graph.graph;
  auto isParam = [&](int state) { return e.states[state].role == core::StateTensor::Param; };
  // What was computed before an earlier objective moved what it is made of says nothing about now.
  std::vector<bool> needed = need(graph, {graph.outputs[0], graph.outputs[1]});
  for (const auto &[state, value] : phase.before) {
    if (!isParam(state) || !needed[value])
      continue;
    DiagnosticBuilder builder =
        e.report(DiagnosticCode::E0428, part.span,
                 "`" + part.name + "` uses what was computed before another objective moved `" +
                     e.states[state].name + "`");
    for (const core::Node &node : graph.nodes)
      if (std::find(node.operands.begin(), node.operands.end(), value) != node.operands.end()) {
        // The line of the train block: the outermost call.
        builder.note(phase.graph.origin(node.results[0]).chain.back(), "computed here");
        break;
      }
    builder.help("compute it inside of the objective");
    return false;
  }
  std::vector<const StringLiteral *> updates;
  for (const ClausePtr &clause : *part.clauses)
    if (const auto *update = as<UpdateClause>(*clause))
      for (const StringLiteral &pattern : update->patterns)
        updates.push_back(&pattern);
  std::vector<bool> learned(graph.types.size(), false);
  for (const auto &[state, value] : phase.read)
    learned[value] = isParam(state);
  learned = varied(graph, std::move(learned));
  for (const auto &[value, span] : losses) {
    if (!learned[value]) {
      e.report(DiagnosticCode::E0407, span, "this loss depends on no parameter")
          .help("there is nothing to learn from it: make it a `metric`, or compute it with a `model`");
      return false;
    }
  }
  std::vector<bool> reached = reach(graph, graph.outputs[0]);
  std::vector<bool> used(updates.size(), false);
  PathPatterns patterns;
  for (const StringLiteral *update : updates)
    patterns.add(update->text);
  std::set<int> following;
  for (const Follower &follower : followers)
    following.insert(follower.state);
  for (size_t i = 0; i < e.states.size(); ++i) {
    if (!isParam(int(i)))
      continue;
    bool chosen = updates.empty();
    for (size_t pattern : patterns.matching(e.states[i].name))
      chosen = used[pattern] = true;
    auto value = phase.read.find(int(i));
    bool learns = value != phase.read.end() && reached[value->second];
    bool follows = following.count(int(i)) != 0;
    if (learns || follows)
      reachedByLoss.insert(int(i));
    if (chosen && learns && !follows && !e.isFrozen(e.states[i].name))
      objective.trainable.push_back(int(i));
  }
  for (size_t u = 0; u < updates.size(); ++u)
    if (!used[u]) {
      noMatch(updates[u]->span, updates[u]->text);
      return false;
    }
  if (objective.trainable.empty()) {
    e.report(DiagnosticCode::E0407, part.span, "nothing is left to learn")
        .label(e.frozen.empty() ? "no loss reaches what `update` names"
                                : "every parameter that a loss reaches is frozen");
    return false;
  }
  return true;
}

/// After the last objective.
void TrainBlock::warnUnlearned() {
  for (size_t i = 0; i < elaborator.states.size(); ++i) {
    const core::StateTensor &state = elaborator.states[i];
    if (state.role == core::StateTensor::Param && !reachedByLoss.count(int(i)) &&
        !elaborator.isFrozen(state.name))
      elaborator.diagnostics
          .report(DiagnosticCode::W0002, state.span, "no loss reaches the parameter `" + state.name + "`")
          .label("it keeps its first value");
  }
}

} // namespace mlc::frontend
