// Sizes for any number of rows: the last batch of an epoch has what is left, and that may be one row.
#pragma once

#include "frontend/check/Dim.h"

#include <algorithm>

namespace mlc::frontend {

/// The least that a size can be in a batch of 1 to `rows` rows.
inline int64_t leastSize(const Dim &dim, int64_t rows) {
  if (std::optional<int64_t> constant = dim.constant())
    return *constant;
  // A line is least at one of its ends; whatever else there is is looked at in so many places.
  constexpr int64_t places = 256;
  int64_t least = std::min(dim.at(1), dim.at(rows));
  int64_t step = std::max<int64_t>(rows / places, 1);
  for (int64_t at = 2; at < rows; at += step)
    least = std::min(least, dim.at(at));
  return least;
}

/// What to say of a size that is right for a whole batch and wrong for a smaller one.
inline const char *fewerRows() { return "the last batch of an epoch may be as small as 1 row"; }

} // namespace mlc::frontend
