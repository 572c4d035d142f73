// The definitions of a file that no train block uses. Models are elaborated at their operands, in training
// and outside of it. A layer or function with sizes of its own says less: it is tried. A trial gives every
// size a number; the first that goes through is enough, since bodies differ between sizes only where they ask
// for it. The sizes of the first trials differ from each other, so that axes are not mixed up; those of the
// last are equal. An error that does not speak of sizes, and is there in each trial, is one of the
// definition.
#include "frontend/check/Definitions.h"

#include "frontend/check/CheckSession.h"
#include "frontend/check/TrainBlock.h"

#include <algorithm>

namespace mlc::frontend {

namespace {

/// The numbers of a trial.
struct Sizes {
  bool areEqual = false;
  std::vector<int64_t> hypers; // one after the other, the last for all that follow
  double number = 1;           // for a hyper-parameter without a type or default
  size_t rank = 1;             // of a pack, and of an operand without a type; 0: that is a number

  int64_t generic(size_t index) const { return areEqual ? 8 : 12 * int64_t(index + 1); }
  int64_t hyper(size_t index) const { return hypers[std::min(index, hypers.size() - 1)]; }
};

class DefinitionCheck {
public:
  DefinitionCheck(CheckSession &own, CheckSession &trials, std::set<const Callable *> &used)
      : own(own.elaborator), trials(trials.elaborator), used(used) {}

  DefinitionReport run();

private:
  void model(const Callable &callable);
  void data(const DataItem &item);
  void definition(const Callable &callable);
  void judge();
  bool tryOnce(const Callable &callable, const Sizes &sizes);
  bool tryPhase(const Callable &callable, const Sizes &sizes, Phase &phase);
  bool tryCall(const Callable &callable, const Function &function, Env &env, Arguments arguments);
  bool tryOptimizer(const Callable &callable, const Function &function, Env &env, Arguments arguments);
  Env bindSizes(const Callable &callable, const Sizes &sizes);
  std::optional<Arguments> trialArguments(const Callable &callable, const Sizes &sizes, Env &types);
  /// What is said of a definition if no other that calls it goes through.
  struct Failure {
    const Callable *callable;
    std::string why;
    std::optional<Diagnostic> error;
    bool fitsEqual = false; // where its sizes are equal
  };
  void notChecked(const Callable &callable, std::string why) {
    report.unchecked.push_back(
        {std::string(spelling(callable.kind)), callable.name.text, std::move(why), callable.name.span});
  }

  Elaborator &own;    // reports what it finds
  Elaborator &trials; // has an engine of its own
  std::set<const Callable *> &used;
  std::set<const Callable *> tried; // called in a trial that went through
  std::vector<Failure> failures;
  DefinitionReport report;
};

/// The site of a call that nobody wrote: the definition itself.
CallSite siteOf(const Callable &callable) {
  return {callable.name.span, callable.name.span, "", callable.name.text};
}

/// A tensor that comes from outside.
Value input(Elaborator &elaborator, Phase &phase, const TensorType &type, Span span) {
  elaborator.currentSpan = span;
  elaborator.locate();
  return Value::tensor(phase.graph, phase.graph.input(type));
}

void enter(Elaborator &elaborator, Phase &phase) {
  elaborator.phase = &phase;
  elaborator.graph = &phase.graph;
}

} // namespace

//===-- Models -------------------------------------------------------------------------------------===//

void DefinitionCheck::model(const Callable &callable) {
  for (const Param &param : callable.operands)
    if (!param.type)
      return notChecked(callable, "nothing says what `" + param.name.text + "` is");
  for (const Param &param : callable.hypers)
    if (!param.initial)
      return notChecked(callable, "nothing says what `" + param.name.text + "` is");
  own.forget();
  own.nodeCount = 0;
  Phase init(Phase::Init), training(Phase::Forward), evaluating(Phase::Evaluate);
  own.init = &init;
  Env env{own.newScope(own.root->scope), "", ""};
  const Function function = *own.lookup(callable.name.text, callable.name.span, env).function;
  core::Program program;
  program.name = callable.name.text;
  for (Phase *phase : {&training, &evaluating}) {
    enter(own, *phase);
    Arguments arguments;
    for (const Param &param : callable.operands) {
      std::optional<TensorType> type = own.resolve(*param.type, env);
      if (!type)
        return;
      Value value = input(own, *phase, *type, param.span);
      // The train block may call it with fields, whose statistics are known.
      if (phase == &training && !type->shape.empty()) {
        core::Field field;
        field.name = param.name.text;
        field.type = *type;
        field.type.shape.erase(field.type.shape.begin());
        own.fields.push_back(std::move(field));
      }
      if (!type->shape.empty())
        phase->fieldOf[value.id] = int(arguments.positional.size());
      arguments.positional.push_back({value, param.span});
    }
    if (own.apply(function, std::move(arguments), siteOf(callable), env, nullptr).isError())
      return;
  }
  program.instances = std::move(own.instances);
  program.states = std::move(own.states);
  countParameters(program);
  report.models.push_back(std::move(program));
}

//===-- Trials -------------------------------------------------------------------------------------===//

/// What is wrong whatever the sizes are.
static bool isOfAnySize(DiagnosticCode code) {
  switch (code) {
  case DiagnosticCode::E0206:
  case DiagnosticCode::E0208:
  case DiagnosticCode::E0209:
  case DiagnosticCode::E0210:
  case DiagnosticCode::E0214:
  case DiagnosticCode::E0301:
  case DiagnosticCode::E0302:
  case DiagnosticCode::E0303:
  case DiagnosticCode::E0304:
  case DiagnosticCode::E0305:
  case DiagnosticCode::E0306:
  case DiagnosticCode::E0307:
  case DiagnosticCode::E0308:
  case DiagnosticCode::E0309:
  case DiagnosticCode::E0312:
  case DiagnosticCode::E0313:
  case DiagnosticCode::E0317:
  case DiagnosticCode::E0321:
  case DiagnosticCode::E0413:
    return true;
  default:
    return false;
  }
}

/// Whether a trial has to guess what a parameter is, not only how large.
static bool isGuessed(const Callable &callable) {
  bool guessed = false;
  for (const Param &param : callable.operands)
    guessed |= !param.type;
  for (const Param &param : callable.hypers)
    guessed |=
        !param.initial && param.words.empty() && (!param.type || param.type->kind == TypeExpr::Kind::Fn);
  return guessed;
}

/// A scope in which every generic has its size.
Env DefinitionCheck::bindSizes(const Callable &callable, const Sizes &sizes) {
  Env env{trials.newScope(trials.root->scope), "", ""};
  for (size_t i = 0; i < callable.generics.size(); ++i) {
    Value size = Value::of(Number::size(Dim(sizes.generic(i))));
    Variable &variable = env.scope->names[callable.generics[i].name.text];
    variable.value = callable.generics[i].isPack ? Value::tuple(std::vector<Value>(sizes.rank, size)) : size;
  }
  size_t next = 0;
  for (const Param &param : callable.hypers)
    if (!param.initial && param.type && param.type->kind == TypeExpr::Kind::Dim)
      env.scope->names[param.name.text].value = Value::of(Number::size(Dim(sizes.hyper(next++))));
  return env;
}

std::optional<Arguments> DefinitionCheck::trialArguments(const Callable &callable, const Sizes &sizes,
                                                         Env &types) {
  Arguments result;
  for (const std::vector<Param> *params : {&callable.operands, &callable.hypers})
    for (const Param &param : *params) {
      if (param.initial)
        continue;
      bool isOperand = params == &callable.operands;
      Value value;
      if (param.type && param.type->kind == TypeExpr::Kind::Tensor) {
        std::optional<TensorType> type = trials.resolve(*param.type, types);
        if (!type)
          return std::nullopt;
        value = input(trials, *trials.phase, *type, param.span);
      } else if (param.type && param.type->kind == TypeExpr::Kind::Dim) {
        value = types.scope->names[param.name.text].value;
      } else if (param.type && param.type->kind == TypeExpr::Kind::Fn) {
        value = trials.lookup("same", param.span, types);
      } else if (!param.words.empty()) {
        value = Value::string(param.words.front().text);
      } else if (isOperand && sizes.rank > 0) {
        std::vector<Dim> shape(sizes.rank, Dim(sizes.generic(0)));
        value = input(trials, *trials.phase, {trials.computeType, shape}, param.span);
      } else {
        value = Value::of(Number(sizes.number));
      }
      result.positional.push_back({value, param.span});
    }
  return result;
}

bool DefinitionCheck::tryCall(const Callable &callable, const Function &function, Env &env,
                              Arguments arguments) {
  if (callable.kind == CallableKind::Fn) // it may make a number of an optimizer, which follows epochs
    trials.validates = true;
  bool isFine = !trials.apply(function, std::move(arguments), siteOf(callable), env, nullptr).isError();
  trials.validates.reset();
  return isFine;
}

/// As TrainBlock::update calls it, for one parameter.
bool DefinitionCheck::tryOptimizer(const Callable &callable, const Function &function, Env &env,
                                   Arguments arguments) {
  if (callable.operands.size() != 2 || arguments.positional[0].value.kind != Value::Tensor) {
    trials.fail(DiagnosticCode::E0303, callable.headSpan,
                "an optimizer has two operands: a parameter and its gradient");
    return false;
  }
  const TensorType type = trials.type(arguments.positional[0].value);
  Env callee{trials.newScope(function.scope), env.path, env.site};
  trials.gradNorm = [&](Span) {
    return trials.result(trials.graph->constant({trials.computeType, {}}, 1.0));
  };
  trials.validates = true; // who trains with it may have some
  bool absent = false;
  Value value;
  Expected expected{{type}, false};
  trials.frames.push_back({callable.name.span, callable.name.text});
  if (trials.bindParameters(callable, arguments, siteOf(callable), callee, nullptr, absent))
    value = trials.coerce(trials.statements(callable.body, callee, &expected), type,
                          callable.body.stmts.back()->span, "the new value of a parameter");
  trials.frames.pop_back();
  trials.gradNorm = nullptr;
  trials.validates.reset();
  return !value.isError();
}

bool DefinitionCheck::tryPhase(const Callable &callable, const Sizes &sizes, Phase &phase) {
  enter(trials, phase);
  Env types = bindSizes(callable, sizes);
  Env env{trials.newScope(trials.root->scope), "", ""};
  const Function function = *trials.lookup(callable.name.text, callable.name.span, env).function;
  std::optional<Arguments> arguments = trialArguments(callable, sizes, types);
  if (!arguments)
    return false;
  if (callable.kind == CallableKind::Optimizer)
    return tryOptimizer(callable, function, env, std::move(*arguments));
  if (callable.kind == CallableKind::Metric) {
    TrainItem item;
    item.name = callable.name;
    core::Program program;
    Call call;
    call.callee = callable.name;
    call.span = callable.name.span;
    return TrainBlock(trials, item, program, Overrides())
        .checkMetric(call, function, env, std::move(*arguments));
  }
  env.scope->owns = callable.kind == CallableKind::Layer;
  return tryCall(callable, function, env, std::move(*arguments));
}

bool DefinitionCheck::tryOnce(const Callable &callable, const Sizes &sizes) {
  trials.forget();
  trials.elaborated.clear();
  trials.diagnostics.clear();
  Phase init(Phase::Init), training(Phase::Forward), evaluating(Phase::Evaluate), updating(Phase::Update);
  trials.init = &init;
  bool good = callable.kind == CallableKind::Optimizer
                  ? tryPhase(callable, sizes, updating)
                  : tryPhase(callable, sizes, training) && tryPhase(callable, sizes, evaluating);
  good = good && !trials.diagnostics.hasErrors();
  if (good)
    tried.insert(trials.elaborated.begin(), trials.elaborated.end());
  return good;
}

/// "in line 5: sizes differ..." of the first error.
static std::string firstError(const DiagnosticEngine &diagnostics) {
  for (const Diagnostic *diagnostic : diagnostics.sorted())
    if (!isWarning(diagnostic->code)) {
      const Source &source = diagnostics.sources().get(diagnostic->span.source);
      return "in line " + std::to_string(source.lineColumn(diagnostic->span.begin).line) + ", " +
             diagnostic->message;
    }
  return "nothing is known of it";
}

void DefinitionCheck::definition(const Callable &callable) {
  std::vector<Sizes> candidates;
  bool hasPack = std::any_of(callable.generics.begin(), callable.generics.end(),
                             [](const Generic &generic) { return generic.isPack; });
  bool hasUntyped = std::any_of(callable.operands.begin(), callable.operands.end(),
                                [](const Param &param) { return !param.type; });
  for (bool areEqual : {false, true})
    for (const std::vector<int64_t> &hypers :
         areEqual ? std::vector<std::vector<int64_t>>{{8}, {1}}
                  : std::vector<std::vector<int64_t>>{{2, 3, 4, 6}, {6, 2, 1}, {12, 1}})
      for (double number : {1.0, 0.5})
        for (size_t rank : hasUntyped ? std::vector<size_t>{1, 2, 0, 3, 4}
                           : hasPack  ? std::vector<size_t>{1, 2, 0}
                                      : std::vector<size_t>{1})
          candidates.push_back({areEqual, hypers, number, rank});
  std::optional<Diagnostic> common; // what every trial said first
  bool isCommon = true;
  std::string first;
  for (const Sizes &sizes : candidates) {
    if (tryOnce(callable, sizes)) {
      if (sizes.areEqual && !isGuessed(callable) && callable.generics.size() > 1)
        failures.push_back(
            {&callable, "it fits where sizes are equal; at others, " + first, std::nullopt, true});
      return;
    }
    if (trials.tooLarge)
      return failures.push_back(
          {&callable, "what the file defines is too large to be tried", std::nullopt, false});
    if (first.empty())
      first = firstError(trials.diagnostics);
    const Diagnostic *said = nullptr;
    for (const Diagnostic *diagnostic : trials.diagnostics.sorted())
      if (!said && !isWarning(diagnostic->code))
        said = diagnostic;
    if (said && !common)
      common = *said;
    isCommon = isCommon && said && said->code == common->code && said->span == common->span;
  }
  if (!isCommon || !common || !isOfAnySize(common->code) || isGuessed(callable))
    common.reset();
  failures.push_back({&callable, "it fits none of the sizes that were tried: " + first, common, false});
}

/// A definition whose callers go through is as good as they are: an optimizer's helper may speak of
/// `grad_norm`.
void DefinitionCheck::judge() {
  for (const Failure &failure : failures) {
    if (tried.count(failure.callable) && !failure.fitsEqual)
      continue;
    if (failure.error)
      own.diagnostics.add(*failure.error);
    else
      notChecked(*failure.callable, failure.why);
  }
}

//===-- Files --------------------------------------------------------------------------------------===//

void DefinitionCheck::data(const DataItem &data) {
  own.forget();
  Phase init(Phase::Init);
  own.init = &init;
  enter(own, init);
  TrainItem item;
  item.name = item.data.emplace(data.name);
  core::Program program;
  TrainBlock(own, item, program, Overrides()).checkData();
}

DefinitionReport DefinitionCheck::run() {
  const Program &ast = *own.root->ast;
  std::vector<const Callable *> rest;
  for (const ItemPtr &item : ast.items) {
    if (const auto *node = as<DataItem>(*item))
      data(*node);
    if (const auto *node = as<LetItem>(*item)) {
      Phase init(Phase::Init);
      own.init = &init;
      enter(own, init);
      Env env{own.newScope(own.root->scope), "", ""};
      own.lookup(node->binding.pattern.names[0].text, node->binding.value->span, env);
    }
    const auto *node = as<CallableItem>(*item);
    if (!node || used.count(node->callable.get()))
      continue;
    if (node->callable->kind == CallableKind::Model)
      model(*node->callable);
    else
      rest.push_back(node->callable.get());
  }
  used.insert(own.elaborated.begin(), own.elaborated.end());
  for (const Callable *callable : rest)
    if (!used.count(callable))
      definition(*callable);
  judge();
  return std::move(report);
}

/// `mlc predict` has nothing to do for a run of a block without a `predict` line, and the run is over by
/// then.
static void warnOfNoPrediction(const Program &program, DiagnosticEngine &diagnostics) {
  for (const ItemPtr &item : program.items) {
    const auto *train = as<TrainItem>(*item);
    if (!train || std::any_of(train->clauses.begin(), train->clauses.end(),
                              [](const ClausePtr &clause) { return clause->kind == ClauseKind::Predict; }))
      continue;
    diagnostics
        .report(DiagnosticCode::W0004, train->name.span,
                "`" + train->name.text + "` has no `predict` line: `mlc predict` will have nothing to say")
        .help("add `predict NAME = EXPRESSION`");
  }
}

DefinitionReport checkDefinitions(SourceManager &sources, const std::vector<LoadedFile> &files,
                                  std::set<const Callable *> used, const core::Settings &settings,
                                  DiagnosticEngine &diagnostics) {
  if (files.empty() || diagnostics.hasErrors())
    return {};
  CheckSession own(sources, files, diagnostics);
  if (diagnostics.hasErrors())
    return {};
  DiagnosticEngine quiet(sources);
  CheckSession trials(sources, files, quiet);
  for (Elaborator *each : {&own.elaborator, &trials.elaborator}) {
    each->batchRows = settings.batch;
    each->computeType = settings.computeType();
  }
  DefinitionReport report = DefinitionCheck(own, trials, used).run();
  if (!diagnostics.hasErrors())
    warnOfNoPrediction(files.back().program, diagnostics);
  return report;
}

} // namespace mlc::frontend
