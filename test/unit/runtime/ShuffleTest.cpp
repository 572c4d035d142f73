// Orders and cuts: pinned, because a saved run continues with them.
#include "runtime/data/Shuffle.h"
#include "runtime/data/Split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <set>

using namespace mlc;
using testing::ElementsAre;

namespace {

std::vector<int64_t> order(int64_t n, uint64_t seed, uint64_t epoch) {
  std::vector<int64_t> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), 0);
  shuffle(rows, seed, OrderUse::Epoch, epoch);
  return rows;
}

Rows rowsOf(int64_t n) {
  auto data = std::make_shared<Dataset>();
  data->rows = n;
  return Rows::all(data);
}

} // namespace

TEST(Shuffle, IsAPermutationThatSeedAndEpochDecide) {
  std::vector<int64_t> a = order(1000, 0, 0);
  EXPECT_EQ(std::set<int64_t>(a.begin(), a.end()).size(), 1000u);
  EXPECT_EQ(a, order(1000, 0, 0));
  EXPECT_NE(a, order(1000, 0, 1));
  EXPECT_NE(a, order(1000, 1, 0));
  EXPECT_THAT(order(0, 0, 0), ElementsAre());
  EXPECT_THAT(order(1, 0, 0), ElementsAre(0));
}

TEST(Shuffle, EveryOrderIsAboutAsLikely) {
  std::map<std::vector<int64_t>, int> seen;
  for (uint64_t epoch = 0; epoch < 6000; ++epoch)
    ++seen[order(3, 42, epoch)];
  ASSERT_EQ(seen.size(), 6u);
  for (const auto &entry : seen) {
    EXPECT_GT(entry.second, 850);
    EXPECT_LT(entry.second, 1150);
  }
}

TEST(Split, CutsBySeedAndKeepsTheOrder) {
  SplitRows parts = cutValidation(rowsOf(100), 0.1, 7);
  EXPECT_EQ(parts.validation.size(), 10);
  EXPECT_EQ(parts.train.size(), 90);
  EXPECT_TRUE(std::is_sorted(parts.train.numbers.begin(), parts.train.numbers.end()));
  EXPECT_TRUE(std::is_sorted(parts.validation.numbers.begin(), parts.validation.numbers.end()));
  std::set<int64_t> all(parts.train.numbers.begin(), parts.train.numbers.end());
  all.insert(parts.validation.numbers.begin(), parts.validation.numbers.end());
  EXPECT_EQ(all.size(), 100u);
  EXPECT_EQ(parts.validation.numbers, cutValidation(rowsOf(100), 0.1, 7).validation.numbers);
  EXPECT_NE(parts.validation.numbers, cutValidation(rowsOf(100), 0.1, 8).validation.numbers);
}

TEST(Split, SmallData) {
  EXPECT_EQ(cutValidation(rowsOf(3), 0.1, 0).validation.size(), 1);
  EXPECT_EQ(cutValidation(rowsOf(3), 0.99, 0).train.size(), 1);
  EXPECT_EQ(cutValidation(rowsOf(1), 0.5, 0).validation.size(), 0);
}
