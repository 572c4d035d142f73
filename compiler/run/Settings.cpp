#include "compiler/run/Settings.h"

#include "runtime/Number.h"

#include <algorithm>
#include <string_view>

namespace mlc::run {
namespace {

constexpr std::string_view prefix = "set.";

std::string keyOf(const std::string &name) { return std::string(prefix) + name; }

/// "500", "30s", "10m", "2h".
std::optional<CheckpointPlan> parseCheckpoints(std::string text) {
  CheckpointPlan plan;
  plan.seconds = 0;
  if (text.empty())
    return std::nullopt;
  double unit = text.back() == 's' ? 1 : text.back() == 'm' ? 60 : text.back() == 'h' ? 3600 : 0;
  if (unit == 0) {
    std::optional<int64_t> updates = parseI64(text);
    if (!updates || *updates < 0)
      return std::nullopt;
    plan.updates = static_cast<uint64_t>(*updates);
    return plan;
  }
  text.pop_back();
  std::optional<double> number = parseF64(text);
  if (!number || !(*number > 0) || *number > 1e9)
    return std::nullopt;
  plan.seconds = *number * unit;
  return plan;
}

} // namespace

Status Settings::set(const std::string &name, const std::string &value, const std::string &spelling) {
  auto [entry, added] = values.emplace(keyOf(name), value);
  if (!added && entry->second != value)
    return Status::usage("`" + name + "` is given twice, as " + entry->second + " and by " + spelling + " " +
                         value);
  return {};
}

Expected<Settings> Settings::of(const GivenSettings &given) {
  Settings settings;
  if (!given.train.empty())
    settings.values["train"] = given.train;
  for (const auto &[name, value] : given.sets)
    settings.values[keyOf(name)] = value; // of two, the later counts
  if (given.epochs)
    MLC_TRY(settings.set("epochs", std::to_string(*given.epochs), "--epochs"));
  if (given.steps)
    MLC_TRY(settings.set("steps", std::to_string(*given.steps), "--steps"));
  if (given.batch)
    MLC_TRY(settings.set("batch", std::to_string(*given.batch), "--batch"));
  if (given.seed)
    MLC_TRY(settings.set("seed", std::to_string(*given.seed), "--seed"));
  if (settings.find("epochs") && settings.find("steps"))
    return Status::usage("epochs and steps both say how long; give one of them");
  if (!given.saveEvery.empty()) {
    if (!parseCheckpoints(given.saveEvery))
      return Status::usage(
          "--save-every takes a number of updates, as in 500, or a time, as in 30s, 10m, 2h; got `" +
          given.saveEvery + "`");
    settings.values["save_every"] = given.saveEvery;
  }
  if (given.logEvery)
    settings.values["log_every"] = std::to_string(*given.logEvery);
  return settings;
}

Settings Settings::ofRun(const RunConfig &config) {
  Settings settings;
  settings.values = config.settings;
  return settings;
}

Settings Settings::with(const Settings &later) const {
  Settings result = *this;
  for (const char *name : {"epochs", "steps"})
    if (later.find(name)) {
      result.values.erase(keyOf("epochs"));
      result.values.erase(keyOf("steps"));
    }
  for (const auto &[name, value] : later.values)
    result.values[name] = value;
  return result;
}

Expected<Settings> Settings::without(const std::vector<std::string> &names, const std::string &run) const {
  Settings result = *this;
  for (const std::string &name : names) {
    if (result.values.erase(keyOf(name)) != 0)
      continue;
    std::string sets = setsBeside({});
    return Status::usage("`--unset " + name + "`: " + run + " was not begun with a --set of it" +
                         (sets.empty() ? "" : "; it has " + sets));
  }
  return result;
}

std::string Settings::setsBeside(const Settings &other) const {
  std::string text;
  for (const auto &[name, value] : values)
    if (name.compare(0, prefix.size(), prefix) == 0 && !other.values.count(name))
      text += (text.empty() ? "--set " : ", --set ") + name.substr(prefix.size()) + "=" + value;
  return text;
}

std::optional<std::string> Settings::find(const std::string &name) const {
  for (const std::string &key : {name, keyOf(name)})
    if (auto entry = values.find(key); entry != values.end())
      return entry->second;
  return std::nullopt;
}

frontend::CheckOptions Settings::checkOptions() const {
  frontend::CheckOptions options;
  for (const auto &[name, value] : values)
    if (name.compare(0, prefix.size(), prefix) == 0)
      options.overrides.emplace_back(name.substr(prefix.size()), value);
  return options;
}

CheckpointPlan Settings::checkpoints() const {
  std::optional<std::string> text = find("save_every");
  return text ? parseCheckpoints(*text).value_or(CheckpointPlan()) : CheckpointPlan();
}

uint64_t Settings::logEvery() const {
  std::optional<std::string> text = find("log_every");
  std::optional<int64_t> updates = text ? parseI64(*text) : std::nullopt;
  return static_cast<uint64_t>(std::max<int64_t>(updates.value_or(0), 0));
}

} // namespace mlc::run
