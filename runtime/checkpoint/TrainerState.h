// Where a run is, beside its tensors: trainer_state.json.
#ifndef MLC_RUNTIME_CHECKPOINT_TRAINERSTATE_H
#define MLC_RUNTIME_CHECKPOINT_TRAINERSTATE_H

#include "runtime/Status.h"
#include "runtime/data/Loader.h"
#include "runtime/session/Ranking.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlc {

/// The best epoch so far.
struct BestEpoch {
  double figure = 0;
  int64_t epoch = 0; ///< counted from 1, as in metrics.csv
  uint64_t update = 0;
};

/// The best of the finished epochs, while a cut epoch is better.
struct BestBefore {
  std::optional<BestEpoch> best;
};

/// What the updates since the last line of updates.csv added up to.
struct LoggedWindow {
  int64_t samples = 0;
  SplitSums split;
};

/// An epoch counts as finished when all its rows were seen. One that the number of updates cut short has its
/// place in `position` and its sums like one that was interrupted. Its figures are in metrics.csv, and it may
/// be the best, until the run goes on with its other rows.
struct TrainerState {
  uint64_t seed = 0;
  uint64_t update = 0; ///< updates made
  DataPosition position;
  SplitSums split; ///< of the epoch so far
  std::optional<BestEpoch> best;
  std::optional<BestBefore> before; ///< set if `best` is of a cut epoch
  int64_t epochsWithoutBetter = 0;  ///< finished ones
  bool finished = false;            ///< all updates are made, or patience ran out
  /// Of each finished epoch the validation figure that says which is best, for schedules that follow it;
  /// empty without validation rows, and in runs of versions that did not keep them.
  std::vector<double> validationFigures;
  std::optional<LoggedWindow> logged; ///< if there is an updates.csv to go on with
};

/// A run may go on with another batch between two epochs. Since when it has the one that it has:
struct BatchSince {
  int64_t epoch = 0;   ///< finished before
  uint64_t update = 0; ///< made before
};

/// What the other files of a run say, and the data.
struct RunFacts {
  uint64_t seed = 0;
  int64_t rows = 0, batch = 1;
  BatchSince since;
  uint64_t totalUpdates = 0;
  int64_t patience = 0;
  size_t sums = 0;
  std::vector<int64_t> scoresPerRow; ///< of each ranking
};

/// Ends with a newline.
std::string printState(const TrainerState &state);

/// Reads what printState wrote, or anything that claims to be it. `where` names the file in messages.
Expected<TrainerState> parseState(const std::string &text, const std::string &where);

/// Holds every number of a state against the others and against `run`. The error names the file, which
/// `where` is, and the member.
Status checkState(const TrainerState &state, const RunFacts &run, const std::string &where);

} // namespace mlc
#endif
