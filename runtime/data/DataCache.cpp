// An entry's parts: all that it depends on, in words, so that no two data sets share an entry; what is known
// about the rows; the columns.
#include "runtime/data/DataCache.h"

#include "runtime/Json.h"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>

namespace mlc {
namespace {

Json print(const std::vector<FieldSpec> &fields) {
  Json json = Json::array();
  for (const FieldSpec &field : fields)
    json.push_back({field.name, std::string(nameOf(field.dtype)), field.shape, field.columns,
                    field.categories, field.optional, field.classes, std::string(nameOf(field.coding)),
                    field.parts, field.missing ? Json(*field.missing) : Json()});
  return json;
}

/// `json` as text that reads back to the same, or nothing: strings that are not UTF-8 do not.
std::optional<std::string> exactText(const Json &json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (Json::parse(text, nullptr, /*allow_exceptions=*/false) != json)
    return std::nullopt;
  return text;
}

} // namespace

DataCache::DataCache(DiskCache cache, const std::string &kind, const std::vector<std::string> &paths,
                     const std::map<std::string, std::string> &options, const std::vector<FieldSpec> &fields,
                     const Vocabulary &vocabulary, bool learn, int64_t leastBytes, int64_t leastAge)
    : cache_(std::move(cache)), fields_(fields) {
  Json files = Json::array();
  int64_t bytes = 0;
  for (const std::string &path : paths) {
    struct stat info;
    if (stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
      return;
    // Not time(): it lags behind the clock that stamps files, and a new file would come from the future.
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec - std::max(info.st_mtim.tv_sec, info.st_ctim.tv_sec) < leastAge)
      return;
    bytes += info.st_size;
    files.push_back({info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                     info.st_ctim.tv_sec, info.st_ctim.tv_nsec});
  }
  if (bytes < leastBytes)
    return;
  static const char here = 0;
  static const std::string build = buildIdentity(&here); // of the code that converts
  Json json = {build, kind, files, options, print(fields), learn};
  if (!learn)
    json.push_back(vocabulary);
  identity_ = exactText(json).value_or("");
  auto size = static_cast<int64_t>(identity_.size());
  key_ = "data-" + std::to_string(checksumOf(identity_.data(), size));
}

std::optional<Dataset> DataCache::find(Vocabulary &vocabulary) const {
  if (identity_.empty())
    return std::nullopt;
  std::string identity, text;
  Dataset dataset;
  bool found = cache_.find(key_, [&](size_t part, int64_t bytes) -> uint8_t * {
    if (part < 2)
      return DiskCache::placeIn(part == 0 ? identity : text, bytes);
    if (part == 2 && identity != identity_)
      return nullptr;
    if (part - 2 >= fields_.size())
      return nullptr;
    dataset.columns.push_back(Column::of(fields_[part - 2]));
    dataset.columns.back().bytes.resize(static_cast<size_t>(bytes));
    return dataset.columns.back().bytes.data();
  });
  if (!found || identity != identity_ || dataset.columns.size() != fields_.size())
    return std::nullopt;
  Expected<Json> json = parseJson(text, "data");
  if (!json)
    return std::nullopt;
  Status status;
  JsonObject object(*json, "data", status);
  dataset.rows = object.integer("rows", 0, maxRows);
  if (object.has("overlap"))
    dataset.overlap = object.integer("overlap", 0, maxRows);
  Vocabulary learnt;
  JsonObject words = object.object("vocabulary");
  for (const FieldSpec &field : fields_)
    if (words.has(field.name.c_str()))
      learnt[field.name] = words.texts(field.name.c_str());
  for (const Column &column : dataset.columns)
    if (static_cast<int64_t>(column.bytes.size()) != dataset.rows * column.rowBytes)
      return std::nullopt;
  if (!status.isOk())
    return std::nullopt;
  vocabulary = std::move(learnt);
  return dataset;
}

void DataCache::store(const Dataset &dataset, const Vocabulary &vocabulary) const {
  if (identity_.empty() || dataset.columns.size() != fields_.size())
    return;
  Json json = {{"rows", dataset.rows}};
  if (dataset.overlap)
    json["overlap"] = *dataset.overlap;
  json["vocabulary"] = Json::object();
  for (const auto &[field, words] : vocabulary)
    json["vocabulary"][field] = words;
  std::optional<std::string> text = exactText(json);
  if (!text)
    return;
  std::vector<std::string_view> parts = {identity_, *text};
  int64_t total = 0;
  for (size_t i = 0; i < fields_.size(); ++i) {
    const Column &column = dataset.columns[i];
    if (column.source || column.field.name != fields_[i].name)
      return;
    parts.emplace_back(reinterpret_cast<const char *>(column.bytes.data()), column.bytes.size());
    total += static_cast<int64_t>(column.bytes.size());
  }
  if (total > cache_.limit() / 4)
    return;
  cache_.store(key_, parts);
  cache_.prune();
}

} // namespace mlc
