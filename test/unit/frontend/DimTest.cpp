#include "frontend/check/Dim.h"
#include "frontend/check/Number.h"

#include <gtest/gtest.h>

using namespace mlc::frontend;

namespace {

const Dim batch = Dim::batch();

TEST(DimTest, PolynomialsInBatch) {
  Dim dim = (batch + Dim(2)) * (batch - Dim(2));
  EXPECT_EQ(dim.str(), "batch^2 - 4");
  EXPECT_EQ(dim.at(5), 21);
  EXPECT_FALSE(dim.constant());
  EXPECT_EQ((batch - batch).constant(), std::optional<int64_t>(0));
  EXPECT_EQ((Dim(3) * batch + Dim(1)).str(), "3 * batch + 1");
}

TEST(DimTest, DivisionLeavesNoRemainder) {
  EXPECT_EQ((Dim(6) * batch).dividedBy(Dim(3)), std::optional<Dim>(Dim(2) * batch));
  EXPECT_EQ((Dim(6) * batch).dividedBy(batch), std::optional<Dim>(Dim(6)));
  EXPECT_FALSE((Dim(6) * batch + Dim(1)).dividedBy(Dim(3)));
  EXPECT_FALSE(Dim(7).dividedBy(Dim(2)));
  EXPECT_FALSE(Dim(7).dividedBy(Dim(0)));
}

TEST(DimTest, OverflowSaturates) {
  Dim large = Dim(int64_t(1) << 62);
  EXPECT_EQ((large * Dim(4)).at(1), INT64_MAX);
  EXPECT_EQ((large * batch).at(int64_t(1) << 40), INT64_MAX);
}

TEST(NumberTest, KnownNumbersFold) {
  auto sum = Number::apply("add", {Number(2), Number(0.5)});
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->known(), std::optional<double>(2.5));
  EXPECT_FALSE(sum->dim());
  EXPECT_FALSE(Number::apply("no_such_operator", {Number(2)}));
}

TEST(NumberTest, SizesStayPolynomialsWhereTheyCan) {
  auto twice = Number::apply("mul", {Number(2), Number::size(batch)});
  EXPECT_EQ(twice->dim(), std::optional<Dim>(Dim(2) * batch));
  auto share = Number::apply("div", {Number(1), *twice});
  EXPECT_FALSE(share->dim());
  EXPECT_EQ(core::evaluate(share->expr(), 8), std::optional<double>(1.0 / 16));
}

TEST(NumberTest, RunTimeNumbersKeepTheirExpression) {
  auto next = Number::apply("add", {Number::step(), Number(1)});
  EXPECT_TRUE(next->isRunTime());
  EXPECT_FALSE(next->known());
  // A hyper-parameter is known to `if`, and an argument of the step all the same.
  auto rate = Number::apply("mul", {*Number(0.5).atRunTime(), Number(2)});
  EXPECT_EQ(rate->known(), std::optional<double>(1));
  EXPECT_TRUE(rate->isRunTime());
  EXPECT_EQ(rate->expr().op, "mul");
  EXPECT_FALSE(Number::apply("mul", {Number::step(), Number::size(batch)}));
  EXPECT_FALSE(Number::size(batch).atRunTime());
}

} // namespace
