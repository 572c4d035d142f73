#include "runtime/Nearest.h"

#include <gtest/gtest.h>

using namespace mlc;

TEST(Nearest, FindsTheLikelyName) {
  std::vector<std::string> names = {"income", "hours-per-week", "Age"};
  EXPECT_EQ(nearestName("incme", names), "income");
  EXPECT_EQ(nearestName("age", names), "Age");
  EXPECT_EQ(nearestName("hours_per_week", names), "hours-per-week");
  EXPECT_EQ(nearestName("zebra", names), "");
  EXPECT_EQ(didYouMean("incme", names), "; did you mean 'income'?");
  EXPECT_EQ(didYouMean("zebra", names), "");
}
