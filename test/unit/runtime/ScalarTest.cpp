#include "runtime/Scalar.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlc;

namespace {

double valueOf(const std::string &text, double step = 0, double total = 0) {
  Expected<ScalarExpr> e = ScalarExpr::parse(text, 0);
  EXPECT_TRUE(e) << e.status().message();
  return e ? e->evaluate({step, total}, nullptr) : NAN;
}

} // namespace

TEST(Scalar, EvaluatesEveryOp) {
  EXPECT_EQ(valueOf("2 3 add"), 5);
  EXPECT_EQ(valueOf("2 3 sub"), -1);
  EXPECT_EQ(valueOf("2 3 mul"), 6);
  EXPECT_EQ(valueOf("3 2 div"), 1.5);
  EXPECT_EQ(valueOf("2 10 pow"), 1024);
  EXPECT_EQ(valueOf("2 3 min 1 max"), 2);
  EXPECT_TRUE(std::isnan(valueOf("nan 3 min")));
  EXPECT_TRUE(std::isnan(valueOf("3 nan max")));
  EXPECT_EQ(valueOf("2 neg abs sqrt"), std::sqrt(2.0));
  EXPECT_EQ(valueOf("4 rsqrt"), 0.5);
  EXPECT_EQ(valueOf("0 rsqrt"), INFINITY);
  EXPECT_TRUE(std::isnan(valueOf("1 neg rsqrt")));
  EXPECT_NEAR(valueOf("0.5 erf"), 0.5204998778130465, 1e-15);
  EXPECT_EQ(valueOf("3 sign 2 neg sign 10 mul add 0 sign add"), -9);
  EXPECT_TRUE(std::isnan(valueOf("nan sign")));
  EXPECT_EQ(valueOf("1 exp log"), 1);
  EXPECT_EQ(valueOf("0 sin 0 cos add 0 tanh add"), 1);
  EXPECT_EQ(valueOf("1.5 floor 1.5 ceil sub"), -1);
  EXPECT_EQ(valueOf("1 2 lt 1 1 le and 2 1 gt and 2 2 ge and"), 1);
  EXPECT_EQ(valueOf("1 1 eq 1 1 ne or not"), 0);
  EXPECT_EQ(valueOf("1 10 20 select"), 10);
  EXPECT_EQ(valueOf("0 10 20 select"), 20);
  EXPECT_EQ(valueOf("step total_steps div", 3, 4), 0.75);
}

TEST(Scalar, BuiltExpressionsPrintAndReadBack) {
  ScalarExpr e = ScalarExpr::select(
      ScalarExpr::binary(ScalarOp::Lt, ScalarExpr::leaf(ScalarOp::Step), ScalarExpr::literal(100)),
      ScalarExpr::scalar(1), ScalarExpr::unary(ScalarOp::Neg, ScalarExpr::literal(0.1)));
  EXPECT_EQ(e.print(), "step 100 lt $1 0.1 neg select");
  Expected<ScalarExpr> back = ScalarExpr::parse(e.print(), 2);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, e);
  double earlier[] = {7, 8};
  EXPECT_EQ(back->evaluate({5}, earlier), 8);
  EXPECT_EQ(back->evaluate({500}, earlier), -0.1);
}

TEST(Scalar, FollowsEpochsAndValidationFigures) {
  std::vector<double> figures;
  ScalarInputs inputs{7, 40, 3, &figures};
  auto value = [&](const std::string &text) {
    Expected<ScalarExpr> e = ScalarExpr::parse(text, 0);
    EXPECT_TRUE(e) << e.status().message();
    return e ? e->evaluate(inputs, nullptr) : NAN;
  };
  EXPECT_EQ(value("epoch"), 3);
  EXPECT_EQ(value("validation_figure"), INFINITY); // worse than any
  inputs.largestIsBest = true;
  EXPECT_EQ(value("validation_figure"), -INFINITY);
  figures = {0.5, 0.25};
  EXPECT_EQ(value("validation_figure"), 0.25);
  EXPECT_EQ(value("10 0 1e-4 0 plateaus add"), 11); // 0.25 is worse than 0.5
  EXPECT_TRUE(ScalarExpr::parse("1 0 0 plateaus", 0)->readsFigures());
  EXPECT_TRUE(ScalarExpr::parse("validation_figure", 0)->readsFigures());
  EXPECT_FALSE(ScalarExpr::parse("epoch step add", 0)->readsFigures());
  EXPECT_EQ(ScalarExpr::parse("epoch validation_figure 0.5 plateaus", 0)->print(),
            "epoch validation_figure 0.5 plateaus");
}

// Counted by hand along the lines of PyTorch's ReduceLROnPlateau.step.
TEST(Scalar, CountsPlateaus) {
  const std::vector<double> figures = {1, 0.9, 0.9, 0.95, 0.91, 0.5, 0.5, 0.5, NAN, 0.5, 0.5};
  auto count = [&](size_t epochs, double patience, double threshold, double cooldown, bool largest = false) {
    std::vector<double> seen(figures.begin(), figures.begin() + static_cast<std::ptrdiff_t>(epochs));
    if (largest)
      for (double &figure : seen)
        figure = -figure;
    return ScalarInputs{0, 0, 0, &seen, largest}.plateaus(patience, threshold, cooldown);
  };
  EXPECT_EQ(count(0, 0, 0, 0), 0);
  EXPECT_EQ(count(2, 0, 0, 0), 0);
  EXPECT_EQ(count(3, 0, 0, 0), 1); // equal is not better
  EXPECT_EQ(count(4, 2, 0, 0), 0);
  EXPECT_EQ(count(5, 2, 0, 0), 1); // three that were not better are more than two
  EXPECT_EQ(count(6, 2, 0, 0), 1);
  EXPECT_EQ(count(9, 2, 0, 0), 2); // NaN is not better
  EXPECT_EQ(count(11, 0, 0, 0), 8);
  EXPECT_EQ(count(11, 0, 0, 1), 5);  // after each an epoch that does not count: after 3, 5, 7, 9 and 11
  EXPECT_EQ(count(2, 0, 0.2, 0), 1); // 0.9 is better than 1 by less than a fifth
  EXPECT_EQ(count(6, 4, 0.2, 0), 0); // 0.5 by more
  EXPECT_EQ(count(11, 1000, 0, 0), 0);
  EXPECT_EQ(count(3, 0, 0, 0, true), 1);
  EXPECT_EQ(count(6, 2, 0, 0, true), 1);
}

TEST(Scalar, ListsRefersToEarlierEntries) {
  std::vector<ScalarSpec> list = {
      {"lr", ScalarExpr::literal(0.5)},
      {"rate", ScalarExpr::binary(ScalarOp::Mul, ScalarExpr::scalar(0), ScalarExpr::leaf(ScalarOp::Step))}};
  std::vector<double> values;
  evaluateScalars(list, {4, 10}, values);
  EXPECT_EQ(values, (std::vector<double>{0.5, 2}));
}

TEST(Scalar, RefusesHostileText) {
  for (const char *text :
       {"", " ", "add", "1 add", "1 2", "$0", "$-1", "$99999999999", "sinh", "1  2 add", "1 2 add "})
    EXPECT_FALSE(ScalarExpr::parse(text, 0)) << text;
  EXPECT_FALSE(ScalarExpr::parse("$1", 1));
  EXPECT_TRUE(ScalarExpr::parse("$0", 1));

  std::string deep = "1";
  for (int i = 0; i < 1000; ++i)
    deep += " 1";
  for (int i = 0; i < 1000; ++i)
    deep += " add";
  EXPECT_FALSE(ScalarExpr::parse(deep, 0));

  std::string longText = "1";
  for (size_t i = 0; i < ScalarExpr::maxInstructions; ++i)
    longText += " neg";
  EXPECT_FALSE(ScalarExpr::parse(longText, 0));
}

TEST(Scalar, LongExpressionsEvaluate) {
  std::string text = "1";
  for (int i = 0; i < 500; ++i)
    text += " 1 add";
  EXPECT_EQ(valueOf(text), 501);
}
