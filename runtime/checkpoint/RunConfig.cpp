#include "runtime/checkpoint/RunConfig.h"

#include "runtime/Json.h"
#include "runtime/data/Values.h"

#include <charconv>

namespace mlc {

namespace {

constexpr int64_t formatVersion = 1;

Json print(const Fingerprint &data) {
  Json json = {{"files", data.files}, {"rows", data.rows}, {"fields", Json::object()}};
  for (const auto &[field, sum] : data.fields) // as text: readers of JSON make doubles of numbers
    json["fields"][field] = std::to_string(sum);
  return json;
}

/// A path as JSON. A name of Linux is any bytes, and text of JSON is UTF-8: what is none is a list of bytes.
Json printPath(const std::string &path) {
  if (isUtf8(path))
    return path;
  Json bytes = Json::array();
  for (char byte : path)
    bytes.push_back(static_cast<unsigned char>(byte));
  return {{"bytes", std::move(bytes)}};
}

std::string readPath(JsonObject &object, const char *key) {
  if (!object.holdsObject(key))
    return object.text(key);
  std::string path;
  for (int64_t byte : object.object(key).integers("bytes")) {
    if (byte < 1 || byte > 255)
      object.fail(key, "holds something that is not a byte of a path");
    path += static_cast<char>(byte);
  }
  return path;
}

Fingerprint readFingerprint(JsonObject object) {
  Fingerprint data;
  data.files = object.texts("files");
  data.rows = object.integer("rows", 0, maxRows);
  for (const auto &[field, text] : object.textMap("fields")) {
    uint64_t sum = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sum);
    if (error != std::errc() || end != text.data() + text.size())
      object.fail("fields", "holds something that is not a number");
    data.fields[field] = sum;
  }
  return data;
}

} // namespace

Expected<std::string> printConfig(const RunConfig &config) {
  Json json = {{"version", formatVersion},
               {"model_folder", printPath(config.modelFolder)},
               {"data_folder", printPath(config.dataFolder)},
               {"texts", config.texts},
               {"settings", Json::object()},
               {"categories", Json::object()}};
  for (const auto &[name, value] : config.settings)
    json["settings"][name] = value;
  for (const auto &[field, values] : config.vocabulary)
    json["categories"][field] = values;
  json["batch_since"] = {{"epoch", config.batchSince.epoch}, {"update", config.batchSince.update}};
  json["data"] = Json::object();
  for (const auto &[split, data] : config.data)
    json["data"][split] = print(data);
  Expected<Json> manifest = parseJson(printManifest(config.manifest), "manifest");
  if (!manifest)
    return manifest.status();
  json["manifest"] = std::move(*manifest);
  return printJson(json);
}

Expected<RunConfig> parseConfig(const std::string &text, const std::string &where) {
  Expected<Json> json = parseJson(text, where);
  if (!json)
    return json.status();
  RunConfig config;
  Status status;
  JsonObject object(*json, where, status);
  if (object.integer("version") != formatVersion)
    object.fail("version", "is not known here");
  config.modelFolder = readPath(object, "model_folder");
  config.dataFolder = readPath(object, "data_folder");
  if (object.has("texts")) // runs of before do not say
    config.texts = object.texts("texts");
  else
    config.texts = {"model.mlc"};
  config.settings = object.textMap("settings");
  JsonObject categories = object.object("categories");
  MLC_TRY(status);
  for (auto it = (*json)["categories"].begin(); it != (*json)["categories"].end(); ++it)
    config.vocabulary[it.key()] = categories.texts(it.key().c_str());
  if (object.has("batch_since")) { // neither of the two is in runs of older versions
    JsonObject since = object.object("batch_since");
    config.batchSince = {since.integer("epoch"), since.natural("update")};
  }
  if (object.has("data")) {
    JsonObject data = object.object("data");
    MLC_TRY(status);
    for (auto it = (*json)["data"].begin(); it != (*json)["data"].end(); ++it)
      config.data[it.key()] = readFingerprint(data.object(it.key().c_str()));
  }
  object.object("manifest");
  MLC_TRY(status);
  Expected<Manifest> manifest = parseManifest((*json)["manifest"].dump(), where);
  if (!manifest)
    return manifest.status();
  config.manifest = std::move(*manifest);
  return config;
}

} // namespace mlc
