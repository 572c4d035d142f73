#include "runtime/data/Npy.h"

#include "runtime/Elements.h"
#include "runtime/Nearest.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/NpyHeader.h"
#include "runtime/data/Values.h"
#include "runtime/data/Zip.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <unordered_map>

namespace mlc {
namespace {

/// Bytes of an array from wherever they are; fewer than asked for only at the end.
using ByteSource = std::function<Expected<size_t>(void *to, size_t capacity)>;

/// Appends one element; what is wrong with it, or empty.
std::string appendElement(const NpyType &type, const uint8_t *at, int64_t row, ColumnWriter &writer) {
  uint8_t ordered[sizeof(uint64_t)];
  if (type.bigEndian)
    at = std::reverse_copy(at, at + sizeOf(type.stored), ordered) - sizeOf(type.stored);
  if (type.stored == StoredType::Bool && *at > 1)
    return "a bool that is neither 0 nor 1 in row " + std::to_string(row);
  return visitElement(type.stored, at, [&](auto value) { return writer.append(value, row); });
}

/// Reads up to `bytes` bytes a piece at a time, giving each piece to `take`, which gives what is wrong.
/// Pieces are whole elements.
Status readPieces(const ByteSource &source, int64_t bytes, const std::string &place,
                  const std::function<std::string(const uint8_t *, int64_t)> &take) {
  std::vector<uint8_t> piece(static_cast<size_t>(std::min<int64_t>(bytes, int64_t(1) << 18)));
  for (int64_t left = bytes; left > 0;) {
    auto want = static_cast<size_t>(std::min<int64_t>(left, static_cast<int64_t>(piece.size())));
    Expected<size_t> got = source(piece.data(), want);
    if (!got)
      return got.status();
    if (*got < want)
      return Status::badData("the array's header promises more than there is, " + place);
    if (std::string wrong = take(piece.data(), static_cast<int64_t>(want)); !wrong.empty())
      return Status::badData(wrong + ", " + place);
    left -= static_cast<int64_t>(want);
  }
  return {};
}

/// Steps of `shape` in an array whose first axis moves fastest, in elements.
std::vector<int64_t> fortranSteps(const std::vector<int64_t> &shape) {
  std::vector<int64_t> steps(shape.size());
  int64_t step = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    steps[i] = step;
    step *= shape[i];
  }
  return steps;
}

/// Calls `visit(offset)` for every element in the order in which the last axis moves fastest, until it gives
/// something.
std::string visitRowMajor(const std::vector<int64_t> &shape,
                          const std::function<std::string(int64_t)> &visit) {
  std::vector<int64_t> steps = fortranSteps(shape), index(shape.size(), 0);
  int64_t count = *checkedProduct(shape), offset = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (std::string wrong = visit(offset); !wrong.empty())
      return wrong;
    for (size_t axis = shape.size(); axis-- > 0;) {
      offset += steps[axis];
      if (++index[axis] < shape[axis])
        break;
      offset -= shape[axis] * steps[axis];
      index[axis] = 0;
    }
  }
  return {};
}

/// The array that `source` delivers whole. `most` is the most bytes that it can have.
Expected<Column> readArray(const ByteSource &source, int64_t most, const std::string &place,
                           const FieldSpec &field, Vocabulary &vocabulary, bool learn) {
  auto bad = [&](const std::string &what) { return Status::badData(what + ", " + place); };
  NpyHeaderReader reader;
  while (reader.wanted() > 0) {
    std::string bytes(reader.wanted(), '\0');
    Expected<size_t> got = source(bytes.data(), bytes.size());
    if (!got)
      return got.status();
    bytes.resize(*got);
    if (std::string wrong = reader.take(bytes); !wrong.empty())
      return bad(wrong);
  }
  const NpyHeader &header = reader.header();
  std::optional<int64_t> bytes = checkedProduct(header.shape, sizeOf(header.type.stored));
  if (!bytes || *bytes > most - reader.taken())
    return bad("the array's header promises more than there is " + printShape(header.shape));
  if (header.shape.empty())
    return bad("the array is a single number; its first axis must be the rows");
  std::vector<int64_t> row(header.shape.begin() + 1, header.shape.end());
  if (!sameShape(row, field.shape))
    return bad("field '" + field.name + "' has rows of shape " + printShape(field.shape) +
               ", the array holds rows of shape " + printShape(row));
  // A row of no elements takes no bytes, so nothing but this bounds their number.
  if (header.shape[0] > maxRows)
    return bad("the array has too many rows");

  ColumnWriter writer(field, vocabulary, learn);
  const bool plain = !header.fortran || std::count(header.shape.begin(), header.shape.end(), 1) + 1 >=
                                            static_cast<int64_t>(header.shape.size());
  const bool copies = plain && header.type.stored == StoredType::U8 && writer.copiesBytes();
  const int64_t rowElements = std::max<int64_t>(*checkedProduct(field.shape), 1);
  const int64_t size = sizeOf(header.type.stored);
  int64_t element = 0;
  if (plain) {
    MLC_TRY(readPieces(source, *bytes, place, [&](const uint8_t *at, int64_t count) -> std::string {
      if (copies) {
        writer.appendBytes(at, count);
        return {};
      }
      for (int64_t i = 0; i < count; i += size, ++element)
        if (std::string wrong = appendElement(header.type, at + i, element / rowElements, writer);
            !wrong.empty())
          return wrong;
      return {};
    }));
  } else {
    std::vector<uint8_t> all;
    MLC_TRY(readPieces(source, *bytes, place, [&](const uint8_t *at, int64_t count) {
      all.insert(all.end(), at, at + count);
      return std::string();
    }));
    std::string wrong = visitRowMajor(header.shape, [&](int64_t offset) {
      return appendElement(header.type, all.data() + offset * size, element++ / rowElements, writer);
    });
    if (!wrong.empty())
      return bad(wrong);
  }
  uint8_t extra;
  Expected<size_t> after = source(&extra, 1);
  if (!after)
    return after.status();
  if (*after != 0)
    return bad("there is more than the array's header promises " + printShape(header.shape));
  Expected<Column> column = writer.finish();
  if (!column)
    return bad(column.status().message());
  return column;
}

/// Adds a column to the others, which must have as many rows.
Status addColumn(Dataset &dataset, Column column, const std::string &place, const std::string &first) {
  if (column.rowBytes == 0)
    return Status::badData("field '" + column.field.name + "' has rows without elements, " + place);
  int64_t rows = static_cast<int64_t>(column.bytes.size()) / column.rowBytes;
  if (!dataset.columns.empty() && rows != dataset.rows)
    return Status::badData(place + " holds " + std::to_string(rows) + " rows, " + first + " holds " +
                           std::to_string(dataset.rows) + "; they must belong together");
  dataset.rows = rows;
  dataset.columns.push_back(std::move(column));
  return {};
}

std::string arrayName(const ZipEntry &entry) {
  const std::string ending = ".npy";
  bool ends = entry.name.size() > ending.size() &&
              entry.name.compare(entry.name.size() - ending.size(), ending.size(), ending) == 0;
  return ends ? entry.name.substr(0, entry.name.size() - ending.size()) : entry.name;
}

/// The entry of each field.
Expected<std::vector<const ZipEntry *>> bind(const std::vector<ZipEntry> &entries,
                                             const std::vector<FieldSpec> &fields, const std::string &path) {
  std::vector<std::string> names;
  std::unordered_map<std::string, const ZipEntry *> byName; // null: several
  for (const ZipEntry &entry : entries) {
    names.push_back(arrayName(entry));
    if (auto [known, isNew] = byName.emplace(names.back(), &entry); !isNew)
      known->second = nullptr;
  }
  std::vector<const ZipEntry *> bound;
  std::string missing;
  bool named = false;
  for (const FieldSpec &field : fields) {
    if (field.columns.size() > 1)
      return Status::badData("field '" + field.name + "' names " + std::to_string(field.columns.size()) +
                             " arrays; one makes a field of an npz file");
    std::string name = field.columns.empty() ? field.name : field.columns[0];
    named |= !field.columns.empty();
    auto found = byName.find(name);
    if (found == byName.end())
      missing = missing.empty() ? name : missing;
    else if (!found->second)
      return Status::badData("there are several arrays '" + name + "', " + path + listed("array", names));
    bound.push_back(found == byName.end() ? nullptr : found->second);
  }
  if (missing.empty())
    return bound;
  bool some = std::any_of(bound.begin(), bound.end(), [](const ZipEntry *entry) { return entry != nullptr; });
  if (some || named)
    return Status::badData("there is no array '" + missing + "', " + path + listed("array", names) +
                           didYouMean(missing, names));
  if (entries.size() < fields.size())
    return Status::badData("there are " + std::to_string(entries.size()) + " arrays for " +
                           std::to_string(fields.size()) + " fields, " + path + listed("array", names));
  for (size_t i = 0; i < fields.size(); ++i)
    bound[i] = &entries[i];
  return bound;
}

} // namespace

Expected<Dataset> readNpy(const std::vector<std::string> &paths, const std::vector<FieldSpec> &fields,
                          Vocabulary &vocabulary, bool learn) {
  if (paths.size() != fields.size())
    return Status::badData("npy names " + std::to_string(paths.size()) + " files for " +
                           std::to_string(fields.size()) + " fields; it takes one file per field, in order");
  Dataset dataset;
  for (size_t i = 0; i < fields.size(); ++i) {
    Expected<InputFile> file = InputFile::open(paths[i]);
    if (!file)
      return file.status();
    // Deflate packs at most 1032 to 1.
    int64_t most = file->isGzip() ? file->diskBytes() * 1032 : file->diskBytes();
    auto source = [&](void *to, size_t capacity) { return file->read(to, capacity); };
    Expected<Column> column = readArray(source, most, paths[i], fields[i], vocabulary, learn);
    if (!column)
      return column.status();
    MLC_TRY(addColumn(dataset, std::move(*column), paths[i], paths[0]));
  }
  return dataset;
}

Expected<Dataset> readNpz(const std::string &path, const std::vector<FieldSpec> &fields,
                          Vocabulary &vocabulary, bool learn) {
  Expected<ZipFile> file = ZipFile::open(path);
  if (!file)
    return file.status();
  Expected<std::vector<const ZipEntry *>> bound = bind(file->entries(), fields, path);
  if (!bound)
    return bound.status();
  int64_t left = file->diskBytes() + InputFile::spareBytes;
  Dataset dataset;
  for (size_t i = 0; i < fields.size(); ++i) {
    const ZipEntry &entry = *(*bound)[i];
    std::string place = "array '" + arrayName(entry) + "' of " + path;
    if (entry.bytes > left)
      return Status::badData(
          "the array unpacks to more than 512 MiB beyond the size of the file; write it with "
          "numpy.savez, not packed, " +
          place);
    left -= entry.bytes;
    Expected<ZipFile::Stream> stream = file->stream(entry);
    if (!stream)
      return stream.status();
    auto source = [&](void *to, size_t capacity) { return stream->read(to, capacity); };
    Expected<Column> column = readArray(source, entry.bytes, place, fields[i], vocabulary, learn);
    if (!column)
      return column.status();
    MLC_TRY(addColumn(dataset, std::move(*column), place, "array '" + arrayName(*(*bound)[0]) + "'"));
  }
  return dataset;
}

} // namespace mlc
