// What is said of a program beside its text: by the caller, and by the run folder that keeps it.
#pragma once

#include "frontend/check/Check.h"
#include "runtime/checkpoint/RunConfig.h"
#include "runtime/train/Trainer.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc::run {

/// What a caller says, as the command's options of these names do.
struct GivenSettings {
  std::string train; ///< name of the train block, when the file has several
  std::vector<std::pair<std::string, std::string>> sets = {};
  std::optional<int64_t> epochs = {}, steps = {}, batch = {};
  std::optional<uint64_t> seed = {};
  std::string saveEvery = {};           ///< updates or time between checkpoints
  std::optional<int64_t> logEvery = {}; ///< updates between lines of figures
};

/// Values by name. What is set here stands instead of what the text says; the frontend checks it in its
/// place, so that all that follows reads one program (Manifest::train, Manifest::data) and nothing else.
class Settings {
public:
  /// Usage error if what is given contradicts itself.
  static Expected<Settings> of(const GivenSettings &given);
  /// Those that a run remembers.
  static Settings ofRun(const RunConfig &config);

  /// These, and what `later` says instead. Epochs and steps both say how long: the later counts.
  Settings with(const Settings &later) const;

  /// Without what is set for these names; a usage error if nothing is. `run` is whose settings they are.
  Expected<Settings> without(const std::vector<std::string> &names, const std::string &run) const;
  /// "--set width=64, --set epochs=4": what is set here and not in `other`; empty if nothing is.
  std::string setsBeside(const Settings &other) const;

  /// The train block; empty: the only one.
  std::string train() const { return find("train").value_or(""); }
  /// What the frontend takes.
  frontend::CheckOptions checkOptions() const;
  CheckpointPlan checkpoints() const;
  /// TrainerOptions::logEvery
  uint64_t logEvery() const;
  /// What is given for a setting of the train block, such as "steps".
  std::optional<std::string> find(const std::string &name) const;
  bool empty() const { return values.empty(); }

  /// For RunConfig::settings.
  const std::map<std::string, std::string> &kept() const { return values; }

private:
  Status set(const std::string &name, const std::string &value, const std::string &spelling);

  /// "train", "save_every", "log_every", and "set.NAME" for what the program itself could say.
  std::map<std::string, std::string> values;
};

} // namespace mlc::run
