#include "compiler/tools/mlc/Summary.h"

#include "frontend/check/GraphBuilder.h"
#include "frontend/check/ProgramPrinter.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

using namespace mlc::frontend;

namespace mlc::tool {
namespace {

std::string outputText(const core::InstanceInfo &instance) {
  std::string text;
  for (const core::TensorType &type : instance.outputs)
    text += (text.empty() ? "" : ", ") + shapeText(type);
  return text;
}

int64_t elements(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

struct Totals {
  int64_t parameters = 0, trainable = 0, optimizerBytes = 0;
};

Totals totalsOf(const Manifest &manifest) {
  Totals totals;
  for (const StateTensor &state : manifest.state) {
    if (state.role == Role::Param)
      totals.parameters += elements(state.shape);
    if (state.trainable)
      totals.trainable += elements(state.shape);
    if (state.role == Role::Slot)
      totals.optimizerBytes += state.bytes;
  }
  return totals;
}

std::string padded(const std::string &text, size_t to) {
  return text + std::string(to > width(text) ? to - width(text) : 0, ' ');
}

} // namespace

size_t width(const std::string &text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t i = static_cast<int64_t>(digits.size()) - 3; i > (number < 0 ? 1 : 0); i -= 3)
    digits.insert(i, ",");
  return digits;
}

std::string bytesText(int64_t bytes) {
  if (bytes < 1024)
    return fmt::format("{} B", bytes);
  const char *units[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = bytes / 1024.0;
  int unit = 0;
  for (; value >= 1024 && unit < 3; ++unit)
    value /= 1024;
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string flopsText(double flops) {
  const char *units[] = {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"};
  int unit = 0;
  for (; flops >= 1000 && unit < 4; ++unit)
    flops /= 1000;
  return unit ? fmt::format("{:.1f} {}", flops, units[unit]) : fmt::format("{:.0f} FLOP", flops);
}

std::string durationText(double seconds) {
  if (seconds < 10)
    return fmt::format("{:.1f} s", seconds);
  int64_t whole = std::llround(seconds);
  if (whole < 60)
    return fmt::format("{} s", whole);
  if (whole < 3600)
    return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

/// The name of the program and a line for each instance.
static std::string instanceTable(const core::Program &program) {
  size_t path = 8, callee = 4, output = 6;
  for (const core::InstanceInfo &instance : program.instances) {
    path = std::max(path, width(instance.path));
    callee = std::max(callee, width(instance.callee));
    output = std::max(output, width(outputText(instance)));
  }
  std::string text = fmt::format("{}\n", program.name);
  auto row = [&](const std::string &a, const std::string &b, const std::string &c, const std::string &d) {
    text += fmt::format("  {}  {}  {}  {:>12}\n", padded(a, path), padded(b, callee), padded(c, output), d);
  };
  row("instance", "kind", "output", "parameters");
  for (const core::InstanceInfo &instance : program.instances)
    row(instance.path, instance.callee, outputText(instance),
        instance.parameters ? grouped(instance.parameters) : "-");
  return text;
}

static nlohmann::ordered_json instancesJson(const core::Program &program) {
  auto rows = nlohmann::ordered_json::array();
  for (const core::InstanceInfo &instance : program.instances) {
    nlohmann::ordered_json row;
    row["path"] = instance.path;
    row["kind"] = instance.callee;
    row["output"] = outputText(instance);
    row["parameters"] = instance.parameters;
    rows.push_back(row);
  }
  return rows;
}

static int64_t parametersOf(const core::Program &program) {
  int64_t count = 0;
  for (const core::StateTensor &state : program.states)
    if (state.role == core::StateTensor::Param)
      count += product(state.type.shape).constant().value_or(0);
  return count;
}

std::string definitionsText(const DefinitionReport &definitions, const SourceManager &sources) {
  std::string text;
  for (const core::Program &model : definitions.models)
    text += instanceTable(model) + fmt::format("  {} parameters\n", grouped(parametersOf(model)));
  if (!definitions.unchecked.empty())
    text += "not checked\n";
  for (const DefinitionReport::Unchecked &each : definitions.unchecked)
    text += fmt::format("  {} `{}` in line {}: {}\n", each.kind, each.name,
                        sources.get(each.span.source).lineColumn(each.span.begin).line, each.why);
  return text;
}

std::string definitionsJson(const DefinitionReport &definitions) {
  nlohmann::ordered_json json;
  json["models"] = nlohmann::ordered_json::array();
  for (const core::Program &model : definitions.models) {
    nlohmann::ordered_json row;
    row["model"] = model.name;
    row["instances"] = instancesJson(model);
    row["parameters"] = parametersOf(model);
    json["models"].push_back(row);
  }
  json["unchecked"] = nlohmann::ordered_json::array();
  for (const DefinitionReport::Unchecked &each : definitions.unchecked)
    json["unchecked"].push_back({{"kind", each.kind}, {"name", each.name}, {"why", each.why}});
  return json.dump(2) + "\n";
}

std::string settableText(const std::vector<Settable> &settable, const SourceManager &sources) {
  size_t name = 0, value = 0;
  for (const Settable &each : settable) {
    name = std::max(name, width(each.name));
    value = std::max(value, width(each.value));
  }
  std::string text;
  for (const Settable &each : settable) {
    std::string place;
    if (each.span) {
      const Source &source = sources.get(each.span->source);
      // Of the prelude, a person sees the default and not where that stands.
      if (source.origin() == SourceOrigin::User && source.name().rfind("--set ", 0) != 0)
        place = fmt::format("{}:{}", source.name(), source.lineColumn(each.span->begin).line);
      else if (source.origin() != SourceOrigin::Prelude)
        place = "--set";
    }
    std::string line = padded(each.name, name) + "  " + padded(each.value, value) + "  " + place;
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string settableJson(const std::vector<Settable> &settable) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Settable &each : settable)
    json[each.name] = each.value;
  return json.dump(2) + "\n";
}

std::string summaryText(const core::Program &program, const Manifest &manifest,
                        const run::PlannedTraining *plan) {
  std::string text = instanceTable(program);
  Totals totals = totalsOf(manifest);
  text += fmt::format("  {} parameters", grouped(totals.parameters));
  if (totals.trainable != totals.parameters)
    text += fmt::format(" ({} trained)", grouped(totals.trainable));
  text += fmt::format("; memory: state {} (optimizer {})", bytesText(manifest.stateBytes),
                      bytesText(totals.optimizerBytes));
  if (plan) {
    const MemoryPlan &memory = plan->memory;
    text += fmt::format(", a step of {} rows {},\n  batches {}, scratch {} × {}: {} in all\n", plan->rows,
                        bytesText(memory.arena), bytesText(memory.batches), memory.workers,
                        bytesText(memory.scratch), bytesText(memory.total()));
  } else {
    text += fmt::format(
        "\n  not planned, for the time it would take: {} operations; `mlc check --plan` plans\n  what a step "
        "takes, and `mlc train` does\n",
        grouped(countOperations(program)));
  }
  const core::Settings &settings = program.settings;
  if (settings.accumulate > 1)
    text += fmt::format(
        "  accumulate {}: a step computes its {} batches of {} rows as one; this is the memory of {} "
        "rows, and batch_norm sees {} rows\n",
        settings.accumulate, settings.accumulate, settings.batch, settings.accumulate * settings.batch,
        settings.accumulate * settings.batch);
  if (plan && plan->step.launches)
    text += fmt::format("  a training step: {} in {} kernel launches\n", flopsText(plan->step.flops),
                        plan->step.launches);
  return text;
}

std::string summaryJson(const core::Program &program, const Manifest &manifest,
                        const run::PlannedTraining *plan) {
  nlohmann::ordered_json json;
  json["program"] = program.name;
  if (!program.instances.empty())
    json["instances"] = instancesJson(program);
  Totals totals = totalsOf(manifest);
  json["batch"] = program.settings.batch;
  json["accumulate"] = program.settings.accumulate;
  json["step_rows"] = manifest.train.batch;
  json["parameters"] = totals.parameters;
  json["trainable"] = totals.trainable;
  json["state_bytes"] = manifest.stateBytes;
  json["operations"] = countOperations(program);
  if (plan) {
    json["arena_bytes"] = plan->memory.arena;
    json["batch_bytes"] = plan->memory.batches;
    json["scratch_bytes"] = plan->memory.scratch;
    json["workers"] = plan->memory.workers;
    json["memory_bytes"] = plan->memory.total();
    json["flops"] = plan->step.flops;
    json["launches"] = plan->step.launches;
  }
  return json.dump(2) + "\n";
}

} // namespace mlc::tool
