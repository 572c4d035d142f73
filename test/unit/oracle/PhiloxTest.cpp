#include "dialects/mlc/Philox.h"

#include <gtest/gtest.h>

using namespace mlc::philox;

// Lines `philox4x32 10` of Random123's kat_vectors.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(generate({0, 0, 0, 0}, 0), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(generate({~0u, ~0u, ~0u, ~0u}, ~0ull), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(generate({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, EveryPartOfThePlaceCounts) {
  Place base{1, 2, 3, 4, 5};
  for (Place other :
       {Place{9, 2, 3, 4, 5}, Place{1, 9, 3, 4, 5}, Place{1, 2, 9, 4, 5}, Place{1, 2, 3, 9, 5},
        Place{1, 2, 3, 4, 9}, Place{1, 2 + (1ull << 32), 3, 4, 5}, Place{1, 2, 3, 4 + (1ull << 32), 5}})
    EXPECT_NE(bitsAt(base), bitsAt(other));
  // Four neighbours share a block.
  EXPECT_EQ(blockAt({1, 2, 3, 4, 4}), blockAt({1, 2, 3, 4, 7}));
  EXPECT_NE(bitsAt({1, 2, 3, 4, 4}), bitsAt({1, 2, 3, 4, 7}));
}

TEST(Philox, MomentsOfTheDistributions) {
  const int count = 200000;
  double sum = 0, squares = 0, normals = 0, normalSquares = 0, neighbours = 0;
  for (int i = 0; i < count; ++i) {
    Place place{7, 11, 0xfeedfacecafebeef, uint64_t(i / 100), uint64_t(i % 100)};
    double u = uniformAt(place), n = normalAt(place);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ASSERT_LT(std::abs(n), 5.8);
    sum += u;
    squares += u * u;
    normals += n;
    normalSquares += n * n;
    Place next = place;
    next.element ^= 1;
    neighbours += n * normalAt(next);
  }
  // Five standard errors.
  EXPECT_NEAR(sum / count, 0.5, 5 * std::sqrt(1.0 / 12 / count));
  EXPECT_NEAR(squares / count, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / count));
  EXPECT_NEAR(normals / count, 0, 5 / std::sqrt(count));
  EXPECT_NEAR(normalSquares / count, 1, 5 * std::sqrt(2.0 / count));
  EXPECT_NEAR(neighbours / count, 0, 5 / std::sqrt(count / 2));
}
