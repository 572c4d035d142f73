#include "runtime/data/Resize.h"

#include <algorithm>
#include <cmath>

namespace mlc {
namespace {

constexpr int weightBits = 22;

/// What one pixel of the result is made of: pixels first, first + 1, ... with a weight each.
struct Sum {
  int64_t first = 0;
  std::vector<int64_t> weights;
};

/// The sums of pixels begin .. begin + count - 1 of an axis of `from` pixels resized to `to`.
std::vector<Sum> sumsOf(int64_t from, int64_t to, int64_t begin, int64_t count) {
  double scale = static_cast<double>(from) / static_cast<double>(to);
  double width = std::max(scale, 1.0), narrowing = 1 / width;
  std::vector<Sum> sums(static_cast<size_t>(count));
  std::vector<double> weights;
  for (int64_t i = 0; i < count; ++i) {
    double center = (static_cast<double>(begin + i) + 0.5) * scale;
    auto first = std::max<int64_t>(static_cast<int64_t>(std::floor(center - width + 0.5)), 0);
    auto last = std::min<int64_t>(static_cast<int64_t>(std::floor(center + width + 0.5)), from);
    double total = 0;
    weights.clear();
    for (int64_t k = first; k < last; ++k) {
      double distance = std::abs((static_cast<double>(k) - center + 0.5) * narrowing);
      weights.push_back(std::max(1 - distance, 0.0));
      total += weights.back();
    }
    Sum &sum = sums[static_cast<size_t>(i)];
    sum.first = first;
    for (double weight : weights)
      sum.weights.push_back(static_cast<int64_t>(std::floor(weight / total * (1 << weightBits) + 0.5)));
  }
  return sums;
}

uint8_t rounded(int64_t sum) { return static_cast<uint8_t>(std::clamp<int64_t>(sum >> weightBits, 0, 255)); }

/// Python's rounding of half of a non-negative number: halves go to the even side.
int64_t halfOf(int64_t value) { return value / 2 + (value % 4 == 3 ? 1 : 0); }

} // namespace

Picture squareOf(const Picture &picture, int64_t size) {
  int64_t shorter = std::min(picture.width, picture.height);
  int64_t width = picture.width == shorter ? size : size * picture.width / shorter;
  int64_t height = picture.height == shorter ? size : size * picture.height / shorter;
  const int64_t channels = picture.channels;
  std::vector<Sum> columns = sumsOf(picture.width, width, halfOf(width - size), size);
  std::vector<Sum> rows = sumsOf(picture.height, height, halfOf(height - size), size);

  // Along rows, for those rows that the second pass reads.
  int64_t top = rows.front().first;
  int64_t bottom = rows.back().first + static_cast<int64_t>(rows.back().weights.size());
  std::vector<uint8_t> narrow(static_cast<size_t>((bottom - top) * size * channels));
  uint8_t *to = narrow.data();
  for (int64_t y = top; y < bottom; ++y) {
    const uint8_t *row = picture.pixels.data() + y * picture.width * channels;
    for (const Sum &sum : columns)
      for (int64_t c = 0; c < channels; ++c) {
        int64_t total = 1 << (weightBits - 1);
        const uint8_t *at = row + sum.first * channels + c;
        for (int64_t weight : sum.weights) {
          total += weight * *at;
          at += channels;
        }
        *to++ = rounded(total);
      }
  }

  Picture result;
  result.width = result.height = size;
  result.channels = channels;
  const int64_t rowBytes = size * channels;
  result.pixels.resize(static_cast<size_t>(size * rowBytes));
  std::vector<int64_t> totals(static_cast<size_t>(rowBytes));
  for (int64_t y = 0; y < size; ++y) {
    const Sum &sum = rows[static_cast<size_t>(y)];
    std::fill(totals.begin(), totals.end(), int64_t(1) << (weightBits - 1));
    const uint8_t *at = narrow.data() + (sum.first - top) * rowBytes;
    for (int64_t weight : sum.weights)
      for (int64_t &total : totals)
        total += weight * *at++;
    std::transform(totals.begin(), totals.end(), result.pixels.begin() + y * rowBytes, rounded);
  }
  return result;
}

Picture greyOf(const Picture &picture) {
  Picture grey;
  grey.width = picture.width;
  grey.height = picture.height;
  grey.channels = 1;
  grey.pixels.reserve(picture.pixels.size() / 3);
  for (size_t i = 0; i < picture.pixels.size(); i += 3)
    grey.pixels.push_back(static_cast<uint8_t>(
        (19595 * picture.pixels[i] + 38470 * picture.pixels[i + 1] + 7471 * picture.pixels[i + 2] + 32768) >>
        16));
  return grey;
}

} // namespace mlc
