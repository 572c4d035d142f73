#include "runtime/data/InputFile.h"

#include "runtime/files/Uninterrupted.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace mlc {

struct InputFile::Impl {
  std::string path;
  int descriptor = -1;
  int64_t diskBytes = 0;
  bool gzip = false;
  bool inflating = false; ///< `stream` needs inflateEnd
  bool memberDone = false;
  bool atEnd = false;
  int64_t unpacked = 0; ///< bytes delivered from gzip
  z_stream stream = {};
  unsigned char input[1 << 16];

  ~Impl() {
    if (inflating)
      inflateEnd(&stream);
    if (descriptor >= 0)
      ::close(descriptor);
  }

  Expected<size_t> readRaw(void *to, size_t capacity) {
    size_t total = 0;
    while (total < capacity) {
      ssize_t got = uninterrupted(
          [&] { return ::read(descriptor, static_cast<char *>(to) + total, capacity - total); });
      if (got < 0)
        return Status::io("cannot read " + path + ": " + std::strerror(errno));
      if (got == 0)
        break;
      total += static_cast<size_t>(got);
    }
    return total;
  }

  /// Makes input available; false at the end of the file.
  Expected<bool> refill() {
    if (stream.avail_in != 0)
      return true;
    Expected<size_t> got = readRaw(input, sizeof input);
    if (!got)
      return got.status();
    stream.next_in = input;
    stream.avail_in = static_cast<uInt>(*got);
    return *got != 0;
  }

  Expected<size_t> readGzip(void *to, size_t capacity) {
    size_t total = 0;
    while (total < capacity && !atEnd) {
      Expected<bool> more = refill();
      if (!more)
        return more.status();
      if (!*more) {
        if (!memberDone)
          return Status::badData("gzip data ends too early in " + path + "; fetch the file again");
        atEnd = true;
        break;
      }
      if (memberDone) {
        // Another member, or zeros that a tape or a server appended.
        if (*stream.next_in == 0) {
          ++stream.next_in;
          --stream.avail_in;
          continue;
        }
        if (inflateReset(&stream) != Z_OK)
          return Status::failed("zlib cannot start over, " + path);
        memberDone = false;
      }
      size_t room = std::min<size_t>(capacity - total, std::numeric_limits<uInt>::max());
      stream.next_out = static_cast<unsigned char *>(to) + total;
      stream.avail_out = static_cast<uInt>(room);
      int result = inflate(&stream, Z_NO_FLUSH);
      total += room - stream.avail_out;
      unpacked += static_cast<int64_t>(room - stream.avail_out);
      if (unpacked > diskBytes + spareBytes)
        return Status::badData(
            "the gzip file unpacks to more than 512 MiB beyond its size; unpack it first, " + path);
      if (result == Z_STREAM_END)
        memberDone = true;
      else if (result != Z_OK && result != Z_BUF_ERROR)
        return Status::badData("broken gzip data in " + path + " (" +
                               (stream.msg ? stream.msg : "zlib error") + "); fetch the file again");
    }
    return total;
  }
};

Expected<RegularFile> openRegular(const std::string &path) {
  // Not blocking, so that opening a pipe does not wait for a writer before it is refused.
  int descriptor = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  struct stat info;
  Status status;
  if (descriptor < 0 || uninterrupted([&] { return fstat(descriptor, &info); }) != 0)
    status =
        Status::io("cannot open " + path + ": " + std::strerror(errno) + "; give the folder with --data DIR");
  else if (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode))
    // Rows are read again for every epoch, or in another order; predict reads pipes into memory before.
    status = Status::io("cannot read " + path +
                        ": it is a pipe, which can be read only once; write what it delivers to a file");
  else if (!S_ISREG(info.st_mode))
    status = Status::io("cannot read " + path + ": it is not a regular file");
  else
    return RegularFile{descriptor, info.st_size};
  if (descriptor >= 0)
    ::close(descriptor);
  return status;
}

InputFile::InputFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
InputFile::InputFile(InputFile &&) noexcept = default;
InputFile &InputFile::operator=(InputFile &&) noexcept = default;
InputFile::~InputFile() = default;

const std::string &InputFile::path() const { return impl_->path; }
int64_t InputFile::diskBytes() const { return impl_->diskBytes; }
bool InputFile::isGzip() const { return impl_->gzip; }

Expected<InputFile> InputFile::open(const std::string &path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  Expected<RegularFile> file = openRegular(path);
  if (!file)
    return file.status();
  impl->descriptor = file->descriptor;
  impl->diskBytes = file->bytes;
  Expected<size_t> got = impl->readRaw(impl->input, 2);
  if (!got)
    return got.status();
  impl->gzip = *got == 2 && impl->input[0] == 0x1f && impl->input[1] == 0x8b;
  if (lseek(impl->descriptor, 0, SEEK_SET) != 0)
    return Status::io("cannot read " + path + ": " + std::strerror(errno));
  if (impl->gzip) {
    // 16: expect a gzip header and check its trailer.
    if (inflateInit2(&impl->stream, 16 + MAX_WBITS) != Z_OK)
      return Status::failed("zlib cannot start, " + path);
    impl->inflating = true;
  }
  return InputFile(std::move(impl));
}

Expected<std::vector<uint8_t>> readWhole(const std::string &path, int64_t most) {
  Expected<InputFile> file = InputFile::open(path);
  if (!file)
    return file.status();
  std::vector<uint8_t> bytes;
  if (!file->isGzip())
    bytes.reserve(static_cast<size_t>(std::min(file->diskBytes(), most)));
  std::vector<uint8_t> piece(size_t(1) << 18);
  while (true) {
    Expected<size_t> got = file->read(piece.data(), piece.size());
    if (!got)
      return got.status();
    if (*got == 0)
      return bytes;
    if (static_cast<int64_t>(bytes.size() + *got) > most)
      return Status::badData("the file holds more than " + std::to_string(most) + " bytes, " + path);
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<int64_t>(*got));
  }
}

Expected<size_t> InputFile::read(void *to, size_t capacity) {
  return impl_->gzip ? impl_->readGzip(to, capacity) : impl_->readRaw(to, capacity);
}

} // namespace mlc
