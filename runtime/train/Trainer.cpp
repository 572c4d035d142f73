// The loop: take a batch, call train_step, add its sums. At the end of an epoch: validate, turn sums into
// figures, append a line, keep the best, save the last. In between: stop when asked, and never go on from a
// NaN.
#include "runtime/train/Trainer.h"

#include "runtime/Nearest.h"
#include "runtime/profile/Trace.h"
#include "runtime/train/Evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

namespace mlc {

Status overrideScalar(std::vector<ScalarSpec> &scalars, const std::string &name, double value) {
  std::vector<std::string> names;
  for (ScalarSpec &scalar : scalars) {
    if (scalar.name == name && !name.empty()) {
      scalar.value = ScalarExpr::literal(value);
      return {};
    }
    if (!scalar.name.empty())
      names.push_back(scalar.name);
  }
  std::string all;
  for (const std::string &known : names)
    all += (all.empty() ? "" : ", ") + known;
  return Status::usage("there is nothing called '" + name + "' to set" + didYouMean(name, names) +
                       (all.empty() ? "" : " (can be set: " + all + ")"));
}

Trainer::Trainer(Session &session, const TrainingData &data, RunFolder &run, TrainerOptions options,
                 TrainObserver &observer)
    : session_(session), data_(data), run_(run), options_(std::move(options)), observer_(observer) {}

uint64_t updatesOf(const TrainSpec &train, int64_t rows, const BatchSince &since) {
  if (train.steps)
    return static_cast<uint64_t>(*train.steps);
  // Neither is negative; whoever made the numbers of a run folder may have made them too large.
  int64_t epochs = std::max<int64_t>(train.epochs.value_or(0) - since.epoch, 0), updates;
  int64_t perEpoch = (rowsOfEpoch(rows, train.batch, train.leastRows) + train.batch - 1) / train.batch;
  if (__builtin_mul_overflow(perEpoch, epochs, &updates) ||
      __builtin_add_overflow(updates, since.update, &updates))
    updates = std::numeric_limits<int64_t>::max();
  return static_cast<uint64_t>(updates);
}

uint64_t Trainer::totalUpdates() const { return updatesOf(options_.train, data_.train.size(), since_); }

int64_t Trainer::totalEpochs() const {
  if (!options_.train.steps)
    return options_.train.epochs.value_or(0);
  int64_t perEpoch = epochUpdates();
  if (perEpoch == 0)
    return 0;
  int64_t updates = std::max<int64_t>(*options_.train.steps - static_cast<int64_t>(since_.update), 0);
  return since_.epoch + updates / perEpoch + (updates % perEpoch != 0);
}

/// "1 row", "2 rows".
static std::string rowsText(int64_t rows) { return std::to_string(rows) + (rows == 1 ? " row" : " rows"); }

Status checkBatch(const TrainSpec &train, int64_t rows) {
  if (train.batch < 1)
    return Status::usage("the batch must have at least one row");
  if (rows == 0)
    return Status::badData("there are no rows to train on");
  const std::string fewest =
      "batches of " + rowsText(train.leastRows) + " or more (" + train.leastRowsReason + ")";
  if (train.batch < train.leastRows)
    return Status::usage("a batch of " + rowsText(train.batch) + " is too small: the model takes " + fewest +
                         "; train with a larger batch");
  if (rows < train.leastRows)
    return Status::badData("there is no batch to train on: the model takes " + fewest + ", and there " +
                           (rows == 1 ? "is " : "are ") + rowsText(rows));
  return {};
}

std::string leftOutText(const TrainSpec &train, int64_t rows) {
  int64_t left = rows - rowsOfEpoch(rows, train.batch, train.leastRows);
  if (left == 0)
    return {};
  return "the last batch of each epoch would have " + rowsText(left) + ", and " + train.leastRowsReason +
         ": it is left out, other rows in each epoch; with another batch than " +
         std::to_string(train.batch) + " all are trained on";
}

Status Trainer::checkInputs() const {
  const Manifest &manifest = session_.manifest();
  for (FunctionKind kind :
       {FunctionKind::Init, FunctionKind::TrainStep, FunctionKind::EvalStep, FunctionKind::Figures})
    if (!manifest.findFunction(kind))
      return Status::failed("the program has no " + std::string(nameOf(kind)));
  if (options_.scalars.size() != manifest.scalars.size())
    return Status::failed("the scalars are not those of the program");
  return checkBatch(options_.train, data_.train.size());
}

Expected<std::unique_ptr<Loader>> Trainer::startLoader() const {
  LoaderPlan plan;
  for (const Port &port : session_.manifest().findFunction(FunctionKind::TrainStep)->inputs)
    plan.fields.push_back(port.name);
  plan.batch = options_.train.batch;
  plan.leastRows = options_.train.leastRows;
  plan.room = batchRows();
  plan.shuffled = true;
  plan.seed = state_.seed;
  plan.start = state_.position;
  plan.epochs = totalEpochs();
  return Loader::start(data_.train, std::move(plan));
}

void Trainer::evaluateScalarsNow() {
  ScalarInputs inputs;
  inputs.step = static_cast<double>(state_.update);
  inputs.totalSteps = static_cast<double>(totalUpdates());
  inputs.epoch = static_cast<double>(state_.position.epoch);
  inputs.figures = &state_.validationFigures;
  inputs.largestIsBest = options_.train.bestIsMax;
  evaluateScalars(options_.scalars, inputs, scalars_);
}

const Batch *Trainer::nextBatch(Loader &loader) {
  Profiler *profiler = session_.profiler();
  if (!profiler)
    return loader.next();
  int64_t begin = Trace::now();
  const Batch *batch = loader.next();
  int64_t end = Trace::now();
  Trace::add({"wait for data", "data", begin, end});
  profiler->addWait(end - begin);
  return batch;
}

Status Trainer::step(const Batch &batch, StepResults &given) {
  Phase phase("training step", "step");
  evaluateScalarsNow();
  return session_.call(FunctionKind::TrainStep, batch.rows, batch.inputs, given.outputs(batch.rows),
                       {state_.seed, state_.update, 0}, scalars_.data());
}

double Trainer::figureOf(const EpochReport &report) const {
  const std::vector<double> &figures = report.validationFigures ? *report.validationFigures : report.figures;
  const auto &names = session_.manifest().figures.names;
  auto at =
      static_cast<size_t>(std::find(names.begin(), names.end(), options_.train.bestFigure) - names.begin());
  return at < figures.size() ? figures[at] : std::nan("");
}

bool Trainer::isBetter(const EpochReport &report) const {
  double figure = figureOf(report);
  if (!state_.best)
    return !std::isnan(figure);
  return options_.train.bestIsMax ? figure > state_.best->figure : figure < state_.best->figure;
}

std::string Divergence::text() const {
  return what + " became NaN or infinite in update " + std::to_string(update + 1) + " (epoch " +
         std::to_string(epoch) + ")" + kept;
}

Status Trainer::diverge(TrainResult &result, Divergence divergence) {
  result.reason = StopReason::Diverged;
  if (Expected<TrainerState> kept = run_.readState())
    divergence.kept =
        "; the checkpoint after update " + std::to_string(kept->update) + " is kept in " + run_.path();
  Status status = Status::diverged(divergence.text() + "; try a lower learning rate");
  result.divergence = std::move(divergence);
  return status;
}

Status Trainer::stopOutside(TrainResult &result, const Status &stepped) {
  result.reason = StopReason::Outside;
  result.divergence = {state_.update, state_.position.epoch + 1, lastRows_, "an index"};
  Expected<TrainerState> kept = run_.readState();
  return Status::badData(
      stepped.message() + ", in update " + std::to_string(state_.update + 1) + " (epoch " +
      std::to_string(state_.position.epoch + 1) + ")" +
      (kept ? "; the checkpoint after update " + std::to_string(kept->update) + " is kept in " + run_.path()
            : ""));
}

Expected<Evaluation> Trainer::validate() {
  evaluateScalarsNow();
  EvaluateOptions options;
  options.batch = options_.train.batch;
  options.room = batchRows();
  options.seed = state_.seed;
  options.scalars = scalars_.data();
  options.stop = options_.stop;
  options.explainOutside = options_.explainOutside;
  return evaluate(session_, *data_.validation, options);
}

bool Trainer::followsFigures() const {
  return std::any_of(options_.scalars.begin(), options_.scalars.end(),
                     [](const ScalarSpec &scalar) { return scalar.value.readsFigures(); });
}

void Trainer::endEpoch(double figure) {
  // Those of a run that did not keep them from its beginning are not known.
  if (data_.validation && state_.validationFigures.size() == static_cast<size_t>(state_.position.epoch))
    state_.validationFigures.push_back(figure);
  state_.position = {state_.position.epoch + 1, 0};
}

Expected<bool> Trainer::measure(EpochReport &report, TrainResult &result) {
  report.epoch = state_.position.epoch + 1;
  report.epochs = totalEpochs();
  report.update = state_.update;
  report.samples = state_.position.row;
  report.samplesOfEpoch = epochRows();
  // The sums of the last batch were finite, what it did to the parameters may not have been.
  if (std::string name = session_.firstNonFinite(); !name.empty())
    return diverge(result, {state_.update - 1, report.epoch, lastRows_, "'" + name + "'"});
  Expected<std::vector<double>> figures = figuresOf(session_, state_.split);
  if (!figures)
    return figures.status();
  report.figures = std::move(*figures);
  if (data_.validation) {
    Expected<Evaluation> evaluation = validate();
    if (!evaluation)
      return evaluation.status();
    if (evaluation->interrupted)
      return false;
    report.validationFigures = std::move(evaluation->figures);
    report.validationSamples = evaluation->samples;
  }
  report.best = isBetter(report);
  return true;
}

Expected<bool> Trainer::finishEpoch(TrainResult &result, Clock &clock) {
  EpochReport report;
  Expected<bool> measured = measure(report, result);
  if (!measured)
    return measured.status();
  if (!*measured)
    return true; // the caller sees the flag and saves; the epoch is finished when the run is resumed
  ++state_.epochsWithoutBetter;
  if (report.best) {
    state_.best = BestEpoch{figureOf(report), report.epoch, state_.update};
    state_.epochsWithoutBetter = 0;
  }
  bool patient = options_.train.patience == 0 || state_.epochsWithoutBetter < options_.train.patience;
  endEpoch(figureOf(report));
  state_.split = SplitSums(session_.manifest().figures);
  state_.finished = !patient || state_.update >= totalUpdates();
  addMetrics(report);
  Clock::Instant ended = Clock::now();
  if (state_.finished || isCheckpointDue(ended) || Clock::seconds(savedAt_, ended) >= options_.saveEvery) {
    MLC_TRY(saveEpochs(report.best ? Rank::Best : Rank::Unknown));
  } else if (report.best) {
    bestBytes_.assign(session_.state(), session_.state() + session_.manifest().stateBytes);
    bestState_ = state_;
  }
  tell(report, clock);
  return patient;
}

Expected<bool> Trainer::cutEpoch(TrainResult &result, Clock &clock) {
  EpochReport report;
  Expected<bool> measured = measure(report, result);
  if (!measured || !*measured)
    return measured;
  if (!bestBytes_.empty()) // the best so far is kept beside this one
    MLC_TRY(saveEpochs(Rank::Unknown));
  addMetrics(report);
  state_.finished = true;
  if (report.best) {
    state_.before = BestBefore{state_.best};
    state_.best = BestEpoch{figureOf(report), report.epoch, state_.update};
  }
  MLC_TRY(saveEpochs(report.best ? Rank::BestOfCutEpoch : Rank::Unknown));
  tell(report, clock);
  return true;
}

TrainResult Trainer::run() {
  TrainResult result = loop();
  result.state = state_;
  observer_.onEnd(result);
  return result;
}

TrainResult Trainer::loop() {
  TrainResult result;
  auto fail = [&](Status status) {
    result.status = std::move(status);
    return result;
  };
  const uint64_t total = totalUpdates();
  const int64_t rows = epochRows();
  Clock clock;
  Expected<std::unique_ptr<Loader>> loader = startLoader();
  if (!loader)
    return fail(loader.status());
  StepResults given(session_.manifest().figures);
  if (isDone()) {
    result.reason = state_.update < total ? StopReason::Patience : StopReason::Finished;
    return result;
  }
  if (options_.logEvery == 0)
    state_.logged.reset();
  else if (!state_.logged)
    state_.logged = LoggedWindow{0, SplitSums(session_.manifest().figures)};
  while (true) {
    if (int signal = stopSignal(); signal != 0) {
      if (Status saved = saveWithin(result); !saved.isOk())
        return fail(saved);
      result.reason = StopReason::Interrupted;
      result.signal = signal;
      return fail(Status::interrupted("stopped after update " + std::to_string(state_.update) +
                                      "; saved in " + run_.path()));
    }
    if (state_.position.row >= rows) {
      Expected<bool> goOn = finishEpoch(result, clock);
      if (!goOn)
        return fail(goOn.status());
      if (!*goOn) {
        result.reason = StopReason::Patience;
        return result;
      }
      continue;
    }
    if (state_.update >= total) {
      if (state_.position.row == 0)
        break;
      Expected<bool> cut = cutEpoch(result, clock);
      if (!cut)
        return fail(cut.status());
      if (*cut)
        break;
      continue;
    }
    const Batch *batch = nextBatch(**loader);
    if (!batch) {
      Status ended = (*loader)->status();
      return fail(ended.isOk() ? Status::failed("the data ended before the run did") : ended);
    }
    Status stepped = step(*batch, given);
    lastRows_ = batch->rowNumbers;
    if (session_.isOutside())
      return fail(stopOutside(result, stepped));
    if (!stepped.isOk())
      return fail(stepped);
    for (double sum : given.sums())
      if (!std::isfinite(sum))
        return fail(diverge(result, {state_.update, state_.position.epoch + 1, lastRows_, "the loss"}));
    given.addTo(state_.split, batch->rows);
    addToLog(given, batch->rows);
    ++state_.update;
    state_.position.row += batch->rows;
    clock.samples += batch->rows;
    clock.waited = (*loader)->secondsWaited();
    bool first = clock.samples == batch->rows;
    Clock::Instant now = Clock::now();
    report(clock, now, first || options_.reportEvery <= 0 || batch->lastOfEpoch);
    if (Status logged = log(clock, now); !logged.isOk())
      return fail(logged);
    if (isCheckpointDue(now) && state_.position.row < rows && state_.update < total)
      if (Status saved = saveWithin(result); !saved.isOk())
        return fail(saved);
  }
  result.reason = StopReason::Finished;
  return result;
}

Expected<ReplayedStep> Trainer::replay(uint64_t update) {
  Expected<TrainerState> state = run_.load(session_);
  if (!state)
    return state.status();
  state_ = std::move(*state);
  if (state_.update > update)
    return Status::failed("the checkpoint is later than update " + std::to_string(update));
  Expected<std::unique_ptr<Loader>> loader = startLoader();
  if (!loader)
    return loader.status();
  StepResults given(session_.manifest().figures);
  while (const Batch *batch = (*loader)->next()) {
    if (state_.update < update) {
      MLC_TRY(step(*batch, given));
      ++state_.update;
      if (batch->lastOfEpoch) {
        EpochReport report;
        if (followsFigures()) { // as they were, to the bit
          Expected<Evaluation> evaluation = validate();
          if (!evaluation)
            return evaluation.status();
          report.validationFigures = std::move(evaluation->figures);
        }
        endEpoch(figureOf(report));
      }
      continue;
    }
    evaluateScalarsNow();
    return whatCallSaw(session_, FunctionKind::TrainStep, *batch, {state_.seed, update, 0}, scalars_.data());
  }
  return Status::failed("the run has no update " + std::to_string(update));
}

} // namespace mlc
