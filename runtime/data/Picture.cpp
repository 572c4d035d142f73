#include "runtime/data/Picture.h"

#include "runtime/data/Jpeg.h"
#include "runtime/data/Png.h"

#include <cstring>
#include <new>

namespace mlc {

Expected<Picture> decodePicture(const std::vector<uint8_t> &bytes) {
  const uint8_t jpeg[] = {0xff, 0xd8, 0xff}, png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  auto begins = [&](const uint8_t *with, size_t count) {
    return bytes.size() >= count && std::memcmp(bytes.data(), with, count) == 0;
  };
  try {
    if (begins(jpeg, sizeof jpeg))
      return decodeJpeg(bytes);
    if (begins(png, sizeof png))
      return decodePng(bytes);
  } catch (const std::bad_alloc &) {
    return Status::failed("out of memory for the picture");
  }
  return Status::badData("neither a JPEG nor a PNG file");
}

} // namespace mlc
