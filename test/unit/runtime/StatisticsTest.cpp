#include "runtime/data/Statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace mlc;

namespace {

Rows rowsOf(const std::vector<float> &values, int64_t width) {
  auto data = std::make_shared<Dataset>();
  Column column = Column::of({"x", DType::F32, {width}, {}, 0, true, 0});
  column.bytes.resize(values.size() * sizeof(float));
  std::memcpy(column.bytes.data(), values.data(), column.bytes.size());
  data->rows = static_cast<int64_t>(values.size()) / width;
  data->columns.push_back(column);
  return Rows::all(data);
}

} // namespace

TEST(Statistics, LeaveOutMissingValues) {
  Rows rows = rowsOf({1, 10, 3, NAN, 5, 20}, 2);
  const Column &column = rows.data->columns[0];
  EXPECT_EQ(*statisticOf(rows, column, StatisticKind::Mean), (std::vector<double>{3, 15}));
  EXPECT_EQ(*statisticOf(rows, column, StatisticKind::Min), (std::vector<double>{1, 10}));
  EXPECT_EQ(*statisticOf(rows, column, StatisticKind::Max), (std::vector<double>{5, 20}));
  std::vector<double> deviation = *statisticOf(rows, column, StatisticKind::Std);
  EXPECT_DOUBLE_EQ(deviation[0], std::sqrt(8.0 / 3));
  EXPECT_DOUBLE_EQ(deviation[1], 5);
}

TEST(Statistics, LargeOffsetsKeepTheirDeviation) {
  Rows rows = rowsOf({16777214, 16777215, 16777216}, 1);
  EXPECT_DOUBLE_EQ((*statisticOf(rows, rows.data->columns[0], StatisticKind::Std))[0], std::sqrt(2.0 / 3));
}

TEST(Statistics, OnlyTheRowsGiven) {
  Rows rows = rowsOf({1, 2, 300}, 1);
  rows.numbers = {0, 1};
  EXPECT_EQ((*statisticOf(rows, rows.data->columns[0], StatisticKind::Mean))[0], 1.5);
  rows.numbers = {};
  EXPECT_TRUE(std::isnan((*statisticOf(rows, rows.data->columns[0], StatisticKind::Max))[0]));
}
