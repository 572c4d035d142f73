// How a run begins, what it leaves behind while it trains, and how it goes on from there: the part of the
// trainer that knows the run folder.
#include "runtime/Elements.h"
#include "runtime/checkpoint/Import.h"
#include "runtime/data/Fingerprint.h"
#include "runtime/data/Statistics.h"
#include "runtime/profile/Trace.h"
#include "runtime/train/Trainer.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace mlc {

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
      writeRounded(value, tensor->dtype, to);
      to += sizeOf(tensor->dtype);
    }
  }
  return {};
}

Status Trainer::start() {
  MLC_TRY(checkInputs());
  state_ = TrainerState();
  state_.seed = options_.train.seed;
  state_.split = SplitSums(session_.manifest().figures);
  Phase initialPhase("initial values");
  MLC_TRY(session_.initialise(state_.seed));
  MLC_TRY(importTensors(session_, run_.config().modelFolder));
  MLC_TRY(writeStatistics(session_, data_.train));
  initialPhase.finish();
  Phase savePhase("first checkpoint");
  return save();
}

Status Trainer::checkData() const {
  for (const auto &[split, rows] :
       {std::pair("train", &data_.train),
        std::pair("validation", data_.validation ? &*data_.validation : nullptr)}) {
    const std::map<std::string, Fingerprint> &known = run_.config().data;
    auto was = known.find(split);
    const DataSpec &spec = session_.manifest().data;
    const std::optional<ReaderSpec> &reader = *split == 't' ? spec.train : spec.validation;
    if (!rows || !reader || was == known.end())
      continue;
    Expected<Fingerprint> is = fingerprintOf(*rows->data, *reader);
    if (!is)
      return is.status();
    if (std::string difference = differenceOf(was->second, *is); !difference.empty())
      return Status::badData("the data changed since " + run_.path() + " was begun: " + difference +
                             "; put them back, or begin another run with --out");
  }
  return {};
}

Status Trainer::resume() {
  MLC_TRY(checkInputs());
  const TrainSpec &begun = run_.config().manifest.train;
  if (options_.train.seed != begun.seed)
    return Status::usage("the seed cannot change when a run is resumed");
  MLC_TRY(checkData());
  if (data_.vocabulary != run_.config().vocabulary)
    return Status::badData("the categories of the training data are not those that " + run_.path() +
                           " was begun with; the training data changed");
  Expected<TrainerState> said = run_.readState();
  if (!said)
    return said.status();
  since_ = run_.config().batchSince;
  RunFacts facts;
  facts.seed = begun.seed;
  facts.rows = rowsOfEpoch(data_.train.size(), begun.batch, begun.leastRows);
  facts.batch = begun.batch;
  facts.since = since_;
  facts.totalUpdates = updatesOf(begun, data_.train.size(), since_);
  facts.patience = begun.patience;
  facts.sums = static_cast<size_t>(session_.manifest().figures.sums);
  for (const RankingSpec &ranking : session_.manifest().figures.rankings)
    facts.scoresPerRow.push_back(ranking.perRow);
  MLC_TRY(checkState(*said, facts, run_.stateFile()));
  Expected<TrainerState> state = run_.load(session_);
  if (!state)
    return state.status();
  state_ = std::move(*state);
  MLC_TRY(run_.removeOldBest(state_)); // not before all was found to be right
  savedUpdate_ = state_.update;
  if (options_.train.batch != begun.batch) {
    if (state_.position.row != 0)
      return Status::usage("the batch can change between epochs only, and " + run_.path() + " is at row " +
                           std::to_string(state_.position.row) + " of epoch " +
                           std::to_string(state_.position.epoch + 1) +
                           "; finish it with `batch` times `accumulate` " + std::to_string(begun.batch) +
                           " first, as with --epochs " + std::to_string(state_.position.epoch + 1));
    since_ = {state_.position.epoch, state_.update};
  }
  if (followsFigures() && state_.validationFigures.size() != static_cast<size_t>(state_.position.epoch))
    return Status::usage("a number of the optimizer follows the validation figures of all epochs, and " +
                         run_.path() + " did not keep those of its first ones; begin another run with --out");
  if (totalUpdates() < state_.update)
    return Status::usage(run_.path() + " has made " + std::to_string(state_.update) + " updates, and " +
                         std::to_string(totalUpdates()) +
                         " are asked for; ask for more with --epochs or --steps");
  if (isDone())
    return {};
  if (state_.finished) {
    // Before config.json says that there is more to do: each agrees with what the other says then.
    state_.finished = false;
    if (state_.before)
      state_.best = state_.before->best;
    state_.before.reset();
    MLC_TRY(run_.restoreState(state_));
  }
  return run_.truncateLines(state_.position.epoch, state_.update);
}

bool Trainer::isDone() const {
  bool patient = options_.train.patience == 0 || state_.epochsWithoutBetter < options_.train.patience;
  bool made = state_.update >= totalUpdates() && (state_.finished || state_.position.row == 0);
  return made || (state_.finished && !patient);
}

Status Trainer::save() { return run_.save(session_, state_); }

Status Trainer::saveEpochs(Rank rank) {
  Status status = writeEpochs(rank);
  if (status.isOk())
    return status;
  // What is kept is the checkpoint before; lines of epochs that it does not know of would come twice. Should
  // this fail too, resuming does it.
  if (Expected<TrainerState> kept = run_.readState())
    static_cast<void>(run_.truncateLines(kept->position.epoch, kept->update));
  return status;
}

Status Trainer::writeEpochs(Rank rank) {
  // In this order, so that whenever the process is killed the checkpoint's epochs are all in metrics.csv and
  // its best model is there; resuming drops what is there beyond them and writes the same again.
  if (!metricsLines_.empty())
    MLC_TRY(run_.appendLines("metrics.csv", metricsHeader(), metricsLines_));
  metricsLines_.clear();
  if (!updatesLines_.empty())
    MLC_TRY(run_.appendLines("updates.csv", "update,samples" + figureNames(""), updatesLines_));
  updatesLines_.clear();
  if (rank == Rank::Unknown && !bestBytes_.empty()) {
    std::swap_ranges(bestBytes_.begin(), bestBytes_.end(), session_.state());
    Status saved = run_.saveBest(session_, bestState_);
    std::swap_ranges(bestBytes_.begin(), bestBytes_.end(), session_.state());
    MLC_TRY(saved);
  }
  bestBytes_.clear();
  if (rank == Rank::BestOfCutEpoch)
    MLC_TRY(run_.keepBest());
  if (rank != Rank::Unknown)
    MLC_TRY(run_.saveBest(session_, state_));
  MLC_TRY(save());
  savedAt_ = std::chrono::steady_clock::now();
  savedUpdate_ = state_.update;
  return {};
}

bool Trainer::isCheckpointDue(std::chrono::steady_clock::time_point now) const {
  const CheckpointPlan &plan = options_.checkpoints;
  return (plan.updates > 0 && state_.update - savedUpdate_ >= plan.updates) ||
         (plan.seconds > 0 && std::chrono::duration<double>(now - savedAt_).count() >= plan.seconds);
}

Status Trainer::saveWithin(TrainResult &result) {
  // The sums of the last batch were finite, what it did to the parameters may not have been.
  std::string name = state_.position.row > 0 ? session_.firstNonFinite() : std::string();
  if (!name.empty())
    return diverge(result, {state_.update - 1, state_.position.epoch + 1, lastRows_, "'" + name + "'"});
  return saveEpochs(Rank::Unknown);
}

} // namespace mlc
