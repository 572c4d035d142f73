// A data file as a stream of bytes, unpacked on the way if it is gzip.
#ifndef MLC_RUNTIME_DATA_INPUTFILE_H
#define MLC_RUNTIME_DATA_INPUTFILE_H

#include "runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlc {

/// A regular file, open for reading.
struct RegularFile {
  int descriptor = -1; ///< the caller closes it
  int64_t bytes = 0;   ///< on disk
};

/// Fails with IO if the file is missing, not regular or not readable; nothing is open then.
Expected<RegularFile> openRegular(const std::string &path);

/// Reads forward through a regular file. Gzip is recognised by its first two bytes, not by its name; several
/// members in one file follow each other; checksums and lengths are verified when the end is reached.
/// Memory stays constant: what is read goes to the caller, who keeps most of it; so gzip that unpacks to more
/// than the size of the file and `spareBytes` is refused.
class InputFile {
public:
  static constexpr int64_t spareBytes = int64_t(1) << 29;

  InputFile(InputFile &&) noexcept;
  InputFile &operator=(InputFile &&) noexcept;
  ~InputFile();

  /// Fails with IO if the file is missing, not regular or not readable.
  static Expected<InputFile> open(const std::string &path);

  /// Up to `capacity` bytes; fewer than asked for (0 at last) only at the end. BadData for broken gzip.
  Expected<size_t> read(void *to, size_t capacity);

  const std::string &path() const;
  /// Bytes on disk.
  int64_t diskBytes() const;
  bool isGzip() const;

private:
  struct Impl;
  explicit InputFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The whole of a file, unpacked if it is gzip; memory grows as data arrive. BadData with more than `most`
/// bytes.
Expected<std::vector<uint8_t>> readWhole(const std::string &path, int64_t most);

} // namespace mlc
#endif
