// The elaboration of a train block: its phases, and what they share.
#pragma once

#include "frontend/Check.h"
#include "frontend/Elaborator.h"

namespace mlc::frontend {

/// A `loss` or `metric` line, and where its numbers stand among the sums.
struct Line {
  std::string name;
  bool isNamed = false;
  bool isLoss = false;
  Span span;
  int64_t offset = 0;
  bool isRatio = true; // numerator and denominator; otherwise the states of a declared metric
  // A declared metric.
  const Callable *metric = nullptr;
  std::shared_ptr<Scope> scope; // its dims and hyper-parameters
  std::vector<std::pair<std::string, TensorType>> states;
};

class TrainBlock {
public:
  TrainBlock(Elaborator &elaborator, const TrainItem &item, core::Program &program)
      : elaborator(elaborator), item(item), program(program) {}

  /// The value of an override, parsed; null if there is none of that name.
  std::function<const Expr *(const std::string &)> overridden;
  std::vector<std::string> optimizerOverrides;

  bool run();

private:
  // TrainBlock.cpp
  void refuseUnavailable();
  Env begin(Phase &phase);
  bool elaborate(Phase &phase);
  bool predict(Phase &phase);
  void clause(const Clause &clause, Env &env, const std::vector<Ident> *given);
  void finish(Phase &phase, core::StepGraph &result, bool keepInputs);
  void orderStates();
  bool findTrainable();
  // Import.cpp
  void collectFrozen();
  bool checkFrozen();
  bool imports();
  void noMatch(Span span, const std::string &pattern);
  // Settings.cpp
  bool settings();
  bool data();
  bool field(const Field &field, Env &env);
  // Readers.cpp
  bool reader(const Reader &reader, core::Reader &result);
  bool schema();
  // Figures.cpp
  void loss(const LossClause &clause, Env &env);
  void metric(const MetricClause &clause, Env &env);
  void declaredMetric(const Call &call, const Function &function, Env &env, Line &line, Arguments arguments);
  void ratio(const Value &value, Span span, const Value *weight, Span weightSpan, Line &line);
  std::string lineName(const std::optional<Ident> &name, const Expr &value,
                       const std::string &otherwise) const;
  void addSum(ValueId value);
  ValueId sums();
  bool figures(Phase &phase);
  bool metricResult(const Line &line, ValueId sums, ValueId &result);
  // Optimize.cpp
  bool update(Phase &phase);

  Elaborator &elaborator;
  const TrainItem &item;
  core::Program &program;
  std::vector<Line> lines;
  bool collecting = false; // lines are made in the forward phase only
  std::vector<ValueId> sumParts;
  int64_t sumCount = 0;
  std::vector<ValueId> lossParts;
  std::vector<std::pair<ValueId, Span>> losses; // numerators, for reach
  std::map<std::string, TensorType> letTypes;
  std::shared_ptr<Scope> forwardScope;
  std::optional<Number> clipNorm;
};

/// Whether a dotted path matches "**.bias": `*` is a component, `**` any number of them; a pattern that
/// matches a leading part matches everything below.
bool matches(const std::string &pattern, const std::string &path);

/// The inputs a value depends on in a way that can be differentiated.
std::vector<bool> reach(const core::Graph &graph, ValueId from);

} // namespace mlc::frontend
