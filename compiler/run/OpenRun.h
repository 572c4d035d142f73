// A run folder as something that can be called.
#pragma once

#include "compiler/model/JitProgram.h"
#include "compiler/run/Load.h"
#include "compiler/run/Observer.h"
#include "runtime/checkpoint/RunFolder.h"
#include "runtime/data/Reader.h"
#include "runtime/session/Session.h"

#include <memory>
#include <string>
#include <vector>

namespace mlc::run {

/// Which of a run's models.
enum class Checkpoint {
  Usual, ///< the best if there was validation data to choose it by, else the last
  Best,
  Last
};

struct OpenRequest {
  std::string folder; ///< what training left
  int threads = 1;    ///< that compute; results do not depend on it
  Checkpoint checkpoint = Checkpoint::Usual;
  std::vector<std::string> only = {}; ///< names of `predict` lines, with what they need; empty: all
};

/// A run that is ready to be called, from one thread. May be moved before it is called.
struct LoadedRun {
  std::unique_ptr<RunFolder> folder;
  std::unique_ptr<Loaded> loaded;
  std::unique_ptr<compiler::JitProgram> program;
  std::unique_ptr<Session> session;
  std::vector<double> scalars; ///< after the updates the model has seen
  uint64_t updates = 0;        ///< that it has seen
  bool best = false;           ///< whether it is the best model, not the last

  /// The run as training left it; the program that predicts may have fewer `predict` lines.
  const Manifest &manifest() const { return folder->config().manifest; }
};

/// Opens the run folder, checks its model and loads its weights; functions are compiled as they are called.
Expected<LoadedRun> openRun(const OpenRequest &request, Observer &observer);

/// How a call of the run's functions says which index was out of range. `run` outlives it.
ExplainOutside explainerOf(const LoadedRun &run);

/// A usage error where `Missing` has no code in any of the fields with categories.
Status checkUnknown(UnknownCategory unknown, const std::vector<FieldSpec> &fields);
/// Notes how many rows of `what` were left out for a category that training has not seen, if there are any.
void noteSkipped(const Dataset &dataset, const std::string &what, Observer &observer);

/// Where a run's data are: in `data` if that is not empty, else where training found them.
DataFolders foldersOf(const std::string &data, const RunConfig &run);
/// Where those of a model file are.
DataFolders foldersOf(const std::string &data, const ModelText &model);

} // namespace mlc::run
