// The parts of a zip archive: stored or deflated, with 64-bit sizes.
#ifndef MLC_RUNTIME_DATA_ZIP_H
#define MLC_RUNTIME_DATA_ZIP_H

#include "runtime/Status.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlc {

struct ZipEntry {
  std::string name;
  bool deflated = false;
  int64_t packedBytes = 0;
  int64_t bytes = 0; ///< as the directory says; what is read never exceeds it
  int64_t offset = 0;
  uint32_t crc = 0;
};

/// Opens an archive and reads its directory. Nothing that the archive says is believed: the directory must
/// lie in the file, parts must lie in the file and not overlap, a part cannot promise more than deflate could
/// make of it, and what it promises is checked against what is unpacked.
class ZipFile {
public:
  ZipFile(ZipFile &&) noexcept;
  ~ZipFile();
  /// IO if the file cannot be read, BadData if it is no such archive.
  static Expected<ZipFile> open(const std::string &path);

  const std::vector<ZipEntry> &entries() const;
  int64_t diskBytes() const;

  /// Reads one part forward; keep the archive open meanwhile.
  class Stream {
  public:
    Stream(Stream &&) noexcept;
    ~Stream();
    /// Up to `capacity` bytes; fewer only at the end, where length and checksum are verified.
    Expected<size_t> read(void *to, size_t capacity);

  private:
    friend class ZipFile;
    struct Impl;
    explicit Stream(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
  };
  Expected<Stream> stream(const ZipEntry &entry) const;

private:
  struct Impl;
  explicit ZipFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace mlc
#endif
