// Figures that need the scores of all rows of a split at once: they are collected batch by batch and put in
// order after the last.
#ifndef MLC_RUNTIME_SESSION_RANKING_H
#define MLC_RUNTIME_SESSION_RANKING_H

#include "runtime/session/Session.h"

#include <cstdint>
#include <vector>

namespace mlc {

/// How well scores put what is true before what is not. Both are NaN where a score or a weight is NaN.
struct RankingQuality {
  /// The area under the ROC curve: the share of the pairs of a true and a false row in which the true one has
  /// the higher score, of equal scores half. NaN where rows of one class alone have a weight.
  double area = 0;
  /// The average precision: the sum over thresholds of precision times the recall gained there, without
  /// interpolation; equal scores are one threshold. NaN where no true row has a weight.
  double precision = 0;
};

/// Of scores and weights in turn, a weight below 0 standing for a false row. In O(n log n), to the same bits
/// whatever the order of the rows.
RankingQuality rankingQuality(const std::vector<double> &scoresAndWeights);

/// What the steps over a split add up to.
struct SplitSums {
  SplitSums() = default;
  /// Of no row so far.
  explicit SplitSums(const FiguresSpec &spec)
      : sums(static_cast<size_t>(spec.sums), 0), scores(spec.rankings.size()) {}

  std::vector<double> sums;
  /// Of each ranking of the program, scores and weights in turn; rows of weight 0 are left out.
  std::vector<std::vector<double>> scores;
};

/// Where train_step and eval_step put what they give for one batch.
class StepResults {
public:
  explicit StepResults(const FiguresSpec &spec) : spec_(spec), sums_(static_cast<size_t>(spec.sums)) {}

  /// Addresses for a batch of `rows` rows, in the order of the functions' outputs; valid until the next call.
  std::vector<void *> outputs(int64_t rows);
  const std::vector<double> &sums() const { return sums_; }
  /// Adds what the last call gave for `rows` rows.
  void addTo(SplitSums &split, int64_t rows) const;

private:
  const FiguresSpec &spec_;
  std::vector<double> sums_, ranked_;
};

/// The figures of what was added up. With `ranks` false, those made of rankings are NaN: for figures that are
/// shown while an epoch is on its way, where sorting each time would cost more than the steps.
Expected<std::vector<double>> figuresOf(Session &session, const SplitSums &split, bool ranks = true);

} // namespace mlc
#endif
