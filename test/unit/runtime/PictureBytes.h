// Writes JPEG and PNG files for tests.
#ifndef MLC_TEST_UNIT_RUNTIME_PICTUREBYTES_H
#define MLC_TEST_UNIT_RUNTIME_PICTUREBYTES_H

#include "runtime/data/Picture.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>
#include <png.h>

namespace mlc::test {

inline std::vector<uint8_t> jpegOf(const Picture &picture, bool progressive = false) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *bytes = nullptr;
  unsigned long count = 0;
  jpeg_mem_dest(&info, &bytes, &count);
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = static_cast<int>(picture.channels);
  info.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : picture.channels == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  if (progressive)
    jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto *row =
        const_cast<JSAMPROW>(picture.pixels.data() + info.next_scanline * picture.width * picture.channels);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<uint8_t> result(bytes, bytes + count);
  std::free(bytes);
  return result;
}

/// `format` is one of libpng's PNG_FORMAT_*, of bytes or, linear, of 16 bits.
inline std::vector<uint8_t> pngOf(int64_t width, int64_t height, const void *pixels, png_uint_32 format) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  png_alloc_size_t count = 0;
  png_image_write_to_memory(&image, nullptr, &count, 0, pixels, 0, nullptr);
  std::vector<uint8_t> result(count);
  png_image_write_to_memory(&image, result.data(), &count, 0, pixels, 0, nullptr);
  result.resize(count);
  return result;
}
inline std::vector<uint8_t> pngOf(const Picture &picture) {
  return pngOf(picture.width, picture.height, picture.pixels.data(),
               picture.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB);
}

/// A picture of smooth colours, which JPEG keeps nearly.
inline Picture smooth(int64_t width, int64_t height, int64_t channels = 3) {
  Picture picture{width, height, channels, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c)
        picture.pixels.push_back(static_cast<uint8_t>((c == 0   ? 255 * x / width
                                                       : c == 1 ? 255 * y / height
                                                                : 255 - 255 * x / width)));
  return picture;
}

inline std::string textOf(const std::vector<uint8_t> &bytes) { return {bytes.begin(), bytes.end()}; }

} // namespace mlc::test
#endif
