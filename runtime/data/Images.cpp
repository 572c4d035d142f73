#include "runtime/data/Images.h"

#include "runtime/Nearest.h"
#include "runtime/cache/DiskCache.h"
#include "runtime/data/InputFile.h"
#include "runtime/data/Missing.h"
#include "runtime/data/Resize.h"
#include "runtime/data/Values.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>
#include <thread>
#include <unordered_map>

namespace fs = std::filesystem;

namespace mlc {
namespace {

/// A larger file is no picture that fits the limits on pixels.
constexpr int64_t maxFileBytes = int64_t(1) << 28;
/// Pictures of a batch decoded at once, at most.
constexpr unsigned maxDecoders = 4;

template <typename T> void writeAs(const std::vector<uint8_t> &pixels, uint8_t *to) {
  for (uint8_t pixel : pixels) {
    auto value = static_cast<T>(pixel);
    std::memcpy(to, &value, sizeof value);
    to += sizeof value;
  }
}

class Pictures : public RowSource {
public:
  Pictures(std::vector<std::string> files, const FieldSpec &field)
      : files_(std::move(files)), field_(field) {}

  Status read(const int64_t *rows, int64_t count, uint8_t *to) const override {
    const int64_t rowBytes = *checkedProduct(field_.shape, sizeOf(field_.dtype));
    std::vector<Status> results(static_cast<size_t>(count));
    std::atomic<int64_t> next{0};
    auto decode = [&] {
      for (int64_t i = next++; i < count; i = next++)
        results[static_cast<size_t>(i)] = one(files_[static_cast<size_t>(rows[i])], to + i * rowBytes);
    };
    auto wanted = std::min<int64_t>({count, maxDecoders, std::max(1u, std::thread::hardware_concurrency())});
    std::vector<std::thread> threads;
    threads.reserve(static_cast<size_t>(wanted));
    try {
      while (static_cast<int64_t>(threads.size()) + 1 < wanted)
        threads.emplace_back(decode);
    } catch (const std::system_error &) {
      wanted = static_cast<int64_t>(threads.size()) + 1; // fewer take longer
    }
    decode();
    for (std::thread &thread : threads)
      thread.join();
    for (Status &result : results)
      MLC_TRY(std::move(result));
    return {};
  }

  Expected<uint64_t> fingerprint() const override {
    std::string all;
    for (const std::string &file : files_) {
      std::error_code error;
      fs::path path(file);
      uintmax_t bytes = fs::file_size(path, error);
      if (error)
        return Status::io("cannot read " + file + ": " + error.message());
      // The class's folder and the name: the rest is where the person keeps them.
      all += path.parent_path().filename().string() + "/" + path.filename().string() + " " +
             std::to_string(bytes) + "\n";
    }
    return checksumOf(all.data(), static_cast<int64_t>(all.size()));
  }

private:
  Status one(const std::string &file, uint8_t *to) const {
    try {
      Expected<std::vector<uint8_t>> bytes = readWhole(file, maxFileBytes);
      if (!bytes)
        return bytes.status();
      Expected<Picture> picture = decodePicture(*bytes);
      if (!picture)
        return Status(picture.status().code(), picture.status().message() + ", " + file);
      if (field_.shape[2] == 1)
        picture = greyOf(*picture);
      write(squareOf(*picture, field_.shape[0]).pixels, to);
      return {};
    } catch (const std::bad_alloc &) {
      return Status::failed("out of memory while reading " + file);
    }
  }

  void write(const std::vector<uint8_t> &pixels, uint8_t *to) const {
    visitDType(field_.dtype, [&](auto element) { writeAs<typename decltype(element)::Type>(pixels, to); });
  }

  std::vector<std::string> files_;
  FieldSpec field_;
};

bool isPicture(const fs::path &path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

struct Listing {
  std::vector<std::string> folders, pictures; ///< names, sorted
};

Expected<Listing> list(const std::string &folder) {
  Listing listing;
  std::error_code error;
  fs::directory_iterator at(folder, error), end;
  for (; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    std::error_code ignored;
    if (name[0] == '.')
      continue;
    if (at->is_directory(ignored))
      listing.folders.push_back(name);
    else if (isPicture(at->path()))
      listing.pictures.push_back(name);
  }
  if (error)
    return Status::io("cannot read folder " + folder + ": " + error.message());
  std::sort(listing.folders.begin(), listing.folders.end());
  std::sort(listing.pictures.begin(), listing.pictures.end());
  return listing;
}

/// The files, and the class of each (-1: it has none).
struct Found {
  std::vector<std::string> files;
  std::vector<int64_t> classOf;
  std::vector<std::string> classes;
  std::unordered_map<std::string, int64_t> numbers; ///< of the classes

  void add(const std::string &folder, const std::vector<std::string> &names, int64_t number) {
    for (const std::string &name : names) {
      files.push_back((fs::path(folder) / name).string());
      classOf.push_back(number);
    }
  }
};

Status find(const std::string &path, Found &found) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    found.files.push_back(path);
    found.classOf.push_back(-1);
    return {};
  }
  Expected<Listing> listing = list(path);
  if (!listing)
    return listing.status();
  if (listing->folders.empty()) {
    if (listing->pictures.empty())
      return Status::badData("there is no JPEG or PNG file, " + path);
    found.add(path, listing->pictures, -1);
    return {};
  }
  for (const std::string &name : listing->folders) {
    std::string folder = (fs::path(path) / name).string();
    Expected<Listing> inside = list(folder);
    if (!inside)
      return inside.status();
    if (inside->pictures.empty())
      return Status::badData("there is no JPEG or PNG file of class '" + name + "', " + folder);
    auto [known, isNew] = found.numbers.emplace(name, static_cast<int64_t>(found.classes.size()));
    if (isNew)
      found.classes.push_back(name);
    found.add(folder, inside->pictures, known->second);
  }
  return {};
}

Status checkFields(const std::vector<FieldSpec> &fields, int64_t size) {
  if (fields.empty() || fields.size() > 2)
    return Status::badData("images has a picture and a label, and there are " +
                           std::to_string(fields.size()) + " fields");
  const FieldSpec &picture = fields[0];
  bool square = picture.shape.size() == 3 && picture.shape[0] == picture.shape[1] && picture.shape[0] > 0 &&
                picture.shape[0] <= 1 << 14 && (picture.shape[2] == 3 || picture.shape[2] == 1) &&
                picture.categories == 0 && picture.dtype != DType::Bool;
  if (!square || (size != 0 && picture.shape[0] != size)) {
    std::string side = size == 0 ? "N" : std::to_string(size);
    return Status::badData("field '" + picture.name + "' has rows of shape " + printShape(picture.shape) +
                           ", pictures are [" + side + ", " + side + ", 3], or 1 for grey");
  }
  if (fields.size() == 2 && (!fields[1].shape.empty() || fields[1].dtype != DType::I32))
    return Status::badData("field '" + fields[1].name +
                           "' must be i32 or a category to be a label of images");
  return {};
}

/// A folder whose name stands for a missing value, as every reader has it. A label that is a number and no
/// category is a place among the folders, whatever their names.
bool isMissingClass(const std::string &name, const FieldSpec &field) {
  return field.coding == Coding::Category && isMissing(name, field);
}

/// The labels of the files, from their classes.
Expected<Column> labels(const Found &found, const FieldSpec &field, const std::string &path,
                        Vocabulary &vocabulary, bool learn) {
  std::vector<std::string> &known = vocabulary[field.name];
  if (learn) {
    known.clear();
    for (const std::string &name : found.classes) {
      if (!isUtf8(name))
        return Status::badData("the name of the folder '" + name + "' is not UTF-8, " + path);
      if (!isMissingClass(name, field))
        known.push_back(name);
    }
  }
  const auto first = static_cast<int32_t>(field.optional ? 1 : 0);
  int64_t most = field.categories > 0 ? field.categories : field.classes;
  if (most > 0 && static_cast<int64_t>(known.size()) + first > most)
    return Status::badData(
        "there are " + std::to_string(known.size()) + " folders, and field '" + field.name + "' has " +
        std::to_string(most) + " classes" + (first ? " (code 0 stands for missing)" : "") +
        (field.categories > 0 ? "; write `" + field.name + ": category(" +
                                    std::to_string(known.size() + first) + ")" + (first ? "?" : "") + "`"
                              : "") +
        ", " + path);
  std::unordered_map<std::string_view, int32_t> codeOf;
  for (size_t i = 0; i < known.size(); ++i)
    codeOf.emplace(known[i], first + static_cast<int32_t>(i));
  std::vector<int32_t> codes;
  for (const std::string &name : found.classes) {
    auto at = codeOf.find(name);
    if (at == codeOf.end() && isMissingClass(name, field)) {
      if (!field.optional)
        return Status::badData(whyMissing(name) + ", folder '" + name + "' of " + path);
      codes.push_back(0);
      continue;
    }
    if (at == codeOf.end())
      return Status::badData("a folder that the training data does not have: '" + name + "', " + path +
                             didYouMean(name, known));
    codes.push_back(at->second);
  }
  Column column = Column::of(field);
  for (size_t i = 0; i < found.files.size(); ++i) {
    if (found.classOf[i] < 0)
      return Status::badData("a label is wanted, and the picture is in no folder of a class, " +
                             found.files[i]);
    auto *code = reinterpret_cast<const uint8_t *>(&codes[static_cast<size_t>(found.classOf[i])]);
    column.bytes.insert(column.bytes.end(), code, code + sizeof(int32_t));
  }
  return column;
}

} // namespace

Expected<Dataset> readImages(const std::vector<std::string> &paths, int64_t size,
                             const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn) {
  MLC_TRY(checkFields(fields, size));
  Found found;
  for (const std::string &path : paths)
    MLC_TRY(find(path, found));
  Dataset dataset;
  dataset.rows = static_cast<int64_t>(found.files.size());
  Column pictures = Column::of(fields[0]);
  if (fields.size() == 2) {
    Expected<Column> column = labels(found, fields[1], paths[0], vocabulary, learn);
    if (!column)
      return column.status();
    dataset.columns.push_back(std::move(*column));
  }
  pictures.source = std::make_shared<Pictures>(std::move(found.files), fields[0]);
  dataset.columns.insert(dataset.columns.begin(), std::move(pictures));
  return dataset;
}

} // namespace mlc
