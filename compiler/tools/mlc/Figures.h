// Figures as people read them, and as programs do.
#pragma once

#include "runtime/program/Manifest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlc::tool {

/// "loss 0.4312  accuracy 0.8431": the figures that are numbers. `knownOnly` leaves out NaN, which some are
/// until the last row of a split was seen.
std::string figuresText(const FiguresSpec &figures, const std::vector<double> &values,
                        bool knownOnly = false);

/// Those that are none, each as lines with a head; empty without such.
std::string tablesText(const FiguresSpec &figures, const std::vector<double> &values);

/// What figures are of; members that are not set are not printed.
struct FiguresOf {
  std::string split;
  int64_t samples = 0;
  std::optional<int64_t> epoch = {};   ///< whose figures they are, from 1
  std::optional<uint64_t> update = {}; ///< updates made
  std::optional<bool> best = {};       ///< the best epoch so far
};

/// {"split": ..., "samples": ..., "loss": ..., ...} as a line; tables are lists of lists.
std::string figuresJson(const FiguresOf &of, const std::vector<double> &values, const FiguresSpec &figures);

} // namespace mlc::tool
