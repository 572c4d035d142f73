#include "runtime/checkpoint/RunConfig.h"

#include "runtime/Json.h"

namespace mlc {

static constexpr int64_t formatVersion = 1;

Expected<std::string> printConfig(const RunConfig &config) {
  Json json = {{"version", formatVersion},         {"model_folder", config.modelFolder},
               {"data_folder", config.dataFolder}, {"texts", config.texts},
               {"settings", Json::object()},       {"categories", Json::object()}};
  for (const auto &[name, value] : config.settings)
    json["settings"][name] = value;
  for (const auto &[field, values] : config.vocabulary)
    json["categories"][field] = values;
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
  config.modelFolder = object.text("model_folder");
  config.dataFolder = object.text("data_folder");
  if (object.has("texts")) // runs of before do not say
    config.texts = object.texts("texts");
  else
    config.texts = {"model.mlc"};
  config.settings = object.textMap("settings");
  JsonObject categories = object.object("categories");
  MLC_TRY(status);
  for (auto it = (*json)["categories"].begin(); it != (*json)["categories"].end(); ++it)
    config.vocabulary[it.key()] = categories.texts(it.key().c_str());
  object.object("manifest");
  MLC_TRY(status);
  Expected<Manifest> manifest = parseManifest((*json)["manifest"].dump(), where);
  if (!manifest)
    return manifest.status();
  config.manifest = std::move(*manifest);
  return config;
}

} // namespace mlc
