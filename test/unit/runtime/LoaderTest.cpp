#include "runtime/data/Loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

using namespace mlc;
using testing::ElementsAre;

namespace {

Rows numbered(int32_t n) {
  auto data = std::make_shared<Dataset>();
  data->rows = n;
  Column column = Column::of({"x", DType::I32, {}, {}, 0, false, 0});
  column.bytes.resize(static_cast<size_t>(n) * 4);
  for (int32_t i = 0; i < n; ++i)
    std::memcpy(column.bytes.data() + i * 4, &i, 4);
  data->columns.push_back(column);
  return Rows::all(data);
}

std::vector<int32_t> contents(const Batch &batch) {
  auto *values = static_cast<const int32_t *>(batch.inputs[0]);
  return {values, values + batch.rows};
}

std::vector<std::vector<int32_t>> drain(Loader &loader) {
  std::vector<std::vector<int32_t>> all;
  while (const Batch *batch = loader.next())
    all.push_back(contents(*batch));
  return all;
}

/// Twice: batches come from the loader's thread, or are gathered by the one that asks.
class Loading : public testing::TestWithParam<int64_t> {
protected:
  static LoaderPlan plan(int64_t batch, int64_t epochs, bool shuffled) {
    LoaderPlan plan;
    plan.fields = {"x"};
    plan.batch = batch;
    plan.epochs = epochs;
    plan.shuffled = shuffled;
    plan.seed = 5;
    plan.gathered = GetParam();
    return plan;
  }
};

INSTANTIATE_TEST_SUITE_P(Loader, Loading, testing::Values(0, 1 << 14),
                         [](const auto &info) { return info.param ? "Gathered" : "FromAThread"; });

} // namespace

TEST_P(Loading, DeliversTheRaggedLastBatch) {
  auto loader = Loader::start(numbered(7), plan(3, 1, false));
  ASSERT_TRUE(loader);
  EXPECT_THAT(drain(**loader), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5), ElementsAre(6)));
  EXPECT_EQ((*loader)->next(), nullptr);
}

TEST_P(Loading, SaysWhereItIs) {
  auto loader = Loader::start(numbered(5), plan(4, 2, true));
  const Batch *batch = (*loader)->next();
  EXPECT_EQ(batch->at.epoch, 0);
  EXPECT_EQ(batch->at.row, 0);
  EXPECT_FALSE(batch->lastOfEpoch);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(batch->inputs[0]) % 64, 0u);
  std::vector<int32_t> values = contents(*batch);
  EXPECT_EQ(std::vector<int64_t>(values.begin(), values.end()), batch->rowNumbers);
  batch = (*loader)->next();
  EXPECT_EQ(batch->at.row, 4);
  EXPECT_EQ(batch->rows, 1);
  EXPECT_TRUE(batch->lastOfEpoch);
  batch = (*loader)->next();
  EXPECT_EQ(batch->at.epoch, 1);
  EXPECT_EQ(batch->at.row, 0);
}

TEST_P(Loading, EveryEpochHasEveryRowInAnotherOrder) {
  auto loader = Loader::start(numbered(100), plan(100, 2, true));
  auto epochs = drain(**loader);
  ASSERT_EQ(epochs.size(), 2u);
  EXPECT_NE(epochs[0], epochs[1]);
  for (const auto &epoch : epochs)
    EXPECT_EQ(std::set<int32_t>(epoch.begin(), epoch.end()).size(), 100u);
}

TEST_P(Loading, ContinuesFromAnyPosition) {
  auto whole = Loader::start(numbered(10), plan(4, 3, true));
  auto all = drain(**whole);
  ASSERT_EQ(all.size(), 9u);
  for (size_t skip = 0; skip <= all.size(); ++skip) {
    LoaderPlan rest = plan(4, 3, true);
    rest.start.epoch = static_cast<int64_t>(skip / 3);
    rest.start.row = static_cast<int64_t>(skip % 3) * 4;
    auto loader = Loader::start(numbered(10), rest);
    EXPECT_EQ(drain(**loader),
              std::vector<std::vector<int32_t>>(all.begin() + static_cast<long>(skip), all.end()));
  }
  LoaderPlan end = plan(4, 1, true);
  end.start.row = 10;
  auto loader = Loader::start(numbered(10), end);
  EXPECT_EQ((*loader)->next(), nullptr);
}

TEST_P(Loading, LeavesOutALastBatchOfTooFewRows) {
  LoaderPlan least = plan(4, 2, true);
  least.leastRows = 3;
  auto whole = Loader::start(numbered(10), least);
  std::vector<std::vector<int32_t>> all;
  while (const Batch *batch = (*whole)->next()) {
    all.push_back(contents(*batch));
    EXPECT_EQ(batch->lastOfEpoch, batch->at.row == 4);
  }
  ASSERT_EQ(all.size(), 4u); // two epochs of 4 and 4 rows
  for (size_t skip = 0; skip <= all.size(); ++skip) {
    LoaderPlan rest = least;
    rest.start.epoch = static_cast<int64_t>(skip / 2);
    rest.start.row = static_cast<int64_t>(skip % 2) * 4;
    auto loader = Loader::start(numbered(10), rest);
    EXPECT_EQ(drain(**loader),
              std::vector<std::vector<int32_t>>(all.begin() + static_cast<long>(skip), all.end()));
  }
  least.start = {0, 8}; // all of an epoch's
  auto end = Loader::start(numbered(10), least);
  EXPECT_EQ((*end)->next()->at.epoch, 1);
  // Enough rows; and none that could be delivered.
  auto enough = Loader::start(numbered(11), least);
  EXPECT_EQ(drain(**enough).front().size(), 3u);
  auto none = Loader::start(numbered(2), least);
  EXPECT_EQ((*none)->next(), nullptr);
}

TEST_P(Loading, StopsInTheMiddle) {
  auto loader = Loader::start(numbered(1000), plan(1, 1000, true));
  EXPECT_NE((*loader)->next(), nullptr);
}

TEST_P(Loading, NamesAFieldThatIsNotThere) {
  LoaderPlan wrong = plan(1, 1, false);
  wrong.fields = {"y"};
  EXPECT_FALSE(Loader::start(numbered(2), wrong));
}
