// Layers that are closed or drawn once for several, and frames around what is in them.
#include "compiler/draw/Fold.h"
#include "compiler/draw/Nest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace mlc::compiler;

namespace {

/// x, then blocks_0 ... of two boxes and a skip, then a sum for each; with `back` the same the other way,
/// each reading what its block made; the last reads what the first block read.
Drawing blocks(std::size_t count, bool back) {
  Drawing drawing;
  drawing.boxes.push_back({Box::Input, {{"x"}}, false, {}});
  auto addBlock = [&](const std::string &part, std::size_t number) {
    std::string name = "blocks." + std::to_string(number);
    DrawingPath path{part, name};
    drawing.frames[path] = {name, "block", "heads 4", {"batch × 8"}, 1};
    std::size_t first = drawing.boxes.size();
    drawing.boxes.push_back({Box::Instance, {{"dense_1"}}, false, path});
    drawing.boxes.push_back({Box::Op, {{"add"}}, false, path});
    drawing.arrows.emplace_back(first, first + 1);
    return first;
  };
  drawing.frames[{"net"}] = {"net", "net", "", {"batch × 8"}, 1};
  std::vector<std::size_t> inputs, made;
  std::size_t before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t block = addBlock("net", i);
    drawing.arrows.emplace_back(before, block);
    drawing.arrows.emplace_back(before, block + 1);
    inputs.push_back(before);
    made.push_back(block);
    before = block + 1;
  }
  if (back) {
    drawing.frames[{"derivative of net"}] = {"derivative of net", "net", "", {}, 1};
    for (std::size_t i = count; i-- > 0;) {
      std::size_t block = addBlock("derivative of net", i);
      drawing.arrows.emplace_back(before, block);
      drawing.arrows.emplace_back(made[i], block);
      drawing.arrows.emplace_back(inputs[i], block + 1);
      before = block + 1;
    }
  }
  drawing.boxes.push_back({Box::Output, {{"loss"}}, false, {}});
  drawing.arrows.emplace_back(before, drawing.boxes.size() - 1);
  return drawing;
}

std::vector<Size> sizesOf(const Drawing &drawing) {
  return std::vector<Size>(drawing.boxes.size(), {90, 30});
}

/// Frames hold their boxes and no others, and lie in each other or apart.
void checkNested(const Drawing &drawing) {
  std::vector<Size> sizes = sizesOf(drawing);
  NestedLayout layout = layOutNested(drawing, sizes);
  ASSERT_EQ(layout.boxes.size(), drawing.boxes.size());
  auto apart = [](double a, double b, double c, double d) { return b <= c + 1e-6 || d <= a + 1e-6; };
  for (const FramePlace &frame : layout.frames) {
    double right = frame.left + frame.width, bottom = frame.top + frame.height;
    EXPECT_GE(frame.left, 0);
    EXPECT_LE(right, layout.size.width);
    EXPECT_LE(bottom, layout.size.height);
    EXPECT_GE(frame.width, textWidth(frame.title));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      double left = layout.boxes[i].x - 45, top = layout.boxes[i].y - 15;
      bool inside = left >= frame.left && left + 90 <= right && top >= frame.top && top + 30 <= bottom;
      EXPECT_TRUE(inside || apart(left, left + 90, frame.left, right) ||
                  apart(top, top + 30, frame.top, bottom))
          << frame.title << " cuts box " << i;
      if (inside) {
        EXPECT_GE(top, frame.top + frameTitleHeight);
      }
    }
    for (const FramePlace &other : layout.frames) {
      auto holds = [](const FramePlace &a, const FramePlace &b) {
        return a.left <= b.left && a.top <= b.top && a.left + a.width >= b.left + b.width &&
               a.top + a.height >= b.top + b.height;
      };
      EXPECT_TRUE(holds(frame, other) || holds(other, frame) ||
                  apart(frame.left, right, other.left, other.left + other.width) ||
                  apart(frame.top, bottom, other.top, other.top + other.height));
    }
  }
  for (const ArrowPlace &arrow : layout.arrows)
    for (const Route::Gap &gap : arrow.route.through)
      for (const Place &box : layout.boxes)
        EXPECT_TRUE(std::abs(gap.x - box.x) > 45 || gap.bottom < box.y || gap.top > box.y);
}

} // namespace

TEST(Fold, EqualBlocksAreDrawnOnceWithTheirNumber) {
  Drawing drawing = folded(blocks(4, false), 2);
  ASSERT_EQ(drawing.boxes.size(), 4u); // x, two in the block, loss
  EXPECT_EQ(frameTitle(drawing.frames.at({"net", "blocks.0"})), "blocks: block (heads 4) × 4");
  checkNested(drawing);
  // Closed, the block is a box; what is around it, too.
  drawing = folded(blocks(4, false), 1);
  ASSERT_EQ(drawing.boxes.size(), 3u);
  EXPECT_EQ(drawing.boxes[1].lines.front().text, "blocks: block (heads 4)");
  EXPECT_EQ(drawing.boxes[1].lines.back().text, "× 4");
  drawing = folded(blocks(4, false), 0);
  EXPECT_EQ(drawing.boxes[1].lines.front().text, "net");
}

TEST(Fold, SoAreThoseOfTheDerivativeThatReadWhatTheyMade) {
  for (std::size_t count : {3u, 4u, 6u}) {
    Drawing drawing = folded(blocks(count, true), 2);
    EXPECT_EQ(drawing.boxes.size(), 6u) << count;
    EXPECT_EQ(drawing.frames.at({"net", "blocks.0"}).times, int(count));
    checkNested(drawing);
  }
}

TEST(Fold, OthersAreNot) {
  // Another hyper-parameter, another box, another arrow.
  Drawing drawing = blocks(3, false);
  drawing.frames[{"net", "blocks.1"}].settings = "heads 8";
  EXPECT_EQ(folded(drawing, 2).boxes.size(), 8u);
  drawing = blocks(2, false);
  drawing.boxes[4].lines[0].text = "mul";
  EXPECT_EQ(folded(drawing, 2).boxes.size(), 6u);
  drawing = blocks(2, false);
  drawing.arrows.erase(std::find(drawing.arrows.begin(), drawing.arrows.end(), std::make_pair(3ul, 4ul)));
  EXPECT_EQ(folded(drawing, 2).boxes.size(), 6u);
  // The middle ones are read by different boxes.
  drawing = blocks(5, false);
  drawing.boxes.push_back({Box::Output, {{"other"}}, false, {}});
  drawing.arrows.emplace_back(6, drawing.boxes.size() - 1);
  EXPECT_EQ(folded(drawing, 2).boxes.size(), 13u);
}

TEST(Fold, BoxesOfOneLayerAfterEachOther) {
  Drawing drawing;
  for (int i = 1; i <= 3; ++i) {
    drawing.boxes.push_back({Box::Instance, {{"dense_" + std::to_string(i)}}, false, {"net"}});
    drawing.boxes.push_back({Box::Op, {{"relu"}}, true, {"net"}});
  }
  drawing.boxes.push_back({Box::Instance, {{"dense_4"}, {"batch × 3", false}}, false, {"net"}});
  for (std::size_t i = 0; i + 1 < drawing.boxes.size(); ++i)
    drawing.arrows.emplace_back(i, i + 1);
  drawing = folded(drawing, 1);
  ASSERT_EQ(drawing.boxes.size(), 2u);
  ASSERT_EQ(drawing.boxes[0].lines.size(), 3u);
  EXPECT_EQ(drawing.boxes[0].lines[0].text, "dense");
  EXPECT_EQ(drawing.boxes[0].lines[2].text, "× 3");
}

TEST(Fold, APageHasTheDeepestThatFits) {
  EXPECT_EQ(foldedToPage(blocks(4, true)).boxes.size(), 6u);
  // Sixty different blocks fit when they are closed only as well as they can: the model stays open.
  Drawing drawing = blocks(60, false);
  for (auto &[path, frame] : drawing.frames)
    frame.settings = path.back();
  EXPECT_EQ(foldedToPage(drawing).boxes.size(), 62u);
}

TEST(Nest, RandomDrawings) {
  std::mt19937 random(2); // NOLINT(bugprone-random-generator-seed): the same drawings each time
  for (int round = 0; round < 60; ++round) {
    Drawing drawing;
    std::size_t count = 3 + random() % 25;
    for (std::size_t i = 0; i < count; ++i) {
      DrawingPath path;
      for (std::size_t depth = random() % 4; depth-- > 0;)
        path.push_back("part_" + std::to_string(random() % 2));
      drawing.boxes.push_back({Box::Op, {{"op"}}, false, path});
    }
    for (std::size_t i = 0; i < 2 * count; ++i)
      drawing.arrows.emplace_back(random() % count, random() % count);
    SCOPED_TRACE(round);
    checkNested(drawing);
    checkNested(folded(drawing, random() % 4));
    if (HasFailure())
      return;
  }
}
