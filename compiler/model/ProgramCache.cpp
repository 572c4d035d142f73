// An entry has two parts: what the functions are, as JSON, and the objects one after the other.
#include "compiler/model/ProgramCache.h"

#include "compiler/jit/KernelCompiler.h"
#include "compiler/model/WeightPanels.h"
#include "runtime/Json.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

namespace mlc::compiler {
namespace {

std::string digestOf(llvm::StringRef text) {
  return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(text)), /*LowerCase=*/true);
}

Json print(const StepFunction &function) {
  Json json = {{"name", function.name},         {"symbol", function.symbol},
               {"arena", function.arenaBytes},  {"scratch", function.scratchBytes},
               {"launches", function.launches}, {"flops", function.flops}};
  json["infos"] = Json::array();
  for (const LaunchInfo &info : function.list.infos)
    json["infos"].push_back({{"kernel", info.kernel},
                             {"lines", info.lines},
                             {"chunks", info.chunks},
                             {"flops", info.flops},
                             {"bytes", info.bytes}});
  json["order"] = function.list.order;
  return json;
}

StepFunction parseFunction(JsonObject json) {
  StepFunction function;
  function.name = json.text("name");
  function.symbol = json.text("symbol");
  function.arenaBytes = json.integer("arena");
  function.scratchBytes = json.integer("scratch");
  function.launches = json.integer("launches");
  function.flops = json.number("flops");
  json.each("infos", [&](JsonObject info) {
    function.list.infos.push_back({info.text("kernel"), info.text("lines"), info.integer("chunks", 1),
                                   info.number("flops"), info.number("bytes")});
  });
  for (int64_t number : json.integers("order")) {
    if (number < 0 || number >= static_cast<int64_t>(function.list.infos.size()))
      json.fail("order", "names no launch");
    function.list.order.push_back(static_cast<uint32_t>(number));
  }
  return function;
}

} // namespace

ProgramCache::ProgramCache(DiskCache cache, const frontend::core::Program &program,
                           const frontend::SourceManager &sources, const Target &target)
    : cache(std::move(cache)) {
  // Lengths before texts: two lists of texts never make one and the same string.
  std::string all;
  auto add = [&](std::string_view text) { all += std::to_string(text.size()) + ":" + std::string(text); };
  for (size_t i = 0; i < sources.size(); ++i) {
    if (sources.get(static_cast<frontend::SourceId>(i)).origin() == frontend::SourceOrigin::RunSetting)
      continue;
    add(sources.get(static_cast<frontend::SourceId>(i)).name());
    add(sources.get(static_cast<frontend::SourceId>(i)).text());
  }
  add(program.name);
  for (const std::string &name : program.predictNames) // `mlc predict --only` leaves some of them
    add(name);
  add(target.fingerprint());
  add(compilerIdentity());
  for (int64_t panel : panelsOf(program))
    add(std::to_string(panel));
  programHash = digestOf(all);
}

std::string ProgramCache::keyOf(const frontend::EmitOptions &options, ProgramForm form) const {
  std::string what = programHash + " " + std::to_string(options.rows);
  for (bool flag :
       {options.init, options.train, options.evaluate, options.predict, options.figures, options.gradients})
    what += flag ? " 1" : " 0";
  what += " " + std::to_string(static_cast<int>(form));
  return "program-" + digestOf(what);
}

std::optional<CompiledObjects> ProgramCache::find(const frontend::EmitOptions &options,
                                                  ProgramForm form) const {
  std::string text, bytes;
  bool found = cache.find(keyOf(options, form), [&](size_t part, int64_t count) -> uint8_t * {
    return part > 1 ? nullptr : DiskCache::placeIn(part == 0 ? text : bytes, count);
  });
  if (!found)
    return std::nullopt;
  Expected<Json> json = parseJson(text, "program");
  if (!json)
    return std::nullopt;
  Status status;
  JsonObject object(*json, "program", status);
  CompiledObjects objects;
  object.each("functions", [&](JsonObject each) { objects.functions.push_back(parseFunction(each)); });
  size_t at = 0;
  object.each("objects", [&](JsonObject each) {
    auto size = static_cast<size_t>(each.integer("bytes", 0, static_cast<int64_t>(bytes.size() - at)));
    objects.objects.push_back({each.text("name"), bytes.substr(at, size)});
    at += size;
  });
  objects.statistics.kernels = objects.statistics.cached = object.integer("kernels");
  objects.statistics.launches = object.integer("launches");
  if (!status.isOk())
    return std::nullopt;
  return objects;
}

void ProgramCache::store(const frontend::EmitOptions &options, ProgramForm form,
                         const CompiledObjects &objects) const {
  Json json = {{"kernels", objects.statistics.kernels}, {"launches", objects.statistics.launches}};
  json["functions"] = Json::array();
  for (const StepFunction &function : objects.functions)
    json["functions"].push_back(print(function));
  json["objects"] = Json::array();
  std::string bytes;
  for (const Object &object : objects.objects) {
    json["objects"].push_back({{"name", object.name}, {"bytes", object.bytes.size()}});
    bytes += object.bytes;
  }
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  cache.store(keyOf(options, form), {text, bytes});
  cache.prune();
}

} // namespace mlc::compiler
