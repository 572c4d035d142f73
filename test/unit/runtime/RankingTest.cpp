// The numbers are scikit-learn's: roc_auc_score and average_precision_score with sample_weight.
#include "runtime/session/Ranking.h"
#include "runtime/checkpoint/TrainerState.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace mlc;

namespace {

TEST(RankingTest, ScoresWithoutTies) {
  RankingQuality quality = rankingQuality({0.1, -1, 0.4, -1, 0.35, 1, 0.8, 1});
  EXPECT_DOUBLE_EQ(quality.area, 0.75);
  EXPECT_DOUBLE_EQ(quality.precision, 0.8333333333333333);
}

TEST(RankingTest, EqualScoresCountHalfAndAreOneThreshold) {
  RankingQuality quality = rankingQuality({0.5, 1, 0.5, -1, 0.5, 1, 0.9, -1, 0.2, 1, 0.2, -1});
  EXPECT_DOUBLE_EQ(quality.area, 0.3888888888888889);
  EXPECT_DOUBLE_EQ(quality.precision, 0.5);
  // All alike: as good as chance.
  quality = rankingQuality({3, 1, 3, -1, 3, -1, 3, -1});
  EXPECT_DOUBLE_EQ(quality.area, 0.5);
  EXPECT_DOUBLE_EQ(quality.precision, 0.25);
}

TEST(RankingTest, WeightsCount) {
  RankingQuality quality = rankingQuality({0.1, -2, 0.4, -0.5, 0.35, 1.5, 0.8, 3, 0.4, 0.25});
  EXPECT_DOUBLE_EQ(quality.area, 0.9315789473684211);
  EXPECT_DOUBLE_EQ(quality.precision, 0.962907268170426);
}

TEST(RankingTest, WithoutBothClassesThereIsNoArea) {
  RankingQuality quality = rankingQuality({0.1, 1, 0.4, 2});
  EXPECT_TRUE(std::isnan(quality.area));
  EXPECT_DOUBLE_EQ(quality.precision, 1);
  quality = rankingQuality({0.1, -1, 0.4, -2});
  EXPECT_TRUE(std::isnan(quality.area));
  EXPECT_TRUE(std::isnan(quality.precision));
  quality = rankingQuality({});
  EXPECT_TRUE(std::isnan(quality.area));
  EXPECT_TRUE(std::isnan(quality.precision));
}

TEST(RankingTest, NaNIsNotPutInOrder) {
  RankingQuality quality = rankingQuality({0.1, -1, std::nan(""), 1, 0.4, 1});
  EXPECT_TRUE(std::isnan(quality.area));
  EXPECT_TRUE(std::isnan(quality.precision));
  // An infinite score is one like another.
  quality = rankingQuality({-INFINITY, -1, INFINITY, 1, 0.4, 1});
  EXPECT_EQ(quality.area, 1);
}

/// The definitions, pair by pair and threshold by threshold.
RankingQuality slowly(const std::vector<double> &rows) {
  double pairs = 0, all = 0, precision = 0, allTrue = 0;
  for (size_t i = 0; i < rows.size(); i += 2) {
    if (rows[i + 1] <= 0)
      continue;
    double above = 0, aboveTrue = 0;
    for (size_t j = 0; j < rows.size(); j += 2) {
      double weight = std::fabs(rows[j + 1]);
      if (rows[j] >= rows[i]) {
        above += weight;
        aboveTrue += rows[j + 1] > 0 ? weight : 0;
      }
      if (rows[j + 1] < 0) {
        all += rows[i + 1] * weight;
        pairs += rows[i + 1] * weight * (rows[i] > rows[j] ? 1 : rows[i] == rows[j] ? 0.5 : 0);
      }
    }
    allTrue += rows[i + 1];
    precision += rows[i + 1] * aboveTrue / above;
  }
  return {pairs / all, precision / allTrue};
}

TEST(RankingTest, IsWhatTheDefinitionsSayForAnyOrderOfRows) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::pair<double, double>> rows;
    for (int i = 0; i < 60; ++i) {
      double weight = 0.25 + static_cast<double>(random() % 100) / 40;
      rows.emplace_back(static_cast<double>(random() % 20) / 20, random() % 3 ? weight : -weight);
    }
    auto flat = [&] {
      std::vector<double> numbers;
      for (auto [score, weight] : rows)
        numbers.insert(numbers.end(), {score, weight});
      return numbers;
    };
    RankingQuality quality = rankingQuality(flat()), expected = slowly(flat());
    EXPECT_NEAR(quality.area, expected.area, 1e-13);
    EXPECT_NEAR(quality.precision, expected.precision, 1e-13);
    std::shuffle(rows.begin(), rows.end(), random);
    RankingQuality shuffled = rankingQuality(flat());
    EXPECT_EQ(quality.area, shuffled.area);
    EXPECT_EQ(quality.precision, shuffled.precision);
  }
}

TEST(RankingTest, RowsOfWeightZeroAreNotKept) {
  FiguresSpec spec;
  spec.sums = 5;
  spec.rankings = {{1, 0}, {2, 3}};
  SplitSums split(spec);
  StepResults given(spec);
  std::vector<void *> to = given.outputs(2);
  ASSERT_EQ(to.size(), 2u);
  std::copy_n(std::vector<double>{0, 0, 7, 0, 0}.data(), 5, static_cast<double *>(to[0]));
  const std::vector<double> rows = {0.1, 1, 0.2, 0.3, -2,  0, //
                                    0.4, 0, 0.5, 0.6, 0.5, -1};
  std::copy(rows.begin(), rows.end(), static_cast<double *>(to[1]));
  given.addTo(split, 2);
  EXPECT_EQ(split.sums[2], 7);
  EXPECT_EQ(split.scores[0], (std::vector<double>{0.1, 1}));
  EXPECT_EQ(split.scores[1], (std::vector<double>{0.2, -2, 0.5, 0.5, 0.6, -1}));
  spec.rankings.clear();
  EXPECT_EQ(StepResults(spec).outputs(2).size(), 1u);
}

TEST(RankingTest, AnUnfinishedEpochIsKept) {
  TrainerState state;
  state.split.sums = {1, 0.1};
  state.split.scores = {{0.1, -1, 1e-300, 2}, {}};
  Expected<TrainerState> read = parseState(printState(state), "state");
  ASSERT_TRUE(read) << read.status().message();
  EXPECT_EQ(read->split.sums, state.split.sums);
  EXPECT_EQ(read->split.scores, state.split.scores);
  std::string text = printState(state);
  text.erase(text.find("\"-1\","), 5); // a score without its weight
  EXPECT_FALSE(parseState(text, "state"));
}

} // namespace
