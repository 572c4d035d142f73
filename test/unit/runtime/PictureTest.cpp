#include "runtime/data/Picture.h"
#include "PictureBytes.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <random>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

void expectBad(const std::vector<uint8_t> &bytes, const std::string &why) {
  Expected<Picture> picture = decodePicture(bytes);
  ASSERT_FALSE(picture) << why;
  EXPECT_EQ(picture.status().code(), StatusCode::BadData);
  EXPECT_THAT(picture.status().message(), HasSubstr(why));
}

int worstDifference(const Picture &a, const Picture &b) {
  int worst = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    worst = std::max(worst, std::abs(a.pixels[i] - b.pixels[i]));
  return worst;
}

/// Changes the size that a JPEG header promises.
std::vector<uint8_t> resized(std::vector<uint8_t> jpeg, int width, int height) {
  for (size_t i = 2; i + 8 < jpeg.size(); ++i)
    if (jpeg[i] == 0xff && (jpeg[i + 1] == 0xc0 || jpeg[i + 1] == 0xc2)) {
      jpeg[i + 5] = static_cast<uint8_t>(height >> 8);
      jpeg[i + 6] = static_cast<uint8_t>(height);
      jpeg[i + 7] = static_cast<uint8_t>(width >> 8);
      jpeg[i + 8] = static_cast<uint8_t>(width);
      break;
    }
  return jpeg;
}

void putBig(std::vector<uint8_t> &bytes, size_t at, uint32_t value) {
  for (int i = 0; i < 4; ++i)
    bytes[at + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

/// Changes the size that a PNG header promises, and its checksum with it.
std::vector<uint8_t> resizedPng(std::vector<uint8_t> png, uint32_t width, uint32_t height) {
  putBig(png, 16, width);
  putBig(png, 20, height);
  putBig(png, 29, static_cast<uint32_t>(crc32(0, png.data() + 12, 17)));
  return png;
}

} // namespace

TEST(Picture, Jpeg) {
  Picture smoothed = smooth(40, 24);
  for (bool progressive : {false, true}) {
    Expected<Picture> picture = decodePicture(jpegOf(smoothed, progressive));
    ASSERT_TRUE(picture) << picture.status().message();
    EXPECT_EQ(picture->width, 40);
    EXPECT_EQ(picture->height, 24);
    ASSERT_EQ(picture->pixels.size(), smoothed.pixels.size());
    EXPECT_LE(worstDifference(*picture, smoothed), 12);
  }
  Expected<Picture> grey = decodePicture(jpegOf(smooth(16, 16, 1)));
  ASSERT_TRUE(grey) << grey.status().message();
  EXPECT_EQ(grey->pixels.size(), 16u * 16 * 3);
  EXPECT_EQ(grey->pixels[0], grey->pixels[2]);
}

TEST(Picture, Png) {
  Picture smoothed = smooth(7, 5);
  Expected<Picture> picture = decodePicture(pngOf(smoothed));
  ASSERT_TRUE(picture) << picture.status().message();
  EXPECT_EQ(picture->width, 7);
  EXPECT_EQ(picture->pixels, smoothed.pixels);

  uint8_t grey[] = {0, 100, 255, 7};
  picture = decodePicture(pngOf(2, 2, grey, PNG_FORMAT_GRAY));
  ASSERT_TRUE(picture) << picture.status().message();
  EXPECT_THAT(picture->pixels, ElementsAre(0, 0, 0, 100, 100, 100, 255, 255, 255, 7, 7, 7));
  uint8_t clear[] = {10, 20, 30, 0, 40, 50, 60, 128};
  picture = decodePicture(pngOf(2, 1, clear, PNG_FORMAT_RGBA));
  ASSERT_TRUE(picture) << picture.status().message();
  EXPECT_THAT(picture->pixels, ElementsAre(10, 20, 30, 40, 50, 60));
}

TEST(Picture, DamageIsAnError) {
  expectBad({}, "neither a JPEG nor a PNG file");
  expectBad({'G', 'I', 'F', '8', '9', 'a'}, "neither a JPEG nor a PNG file");
  std::vector<uint8_t> jpeg = jpegOf(smooth(64, 64)), png = pngOf(smooth(64, 64));
  for (size_t keep : {size_t(3), size_t(20), jpeg.size() / 2, jpeg.size() - 20})
    expectBad({jpeg.begin(), jpeg.begin() + static_cast<int64_t>(keep)}, "damaged JPEG data (");
  for (size_t keep : {size_t(8), size_t(20), png.size() / 2, png.size() - 20})
    expectBad({png.begin(), png.begin() + static_cast<int64_t>(keep)}, "it ends too early");
  png[png.size() - 30] ^= 1;
  expectBad(png, "damaged PNG data (");
  expectBad(jpegOf(Picture{8, 8, 4, std::vector<uint8_t>(256, 9)}), "neither grey nor in three colours");
}

TEST(Picture, PromisesOfGreatSizesCostNothing) {
  std::vector<uint8_t> jpeg = jpegOf(smooth(8, 8)), png = pngOf(smooth(8, 8));
  expectBad(resized(jpeg, 65000, 65000), "a JPEG picture of 65000 by 65000 pixels that is too large");
  expectBad(resized(jpegOf(smooth(8, 8), true), 65500, 65500), "too large");
  expectBad(resized(jpeg, 2000, 2000), "damaged JPEG data (");
  expectBad(resizedPng(png, 100000, 100000), "a PNG picture of 100000 by 100000 pixels that is too large");
  expectBad(resizedPng(png, 0x7fffffff, 0x7fffffff), "damaged PNG data (");
  expectBad(resizedPng(png, 2000, 2000), "damaged PNG data (");
}

TEST(Picture, AnyDamageIsAnErrorOrHarmless) {
  std::vector<std::vector<uint8_t>> files = {jpegOf(smooth(24, 16)), jpegOf(smooth(24, 16), true),
                                             pngOf(smooth(24, 16))};
  std::mt19937 chance(3);
  int decoded = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<uint8_t> bytes = files[static_cast<size_t>(i) % files.size()];
    for (int k = 0; k < 1 + i % 4; ++k)
      bytes[chance() % bytes.size()] = static_cast<uint8_t>(chance());
    if (i % 7 == 0)
      bytes.resize(chance() % bytes.size());
    Expected<Picture> picture = decodePicture(bytes);
    if (picture) {
      ++decoded;
      EXPECT_EQ(picture->pixels.size(), static_cast<size_t>(picture->width * picture->height * 3));
    } else {
      EXPECT_EQ(picture.status().code(), StatusCode::BadData);
    }
  }
  EXPECT_LT(decoded, 2000);
}
