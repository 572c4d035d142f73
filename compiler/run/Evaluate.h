// The figures of a run's model over a split.
#pragma once

#include "compiler/run/OpenRun.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace mlc::run {

struct EvaluateRequest {
  std::string split; ///< train, validation or test; empty: the last of these that there is
  std::string data;  ///< folder of the data files; empty: where training found them
  UnknownCategory unknown = UnknownCategory::Error;
  const std::atomic<int> *stop = nullptr; ///< ends it when it is not 0
};

struct SplitFigures {
  std::string split;
  int64_t samples = 0;
  std::vector<double> figures; ///< in the order of Manifest::figures
  bool best = false;           ///< of the best model, not the last
};

/// Reads the split and evaluates it. Interrupted after `stop`.
Expected<SplitFigures> evaluateSplit(LoadedRun &run, const EvaluateRequest &request, Observer &observer);

} // namespace mlc::run
