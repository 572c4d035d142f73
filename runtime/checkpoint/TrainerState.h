// Where a run is, beside its tensors: trainer_state.json.
#ifndef MLC_RUNTIME_CHECKPOINT_TRAINERSTATE_H
#define MLC_RUNTIME_CHECKPOINT_TRAINERSTATE_H

#include "runtime/Status.h"
#include "runtime/data/Loader.h"

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

struct TrainerState {
  uint64_t seed = 0;
  uint64_t update = 0; ///< updates made
  DataPosition position;
  std::vector<double> sums; ///< of the epoch so far
  std::optional<BestEpoch> best;
  int64_t epochsWithoutBetter = 0;
  bool finished = false;
};

/// Ends with a newline.
std::string printState(const TrainerState &state);

/// Reads what printState wrote, or anything that claims to be it. `where` names the file in messages.
Expected<TrainerState> parseState(const std::string &text, const std::string &where);

} // namespace mlc
#endif
