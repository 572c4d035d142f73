// libjpeg ends a failed call by a call back that must not return, so this file jumps back over it. Between
// setjmp and every call of the library there are no objects with destructors, and what is changed there and
// read after a jump lies in one struct that is reached through a pointer.
#include "runtime/data/Jpeg.h"

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

namespace mlc {
namespace {

/// A file of more scans is made to take long, not to be looked at.
constexpr int maxScans = 200;

struct Decoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
};

Decoder &decoderOf(j_common_ptr info) { return *static_cast<Decoder *>(info->client_data); }

[[noreturn]] void fail(j_common_ptr info) {
  Decoder &decoder = decoderOf(info);
  info->err->format_message(info, decoder.message);
  std::longjmp(decoder.failed, 1);
}

/// Levels below 0 are warnings: of damaged data, all but those that real cameras and editors cause.
void emit(j_common_ptr info, int level) {
  if (level >= 0)
    return;
  switch (info->err->msg_code) {
  case JWRN_EXTRANEOUS_DATA:
  case JWRN_ADOBE_XFORM:
  case JWRN_JFIF_MAJOR:
    return;
  default:
    fail(info);
  }
}

void watch(j_common_ptr info) {
  Decoder &decoder = decoderOf(info);
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= maxScans)
    return;
  std::snprintf(decoder.message, sizeof decoder.message, "more than %d scans", maxScans);
  std::longjmp(decoder.failed, 1);
}

/// Reads the header; false on failure.
bool readHeader(Decoder &decoder, const uint8_t *bytes, size_t count) {
  if (setjmp(decoder.failed) != 0)
    return false;
  jpeg_create_decompress(&decoder.info);
  decoder.info.client_data = &decoder;
  decoder.progress.progress_monitor = watch;
  decoder.info.progress = &decoder.progress;
  jpeg_mem_src(&decoder.info, bytes, static_cast<unsigned long>(count));
  jpeg_read_header(&decoder.info, TRUE);
  return true;
}

/// Decodes into `pixels`, which has room for all of them; false on failure.
bool readPixels(Decoder &decoder, uint8_t *pixels, int64_t rowBytes) {
  if (setjmp(decoder.failed) != 0)
    return false;
  decoder.info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&decoder.info);
  while (decoder.info.output_scanline < decoder.info.output_height) {
    JSAMPROW row = pixels + decoder.info.output_scanline * rowBytes;
    jpeg_read_scanlines(&decoder.info, &row, 1);
  }
  jpeg_finish_decompress(&decoder.info);
  return true;
}

/// What is wrong with a picture whose header was read, or empty.
const char *refusal(const jpeg_decompress_struct &info) {
  if (int64_t(info.image_width) * info.image_height > maxPicturePixels)
    return "too large";
  if (info.num_components != 1 && info.num_components != 3)
    return "neither grey nor in three colours (printer's colours?); convert it";
  return nullptr;
}

} // namespace

Expected<Picture> decodeJpeg(const std::vector<uint8_t> &bytes) {
  Decoder decoder = {};
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.info.client_data = &decoder;
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = emit;
  struct Cleanup {
    Decoder &decoder;
    ~Cleanup() { jpeg_destroy_decompress(&decoder.info); }
  } cleanup{decoder};

  if (!readHeader(decoder, bytes.data(), bytes.size()))
    return Status::badData(std::string("damaged JPEG data (") + decoder.message + ")");
  if (const char *why = refusal(decoder.info))
    return Status::badData("a JPEG picture of " + std::to_string(decoder.info.image_width) + " by " +
                           std::to_string(decoder.info.image_height) + " pixels that is " + why);
  Picture picture;
  picture.width = decoder.info.image_width;
  picture.height = decoder.info.image_height;
  picture.pixels.resize(static_cast<size_t>(picture.width * picture.height * 3));
  if (!readPixels(decoder, picture.pixels.data(), picture.width * 3))
    return Status::badData(std::string("damaged JPEG data (") + decoder.message + ")");
  return picture;
}

} // namespace mlc
