// Pictures to a square of one size.
#ifndef MLC_RUNTIME_DATA_RESIZE_H
#define MLC_RUNTIME_DATA_RESIZE_H

#include "runtime/data/Picture.h"

namespace mlc {

/// Resizes so that the shorter side is `size` (the longer one in proportion, rounded down), then cuts the
/// square out of the middle (an odd half pixel goes to the even side): what torchvision does in Resize and
/// CenterCrop.
///
/// The resizing is bilinear with antialiasing and rounds as Pillow does, bit for bit: each axis on its own,
/// first along rows; a pixel is the sum of those within reach, weighted by a triangle as wide as the
/// reduction (as wide as a pixel when enlarging), with weights of 22 binary places, rounded to a byte after
/// each axis. Only what the square needs is computed.
Picture squareOf(const Picture &picture, int64_t size);

/// One channel: (19595 red + 38470 green + 7471 blue + 32768) / 65536, as Pillow's "L".
Picture greyOf(const Picture &picture);

} // namespace mlc
#endif
