// The loop: take a batch, call train_step, add its sums. At the end of an epoch: validate, turn sums into
// figures, append a line, keep the best, save the last. In between: stop when asked, and never go on from a
// NaN.
#include "runtime/train/Trainer.h"

#include "runtime/Nearest.h"
#include "runtime/Number.h"
#include "runtime/checkpoint/Import.h"
#include "runtime/data/Statistics.h"
#include "runtime/profile/Trace.h"
#include "runtime/train/Evaluate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

namespace mlc {

/// Time enters reports only, never the run itself.
struct Trainer::Clock {
  using Instant = std::chrono::steady_clock::time_point;
  static Instant now() { return std::chrono::steady_clock::now(); }
  static double seconds(Instant from, Instant to) { return std::chrono::duration<double>(to - from).count(); }

  Instant begin = now(), epochBegin = begin, lastReport = begin;
  int64_t samples = 0; ///< trained on since begin
  double waited = 0;   ///< seconds, for data
};

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

uint64_t Trainer::totalUpdates() const {
  if (options_.train.steps)
    return static_cast<uint64_t>(*options_.train.steps);
  return static_cast<uint64_t>(epochUpdates()) * static_cast<uint64_t>(options_.train.epochs.value_or(0));
}

int64_t Trainer::totalEpochs() const {
  if (!options_.train.steps)
    return options_.train.epochs.value_or(0);
  int64_t perEpoch = epochUpdates();
  if (perEpoch == 0)
    return 0;
  // A run that an earlier number of steps ended within an epoch goes on with the next one.
  int64_t left = *options_.train.steps - static_cast<int64_t>(state_.update);
  return std::max((*options_.train.steps + perEpoch - 1) / perEpoch,
                  state_.position.epoch + (left + perEpoch - 1) / perEpoch);
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

Status writeStatistics(Session &session, const Rows &train) {
  for (const StatisticSpec &statistic : session.manifest().data.statistics) {
    const Column *column = train.data->find(statistic.field);
    const StateTensor *tensor = session.manifest().findState(statistic.tensor);
    if (!column || !tensor)
      return Status::failed("there is no field for the statistic '" + statistic.tensor + "'");
    Expected<std::vector<double>> values = statisticOf(train, *column, statistic.kind);
    if (!values)
      return values.status();
    uint8_t *to = session.bytesOf(*tensor);
    for (double value : *values) {
      auto narrow = static_cast<float>(value);
      bool wide = tensor->dtype == DType::F64;
      std::memcpy(to, wide ? static_cast<const void *>(&value) : &narrow,
                  wide ? sizeof value : sizeof narrow);
      to += wide ? sizeof value : sizeof narrow;
    }
  }
  return {};
}

Status Trainer::checkInputs() const {
  const Manifest &manifest = session_.manifest();
  for (FunctionKind kind :
       {FunctionKind::Init, FunctionKind::TrainStep, FunctionKind::EvalStep, FunctionKind::Figures})
    if (!manifest.findFunction({kind, ""}))
      return Status::failed("the program has no " + std::string(nameOf(kind)));
  if (options_.scalars.size() != manifest.scalars.size())
    return Status::failed("the scalars are not those of the program");
  return checkBatch(options_.train, data_.train.size());
}

Status Trainer::start() {
  MLC_TRY(checkInputs());
  state_ = TrainerState();
  state_.seed = options_.train.seed;
  state_.sums.assign(static_cast<size_t>(session_.manifest().figures.sums), 0);
  Phase initialPhase("initial values");
  MLC_TRY(session_.initialise(state_.seed));
  MLC_TRY(importTensors(session_, run_.config().modelFolder));
  MLC_TRY(writeStatistics(session_, data_.train));
  initialPhase.finish();
  Phase savePhase("first checkpoint");
  return save();
}

Status Trainer::resume() {
  MLC_TRY(checkInputs());
  if (data_.vocabulary != run_.config().vocabulary)
    return Status::badData("the categories of the training data are not those that " + run_.path() +
                           " was begun with; the training data changed");
  Expected<TrainerState> state = run_.load(session_);
  if (!state)
    return state.status();
  state_ = std::move(*state);
  if (state_.position.row > data_.train.size())
    return Status::badData("the run was at row " + std::to_string(state_.position.row) +
                           " of its epoch, there are " + std::to_string(data_.train.size()) +
                           " rows now; the training data changed");
  return run_.truncateMetrics(state_.position.epoch);
}

Status Trainer::save() { return run_.save(session_, state_); }

Status Trainer::saveEpochs(bool bestNow) {
  Status status = writeEpochs(bestNow);
  if (status.isOk())
    return status;
  // What is kept is the checkpoint before; lines of epochs that it does not know of would come twice. Should
  // this fail too, resuming does it.
  if (Expected<TrainerState> kept = run_.readState())
    static_cast<void>(run_.truncateMetrics(kept->position.epoch));
  return status;
}

Status Trainer::writeEpochs(bool bestNow) {
  // In this order, so that whenever the process is killed the checkpoint's epochs are all in metrics.csv and
  // its best model is there; resuming drops what is there beyond them and writes the same again.
  if (!metricsLines_.empty())
    MLC_TRY(run_.appendMetrics(metricsHeader(), metricsLines_));
  metricsLines_.clear();
  if (bestNow) {
    MLC_TRY(run_.saveBest(session_, state_));
  } else if (!bestBytes_.empty()) {
    std::swap_ranges(bestBytes_.begin(), bestBytes_.end(), session_.state());
    Status saved = run_.saveBest(session_, bestState_);
    std::swap_ranges(bestBytes_.begin(), bestBytes_.end(), session_.state());
    MLC_TRY(saved);
  }
  bestBytes_.clear();
  savedAt_ = Clock::now();
  return save();
}

Expected<std::unique_ptr<Loader>> Trainer::startLoader() const {
  LoaderPlan plan;
  for (const Port &port : session_.manifest().findFunction({FunctionKind::TrainStep, ""})->inputs)
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
  evaluateScalars(options_.scalars, static_cast<double>(state_.update), static_cast<double>(totalUpdates()),
                  scalars_);
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

Status Trainer::step(const Batch &batch, std::vector<double> &sums) {
  Phase phase("training step", "step");
  evaluateScalarsNow();
  return session_.call({FunctionKind::TrainStep, ""}, batch.rows, batch.inputs, {sums.data()},
                       {state_.seed, state_.update, 0}, scalars_.data());
}

bool Trainer::isBetter(double figure) const {
  if (!state_.best)
    return !std::isnan(figure);
  return options_.train.bestIsMax ? figure > state_.best->figure : figure < state_.best->figure;
}

std::string Trainer::metricsHeader() const {
  std::string header = "epoch,update";
  for (const char *split : {"", "validation_"})
    if (*split == '\0' || data_.validation)
      for (const std::string &name : session_.manifest().figures.names)
        header += std::string(",") + split + name;
  return header;
}

Status Trainer::diverge(TrainResult &result, Divergence divergence) {
  result.reason = StopReason::Diverged;
  Expected<TrainerState> kept = run_.readState();
  std::string checkpoint =
      kept ? "; the checkpoint after update " + std::to_string(kept->update) + " is kept in " + run_.path()
           : "";
  Status status = Status::diverged(
      divergence.what + " became NaN or infinite in update " + std::to_string(divergence.update + 1) +
      " (epoch " + std::to_string(divergence.epoch) + ")" + checkpoint + "; try a lower learning rate");
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

void Trainer::report(Clock &clock, bool force) {
  Clock::Instant now = Clock::now();
  if (!force && Clock::seconds(clock.lastReport, now) < options_.reportEvery)
    return;
  clock.lastReport = now;
  StepReport report;
  report.epoch = state_.position.epoch + 1;
  report.epochs = totalEpochs();
  report.update = state_.update;
  report.totalUpdates = totalUpdates();
  report.samples = state_.position.row;
  report.samplesOfEpoch = epochRows();
  report.secondsWaited = clock.waited;
  double elapsed = Clock::seconds(clock.begin, now);
  if (elapsed > 0 && clock.samples > 0) {
    report.samplesPerSecond = static_cast<double>(clock.samples) / elapsed;
    double samplesLeft = static_cast<double>(report.totalUpdates - report.update) *
                         static_cast<double>(std::min(options_.train.batch, data_.train.size()));
    report.secondsLeft = samplesLeft / report.samplesPerSecond;
  }
  if (Expected<std::vector<double>> figures = session_.figures(state_.sums))
    report.figures = std::move(*figures);
  observer_.onStep(report);
}

Expected<bool> Trainer::finishEpoch(TrainResult &result, Clock &clock) {
  EpochReport report;
  report.epoch = state_.position.epoch + 1;
  report.epochs = totalEpochs();
  report.update = state_.update;
  // The sums of the last batch were finite, what it did to the parameters may not have been.
  if (std::string name = session_.firstNonFinite(); !name.empty())
    return diverge(result, {state_.update - 1, report.epoch, lastRows_, "'" + name + "'"});
  Expected<std::vector<double>> figures = session_.figures(state_.sums);
  if (!figures)
    return figures.status();
  report.figures = std::move(*figures);
  if (data_.validation) {
    evaluateScalarsNow();
    EvaluateOptions options;
    options.batch = options_.train.batch;
    options.room = batchRows();
    options.seed = state_.seed;
    options.scalars = scalars_.data();
    options.stop = options_.stop;
    options.explainOutside = options_.explainOutside;
    Expected<Evaluation> evaluation = evaluate(session_, *data_.validation, options);
    if (!evaluation)
      return evaluation.status();
    if (evaluation->interrupted)
      return true; // the caller sees the flag and saves; the epoch is finished when the run is resumed
    report.validationFigures = std::move(evaluation->figures);
  }

  const std::vector<double> &judged = report.validationFigures ? *report.validationFigures : report.figures;
  const auto &names = session_.manifest().figures.names;
  auto best =
      static_cast<size_t>(std::find(names.begin(), names.end(), options_.train.bestFigure) - names.begin());
  ++state_.epochsWithoutBetter;
  if (best < judged.size() && isBetter(judged[best])) {
    report.best = true;
    state_.best = BestEpoch{judged[best], report.epoch, state_.update};
    state_.epochsWithoutBetter = 0;
  }
  std::string line = std::to_string(report.epoch) + "," + std::to_string(report.update);
  for (double figure : report.figures)
    line += "," + printNumber(figure);
  if (report.validationFigures)
    for (double figure : *report.validationFigures)
      line += "," + printNumber(figure);

  bool patient = options_.train.patience == 0 || state_.epochsWithoutBetter < options_.train.patience;
  state_.position = {state_.position.epoch + 1, 0};
  std::fill(state_.sums.begin(), state_.sums.end(), 0);
  state_.finished = !patient || state_.update >= totalUpdates();
  metricsLines_ += line + "\n";
  if (state_.finished || Clock::seconds(savedAt_, Clock::now()) >= options_.saveEvery) {
    MLC_TRY(saveEpochs(report.best));
  } else if (report.best) {
    bestBytes_.assign(session_.state(), session_.state() + session_.manifest().stateBytes);
    bestState_ = state_;
  }
  Clock::Instant now = Clock::now();
  report.seconds = Clock::seconds(clock.epochBegin, now);
  clock.epochBegin = now;
  observer_.onEpoch(report);
  return patient;
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
  std::vector<double> sums(state_.sums.size());
  // By patience, or by all updates: there is nothing left to do.
  if (state_.finished && state_.update < total && options_.train.patience != 0 &&
      state_.epochsWithoutBetter >= options_.train.patience) {
    result.reason = StopReason::Patience;
    return result;
  }
  while (true) {
    if (int signal = stopSignal(); signal != 0) {
      if (Status saved = saveEpochs(/*bestNow=*/false); !saved.isOk())
        return fail(saved);
      result.reason = StopReason::Interrupted;
      result.signal = signal;
      return fail(Status::interrupted("stopped after update " + std::to_string(state_.update) +
                                      "; saved in " + run_.path() + "; continue with --resume"));
    }
    if (state_.position.row >= rows || (state_.update >= total && state_.position.row > 0)) {
      Expected<bool> goOn = finishEpoch(result, clock);
      if (!goOn)
        return fail(goOn.status());
      if (!*goOn) {
        result.reason = StopReason::Patience;
        return result;
      }
      continue;
    }
    if (state_.update >= total)
      break;
    const Batch *batch = nextBatch(**loader);
    if (!batch) {
      Status ended = (*loader)->status();
      return fail(ended.isOk() ? Status::failed("the data ended before the run did") : ended);
    }
    Status stepped = step(*batch, sums);
    lastRows_ = batch->rowNumbers;
    if (session_.isOutside())
      return fail(stopOutside(result, stepped));
    if (!stepped.isOk())
      return fail(stepped);
    for (double sum : sums)
      if (!std::isfinite(sum))
        return fail(diverge(result, {state_.update, state_.position.epoch + 1, lastRows_, "the loss"}));
    for (size_t i = 0; i < sums.size(); ++i)
      state_.sums[i] += sums[i];
    ++state_.update;
    state_.position.row += batch->rows;
    clock.samples += batch->rows;
    clock.waited = (*loader)->secondsWaited();
    bool first = clock.samples == batch->rows;
    report(clock, first || options_.reportEvery <= 0 || batch->lastOfEpoch);
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
  std::vector<double> sums(state_.sums.size());
  while (const Batch *batch = (*loader)->next()) {
    if (state_.update < update) {
      MLC_TRY(step(*batch, sums));
      ++state_.update;
      continue;
    }
    evaluateScalarsNow();
    return whatCallSaw(session_, {FunctionKind::TrainStep, ""}, *batch, {state_.seed, update, 0},
                       scalars_.data());
  }
  return Status::failed("the run has no update " + std::to_string(update));
}

} // namespace mlc
