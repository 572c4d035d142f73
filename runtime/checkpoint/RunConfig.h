// What a run folder says of the run as a whole: config.json.
#ifndef MLC_RUNTIME_CHECKPOINT_RUNCONFIG_H
#define MLC_RUNTIME_CHECKPOINT_RUNCONFIG_H

#include "runtime/checkpoint/TrainerState.h"
#include "runtime/data/Fingerprint.h"
#include "runtime/program/Manifest.h"

#include <map>
#include <string>
#include <vector>

namespace mlc {

/// Written when the run begins, and again when it is resumed with other settings.
struct RunConfig {
  Manifest manifest; ///< with what the command line changed in `train` and `scalars`
  Vocabulary vocabulary;
  std::vector<std::string> texts; ///< names in the run folder of the model's texts, which are the run's own
  std::string modelFolder;        ///< absolute: relative data files were resolved here
  std::string dataFolder;         ///< absolute, --data; or empty
  std::map<std::string, std::string> settings; ///< whatever else the command wants to find again
  BatchSince batchSince;
  /// By split: what the data were. Empty in runs of older versions.
  std::map<std::string, Fingerprint> data;
};

/// Deterministic; ends with a newline.
Expected<std::string> printConfig(const RunConfig &config);

/// Reads what printConfig wrote, or anything that claims to be it. `where` names the file in messages.
Expected<RunConfig> parseConfig(const std::string &text, const std::string &where);

} // namespace mlc
#endif
