// The course of a training: check the program, read the data, compile, make the run folder or go on with the
// one that there is, train, say how good it is. In steps, each of which is over when its call returns, so
// that a caller may say something between them, or do something else.
#pragma once

#include "compiler/model/JitProgram.h"
#include "compiler/run/Evaluate.h"
#include "compiler/run/Load.h"
#include "compiler/run/Plan.h"
#include "runtime/checkpoint/RunFolder.h"
#include "runtime/data/Reader.h"
#include "runtime/profile/Profiler.h"
#include "runtime/session/Session.h"
#include "runtime/train/Trainer.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlc::run {

struct TrainRequest {
  ModelText model;
  GivenSettings given;
  /// Resuming: settings of the run that no longer count.
  std::vector<std::string> unsets = {};
  std::string out = {};   ///< the run folder; empty: runs/NAME of the train block, in the current folder
  std::string data = {};  ///< folder of the data files; empty: the model's, or where the run found them
  int threads = 1;        ///< that compute and compile; results do not depend on it
  bool resume = false;    ///< go on from the run folder's last checkpoint, with its settings below `given`
  bool overwrite = false; ///< a run that is in the folder is replaced at the new one's first checkpoint
  UnknownCategory unknown = UnknownCategory::Error;
  bool profiled = false;                  ///< each launch is timed
  const std::atomic<int> *stop = nullptr; ///< when it is not 0 training ends after the step, and saves
};

/// Where a run is that is gone on with.
struct Resumed {
  const TrainerState &state;
  uint64_t totalUpdates = 0; ///< of the whole run
  int64_t totalEpochs = 0;
  bool isDone = false;                     ///< and was left as it is
  const std::vector<std::string> &changes; ///< what counts from here on: "optimizer.lr is 0.01, was 0.1"
};

/// Used from one thread.
class Training {
public:
  /// Checks the program; with `resume` opens the run and holds the program to it. Without, refuses a folder
  /// that must not be written to, which `begin` leaves as it is. The observer outlives the result.
  static Expected<std::unique_ptr<Training>> begin(TrainRequest request, Observer &observer);
  ~Training();

  /// Begins to compile what the first step needs, beside what follows.
  void compileInBackground();
  /// Reads all splits and looks at what weights are to be read.
  Status readData();
  /// After the data, whose number of rows may be less than a batch. What `planned` says is known from here.
  Status compile();

  /// What became of a training.
  struct Outcome {
    /// Ok, Diverged, Interrupted, ...
    Status status = {};
    /// The folder holds a checkpoint from which the run can go on; with it, after how many updates it is.
    bool isResumable = false;
    std::optional<uint64_t> kept = {};
  };
  /// Allocates; makes the folder, or goes on; trains until done or stopped. `resumed` is called once, before
  /// the first step, if the run was resumed.
  Outcome train(const std::function<void(const Resumed &)> &resumed = {});

  /// The figures of the test split, if there is one, by the model that evaluating the run would take: handed
  /// to `figures`, whose failure ends it. With `validation` those of the validation split by the same model
  /// first, which those after the last epoch need not be. A stop leaves out what is not done, and is no
  /// failure.
  Status evaluate(bool validation, const std::function<Status(const SplitFigures &)> &figures);

  const Loaded &loaded() const { return *loaded_; }
  const Manifest &manifest() const { return jit_->manifest(); }
  compiler::JitProgram &program() { return *jit_; }
  const std::string &folder() const { return out_; } ///< of the run
  const DataFolders &dataFolders() const { return folders_; }
  const TrainingData &data() const { return *data_; }          ///< after readData
  const PlannedTraining &planned() const { return *planned_; } ///< after compile
  Session &session() { return *session_; }                     ///< after train
  const Profiler &profiler() const { return profiler_; }

private:
  Training(TrainRequest request, Observer &observer) : request_(std::move(request)), observer_(observer) {}

  class FirstStep;
  Status readJob();
  Status findChanges();
  Status fingerprint();
  Status allocate();
  RunConfig config() const;
  std::vector<compiler::FunctionSet> laterFunctions() const;
  ExplainOutside explainer();
  Outcome kept(const Status &status) const;

  TrainRequest request_;
  Observer &observer_;
  Settings settings_;
  std::optional<RunFolder> run_; ///< the one gone on with, later the one made
  std::unique_ptr<Loaded> loaded_;
  std::unique_ptr<compiler::JitProgram> jit_;
  std::vector<std::string> changes_;
  std::string out_;
  DataFolders folders_;
  std::optional<TrainingData> data_;
  std::optional<Rows> test_;
  std::map<std::string, Fingerprint> fingerprints_;
  std::optional<PlannedTraining> planned_;
  Profiler profiler_; // outlives the session
  std::unique_ptr<Session> session_;
};

} // namespace mlc::run
