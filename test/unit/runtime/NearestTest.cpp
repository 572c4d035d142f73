#include "runtime/Nearest.h"
#include "Growth.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlc;
using namespace mlc::test;

TEST(Nearest, FindsTheLikelyName) {
  std::vector<std::string> names = {"income", "hours-per-week", "Age"};
  EXPECT_EQ(nearestName("incme", names), "income");
  EXPECT_EQ(nearestName("age", names), "Age");
  EXPECT_EQ(nearestName("hours_per_week", names), "hours-per-week");
  EXPECT_EQ(nearestName("zebra", names), "");
  EXPECT_EQ(didYouMean("incme", names), "; did you mean 'income'?");
  EXPECT_EQ(didYouMean("zebra", names), "");
}

// The definition, with the whole table.
static size_t distanceOf(const std::string &a, const std::string &b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = 2 * (i + j);
        continue;
      }
      size_t change = a[i - 1] == b[j - 1] ? 0 : (a[i - 1] | 32) == (b[j - 1] | 32) ? 1 : 2;
      cost[i][j] = std::min({cost[i - 1][j] + 2, cost[i][j - 1] + 2, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 2);
    }
  return cost[a.size()][b.size()];
}

TEST(Nearest, IsThatOfTheDefinition) {
  std::mt19937 random(7);
  auto word = [&] {
    std::string text(random() % 12, ' ');
    for (char &c : text)
      c = "abAB"[random() % 4];
    return text;
  };
  for (int round = 0; round < 3000; ++round) {
    std::string name = word(), wanted;
    std::vector<std::string> names(random() % 6);
    for (std::string &each : names)
      each = word();
    size_t least = SIZE_MAX;
    for (const std::string &each : names) {
      size_t d = distanceOf(name, each);
      if (d < least && 3 * d <= 2 * std::max<size_t>(3, std::max(each.size(), name.size()))) {
        least = d;
        wanted = each;
      }
    }
    ASSERT_EQ(nearestName(name, names), wanted) << name;
  }
}

// A file of weights may have a million names, and long ones.
TEST(Nearest, GivesUpOnManyNames) {
  std::vector<std::string> names;
  for (int i = 0; i < 200000; ++i)
    names.push_back(std::string(200, 'a') + std::to_string(1000000 + i));
  EXPECT_LT(secondsOf([&] { EXPECT_NE(nearestName(std::string(200, 'a') + "0", names), ""); }), 10);
}
