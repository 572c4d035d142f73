// libpng ends a failed call by a call back that must not return, so this file jumps back over it, under the
// same rule as Jpeg.cpp: no objects with destructors between setjmp and a call of the library.
#include "runtime/data/Png.h"

#include <png.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace mlc {
namespace {

constexpr png_uint_32 maxSide = 1 << 24;
constexpr png_alloc_size_t maxChunk = 1 << 23;
constexpr png_uint_32 maxChunks = 128;

struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const uint8_t *at = nullptr;
  size_t left = 0;
  int passes = 1;
  char message[200] = "";
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto *decoder = static_cast<Decoder *>(png_get_error_ptr(png));
  std::snprintf(decoder->message, sizeof decoder->message, "%s", message);
  png_longjmp(png, 1);
}

void ignoreWarning(png_structp, png_const_charp) {}

void readBytes(png_structp png, png_bytep to, size_t count) {
  auto *decoder = static_cast<Decoder *>(png_get_io_ptr(png));
  if (count > decoder->left)
    png_error(png, "it ends too early");
  std::memcpy(to, decoder->at, count);
  decoder->at += count;
  decoder->left -= count;
}

/// Reads the header and sets what pixels are to become; false on failure.
bool readHeader(Decoder &decoder) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0)
    return false;
  png_set_user_limits(decoder.png, maxSide, maxSide);
  png_set_chunk_malloc_max(decoder.png, maxChunk);
  png_set_chunk_cache_max(decoder.png, maxChunks);
  png_set_read_fn(decoder.png, &decoder, readBytes);
  png_read_info(decoder.png, decoder.info);
  png_set_expand(decoder.png);
  png_set_scale_16(decoder.png);
  png_set_strip_alpha(decoder.png);
  png_set_gray_to_rgb(decoder.png);
  decoder.passes = png_set_interlace_handling(decoder.png);
  return true;
}

/// Decodes into `pixels`, which has room for all of them; false on failure.
bool readPixels(Decoder &decoder, uint8_t *pixels, int64_t height, int64_t rowBytes) {
  if (setjmp(png_jmpbuf(decoder.png)) != 0)
    return false;
  png_read_update_info(decoder.png, decoder.info);
  if (static_cast<int64_t>(png_get_rowbytes(decoder.png, decoder.info)) != rowBytes)
    png_error(decoder.png, "its rows have an unexpected form");
  for (int pass = 0; pass < decoder.passes; ++pass)
    for (int64_t row = 0; row < height; ++row)
      png_read_row(decoder.png, pixels + row * rowBytes, nullptr);
  png_read_end(decoder.png, nullptr);
  return true;
}

} // namespace

Expected<Picture> decodePng(const std::vector<uint8_t> &bytes) {
  Decoder decoder;
  decoder.at = bytes.data();
  decoder.left = bytes.size();
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, fail, ignoreWarning);
  if (!decoder.png)
    return Status::failed("libpng cannot start");
  struct Cleanup {
    Decoder &decoder;
    ~Cleanup() { png_destroy_read_struct(&decoder.png, &decoder.info, nullptr); }
  } cleanup{decoder};
  decoder.info = png_create_info_struct(decoder.png);
  if (!decoder.info)
    return Status::failed("libpng cannot start");

  if (!readHeader(decoder))
    return Status::badData(std::string("damaged PNG data (") + decoder.message + ")");
  Picture picture;
  picture.width = png_get_image_width(decoder.png, decoder.info);
  picture.height = png_get_image_height(decoder.png, decoder.info);
  if (picture.width * picture.height > maxPicturePixels)
    return Status::badData("a PNG picture of " + std::to_string(picture.width) + " by " +
                           std::to_string(picture.height) + " pixels that is too large");
  picture.pixels.resize(static_cast<size_t>(picture.width * picture.height * 3));
  if (!readPixels(decoder, picture.pixels.data(), picture.height, picture.width * 3))
    return Status::badData(std::string("damaged PNG data (") + decoder.message + ")");
  return picture;
}

} // namespace mlc
