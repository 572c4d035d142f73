#include "runtime/checkpoint/Safetensors.h"

#include "runtime/Json.h"
#include "runtime/Panels.h"
#include "runtime/files/AtomicFile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unordered_set>
#include <utility>

namespace mlc {
namespace {

/// Reads exactly `count` bytes at `offset`.
bool readAt(int descriptor, uint8_t *to, int64_t count, int64_t offset) {
  while (count > 0) {
    ssize_t got = uninterrupted([&] {
      return pread(descriptor, to, static_cast<size_t>(std::min<int64_t>(count, 1 << 30)), offset);
    });
    if (got <= 0)
      return false;
    to += got;
    offset += got;
    count -= got;
  }
  return true;
}

/// Some rows at a time, for there may be little memory left.
void writeRows(FileWriter &file, const TensorView &tensor) {
  PanelShape shape{tensor.shape[0], tensor.shape[1], tensor.panel, sizeOf(tensor.dtype)};
  constexpr int64_t blockBytes = 1 << 16;
  int64_t rowBytes = shape.columns * shape.elementBytes;
  int64_t block = std::max<int64_t>(1, blockBytes / std::max<int64_t>(1, rowBytes));
  std::vector<uint8_t> rows(static_cast<size_t>(block * rowBytes));
  for (int64_t first = 0; first < shape.rows; first += block) {
    int64_t count = std::min(block, shape.rows - first);
    rowsFromPanels(shape, tensor.data, first, count, rows.data());
    file.write(rows.data(), static_cast<size_t>(count * rowBytes));
  }
}

/// `file` is what they are written to, if it could be opened.
Status writeTensors(Expected<FileWriter> file, const std::vector<TensorView> &tensors,
                    const std::map<std::string, std::string> &metadata) {
  if (!file)
    return file.status();
  // Members are appended, not looked for: a model may have a hundred thousand tensors.
  Json::object_t header;
  std::unordered_set<std::string_view> names = {"__metadata__"};
  if (!metadata.empty())
    header.emplace_back("__metadata__", metadata);
  int64_t offset = 0;
  for (const TensorView &tensor : tensors) {
    std::optional<int64_t> bytes = checkedProduct(tensor.shape, sizeOf(tensor.dtype));
    if (!bytes || !names.insert(tensor.name).second)
      return Status::failed("tensor '" + tensor.name + "' cannot be written: its size or name cannot be");
    header.emplace_back(tensor.name, Json{{"dtype", formatName(storedAs(tensor.dtype))},
                                          {"shape", tensor.shape},
                                          {"data_offsets", {offset, offset + *bytes}}});
    offset += *bytes;
  }
  std::string text = Json(std::move(header)).dump(-1, ' ', false, Json::error_handler_t::replace);
  // Blanks up to a multiple of 8, so that a reader may map the data.
  text.append((8 - text.size() % 8) % 8, ' ');
  uint8_t length[8];
  for (int i = 0; i < 8; ++i)
    length[i] = static_cast<uint8_t>(static_cast<uint64_t>(text.size()) >> (8 * i));
  file->write(length, sizeof length);
  file->write(text);
  for (const TensorView &tensor : tensors)
    if (tensor.panel == 0)
      file->write(tensor.data, static_cast<size_t>(*checkedProduct(tensor.shape, sizeOf(tensor.dtype))));
    else
      writeRows(*file, tensor);
  return file->finish();
}

} // namespace

std::optional<StoredType> SafetensorsFile::Entry::type() const { return storedTypeOf(format); }

Status writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                        const std::map<std::string, std::string> &metadata) {
  return writeTensors(FileWriter::create(path), tensors, metadata);
}

Status replaceSafetensors(const std::string &path, const std::vector<TensorView> &tensors) {
  return writeTensors(FileWriter::replacing(path), tensors, {});
}

SafetensorsFile::SafetensorsFile(SafetensorsFile &&other) noexcept
    : path_(std::move(other.path_)), descriptor_(other.descriptor_), entries_(std::move(other.entries_)),
      metadata_(std::move(other.metadata_)) {
  other.descriptor_ = -1;
}

SafetensorsFile::~SafetensorsFile() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

Expected<SafetensorsFile> SafetensorsFile::open(const std::string &path) {
  SafetensorsFile file;
  file.path_ = path;
  file.descriptor_ = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  struct stat info;
  if (file.descriptor_ < 0 || uninterrupted([&] { return fstat(file.descriptor_, &info); }) != 0)
    return Status::io("cannot open " + path + ": " + std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    return Status::io("cannot read " + path + ": it is not a regular file");
  int64_t size = info.st_size;
  uint8_t lengthBytes[8];
  if (size < 8)
    return Status::badData("too short to be a safetensors file, " + path);
  if (!readAt(file.descriptor_, lengthBytes, 8, 0))
    return Status::io("cannot read " + path);
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i)
    length = length << 8 | lengthBytes[i];
  if (length > static_cast<uint64_t>(size - 8) || length > static_cast<uint64_t>(maxHeaderBytes))
    return Status::badData("the safetensors header is said to be longer than the file, " + path);
  std::string header(length, '\0');
  if (!readAt(file.descriptor_, reinterpret_cast<uint8_t *>(header.data()), static_cast<int64_t>(length), 8))
    return Status::io("cannot read " + path);
  MLC_TRY(file.parse(header, 8 + static_cast<int64_t>(length), size));
  return Expected<SafetensorsFile>(std::move(file));
}

Status SafetensorsFile::parse(const std::string &header, int64_t dataBegin, int64_t fileBytes) {
  const int64_t dataBytes = fileBytes - dataBegin;
  auto twice = [&](const std::string &name) {
    return Status::badData("'" + name + "' appears twice, " + path_);
  };
  bool hasMetadata = false;
  MLC_TRY(visitMembers(header, path_, [&](const std::string &name, const Json &value) -> Status {
    Status status;
    if (name == "__metadata__") {
      if (std::exchange(hasMetadata, true))
        return twice(name);
      metadata_ = JsonObject(value, path_ + "." + name, status).texts();
      return status;
    }
    JsonObject member(value, path_ + "." + name, status);
    Entry entry;
    entry.format = member.text("dtype");
    entry.shape = member.integers("shape");
    std::vector<int64_t> range = member.integers("data_offsets");
    if (range.size() != 2 || range[0] > range[1] || range[1] > dataBytes)
      member.fail("data_offsets", "do not lie in the file");
    MLC_TRY(status);
    entry.offset = dataBegin + range[0];
    entry.bytes = range[1] - range[0];
    // How elements of an unknown type lie is not known either; such a tensor is an error where it is asked
    // for.
    std::optional<StoredType> type = entry.type();
    if (type && checkedProduct(entry.shape, sizeOf(*type)) != entry.bytes)
      member.fail("data_offsets", "do not agree with dtype and shape");
    if (!entries_.emplace(name, std::move(entry)).second)
      return twice(name);
    return status;
  }));
  std::vector<std::pair<int64_t, int64_t>> ranges;
  ranges.reserve(entries_.size());
  for (const auto &named : entries_)
    ranges.emplace_back(named.second.offset, named.second.offset + named.second.bytes);
  std::sort(ranges.begin(), ranges.end());
  int64_t end = dataBegin;
  for (const auto &range : ranges) {
    if (range.first != end)
      return Status::badData("tensors overlap or leave holes, " + path_);
    end = range.second;
  }
  if (end != fileBytes)
    return Status::badData("the file holds more than its tensors, " + path_);
  return {};
}

Status SafetensorsFile::read(const Entry &entry, uint8_t *to) const {
  if (!readAt(descriptor_, to, entry.bytes, entry.offset))
    return Status::io("cannot read " + path_ + "; it changed while it was open");
  return {};
}

} // namespace mlc
