// Holding out rows for validation.
#ifndef MLC_RUNTIME_DATA_SPLIT_H
#define MLC_RUNTIME_DATA_SPLIT_H

#include "runtime/data/Dataset.h"

namespace mlc {

struct SplitRows {
  Rows train, validation;
};

/// Holds out floor(fraction * rows) rows, at least one if there are two or more: chosen by the seed before
/// any shuffling; or, if the dataset is windows over one sequence, the last ones, and windows that overlap
/// them are in neither part. Both parts keep the order of `all`.
SplitRows cutValidation(const Rows &all, double fraction, uint64_t seed);

} // namespace mlc
#endif
