// Which of the files in a run folder are the run, and how a change that was cut off is finished.
//
// Three changes touch several files, although a file system renames one at a time. Each has one rename that
// is the commit: before it the folder is what it was, after it the change is made, whenever the process is
// killed or a call fails. What is left to do after the commit may be repeated from its beginning any number
// of times; whoever opens the folder next does it.
//
// A checkpoint: the tensor files and trainer_state.json are written as NAME.next and synced. Renaming
// trainer_state.json.next is the commit: it names the number of updates (and that of the best model), and
// each tensor file carries its own. Left to do: rename the others. For each tensor file, NAME or NAME.next
// has the number in trainer_state.json.
//
// A new run, which may replace another: it is made in the folder `.mlc-new` until its first checkpoint is
// there. Renaming that folder to `.mlc-committed` is the commit. Left to do: remove what only the run before
// had, rename the tensor files into place, put the others there too (as links or copies, since model.mlc and
// what it imports are read together and from one folder), and remove `.mlc-committed`. Until then whatever is
// in `.mlc-committed` stands for the file of its name.
//
// A run that goes on with other texts or settings: the same, with texts and config.json alone; the tensor
// files and trainer_state.json stay.
//
// The process that holds a lock on `.lock` makes and finishes changes; any may read.
#ifndef MLC_RUNTIME_CHECKPOINT_RUNFILES_H
#define MLC_RUNTIME_CHECKPOINT_RUNFILES_H

#include "runtime/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlc {

constexpr int64_t maxRunTextBytes = int64_t(256) << 20;
/// Of trainer_state.json, which may hold a score of every row of an epoch.
constexpr int64_t maxStateBytes = int64_t(64) << 30;

class RunFiles {
public:
  explicit RunFiles(std::string path) : path_(std::move(path)) {}
  RunFiles(RunFiles &&other) noexcept;
  RunFiles &operator=(RunFiles &&) = delete;
  /// A new run that was not committed is gone.
  ~RunFiles();

  const std::string &path() const { return path_; }
  /// Where a file is when nothing is left to do.
  std::string plain(const std::string &name) const { return path_ + "/" + name; }
  /// Where a file of a new run is written: until it is committed, apart.
  std::string written(const std::string &name) const;
  /// Where a text of the run is now.
  Expected<std::string> text(const std::string &name) const;
  /// Where the tensor file of that update is now; empty if there is none.
  Expected<std::string> tensors(const std::string &name, uint64_t update) const;

  /// Takes the lock, which makes the folder's `.lock`. False if another process has it.
  Expected<bool> lock();
  void unlock();
  bool isLocked() const { return lock_ >= 0; }
  /// Whether another process has the lock; writes nothing.
  bool isLockedElsewhere() const;

  /// What to say if it has.
  static Status lockedStatus(const std::string &path);

  Expected<bool> holdsRun() const;
  /// Fails if a run with texts of these names cannot be put here: there is a run, unless it may be replaced;
  /// or there are files that no run of mlc left, which never are.
  Status checkRoom(const std::vector<std::string> &texts, bool overwrite) const;

  /// Begins a new run: from now on `written` is apart. With the lock, after checkRoom.
  Status begin(const std::vector<std::string> &texts);
  /// Begins other texts and another config.json for the run that is here. With the lock, nothing left to do.
  Status beginAmending(const std::vector<std::string> &texts);
  bool isBegun() const { return begun_; }
  /// Writes a text of the new run, apart.
  Status write(const std::string &name, const std::string &text);
  /// Makes the new run the folder's; finishNewRun is left to do.
  Status commit();

  /// Whether there is something left to do, or of a process that was killed.
  Expected<bool> isCutOff() const;
  /// With the lock: what is left of the commit of a new run.
  Status finishNewRun();
  /// With the lock: what is left of the commit of this checkpoint.
  Status finishCheckpoint(uint64_t update, std::optional<uint64_t> best);
  /// With the lock, after that: removes what uncommitted changes left.
  Status removeLeftovers(uint64_t update, std::optional<uint64_t> best);

private:
  std::string begunFolder() const { return plain(".mlc-new"); }
  std::string committedFolder() const { return plain(".mlc-committed"); }
  Expected<std::optional<std::vector<std::string>>> textsOfRun() const;
  Expected<std::vector<std::string>> inTheWay(const std::vector<std::string> &texts) const;
  Status beginWith(const std::vector<std::string> &placed, const std::vector<std::string> &gone);
  Status place(const std::string &name);

  std::string path_;
  int lock_ = -1;
  bool begun_ = false;
};

/// A relative path to a model's text, without "..", as imports are.
bool isTextName(const std::string &name);

} // namespace mlc
#endif
