// A zip archive is read from its end: the end record says where the directory is, the directory where each
// part is. Before a part there is a local header whose name and extra field may differ in length from the
// directory's; everything else that it repeats is ignored.
#include "runtime/data/Zip.h"

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
#include <optional>

namespace mlc {
namespace {

constexpr int64_t endBytes = 22, locatorBytes = 20, end64Bytes = 56, centralBytes = 46, localBytes = 30;
/// A directory larger than this is refused; numpy's have a hundred bytes an array.
constexpr int64_t maxDirectory = int64_t(1) << 26;

uint64_t little(const uint8_t *at, int bytes) {
  uint64_t value = 0;
  for (int i = bytes; i-- > 0;)
    value = value << 8 | at[i];
  return value;
}

/// A 64-bit size or offset that a file can have; nothing for more.
std::optional<int64_t> place(uint64_t value) {
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / 4)
    return std::nullopt;
  return static_cast<int64_t>(value);
}

} // namespace

struct ZipFile::Impl {
  std::string path;
  int descriptor = -1;
  int64_t diskBytes = 0;
  std::vector<ZipEntry> entries;

  ~Impl() {
    if (descriptor >= 0)
      ::close(descriptor);
  }

  Status bad(const std::string &what) const { return Status::badData(what + ", " + path); }
  Status notZip() const { return bad("not a zip archive (an .npz file is one)"); }

  /// All `bytes` at `offset`, which must lie in the file.
  Status readAt(int64_t offset, void *to, int64_t bytes) const {
    if (offset < 0 || bytes > diskBytes || offset > diskBytes - bytes)
      return bad("the zip directory points outside the file");
    for (int64_t done = 0; done < bytes;) {
      ssize_t got = uninterrupted([&] {
        return ::pread(descriptor, static_cast<char *>(to) + done, static_cast<size_t>(bytes - done),
                       offset + done);
      });
      if (got < 0)
        return Status::io("cannot read " + path + ": " + std::strerror(errno));
      if (got == 0)
        return Status::io("cannot read " + path + ": it became shorter meanwhile");
      done += got;
    }
    return {};
  }

  struct Directory {
    int64_t count = 0, bytes = 0, offset = 0;
  };
  Expected<Directory> findDirectory() const;
  Status readDirectory(const Directory &directory);
  Expected<ZipEntry> parse(const std::vector<uint8_t> &directory, int64_t &at) const;
  Status checkOverlaps() const;
};

Expected<ZipFile::Impl::Directory> ZipFile::Impl::findDirectory() const {
  int64_t tail = std::min<int64_t>(diskBytes, endBytes + 65535);
  if (tail < endBytes)
    return notZip();
  std::vector<uint8_t> bytes(static_cast<size_t>(tail));
  MLC_TRY(readAt(diskBytes - tail, bytes.data(), tail));
  int64_t end = tail - endBytes;
  while (end >= 0 && little(bytes.data() + end, 4) != 0x06054b50)
    --end;
  if (end < 0)
    return notZip();
  const uint8_t *record = bytes.data() + end;
  if (little(record + 4, 2) != little(record + 6, 2))
    return bad("the archive is one part of several");
  uint64_t count = little(record + 10, 2), size = little(record + 12, 4), offset = little(record + 16, 4);
  // Values that do not fit are in a 64-bit record, which a locator before this record points to.
  int64_t locator = diskBytes - tail + end - locatorBytes;
  if ((count == 0xffff || size == 0xffffffff || offset == 0xffffffff) && locator >= 0) {
    uint8_t link[locatorBytes], wide[end64Bytes];
    MLC_TRY(readAt(locator, link, locatorBytes));
    std::optional<int64_t> at = place(little(link + 8, 8));
    if (little(link, 4) == 0x07064b50 && at) {
      MLC_TRY(readAt(*at, wide, end64Bytes));
      if (little(wide, 4) != 0x06064b50)
        return bad("the zip directory is damaged");
      count = little(wide + 32, 8);
      size = little(wide + 40, 8);
      offset = little(wide + 48, 8);
    }
  }
  std::optional<int64_t> wideCount = place(count), wideSize = place(size), wideOffset = place(offset);
  if (!wideCount || !wideSize || !wideOffset || *wideSize > maxDirectory ||
      *wideCount > *wideSize / centralBytes)
    return bad("the zip directory is damaged");
  return Directory{*wideCount, *wideSize, *wideOffset};
}

Expected<ZipEntry> ZipFile::Impl::parse(const std::vector<uint8_t> &directory, int64_t &at) const {
  auto left = [&] { return static_cast<int64_t>(directory.size()) - at; };
  const uint8_t *record = directory.data() + at;
  if (left() < centralBytes || little(record, 4) != 0x02014b50)
    return bad("the zip directory is damaged");
  auto nameBytes = static_cast<int64_t>(little(record + 28, 2));
  auto extraBytes = static_cast<int64_t>(little(record + 30, 2));
  auto commentBytes = static_cast<int64_t>(little(record + 32, 2));
  if (left() < centralBytes + nameBytes + extraBytes + commentBytes)
    return bad("the zip directory is damaged");
  ZipEntry entry;
  entry.name.assign(reinterpret_cast<const char *>(record) + centralBytes, static_cast<size_t>(nameBytes));
  uint64_t method = little(record + 10, 2);
  if (little(record + 8, 2) & 1)
    return bad("'" + entry.name + "' is encrypted");
  if (method != 0 && method != 8)
    return bad("'" + entry.name + "' is packed by method " + std::to_string(method) +
               "; stored and deflated parts can be read");
  entry.deflated = method == 8;
  entry.crc = static_cast<uint32_t>(little(record + 16, 4));
  uint64_t packed = little(record + 20, 4), size = little(record + 24, 4), offset = little(record + 42, 4);
  // 64-bit values follow in the order size, packed size, offset, each if its field is all ones.
  const uint8_t *extra = record + centralBytes + nameBytes;
  for (int64_t i = 0; i + 4 <= extraBytes;) {
    auto bytes = static_cast<int64_t>(little(extra + i + 2, 2));
    if (bytes > extraBytes - i - 4)
      return bad("the zip directory is damaged");
    if (little(extra + i, 2) == 1) {
      const uint8_t *value = extra + i + 4, *end = value + bytes;
      for (uint64_t *each : {&size, &packed, &offset}) {
        if (*each != 0xffffffff || end - value < 8)
          continue;
        *each = little(value, 8);
        value += 8;
      }
    }
    i += 4 + bytes;
  }
  std::optional<int64_t> widePacked = place(packed), wideSize = place(size), wideOffset = place(offset);
  if (!widePacked || !wideSize || !wideOffset || *wideOffset > diskBytes - localBytes ||
      *widePacked > diskBytes - localBytes - *wideOffset)
    return bad("the zip directory points outside the file");
  entry.packedBytes = *widePacked;
  entry.bytes = *wideSize;
  entry.offset = *wideOffset;
  // Deflate packs at most 1032 to 1.
  bool possible =
      entry.deflated ? entry.bytes / 1032 <= entry.packedBytes + 1 : entry.bytes == entry.packedBytes;
  if (!possible)
    return bad("'" + entry.name + "' promises more than it holds");
  at += centralBytes + nameBytes + extraBytes + commentBytes;
  return entry;
}

Status ZipFile::Impl::readDirectory(const Directory &directory) {
  if (directory.bytes > diskBytes)
    return bad("the zip directory points outside the file");
  std::vector<uint8_t> bytes(static_cast<size_t>(directory.bytes));
  MLC_TRY(readAt(directory.offset, bytes.data(), directory.bytes));
  int64_t at = 0;
  for (int64_t i = 0; i < directory.count; ++i) {
    Expected<ZipEntry> entry = parse(bytes, at);
    if (!entry)
      return entry.status();
    entries.push_back(std::move(*entry));
  }
  return checkOverlaps();
}

/// Parts that share bytes are how a small archive unpacks to any size.
Status ZipFile::Impl::checkOverlaps() const {
  std::vector<const ZipEntry *> order;
  for (const ZipEntry &entry : entries)
    order.push_back(&entry);
  std::sort(order.begin(), order.end(),
            [](const ZipEntry *a, const ZipEntry *b) { return a->offset < b->offset; });
  for (size_t i = 1; i < order.size(); ++i)
    if (order[i - 1]->offset + localBytes + order[i - 1]->packedBytes > order[i]->offset)
      return bad("'" + order[i - 1]->name + "' and '" + order[i]->name + "' overlap");
  return {};
}

struct ZipFile::Stream::Impl {
  const ZipFile::Impl *file;
  ZipEntry entry;
  int64_t at = 0;       ///< of the next packed byte
  int64_t packed = 0;   ///< bytes not read yet
  int64_t unpacked = 0; ///< bytes not delivered yet
  uint32_t crc = 0;
  bool inflating = false, ended = false, verified = false;
  z_stream stream = {};
  unsigned char input[1 << 16];

  ~Impl() {
    if (inflating)
      inflateEnd(&stream);
  }

  Status bad(const std::string &what) const { return file->bad("'" + entry.name + "' " + what); }

  Expected<size_t> inflateSome(uint8_t *to, size_t capacity) {
    size_t done = 0;
    while (done < capacity && !ended) {
      if (stream.avail_in == 0) {
        auto bytes = std::min<int64_t>(packed, sizeof input);
        if (bytes == 0)
          return bad("ends too early");
        MLC_TRY(file->readAt(at, input, bytes));
        at += bytes;
        packed -= bytes;
        stream.next_in = input;
        stream.avail_in = static_cast<uInt>(bytes);
      }
      auto room = std::min<size_t>(capacity - done, size_t(1) << 30);
      stream.next_out = to + done;
      stream.avail_out = static_cast<uInt>(room);
      int result = inflate(&stream, Z_NO_FLUSH);
      done += room - stream.avail_out;
      if (result == Z_STREAM_END)
        ended = true;
      else if (result != Z_OK && result != Z_BUF_ERROR)
        return bad(std::string("is damaged (") + (stream.msg ? stream.msg : "zlib error") + ")");
    }
    return done;
  }

  Status verify() {
    uint8_t extra;
    if (entry.deflated && !ended) {
      Expected<size_t> more = inflateSome(&extra, 1);
      if (!more)
        return more.status();
      if (*more != 0)
        return bad("holds more than it promises");
    }
    if (crc != entry.crc)
      return bad("is damaged (its checksum is wrong)");
    verified = true;
    return {};
  }
};

ZipFile::Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZipFile::Stream::Stream(Stream &&) noexcept = default;
ZipFile::Stream::~Stream() = default;

Expected<size_t> ZipFile::Stream::read(void *to, size_t capacity) {
  Impl &impl = *impl_;
  auto want = static_cast<size_t>(std::min<int64_t>(impl.unpacked, static_cast<int64_t>(capacity)));
  auto *bytes = static_cast<uint8_t *>(to);
  if (impl.entry.deflated) {
    Expected<size_t> got = impl.inflateSome(bytes, want);
    if (!got)
      return got.status();
    if (*got < want)
      return impl.bad("holds less than it promises");
  } else {
    MLC_TRY(impl.file->readAt(impl.at, bytes, static_cast<int64_t>(want)));
    impl.at += static_cast<int64_t>(want);
  }
  for (size_t done = 0; done < want;) {
    size_t piece = std::min<size_t>(want - done, size_t(1) << 30);
    impl.crc = static_cast<uint32_t>(crc32(impl.crc, bytes + done, static_cast<uInt>(piece)));
    done += piece;
  }
  impl.unpacked -= static_cast<int64_t>(want);
  if (impl.unpacked == 0 && !impl.verified)
    MLC_TRY(impl.verify());
  return want;
}

ZipFile::ZipFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZipFile::ZipFile(ZipFile &&) noexcept = default;
ZipFile::~ZipFile() = default;
const std::vector<ZipEntry> &ZipFile::entries() const { return impl_->entries; }
int64_t ZipFile::diskBytes() const { return impl_->diskBytes; }

Expected<ZipFile> ZipFile::open(const std::string &path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  Expected<RegularFile> file = openRegular(path);
  if (!file)
    return file.status();
  impl->descriptor = file->descriptor;
  impl->diskBytes = file->bytes;
  Expected<Impl::Directory> directory = impl->findDirectory();
  if (!directory)
    return directory.status();
  MLC_TRY(impl->readDirectory(*directory));
  return ZipFile(std::move(impl));
}

Expected<ZipFile::Stream> ZipFile::stream(const ZipEntry &entry) const {
  uint8_t local[localBytes];
  MLC_TRY(impl_->readAt(entry.offset, local, localBytes));
  auto impl = std::make_unique<Stream::Impl>();
  impl->file = impl_.get();
  impl->entry = entry;
  if (little(local, 4) != 0x04034b50)
    return impl->bad("is not where the zip directory says");
  impl->at = entry.offset + localBytes + static_cast<int64_t>(little(local + 26, 2) + little(local + 28, 2));
  impl->packed = entry.packedBytes;
  impl->unpacked = entry.bytes;
  impl->crc = static_cast<uint32_t>(crc32(0, nullptr, 0));
  if (entry.deflated) {
    if (inflateInit2(&impl->stream, -MAX_WBITS) != Z_OK)
      return Status::failed("zlib cannot start, " + impl_->path);
    impl->inflating = true;
  }
  return Stream(std::move(impl));
}

} // namespace mlc
