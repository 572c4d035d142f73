// The folder of a run: everything that evaluating, predicting with or resuming it needs.
//
//   config.json             what was asked for: manifest, category values, where data were found
//   model.mlc, ...          the text of the model and what it imports
//   model.safetensors       params, layer states, field statistics by logical name   } the last
//   optimizer.safetensors   optimizer slots                                          } checkpoint:
//   trainer_state.json      where the run is                                         } always one whole,
//   best/model.safetensors  the model with the best figure so far                    } with its best
//   best/before.safetensors the best of whole epochs, while the best is of one that is not finished
//   metrics.csv             one line per finished epoch
//   updates.csv             one line per N updates, if that is asked for
//
// How files change together although a file system renames one at a time: RunFiles.h.
#ifndef MLC_RUNTIME_CHECKPOINT_RUNFOLDER_H
#define MLC_RUNTIME_CHECKPOINT_RUNFOLDER_H

#include "runtime/checkpoint/RunConfig.h"
#include "runtime/checkpoint/RunFiles.h"
#include "runtime/checkpoint/TrainerState.h"
#include "runtime/session/Session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc {

class RunFolder {
public:
  using Texts = std::vector<std::pair<std::string, std::string>>;

  /// Begins a run. Makes the folder and its parents. `texts` are the model's, the first under the name
  /// "model.mlc", imports under their relative paths. A run that is there is refused unless `overwrite`; it
  /// stays, whole, until `save` gives the new one its first checkpoint. What no run of mlc wrote is never
  /// replaced: a folder with files in the way is refused, others stay in it. Fails if another process is
  /// training in the folder.
  static Expected<RunFolder> create(const std::string &path, const RunConfig &config, const Texts &texts,
                                    bool overwrite);
  /// Whether create could be refused because of what is there now; to say so early. Writes nothing.
  static Status checkCreate(const std::string &path, const Texts &texts, bool overwrite);
  /// Opens a run, after finishing what a process that was killed, or a call that failed, left to do.
  /// `toResume` also keeps other processes from training in it. Without, a folder that cannot be written is
  /// read as it is, the right files, and `note` says so.
  static Expected<RunFolder> open(const std::string &path, bool toResume);
  /// The file with the model of the last checkpoint of the run in `path`; nothing if there is no run.
  /// Opens it as `open` does; its note is added to `note`.
  static Expected<std::optional<std::string>> lastModel(const std::string &path, std::string &note);

  const std::string &path() const { return files_.path(); }
  const RunConfig &config() const { return config_; }
  Expected<std::string> modelFile() const { return files_.text("model.mlc"); }
  /// What the person should know of how the folder was found; empty, or a line.
  const std::string &note() const { return note_; }

  /// Fails with the tensors that differ if the program is not the one of this run.
  Status checkProgram(const Manifest &manifest) const;

  /// Makes the session's state and `state` the last checkpoint. On failure the one before stays, or, if only
  /// something was left to do, this one is the last, as readState tells.
  Status save(const Session &session, const TrainerState &state);
  /// Makes the session's params, states and statistics the best model of the next checkpoint: one whose
  /// `best.update` is the update of `state`.
  Status saveBest(const Session &session, const TrainerState &state);
  /// Keeps the best model beside the next one, which is of an epoch that is not finished; see restoreState.
  Status keepBest();
  /// Makes `state`, of the update of the last checkpoint, what trainer_state.json says, and the model that
  /// was kept the best again if it is the one of `state`.
  Status restoreState(const TrainerState &state);
  /// Removes models that were the best before `state`, the last checkpoint, and are no longer: what a cut-off
  /// restoreState or keepBest left.
  Status removeOldBest(const TrainerState &state);
  /// Makes the folder remember other settings, and the texts that they belong to (as for create): all or
  /// none.
  Status amend(const RunConfig &config, const Texts &texts);
  /// The text of model.mlc or of an import, as the run keeps it.
  Expected<std::string> readText(const std::string &name) const;

  /// Where the last checkpoint is.
  Expected<TrainerState> readState() const;
  std::string stateFile() const { return files_.plain("trainer_state.json"); }
  /// Loads the last checkpoint whole: model and slots.
  Expected<TrainerState> load(Session &session) const;
  /// Loads params, states and statistics, of the best model if `best` and there is one, else of the last
  /// checkpoint. Gives the number of updates it had seen.
  Expected<uint64_t> loadModel(Session &session, bool best) const;
  /// Whether the last checkpoint has a best model.
  Expected<bool> hasBest() const;

  /// Appends lines, each with its end, to metrics.csv or updates.csv, which begins with `header`; whole or
  /// not at all.
  Status appendLines(const std::string &name, const std::string &header, const std::string &lines);
  /// Drops what is in them of epochs after `epochs` and updates after `updates`, and a last line that was cut
  /// off.
  Status truncateLines(int64_t epochs, uint64_t updates);

private:
  explicit RunFolder(std::string path) : files_(std::move(path)) {}
  Status writeTexts(RunConfig config, const Texts &texts);
  Status finish();
  Status finishIfPossible();
  Status withRunBefore(const Status &failure) const;
  Status finishCheckpoint(bool leftovers);
  Status readConfig();
  Status loadTensors(Session &session, const std::string &name, uint64_t update, bool slots) const;
  Expected<std::string> bestFile() const;
  Status truncateLines(const std::string &name, int64_t last);

  RunFiles files_;
  RunConfig config_;
  std::string note_;
};

} // namespace mlc
#endif
