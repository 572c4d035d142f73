// What TakenBytes finds is what a look at every block would find.
#include "compiler/plan/TakenBytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

using namespace mlc::compiler;

namespace {

struct Block {
  int first, last;
  ByteRun run;
};

int64_t bestGapOf(std::vector<Block> blocks, int first, int last, int64_t size) {
  std::sort(blocks.begin(), blocks.end(),
            [](const Block &a, const Block &b) { return a.run.begin < b.run.begin; });
  int64_t free = 0, best = -1, bestGap = 0;
  for (const Block &block : blocks) {
    if (block.last < first || last < block.first)
      continue;
    int64_t gap = block.run.begin - free;
    if (gap >= size && (best < 0 || gap < bestGap)) {
      best = free;
      bestGap = gap;
    }
    free = std::max(free, block.run.end);
  }
  return best >= 0 ? best : free;
}

TEST(TakenBytes, FindsWhatALookAtEveryBlockFinds) {
  std::mt19937 random(1);
  auto below = [&](int n) { return int(random() % unsigned(n)); };
  for (int times : {1, 2, 3, 17, 64, 100}) {
    TakenBytes taken(times);
    std::vector<Block> blocks;
    for (int i = 0; i < 400; ++i) {
      int first = below(times), last = first + below(times - first);
      int64_t size = 64 * (1 + below(i % 3 ? 4 : 40));
      int64_t place = taken.bestGap(first, last, size);
      ASSERT_EQ(place, bestGapOf(blocks, first, last, size)) << "times " << times << ", block " << i;
      taken.take(first, last, {place, place + size});
      blocks.push_back({first, last, {place, place + size}});
    }
  }
}

} // namespace
