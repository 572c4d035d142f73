// Whether time grows in proportion to a count.
#ifndef MLC_TEST_UNIT_RUNTIME_GROWTH_H
#define MLC_TEST_UNIT_RUNTIME_GROWTH_H

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

namespace mlc::test {

/// Processor time of `run`, of the fastest of three.
template <typename Run> double secondsOf(Run run) {
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    std::clock_t begin = std::clock();
    run();
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

/// Expects `work(16 count)` to take less than 64 times as long as `work(count)`: 16 times it is if time is
/// proportional, more where a cache does not hold what it takes, 256 if it grows with the square. Times under
/// a millisecond say nothing.
template <typename Work> void expectLinear(int64_t count, Work work) {
  double once = secondsOf([&] { work(count); }), many = secondsOf([&] { work(16 * count); });
  EXPECT_LT(many, 64 * std::max(once, 1e-3)) << count << ": " << once << " s";
}

} // namespace mlc::test
#endif
