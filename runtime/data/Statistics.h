// train_mean, train_std, train_min, train_max.
#ifndef MLC_RUNTIME_DATA_STATISTICS_H
#define MLC_RUNTIME_DATA_STATISTICS_H

#include "runtime/data/Dataset.h"

namespace mlc {

/// A statistic of a field over rows, one value for each element of the field's row, in f64.
///
/// NaN (missing) values are left out. Two passes in row order: the mean is the sum over the count, the
/// standard deviation is that of the population (divided by the count, not the count less one), around that
/// mean. A field that never changes has a deviation of 0, and dividing by it gives NaN: that is reported when
/// it trains, not hidden here. An element that is missing in every row has statistics of NaN.
/// Rows that a source makes are made once a pass, a few at a time; only that can fail.
Expected<std::vector<double>> statisticOf(const Rows &rows, const Column &column, StatisticKind kind);

} // namespace mlc
#endif
