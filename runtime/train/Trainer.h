// The training loop.
#ifndef MLC_RUNTIME_TRAIN_TRAINER_H
#define MLC_RUNTIME_TRAIN_TRAINER_H

#include "runtime/checkpoint/RunFolder.h"
#include "runtime/data/Reader.h"
#include "runtime/session/Session.h"
#include "runtime/train/Evaluate.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlc {

/// After some steps; see TrainerOptions::reportEvery.
struct StepReport {
  int64_t epoch = 0, epochs = 0; ///< the one running, from 1; how many there will be at most
  uint64_t update = 0, totalUpdates = 0;
  int64_t samples = 0, samplesOfEpoch = 0; ///< seen in this epoch, and its size
  double samplesPerSecond = 0;
  double secondsLeft = 0;      ///< until the last update, at that speed
  double secondsWaited = 0;    ///< since the run began, for data that were not ready when a step wanted them
  std::vector<double> figures; ///< of the epoch so far
};

/// After so many updates; see TrainerOptions::logEvery.
struct LogReport {
  uint64_t update = 0, totalUpdates = 0;
  int64_t samples = 0;         ///< trained on since the last such report
  std::vector<double> figures; ///< of these
  double seconds = 0;          ///< since then, or since the run began or went on
};

/// After an epoch.
struct EpochReport {
  int64_t epoch = 0, epochs = 0; ///< as above
  uint64_t update = 0;
  std::vector<double> figures;                          ///< of training
  std::optional<std::vector<double>> validationFigures; ///< if there is validation data
  int64_t validationSamples = 0;
  bool best = false; ///< the best so far
  double seconds = 0;
  int64_t samples = 0, samplesOfEpoch = 0; ///< fewer than all: the number of updates cut it short
};

/// Where a run diverged. The last checkpoint is from before, so replay() can go there again.
struct Divergence {
  uint64_t update = 0;       ///< updates made before the one that gave NaN or infinity
  int64_t epoch = 0;         ///< from 1
  std::vector<int64_t> rows; ///< of its batch, in the data set
  std::string what;          ///< "the loss", "net.w"
  std::string kept = {};     ///< "; the checkpoint after update 3 is kept in runs/fit"; empty: there is none

  /// "the loss became NaN or infinite in update 4 (epoch 1)" and what is kept.
  std::string text() const;
};

/// Outside: an index was out of range in the step that `divergence` tells of.
enum class StopReason { Finished, Patience, Interrupted, Diverged, Outside, Error };

struct TrainResult {
  StopReason reason = StopReason::Error;
  Status status;  ///< Ok for Finished and Patience, else what happened and what to do
  int signal = 0; ///< the value of the stop flag when Interrupted
  TrainerState state;
  std::optional<Divergence> divergence;
};

/// Told how it goes, on the thread that trains. The command prints from here.
class TrainObserver {
public:
  virtual ~TrainObserver() = default;
  virtual void onStep(const StepReport &) {}
  virtual void onLog(const LogReport &) {}
  virtual void onEpoch(const EpochReport &) {}
  virtual void onEnd(const TrainResult &) {}
};

/// When a checkpoint is written within an epoch. It changes no bit of the run.
struct CheckpointPlan {
  uint64_t updates = 0; ///< after so many; 0: not by number
  double seconds = 600; ///< when so many have passed since the last; 0: not by time
};

struct TrainerOptions {
  TrainSpec train;                        ///< the manifest's, with what the command line changes
  std::vector<ScalarSpec> scalars;        ///< likewise
  const std::atomic<int> *stop = nullptr; ///< a signal handler stores the signal's number here
  /// Updates whose figures are a line of updates.csv and an onLog each; 0: none. The lines are after the
  /// updates that it divides, whatever the epochs, and reach the file with the next checkpoint. It changes no
  /// bit of the run.
  uint64_t logEvery = 0;
  double reportEvery = 0.1; ///< least seconds between two onStep calls after the first; 0: every step
  /// Least seconds between the checkpoints of two epochs; 0: one every epoch. Short epochs would otherwise
  /// spend their time waiting for the disk. The last epoch and a stop are always saved, so only a crash can
  /// lose these seconds.
  double saveEvery = 0;
  CheckpointPlan checkpoints;
  ExplainOutside explainOutside = nullptr; ///< of validation
};

/// Updates that training on `rows` rows makes, as many as there can be if it never ends.
uint64_t updatesOf(const TrainSpec &train, int64_t rows, const BatchSince &since = {});

/// Puts what the program asks of the training split (`train_mean(x)` and its like) into the session's state.
Status writeStatistics(Session &session, const Rows &train);

/// Replaces the value of a named scalar by a literal. Usage error with a suggestion if there is none of that
/// name.
Status overrideScalar(std::vector<ScalarSpec> &scalars, const std::string &name, double value);

/// Nothing, or what cannot be trained: no rows at all, or a batch of fewer than the program needs.
Status checkBatch(const TrainSpec &train, int64_t rows);

/// What is left out of every epoch of `rows` rows, and why, as a sentence to print; empty: nothing.
std::string leftOutText(const TrainSpec &train, int64_t rows);

/// Trains a session's program on data, keeping a run folder. Everything it is given outlives it.
///
/// All of a run follows from seed, data and program: the state, the optimizer's slots, the place in the data
/// and the sums of the unfinished epoch are in each checkpoint, so stopping anywhere and resuming changes no
/// bit.
class Trainer {
public:
  Trainer(Session &session, const TrainingData &data, RunFolder &run, TrainerOptions options,
          TrainObserver &observer);

  /// A new run: initial values, field statistics, a checkpoint before the first step.
  Status start();
  /// Continues from the last checkpoint of the run folder. Epochs and steps count from the beginning of the
  /// run. Fails if a number of the run folder contradicts another or the data are not those that it
  /// remembers, and if the run has made more updates than are asked for.
  Status resume();
  /// After resume: the run is finished, and was left as it is.
  bool isDone() const;
  const TrainerState &state() const { return state_; }
  /// For the run's config.
  const BatchSince &batchSince() const { return since_; }
  /// Trains until done or stopped. After start or resume, once.
  TrainResult run();

  /// After a divergence: brings the session to the state before `update` by repeating the steps since the
  /// last checkpoint, bit by bit, and gives the step's inputs.
  Expected<ReplayedStep> replay(uint64_t update);

  /// Updates of a whole run: what `total_steps` is in the language.
  uint64_t totalUpdates() const;
  int64_t totalEpochs() const;

private:
  /// Time enters reports, and when checkpoints are written; never the run itself.
  struct Clock {
    using Instant = std::chrono::steady_clock::time_point;
    static Instant now() { return std::chrono::steady_clock::now(); }
    static double seconds(Instant from, Instant to) {
      return std::chrono::duration<double>(to - from).count();
    }

    Instant begin = now(), epochBegin = begin, lastReport = begin, lastLog = begin;
    int64_t samples = 0; ///< trained on since begin
    double waited = 0;   ///< seconds, for data
  };
  Status checkInputs() const;
  Expected<std::unique_ptr<Loader>> startLoader() const;
  /// Rows that an epoch trains on.
  int64_t epochRows() const {
    return rowsOfEpoch(data_.train.size(), options_.train.batch, options_.train.leastRows);
  }
  /// Batches of an epoch.
  int64_t epochUpdates() const { return (epochRows() + options_.train.batch - 1) / options_.train.batch; }
  /// Rows of the largest batch.
  int64_t batchRows() const { return std::min(options_.train.batch, data_.train.size()); }
  const Batch *nextBatch(Loader &loader);
  Status step(const Batch &batch, StepResults &given);
  void evaluateScalarsNow();
  Status checkData() const;
  Status save();
  /// What the state as it is is among the models so far.
  enum class Rank { Unknown, Best, BestOfCutEpoch };
  /// Writes what finished epochs left behind: lines of metrics.csv, the best model, a checkpoint. After a
  /// failure metrics.csv agrees with the checkpoint that is kept.
  Status saveEpochs(Rank rank);
  Status writeEpochs(Rank rank);
  bool isCheckpointDue(std::chrono::steady_clock::time_point now) const;
  /// A checkpoint within an epoch; not of a state that is not finite.
  Status saveWithin(TrainResult &result);
  Expected<Evaluation> validate();
  /// Whether a number of the run follows the validation figures.
  bool followsFigures() const;
  /// Begins the next epoch, after one with that figure.
  void endEpoch(double figure);
  /// Figures of the epoch as far as it came. False if that was interrupted.
  Expected<bool> measure(EpochReport &report, TrainResult &result);
  /// Adds the epoch's line to those that metrics.csv gets with the next checkpoint.
  void addMetrics(const EpochReport &report);
  /// Adds what the step gave for `rows` rows to what the next line of updates.csv is of.
  void addToLog(const StepResults &given, int64_t rows);
  /// That line, if it is due.
  Status log(Clock &clock, std::chrono::steady_clock::time_point now);
  void tell(EpochReport &report, Clock &clock);
  /// Figures, metrics line, best and last checkpoint. False if training is over by patience.
  Expected<bool> finishEpoch(TrainResult &result, Clock &clock);
  /// The same for an epoch that the number of updates ends before its last row: the run can go on with its
  /// other rows, so the state does not count it as finished. False if that was interrupted.
  Expected<bool> cutEpoch(TrainResult &result, Clock &clock);
  /// Whether the epoch's figure is better than the best so far.
  bool isBetter(const EpochReport &report) const;
  double figureOf(const EpochReport &report) const;
  std::string metricsHeader() const;
  /// ",loss,accuracy", each after `prefix`.
  std::string figureNames(const char *prefix) const;
  void report(Clock &clock, std::chrono::steady_clock::time_point now, bool force);
  Status diverge(TrainResult &result, Divergence divergence);
  Status stopOutside(TrainResult &result, const Status &stepped);
  int stopSignal() const { return options_.stop ? options_.stop->load() : 0; }
  TrainResult loop();

  Session &session_;
  const TrainingData &data_;
  RunFolder &run_;
  TrainerOptions options_;
  TrainObserver &observer_;
  TrainerState state_;
  BatchSince since_;
  std::vector<double> scalars_;
  std::vector<int64_t> lastRows_; ///< of the last batch, for messages
  /// Of epochs finished since the last checkpoint.
  std::string metricsLines_;
  std::string updatesLines_;       ///< likewise, of updates.csv
  std::vector<uint8_t> bestBytes_; ///< the state that was best among them; empty: none
  TrainerState bestState_;
  std::chrono::steady_clock::time_point savedAt_ = std::chrono::steady_clock::now();
  uint64_t savedUpdate_ = 0;
};

} // namespace mlc
#endif
