// JPEG through libjpeg-turbo.
#ifndef MLC_RUNTIME_DATA_JPEG_H
#define MLC_RUNTIME_DATA_JPEG_H

#include "runtime/data/Picture.h"

namespace mlc {

/// Decodes the bytes of a JPEG file; see decodePicture. May throw std::bad_alloc.
Expected<Picture> decodeJpeg(const std::vector<uint8_t> &bytes);

} // namespace mlc
#endif
