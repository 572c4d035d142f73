// The folder of a run: everything that evaluating, predicting with or resuming it needs.
//
//   config.json             what was asked for: manifest, category values, where data were found
//   model.mlc, ...          the text of the model and what it imports
//   model.safetensors       params, layer states, field statistics by logical name   } the last
//   optimizer.safetensors   optimizer slots                                          } checkpoint:
//   trainer_state.json      where the run is                                         } always one whole
//   best/model.safetensors  the model with the best figure so far
//   metrics.csv             one line per finished epoch
//
// The three files of a checkpoint change together although a file system renames one at a time. Each is first
// written as NAME.next and synced. Renaming trainer_state.json.next is the commit: it names the number of
// updates, and each tensor file carries that number too. Then the others are renamed. Whoever loads takes,
// for each tensor file, NAME or NAME.next, whichever has the number in trainer_state.json; one of them always
// has, whenever the writer was killed or the disk was full.
#ifndef MLC_RUNTIME_CHECKPOINT_RUNFOLDER_H
#define MLC_RUNTIME_CHECKPOINT_RUNFOLDER_H

#include "runtime/checkpoint/RunConfig.h"
#include "runtime/checkpoint/TrainerState.h"
#include "runtime/train/Session.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mlc {

class RunFolder {
public:
  /// Begins a run. Makes the folder and its parents. A run that is there is refused unless `overwrite`, which
  /// removes it first; a folder with anything else in it is left alone and used. `sources` are the model's
  /// texts, the first under the name "model.mlc", imports under their relative paths. Fails if another
  /// process is training in the folder.
  static Expected<RunFolder> create(const std::string &path, const RunConfig &config,
                                    const std::vector<std::pair<std::string, std::string>> &sources,
                                    bool overwrite);
  /// Opens a run to read it. `toResume` also keeps other processes from training in it.
  static Expected<RunFolder> open(const std::string &path, bool toResume);

  RunFolder(RunFolder &&other) noexcept;
  RunFolder &operator=(RunFolder &&) = delete;
  ~RunFolder();

  const std::string &path() const { return path_; }
  const RunConfig &config() const { return config_; }
  std::string modelFile() const { return file("model.mlc"); }

  /// Fails with the tensors that differ if the program is not the one of this run.
  Status checkProgram(const Manifest &manifest) const;

  /// Makes the session's state and `state` the last checkpoint. On failure the one before stays.
  Status save(const Session &session, const TrainerState &state);
  /// Makes the session's params, states and statistics the best model.
  Status saveBest(const Session &session, const TrainerState &state);

  /// Where the last checkpoint is.
  Expected<TrainerState> readState() const;
  /// Loads the last checkpoint whole: model and slots.
  Expected<TrainerState> load(Session &session) const;
  /// Loads params, states and statistics, of the best model if `best` and there is one, else of the last
  /// checkpoint. Gives the number of updates it had seen.
  Expected<uint64_t> loadModel(Session &session, bool best) const;
  bool hasBest() const;

  /// Appends lines, each with its end, to metrics.csv, which begins with `header`; whole or not at all.
  Status appendMetrics(const std::string &header, const std::string &lines);
  /// Drops the lines of epochs after `epochs`, and a last line that was cut off.
  Status truncateMetrics(int64_t epochs);

private:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}
  std::string file(const std::string &name) const { return path_ + "/" + name; }
  Status lock();
  Status readConfig();
  Status removeRun();
  Status loadTensors(Session &session, const std::string &name, uint64_t update, bool slots) const;

  std::string path_;
  RunConfig config_;
  int lock_ = -1;
};

} // namespace mlc
#endif
