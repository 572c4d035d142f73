#include "runtime/data/Idx.h"

#include "runtime/data/InputFile.h"
#include "runtime/data/Values.h"

#include <algorithm>
#include <cstring>

namespace mlc {
namespace {

/// The element types of the format, by their code in the header.
enum class IdxType : uint8_t { U8 = 0x08, I8 = 0x09, I16 = 0x0b, I32 = 0x0c, F32 = 0x0d, F64 = 0x0e };

int64_t sizeOf(IdxType type) {
  switch (type) {
  case IdxType::U8:
  case IdxType::I8:
    return 1;
  case IdxType::I16:
    return 2;
  case IdxType::I32:
  case IdxType::F32:
    return 4;
  case IdxType::F64:
    return 8;
  }
  return 0;
}

uint64_t bigEndian(const uint8_t *bytes, int64_t count) {
  uint64_t value = 0;
  for (int64_t i = 0; i < count; ++i)
    value = value << 8 | bytes[i];
  return value;
}

/// Every element of the format is exact in f64.
double elementOf(IdxType type, const uint8_t *bytes) {
  uint64_t bits = bigEndian(bytes, sizeOf(type));
  switch (type) {
  case IdxType::U8:
    return static_cast<double>(bits);
  case IdxType::I8:
    return static_cast<int8_t>(bits);
  case IdxType::I16:
    return static_cast<int16_t>(bits);
  case IdxType::I32:
    return static_cast<int32_t>(bits);
  case IdxType::F32: {
    float value;
    auto narrow = static_cast<uint32_t>(bits);
    std::memcpy(&value, &narrow, sizeof value);
    return value;
  }
  case IdxType::F64: {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  }
  return 0;
}

struct Header {
  IdxType type = IdxType::U8;
  std::vector<int64_t> shape;
  int64_t bytes = 0;     ///< of the header
  int64_t dataBytes = 0; ///< promised
};

Expected<Header> readHeader(InputFile &file) {
  auto bad = [&](const std::string &what) { return Status::badData(what + ", " + file.path()); };
  uint8_t magic[4];
  Expected<size_t> got = file.read(magic, sizeof magic);
  if (!got)
    return got.status();
  if (*got == 0)
    return bad("the file is empty");
  if (*got < sizeof magic || magic[0] != 0 || magic[1] != 0)
    return bad("not an IDX file (it must begin with two zero bytes)");
  Header header;
  header.type = static_cast<IdxType>(magic[2]);
  if (sizeOf(header.type) == 0)
    return bad("the IDX header names the unknown element type " + std::to_string(magic[2]));
  if (magic[3] < 1 || magic[3] > 8)
    return bad("the IDX header has " + std::to_string(magic[3]) + " dimensions; 1 to 8 are supported");
  for (int i = 0; i < magic[3]; ++i) {
    uint8_t dim[4];
    Expected<size_t> read = file.read(dim, sizeof dim);
    if (!read)
      return read.status();
    if (*read < sizeof dim)
      return bad("the IDX header is cut off");
    header.shape.push_back(static_cast<int64_t>(bigEndian(dim, 4)));
  }
  header.bytes = 4 + 4 * int64_t(magic[3]);
  std::optional<int64_t> bytes = checkedProduct(header.shape, sizeOf(header.type));
  // Deflate packs at most 1032 to 1, so even gzip cannot hold more than this.
  int64_t most = file.isGzip() ? file.diskBytes() * 1032 : file.diskBytes() - header.bytes;
  if (!bytes || *bytes > most)
    return bad("the IDX header promises more than the file holds " + printShape(header.shape));
  header.dataBytes = *bytes;
  return header;
}

} // namespace

Expected<Column> readIdx(const std::string &path, const FieldSpec &field, Vocabulary &vocabulary,
                         bool learn) {
  Expected<InputFile> file = InputFile::open(path);
  if (!file)
    return file.status();
  Expected<Header> header = readHeader(*file);
  if (!header)
    return header.status();
  auto bad = [&](const std::string &what) { return Status::badData(what + ", " + path); };
  std::vector<int64_t> row(header->shape.begin() + 1, header->shape.end());
  if (!sameShape(row, field.shape))
    return bad("field '" + field.name + "' has rows of shape " + printShape(field.shape) +
               ", the file holds rows of shape " + printShape(row));

  ColumnWriter writer(field, vocabulary, learn);
  const bool copies = header->type == IdxType::U8 && writer.copiesBytes();
  const int64_t size = sizeOf(header->type);
  const int64_t rowElements = *checkedProduct(field.shape);
  std::vector<uint8_t> chunk(size_t(1) << 18);
  int64_t left = header->dataBytes, element = 0;
  while (left > 0) {
    auto want = static_cast<size_t>(std::min<int64_t>(left, static_cast<int64_t>(chunk.size())));
    Expected<size_t> got = file->read(chunk.data(), want);
    if (!got)
      return got.status();
    if (*got < want)
      return bad("the IDX header promises more than the file holds " + printShape(header->shape));
    left -= static_cast<int64_t>(want);
    if (copies) {
      writer.appendBytes(chunk.data(), static_cast<int64_t>(want));
      continue;
    }
    for (size_t at = 0; at < want; at += static_cast<size_t>(size), ++element) {
      int64_t number = rowElements == 0 ? 0 : element / rowElements;
      if (std::string wrong = writer.append(elementOf(header->type, chunk.data() + at), number);
          !wrong.empty())
        return bad(wrong);
    }
  }
  uint8_t extra;
  Expected<size_t> after = file->read(&extra, 1);
  if (!after)
    return after.status();
  if (*after != 0)
    return bad("the file holds more than its IDX header promises " + printShape(header->shape));
  Expected<Column> column = writer.finish();
  if (!column)
    return bad(column.status().message());
  return column;
}

} // namespace mlc
