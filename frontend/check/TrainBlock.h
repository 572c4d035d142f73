// The elaboration of a train block: its phases, and what they share.
#pragma once

#include "frontend/check/Check.h"
#include "frontend/check/Elaborator.h"
#include "frontend/check/Overrides.h"
#include "frontend/check/RowMeans.h"

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

/// An objective, or the whole block if it has none, while it is elaborated.
struct Part {
  const std::vector<ClausePtr> *clauses = nullptr;
  std::string name; // empty: the block
  Span span;
  int64_t every = 1;
  std::optional<Number> clipNorm;
  std::shared_ptr<Scope> scope; // of its forward phase
};

/// A parameter that follows another.
struct Follower {
  int state = 0, leader = 0;
  Number rate;
};

class TrainBlock {
public:
  /// All of it outlives the block.
  TrainBlock(Elaborator &elaborator, const TrainItem &item, core::Program &program,
             const Overrides &overrides)
      : elaborator(elaborator), item(item), program(program), overrides(overrides) {}

  bool run();
  /// After that: settings, and hyper-parameters of the optimizers; the value of what has a span is its text.
  std::vector<Settable> settable() const;
  /// Checks the data block of the item, and nothing else.
  bool checkData() { return data(); }
  /// Checks a declared metric that is called with these arguments, in a block without lines.
  bool checkMetric(const Call &call, const Function &function, Env &env, Arguments arguments);

private:
  // TrainBlock.cpp
  Env begin(Phase &phase);
  bool forward(Phase &phase, Part &part, core::Objective &objective);
  bool evaluate(Phase &phase);
  bool objective(Part &part);
  bool predict(Phase &phase);
  void clause(const Clause &clause, Env &env, const std::vector<Ident> *given);
  void finish(Phase &phase, core::StepGraph &result, bool keepInputs);
  void orderStates();
  // Trainable.cpp
  bool findTrainable(Phase &phase, const Part &part, core::Objective &objective);
  void warnUnlearned();
  // Objectives.cpp
  bool findParts();
  bool partSettings(Part &part);
  void enterPart(Phase &phase, const Part &part, Env &env);
  ValueId activity(const Part &part, GraphContext &graph);
  ValueId whenActive(const Part &part, GraphContext &graph, ValueId value, ValueId otherwise);
  bool findFollowers(bool isLast);
  void follow(Phase &phase, core::Objective &objective, const std::vector<Value> &learned);
  // Import.cpp
  void collectFrozen();
  bool checkFrozen();
  bool imports();
  void noMatch(Span span, const std::string &pattern);
  // Settings.cpp
  bool settings();
  bool data();
  bool field(const Field &field, Env &env, std::map<std::string, Span> &fieldSpans);
  bool dateParts(const Field &field, core::Field &result);
  bool codes(const Field &field, Env &env, core::Field &result);
  // Readers.cpp
  bool reader(const Reader &reader, core::Reader &result);
  bool schema();
  // Figures.cpp
  bool checkMean(ValueId value, Span span, const ValueId *weight, Span weightSpan);
  void loss(const LossClause &clause, Env &env);
  void metric(const MetricClause &clause, Env &env);
  bool giveWeight(const MetricClause &clause, const Call &call, const Callable &metric, Env &env,
                  Arguments &given);
  void ratio(const Value &value, Span span, const Value *weight, Span weightSpan, Line &line);
  std::string lineName(const std::optional<Ident> &name, const Expr &value,
                       const std::string &otherwise) const;
  void addSum(ValueId value);
  ValueId sums();
  bool figures(Phase &phase);
  // DeclaredMetrics.cpp
  void declaredMetric(const Call &call, const Function &function, Env &env, Line &line, Arguments arguments);
  bool checkSum(ValueId value, Span span);
  bool ranking(const Call &call, Env &env);
  /// What the objective at hand collects of each row; nothing if it collects nothing.
  std::optional<ValueId> ranked();
  static ValueId part(GraphContext &graph, ValueId sums, int64_t offset, const std::vector<Dim> &shape);
  bool metricResult(const Line &line, ValueId sums, ValueId &result);
  // Optimize.cpp
  /// Notes what hyper-parameters say, in `program.settings.numbers`.
  void describe(const Part &part, const std::string &of,
                const std::vector<std::pair<Ident, Argument>> &named);
  bool update(Phase &phase, const Part &part, core::Objective &objective);

  Elaborator &elaborator;
  const TrainItem &item;
  core::Program &program;
  const Overrides &overrides;
  std::map<std::string, Span> hypers; // of optimizers, where they are said
  std::vector<Line> lines;
  bool collecting = false;          // lines are made in the forward phase only
  std::optional<RowMeans> rowMeans; // of the phase; not where a metric is checked alone
  std::vector<ValueId> sumParts;
  int64_t sumCount = 0;
  std::vector<ValueId> rankedParts; // [batch, n]
  std::vector<ValueId> lossParts;
  std::vector<std::pair<ValueId, Span>> losses; // numerators, for reach
  std::map<std::string, TensorType> letTypes;
  std::optional<Number> clipNorm;
  std::deque<Part> parts;
  std::string currentPart;          // the objective that is elaborated
  std::set<int> moved;              // states that objectives before this one rewrite
  std::map<std::string, int> draws; // random draws of the objectives before this one
  std::vector<Follower> followers;
  std::vector<std::pair<SourceId, std::uint32_t>> fieldPlaces; // where fields are declared, sorted
  std::set<int> reachedByLoss;                                 // parameters
};

/// Fills in how many parameters each instance has.
void countParameters(core::Program &program);

/// The value of `clip_norm`: a number above 0, as far as it is known before the run. Reports what is none.
std::optional<Number> clipBound(Elaborator &elaborator, const Value &value, Span span);

/// The inputs a value depends on in a way that can be differentiated.
std::vector<bool> reach(const core::Graph &graph, ValueId from);

} // namespace mlc::frontend
