#include "compiler/run/Train.h"

#include "compiler/model/ExplainDivergence.h"
#include "compiler/model/Interpret.h"
#include "compiler/run/Resume.h"
#include "runtime/checkpoint/Import.h"
#include "runtime/data/Fingerprint.h"
#include "runtime/profile/Trace.h"
#include "runtime/train/Evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mlc::run {

using compiler::JitProgram;

static std::vector<FunctionKind> firstFunctions() { return {FunctionKind::Init, FunctionKind::Figures}; }
static std::vector<FunctionKind> stepFunctions() { return {FunctionKind::TrainStep}; }

Training::~Training() = default;

/// With `resume` the run's settings hold, unless they are given anew.
Status Training::readJob() {
  Expected<Settings> given = Settings::of(request_.given);
  if (!given)
    return given.status();
  settings_ = std::move(*given);
  std::string remembered; // settings that are the run's alone
  std::string name =
      request_.resume && request_.out.empty() ? trainBlockOf(request_.model, request_.given.train) : "";
  if (request_.resume && (!request_.out.empty() || !name.empty())) {
    Expected<RunFolder> run =
        RunFolder::open(request_.out.empty() ? "runs/" + name : request_.out, /*toResume=*/true);
    if (!run)
      return run.status();
    Expected<Settings> kept = Settings::ofRun(run->config()).without(request_.unsets, run->path());
    if (!kept)
      return kept.status();
    remembered = kept->setsBeside(settings_);
    settings_ = kept->with(settings_);
    run_.emplace(std::move(*run));
  }
  Expected<std::unique_ptr<Loaded>> loaded = load(request_.model, settings_, observer_);
  if (!loaded && loaded.status().code() == StatusCode::Usage && !remembered.empty())
    return Status::usage(loaded.status().message() + "; " + run_->path() + " was begun with " + remembered +
                         ", which --unset NAME takes back");
  if (!loaded)
    return loaded.status();
  loaded_ = std::move(*loaded);
  if (request_.resume && !run_)
    return Status::usage("which run is to be resumed? name its folder with --out");
  return {};
}

/// What changes when the run is resumed; an error if it must not.
Status Training::findChanges() {
  // With nothing given and nothing edited, what differs was changed in the folder.
  Expected<Settings> given = Settings::of(request_.given);
  if (given && given->empty() && hasTexts(*run_, loaded_->texts()))
    MLC_TRY(checkOwnProgram(*run_, manifest()));
  Expected<std::vector<std::string>> found = changesOf(*run_, manifest());
  if (found)
    changes_ = std::move(*found);
  return found.status();
}

Expected<std::unique_ptr<Training>> Training::begin(TrainRequest request, Observer &observer) {
  Phase phase("check the program");
  std::unique_ptr<Training> training(new Training(std::move(request), observer));
  MLC_TRY(training->readJob());
  const TrainRequest &asked = training->request_;
  const Loaded &loaded = *training->loaded_;
  Expected<std::unique_ptr<JitProgram>> jit =
      JitProgram::create(*loaded.program, loaded.sources, asked.threads);
  if (!jit)
    return jit.status();
  training->jit_ = std::move(*jit);
  if (training->run_)
    MLC_TRY(training->findChanges());
  phase.finish();

  training->out_ = asked.out.empty() ? "runs/" + training->manifest().program : asked.out;
  training->folders_ = foldersOf(asked.data, asked.model);
  if (training->run_ && asked.data.empty())
    training->folders_.dataFolder = training->run_->config().dataFolder;
  if (!asked.resume) // not after the data were read
    MLC_TRY(RunFolder::checkCreate(training->out_, loaded.texts(), asked.overwrite));
  if (asked.profiled)
    training->jit_->profile();
  return training;
}

void Training::compileInBackground() {
  jit_->prepareInBackground({{stepFunctions(), manifest().train.batch}, {firstFunctions(), 0}});
}

/// By split: what the data are.
Status Training::fingerprint() {
  const DataSpec &spec = manifest().data;
  auto add = [&](const char *split, const Rows &rows, const std::optional<ReaderSpec> &reader) -> Status {
    if (!reader)
      return {};
    Expected<Fingerprint> fingerprint = fingerprintOf(*rows.data, *reader);
    if (fingerprint)
      fingerprints_[split] = std::move(*fingerprint);
    return fingerprint.status();
  };
  MLC_TRY(add("train", data_->train, spec.train));
  if (data_->validation)
    MLC_TRY(add("validation", *data_->validation, spec.validation));
  return test_ ? add("test", *test_, spec.test) : Status::ok();
}

Status Training::readData() {
  Phase phase("read the data");
  MLC_TRY(checkUnknown(request_.unknown, manifest().data.fields));
  Expected<TrainingData> data = readTrainingData(manifest(), folders_, request_.unknown);
  if (!data)
    return data.status();
  data_ = std::move(*data);
  if (data_->validation)
    noteSkipped(*data_->validation->data, " of the validation split", observer_);
  if (manifest().data.test) {
    Expected<Rows> rows =
        readEvaluationRows(manifest(), "test", folders_, data_->vocabulary, request_.unknown);
    if (!rows)
      return rows.status();
    noteSkipped(*rows->data, " of the test split", observer_);
    test_ = std::move(*rows);
  }
  MLC_TRY(fingerprint()); // while the first functions are compiled
  phase.finish();
  MLC_TRY(checkBatch(manifest().train, data_->train.size()));
  if (request_.resume)
    return {};
  std::string note;
  Status imports = checkImports(manifest(), folders_.modelFolder, note);
  if (!note.empty())
    observer_.onNote(note);
  return imports;
}

Status Training::compile() {
  Phase phase("compile");
  int64_t rows = std::min(manifest().train.batch, data_->train.size());
  MLC_TRY(jit_->prepare(stepFunctions(), rows));
  MLC_TRY(jit_->prepare(firstFunctions(), 0));
  phase.finish();
  Expected<PlannedTraining> planned = planTraining(*jit_, rows, request_.threads);
  if (!planned)
    return planned.status();
  planned_ = std::move(*planned);
  return {};
}

/// Memory for what was planned.
Status Training::allocate() {
  Expected<std::unique_ptr<Session>> session = Session::create(*jit_, request_.threads);
  if (!session)
    return session.status();
  session_ = std::move(*session);
  MLC_TRY(session_->reserve(planned_->memory.arena, planned_->memory.scratch));
  if (request_.profiled)
    session_->profile(profiler_);
  return {};
}

/// What training calls after its first step: the ragged last batches, evaluation.
std::vector<compiler::FunctionSet> Training::laterFunctions() const {
  const TrainSpec &spec = manifest().train;
  const int64_t batch = spec.batch, rest = rowsOfEpoch(data_->train.size(), batch, spec.leastRows) % batch;
  const FunctionKind train = FunctionKind::TrainStep, eval = FunctionKind::EvalStep;
  std::vector<compiler::FunctionSet> sets;
  if (data_->train.size() > batch && rest)
    sets.push_back({{train}, rest});
  for (const std::optional<Rows> *split : {&data_->validation, &test_}) {
    if (!*split)
      continue;
    if ((*split)->size() >= batch)
      sets.push_back({{eval}, batch});
    if ((*split)->size() % batch)
      sets.push_back({{eval}, (*split)->size() % batch});
  }
  return sets;
}

/// Passes on what the trainer says, and does what is to be done beside training after the first step, which
/// it would only delay.
class Training::FirstStep : public TrainObserver {
public:
  explicit FirstStep(Training &training) : training(training) {}

  void onStep(const StepReport &report) override {
    if (!std::exchange(isMade, true))
      training.jit_->prepareInBackground(training.laterFunctions());
    training.observer_.onStep(report);
  }
  void onLog(const LogReport &report) override { training.observer_.onLog(report); }
  void onEpoch(const EpochReport &report) override { training.observer_.onEpoch(report); }
  void onEnd(const TrainResult &result) override { training.observer_.onEnd(result); }

private:
  Training &training;
  bool isMade = false;
};

RunConfig Training::config() const {
  RunConfig config;
  config.manifest = manifest();
  config.vocabulary = data_->vocabulary;
  config.modelFolder = folders_.modelFolder;
  config.dataFolder = folders_.dataFolder;
  config.settings = settings_.kept();
  config.data = fingerprints_;
  return config;
}

ExplainOutside Training::explainer() {
  return [this](FunctionKind id, const ReplayedStep &step) {
    return compiler::explainOutside(*session_, id, step, Status::badData("in an evaluation"),
                                    *loaded_->program, loaded_->sources);
  };
}

/// A checkpoint that could not be written leaves the one before it whole; the person should know.
Training::Outcome Training::kept(const Status &status) const {
  Outcome outcome{status, /*isResumable=*/true};
  if (status.code() == StatusCode::IO)
    if (Expected<TrainerState> kept = run_->readState())
      outcome.kept = kept->update;
  return outcome;
}

Training::Outcome Training::train(const std::function<void(const Resumed &)> &resumed) {
  if (Status allocated = allocate(); !allocated.isOk())
    return {allocated};
  Phase phase("make the run folder");
  RunConfig config = this->config();
  if (!run_) {
    Expected<RunFolder> made = RunFolder::create(out_, config, loaded_->texts(), request_.overwrite);
    if (!made)
      return {made.status()};
    run_.emplace(std::move(*made));
  }
  phase.finish();
  const TrainSpec &spec = manifest().train;
  TrainerOptions options;
  options.train = spec;
  options.scalars = manifest().scalars;
  options.stop = request_.stop;
  options.saveEvery = 1;
  options.logEvery = settings_.logEvery();
  options.checkpoints = settings_.checkpoints();
  options.explainOutside = explainer();
  FirstStep observer(*this);
  Trainer trainer(*session_, *data_, *run_, options, observer);
  if (!request_.resume) {
    if (Status started = trainer.start(); !started.isOk())
      return kept(started);
  } else {
    if (Status status = trainer.resume(); !status.isOk())
      return {status};
    if (std::string test = differenceOf(run_->config().data, config.data, "test"); !test.empty())
      changes_.push_back("the test split is another: " + test);
    if (resumed)
      resumed({trainer.state(), trainer.totalUpdates(), trainer.totalEpochs(), trainer.isDone(), changes_});
    config.batchSince = trainer.batchSince();
    if (!trainer.isDone())
      if (Status status = run_->amend(config, loaded_->texts()); !status.isOk())
        return {status};
  }
  const bool wasDone = request_.resume && trainer.isDone();
  TrainResult result = trainer.run();
  if (result.reason == StopReason::Outside && result.divergence)
    return {compiler::explainOutside(trainer, *session_, *result.divergence, result.status, *loaded_->program,
                                     loaded_->sources)};
  if (result.reason == StopReason::Diverged && result.divergence)
    return {compiler::explainDivergence(
        trainer, *session_, *result.divergence, result.status, *loaded_->program, loaded_->sources,
        [&](int64_t row) { return placeOfRow(*manifest().data.train, folders_, row); })};
  if (!result.status.isOk())
    return kept(result.status);
  if (result.reason == StopReason::Patience && !wasDone)
    observer_.onNote(fmt::format("stopped: no better {} for {} epochs\n", spec.bestFigure, spec.patience));
  return {};
}

Status Training::evaluate(bool validation, const std::function<Status(const SplitFigures &)> &figures) {
  const bool validates = validation && data_->validation;
  if (!test_ && !validates)
    return {};
  Expected<bool> hasBest = run_->hasBest();
  if (!hasBest)
    return hasBest.status();
  bool best = data_->validation && *hasBest;
  Expected<uint64_t> updates = run_->loadModel(*session_, best);
  if (!updates)
    return updates.status();
  EvaluateOptions options;
  options.batch = manifest().train.batch;
  options.room = planned_->rows;
  options.seed = manifest().train.seed;
  options.stop = request_.stop;
  std::vector<double> scalars;
  const auto step = static_cast<double>(*updates);
  evaluateScalars(manifest().scalars, {step, step}, scalars);
  options.scalars = scalars.data();
  options.explainOutside = explainer();
  auto figuresOf = [&](const char *split, const Rows &rows) -> Status {
    options.onBatch = [&](int64_t samples) { observer_.onEvaluated(split, samples, rows.size()); };
    Expected<Evaluation> evaluation = mlc::evaluate(*session_, rows, options);
    if (!evaluation)
      return evaluation.status();
    if (evaluation->interrupted)
      return {};
    return figures({split, evaluation->samples, std::move(evaluation->figures), best});
  };
  if (validates)
    MLC_TRY(figuresOf("validation", *data_->validation));
  return test_ ? figuresOf("test", *test_) : Status::ok();
}

} // namespace mlc::run
