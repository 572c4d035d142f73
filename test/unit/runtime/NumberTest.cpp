#include "runtime/Number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace mlc;

TEST(Number, PrintsTheShortestTextThatReadsBack) {
  EXPECT_EQ(printNumber(0.1), "0.1");
  EXPECT_EQ(printNumber(0.1f), "0.1");
  EXPECT_EQ(printNumber(1.0 / 3), "0.3333333333333333");
  for (double value : {0.1, -0.0, 1e300, 5e-324, 2.0 / 3, std::numeric_limits<double>::infinity()}) {
    std::optional<double> back = parseF64(printNumber(value));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, value);
    EXPECT_EQ(std::signbit(*back), std::signbit(value));
  }
  EXPECT_TRUE(std::isnan(*parseF64(printNumber(std::nan("")))));
}

TEST(Number, RefusesWhatIsNotAWholeNumber) {
  for (const char *text : {"", " 1", "1 ", "1x", "+-1", "++1", "+", "0x10", "one", "1,5"})
    EXPECT_FALSE(parseF64(text)) << text;
  EXPECT_FALSE(parseI64("1.5"));
  EXPECT_FALSE(parseI64("9223372036854775808"));
  EXPECT_EQ(parseI64("+12"), 12);
}

TEST(Number, OutOfRangeBecomesInfinityOrZero) {
  EXPECT_EQ(parseF64("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parseF64("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parseF64("1e-400"), 0.0);
  EXPECT_EQ(parseF32("1e39"), std::numeric_limits<float>::infinity());
  EXPECT_EQ(parseF32("1e-60"), 0.0f);
}
