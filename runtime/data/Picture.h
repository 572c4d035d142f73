// JPEG and PNG files as pixels.
#ifndef MLC_RUNTIME_DATA_PICTURE_H
#define MLC_RUNTIME_DATA_PICTURE_H

#include "runtime/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlc {

/// Rows of pixels of `channels` bytes: red, green, blue; or one of grey.
struct Picture {
  int64_t width = 0, height = 0, channels = 3;
  std::vector<uint8_t> pixels;
};

/// Pictures with more pixels are refused, before memory for them is asked for; so one costs at most its file
/// and about 600 MiB, whatever it says.
constexpr int64_t maxPicturePixels = int64_t(1) << 26;

/// Decodes the bytes of a JPEG or PNG file, told apart by their beginning, to red, green and blue. Palettes
/// and grey are expanded, 16 bits become 8, transparency is dropped; an orientation noted in the file is not
/// applied. Damaged data are an error, and so are files that end too early. Messages do not name the file.
Expected<Picture> decodePicture(const std::vector<uint8_t> &bytes);

} // namespace mlc
#endif
