#include "runtime/session/Ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mlc {

RankingQuality rankingQuality(const std::vector<double> &scoresAndWeights) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const size_t count = scoresAndWeights.size() / 2;
  std::vector<std::pair<double, double>> rows(count);
  for (size_t i = 0; i < count; ++i) {
    rows[i] = {scoresAndWeights[2 * i], scoresAndWeights[2 * i + 1]};
    if (std::isnan(rows[i].first) || std::isnan(rows[i].second))
      return {nan, nan};
  }
  // By weight too, so that the sums are the same whatever the order of the rows was.
  std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) { return a > b; });
  double truePairs = 0, precision = 0; // sums over thresholds, from the highest down
  double trueSoFar = 0, falseSoFar = 0;
  for (size_t begin = 0, end = 0; begin < count; begin = end) {
    double trueHere = 0, falseHere = 0;
    for (; end < count && rows[end].first == rows[begin].first; ++end)
      (rows[end].second > 0 ? trueHere : falseHere) += std::fabs(rows[end].second);
    truePairs += falseHere * (trueSoFar + trueHere / 2);
    trueSoFar += trueHere;
    falseSoFar += falseHere;
    precision += trueHere * (trueSoFar / (trueSoFar + falseSoFar));
  }
  RankingQuality quality{nan, nan};
  if (trueSoFar > 0)
    quality.precision = precision / trueSoFar;
  if (trueSoFar > 0 && falseSoFar > 0)
    quality.area = truePairs / (trueSoFar * falseSoFar);
  return quality;
}

std::vector<void *> StepResults::outputs(int64_t rows) {
  std::vector<void *> addresses = {sums_.data()};
  if (int64_t width = spec_.rankedWidth(); width > 0) {
    ranked_.resize(std::max(ranked_.size(), static_cast<size_t>(rows * width)));
    addresses.push_back(ranked_.data());
  }
  return addresses;
}

void StepResults::addTo(SplitSums &split, int64_t rows) const {
  for (size_t i = 0; i < sums_.size(); ++i)
    split.sums[i] += sums_[i];
  if (spec_.rankings.empty())
    return;
  const double *row = ranked_.data();
  for (int64_t i = 0; i < rows; ++i)
    for (size_t k = 0; k < spec_.rankings.size(); ++k) {
      int64_t perRow = spec_.rankings[k].perRow;
      for (int64_t j = 0; j < perRow; ++j)
        if (double weight = row[perRow + j]; weight != 0)
          split.scores[k].insert(split.scores[k].end(), {row[j], weight});
      row += 2 * perRow;
    }
}

Expected<std::vector<double>> figuresOf(Session &session, const SplitSums &split, bool ranks) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<RankingSpec> &rankings = session.manifest().figures.rankings;
  std::vector<double> sums = split.sums;
  for (size_t k = 0; k < rankings.size(); ++k) {
    RankingQuality quality = ranks ? rankingQuality(split.scores[k]) : RankingQuality{nan, nan};
    sums[static_cast<size_t>(rankings[k].sums)] = quality.area;
    sums[static_cast<size_t>(rankings[k].sums) + 1] = quality.precision;
  }
  return session.figures(sums);
}

} // namespace mlc
