#include "runtime/data/Resize.h"

#include <gmock/gmock.h>
#include <zlib.h>

using namespace mlc;
using testing::ElementsAre;

namespace {

Picture patterned(int64_t width, int64_t height) {
  Picture picture{width, height, 3, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < 3; ++c)
        picture.pixels.push_back(static_cast<uint8_t>((x * 7 + y * 13 + c * 29 + x * y % 17 * 5) % 256));
  return picture;
}

uint32_t checksum(const Picture &picture) {
  return static_cast<uint32_t>(crc32(0, picture.pixels.data(), static_cast<uInt>(picture.pixels.size())));
}

} // namespace

// What Pillow 13.0 gives: `resize((w, h), Image.BILINEAR)`, then `crop`, with torchvision's sizes; in the
// second column after `convert("L")`.
TEST(Resize, IsPillowsBitForBit) {
  struct {
    int64_t width, height, size;
    uint32_t colour, grey;
  } cases[] = {
      {37, 23, 8, 0x04f948a0, 0xc3ebe624},  {23, 37, 8, 0x677e2dc1, 0x5d813b08},
      {5, 9, 16, 0x946ee2cc, 0x629e7db0},   {300, 200, 32, 0x1d9520b8, 0x09b2ebb4},
      {64, 64, 64, 0x1fd6ece5, 0xa1ab02ef}, {65, 64, 64, 0x1fd6ece5, 0xa1ab02ef},
      {67, 64, 64, 0xe5d8ee19, 0xc4299f06}, {1, 1, 3, 0x6db533b6, 0xa384ddf2},
      {1000, 3, 7, 0x6945c9a3, 0x489126cb},
  };
  for (const auto &each : cases) {
    Picture picture = patterned(each.width, each.height);
    EXPECT_EQ(checksum(squareOf(picture, each.size)), each.colour) << each.width << " by " << each.height;
    EXPECT_EQ(checksum(squareOf(greyOf(picture), each.size)), each.grey)
        << each.width << " by " << each.height;
  }
}

TEST(Resize, AveragesWhenItReducesAndKeepsWhatIsFlat) {
  Picture flat{9, 5, 1, std::vector<uint8_t>(45, 200)};
  EXPECT_THAT(squareOf(flat, 2).pixels, ElementsAre(200, 200, 200, 200));
  // Stripes of one pixel do not alias: all that is left is their mean.
  Picture stripes{64, 64, 1, {}};
  for (int i = 0; i < 64 * 64; ++i)
    stripes.pixels.push_back(i % 2 ? 255 : 0);
  for (uint8_t pixel : squareOf(stripes, 8).pixels)
    EXPECT_NEAR(pixel, 127.5, 6);
}

TEST(Resize, CutsOutTheMiddle) {
  Picture wide{6, 2, 1, {0, 0, 7, 8, 0, 0, 0, 0, 9, 10, 0, 0}};
  EXPECT_THAT(squareOf(wide, 2).pixels, ElementsAre(7, 8, 9, 10));
  Picture tall{1, 4, 1, {1, 2, 3, 4}};
  EXPECT_THAT(squareOf(tall, 1).pixels, ElementsAre(3)); // of 1.5 pixels above, halves to the even side: 2
}
