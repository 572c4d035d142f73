// Layouts of layered drawings: nothing overlaps, arrows lead down, chains are straight; and what chains
// become.
#include "compiler/draw/Layout.h"
#include "compiler/draw/Drawing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace mlc::compiler;

namespace {

using Arrows = std::vector<std::pair<std::size_t, std::size_t>>;

/// Boxes apart, arrows from the lower edge of one to the upper of another, points apart from boxes.
void checkLayout(const std::vector<Size> &sizes, const Arrows &arrows) {
  Layout layout = layOut(sizes, arrows);
  ASSERT_EQ(layout.boxes.size(), sizes.size());
  ASSERT_EQ(layout.arrows.size(), arrows.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_GE(layout.boxes[i].x - sizes[i].width / 2, 0);
    EXPECT_LE(layout.boxes[i].x + sizes[i].width / 2, layout.size.width);
    EXPECT_GE(layout.boxes[i].y - sizes[i].height / 2, 0);
    EXPECT_LE(layout.boxes[i].y + sizes[i].height / 2, layout.size.height);
    for (std::size_t j = 0; j < i; ++j) {
      bool apartX =
          std::abs(layout.boxes[i].x - layout.boxes[j].x) >= (sizes[i].width + sizes[j].width) / 2 - 1e-6;
      bool apartY =
          std::abs(layout.boxes[i].y - layout.boxes[j].y) >= (sizes[i].height + sizes[j].height) / 2 - 1e-6;
      EXPECT_TRUE(apartX || apartY) << i << " over " << j;
    }
  }
  for (std::size_t i = 0; i < arrows.size(); ++i) {
    auto [from, to] = arrows[i];
    if (from == to)
      continue;
    const Route &route = layout.arrows[i];
    EXPECT_EQ(layout.boxes[from].y > layout.boxes[to].y, route.leadsBack);
    for (const Route::Gap &gap : route.through)
      for (std::size_t box = 0; box < sizes.size(); ++box) {
        bool beside = std::abs(gap.x - layout.boxes[box].x) > sizes[box].width / 2;
        bool elsewhere = gap.bottom < layout.boxes[box].y || gap.top > layout.boxes[box].y;
        EXPECT_TRUE(beside || elsewhere) << "arrow " << i << " through box " << box;
      }
  }
}

Box op(const std::string &name, std::vector<std::string> path = {}) {
  return {Box::Op, {{name}}, true, std::move(path)};
}

} // namespace

TEST(Layout, NothingAndOneBox) {
  checkLayout({}, {});
  checkLayout({{50, 20}}, {});
  checkLayout({{50, 20}}, {{0, 0}});
}

TEST(Layout, AChainIsStraightAndASkipGoesRoundIt) {
  std::vector<Size> sizes(4, {80, 20});
  Arrows arrows = {{0, 1}, {1, 2}, {2, 3}, {0, 3}};
  checkLayout(sizes, arrows);
  Layout layout = layOut(sizes, arrows);
  EXPECT_NEAR(layout.boxes[1].x, layout.boxes[2].x, 1);
  ASSERT_EQ(layout.arrows[3].through.size(), 4u); // the two ends, and the two layers between
  EXPECT_NEAR(layout.arrows[3].through[1].x, layout.arrows[3].through[2].x, 1);
}

TEST(Layout, BlocksWithSkipsAreNoStaircase) {
  // Eight times two boxes beside a skip, and their sum: the way through all of them is one straight line.
  std::vector<Size> sizes(25, {80, 20});
  Arrows arrows;
  for (std::size_t from = 0; from + 3 < sizes.size(); from += 3)
    for (auto [up, down] : Arrows{{0, 1}, {1, 2}, {2, 3}, {0, 3}})
      arrows.emplace_back(from + up, from + down);
  checkLayout(sizes, arrows);
  Layout layout = layOut(sizes, arrows);
  for (const Place &place : layout.boxes)
    EXPECT_NEAR(place.x, layout.boxes.front().x, 1e-6);
  EXPECT_LT(layout.size.width, 250);
}

TEST(Layout, PortsLieAtTheEdgesAndArrowsMeetBoxesBesideTheirCentres) {
  // In a frame: from the upper edge through a box to the lower, and past it; the second arrow begins right of
  // the box's centre.
  LayoutPorts ports;
  ports.pins = {LayoutPorts::Top, LayoutPorts::Free, LayoutPorts::Free, LayoutPorts::Bottom};
  ports.ends = {{0, 0}, {0, 0}, {25, -10}, {0, 0}, {0, 0}};
  ports.margin = 8;
  Arrows arrows = {{0, 1}, {0, 3}, {1, 2}, {2, 3}, {0, 2}};
  Layout layout = layOut({{0, 0}, {80, 20}, {60, 20}, {0, 0}}, arrows, ports);
  EXPECT_EQ(layout.arrows[0].through.front().top, 0);
  EXPECT_EQ(layout.arrows[3].through.back().bottom, layout.size.height);
  const Route &beside = layout.arrows[2];
  EXPECT_NEAR(beside.through.front().x, layout.boxes[1].x + 25, 1e-6);
  EXPECT_NEAR(beside.through.back().x, layout.boxes[2].x - 10, 1e-6);
  EXPECT_NEAR(beside.through.front().x, beside.through.back().x, 1e-6);
}

TEST(Layout, AnArrowThatClosesACycleLeadsBack) {
  std::vector<Size> sizes(3, {80, 20});
  Arrows arrows = {{0, 1}, {1, 2}, {2, 0}};
  checkLayout(sizes, arrows);
  Layout layout = layOut(sizes, arrows);
  EXPECT_FALSE(layout.arrows[0].leadsBack);
  EXPECT_TRUE(layout.arrows[2].leadsBack);
}

TEST(Layout, TwoWaysThatNeedNotCrossDoNot) {
  // 0 -> 1, 2; 1 -> 4; 2 -> 3: sorted by number, the last two would cross.
  std::vector<Size> sizes(5, {80, 20});
  Layout layout = layOut(sizes, {{0, 1}, {0, 2}, {1, 4}, {2, 3}});
  EXPECT_EQ(layout.boxes[1].x < layout.boxes[2].x, layout.boxes[4].x < layout.boxes[3].x);
}

TEST(Layout, RandomGraphs) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    std::size_t count = 2 + random() % 30;
    std::vector<Size> sizes;
    for (std::size_t i = 0; i < count; ++i)
      sizes.push_back({20.0 + random() % 200, 20.0 + random() % 40});
    Arrows arrows;
    for (std::size_t i = 0; i < 2 * count; ++i)
      arrows.emplace_back(random() % count, random() % count);
    SCOPED_TRACE(round);
    checkLayout(sizes, arrows);
    if (HasFailure())
      return;
  }
}

TEST(JoinChains, OpsJoinWhatTheyFollowAloneButNotAnInput) {
  Drawing drawing{"",
                  {{Box::Input, {{"x"}}, false, {}}, op("a"), op("b"), op("c"), op("d")},
                  {{0, 1}, {1, 2}, {2, 3}, {2, 4}},
                  {}};
  joinChains(drawing);
  ASSERT_EQ(drawing.boxes.size(), 4u);
  EXPECT_EQ(drawing.boxes[1].lines.size(), 2u);
  EXPECT_EQ(drawing.arrows, (Arrows{{0, 1}, {1, 2}, {1, 3}}));
}

TEST(JoinChains, InstancesJoinThoseBesideThem) {
  Box conv{Box::Instance, {{"net.conv"}}, true, {"net"}}, norm{Box::Instance, {{"net.norm"}}, true, {"net"}};
  Box other{Box::Instance, {{"net.block.conv"}}, true, {"net", "block"}};
  Drawing drawing{"", {conv, norm, other}, {{0, 1}, {1, 2}}, {}};
  joinChains(drawing);
  ASSERT_EQ(drawing.boxes.size(), 2u);
  EXPECT_EQ(drawing.boxes[0].lines[1].text, "net.norm");
}

TEST(Svg, TextIsEscapedAndArrowsAreCurves) {
  Drawing drawing{"a < b", {op("x & y"), op("z")}, {{0, 1}}, {}};
  std::string text = svg(drawing);
  EXPECT_NE(text.find("a &lt; b"), std::string::npos);
  EXPECT_NE(text.find("x &amp; y"), std::string::npos);
  EXPECT_NE(text.find("<path class=\"tip\" d=\"M"), std::string::npos);
  EXPECT_EQ(text, svg(drawing));
}
