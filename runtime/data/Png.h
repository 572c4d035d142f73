// PNG through libpng.
#ifndef MLC_RUNTIME_DATA_PNG_H
#define MLC_RUNTIME_DATA_PNG_H

#include "runtime/data/Picture.h"

namespace mlc {

/// Decodes the bytes of a PNG file; see decodePicture. May throw std::bad_alloc.
Expected<Picture> decodePng(const std::vector<uint8_t> &bytes);

} // namespace mlc
#endif
