// Builds zip archives in memory, right or wrong in any place.
#ifndef MLC_TEST_UNIT_RUNTIME_ZIPARCHIVE_H
#define MLC_TEST_UNIT_RUNTIME_ZIPARCHIVE_H

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::test {

inline std::string little(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8)
    out += static_cast<char>(value);
  return out;
}

inline std::string deflated(const std::string &bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<unsigned char *>(const_cast<char *>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<unsigned char *>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct ZipPart {
  std::string name;
  std::string packed;
  uint64_t bytes = 0; ///< as the directory will say
  uint32_t crc = 0;
  int method = 0, flags = 0;
  int64_t offset = -1; ///< as the directory will say; -1: where it is

  static uint32_t checksum(const std::string &bytes) {
    return static_cast<uint32_t>(
        crc32(0, reinterpret_cast<const unsigned char *>(bytes.data()), static_cast<uInt>(bytes.size())));
  }
  static ZipPart stored(const std::string &name, const std::string &bytes) {
    return {name, bytes, bytes.size(), checksum(bytes)};
  }
  static ZipPart packedPart(const std::string &name, const std::string &bytes) {
    return {name, deflated(bytes), bytes.size(), checksum(bytes), 8};
  }
};

/// The archive; `wide` writes sizes, offsets and the end record in 64 bits.
inline std::string archive(const std::vector<ZipPart> &parts, bool wide = false) {
  std::string out, directory;
  for (const ZipPart &part : parts) {
    uint64_t offset = part.offset < 0 ? out.size() : static_cast<uint64_t>(part.offset);
    // numpy writes an extra field before the data that the directory does not have.
    std::string local = little(1, 2) + little(16, 2) + std::string(16, '\0');
    out += "PK\3\4" + little(45, 2) + little(0, 2) + little(part.method, 2) + little(0, 4) + little(0, 4) +
           little(0xffffffff, 4) + little(0xffffffff, 4) + little(part.name.size(), 2) +
           little(local.size(), 2) + part.name + local + part.packed;
    std::string extra = wide ? little(1, 2) + little(24, 2) + little(part.bytes, 8) +
                                   little(part.packed.size(), 8) + little(offset, 8)
                             : "";
    auto narrow = [&](uint64_t value) { return little(wide ? 0xffffffff : value, 4); };
    directory += "PK\1\2" + little(45, 2) + little(45, 2) + little(part.flags, 2) + little(part.method, 2) +
                 little(0, 4) + little(part.crc, 4) + narrow(part.packed.size()) + narrow(part.bytes) +
                 little(part.name.size(), 2) + little(extra.size(), 2) + little(0, 2) + little(0, 2) +
                 little(0, 2) + little(0, 4) + narrow(offset) + part.name + extra;
  }
  uint64_t begin = out.size();
  out += directory;
  if (wide) {
    uint64_t end = out.size();
    out += "PK\6\6" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 4) + little(0, 4) +
           little(parts.size(), 8) + little(parts.size(), 8) + little(directory.size(), 8) + little(begin, 8);
    out += "PK\6\7" + little(0, 4) + little(end, 8) + little(1, 4);
  }
  return out + "PK\5\6" + little(0, 2) + little(0, 2) + little(wide ? 0xffff : parts.size(), 2) +
         little(wide ? 0xffff : parts.size(), 2) + little(wide ? 0xffffffff : directory.size(), 4) +
         little(wide ? 0xffffffff : begin, 4) + little(0, 2);
}

} // namespace mlc::test
#endif
