#include "compiler/draw/InstanceFrames.h"

#include "frontend/check/ProgramPrinter.h"

#include <algorithm>
#include <cctype>

using namespace mlc::frontend;

namespace mlc::compiler {

static std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto i = static_cast<std::int64_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(i, ",");
  return digits;
}

std::string shapesOf(const core::InstanceInfo &instance) {
  std::string text;
  for (const core::TensorType &type : instance.outputs)
    text += (text.empty() ? "" : ", ") + core::shapeText(type);
  return text;
}

std::optional<std::string> literalArguments(std::string_view text) {
  auto isDigit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  auto isSpace = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  auto isWord = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  std::size_t end = std::find_if_not(text.begin(), text.end(), isWord) - text.begin();
  if (end == 0 || isDigit(text[0]))
    return std::nullopt;
  auto isLiteral = [&](std::string_view value) {
    while (!value.empty() && isSpace(value.front()))
      value.remove_prefix(1);
    while (!value.empty() && isSpace(value.back()))
      value.remove_suffix(1);
    return value == "true" || value == "false" || value == "none" ||
           (std::any_of(value.begin(), value.end(), isDigit) &&
            std::all_of(value.begin(), value.end(),
                        [&](char c) { return isDigit(c) || c == '.' || c == '-' || c == 'e'; }));
  };
  std::string shown;
  int depth = 0;
  for (std::size_t i = end, begin = end + 1; i < text.size(); ++i) {
    bool isEnd = depth == 1 && (text[i] == ',' || text[i] == ';' || text[i] == ')');
    depth += text[i] == '(' || text[i] == '[' ? 1 : text[i] == ')' || text[i] == ']' ? -1 : 0;
    if (depth == 0 && i + 1 < text.size())
      return std::nullopt;
    if (!isEnd)
      continue;
    std::string_view argument = text.substr(begin, i - begin);
    begin = i + 1;
    while (!argument.empty() && isSpace(argument.front()))
      argument.remove_prefix(1);
    std::size_t equals = argument.find('=');
    if (isLiteral(argument.substr(equals == std::string_view::npos ? 0 : equals + 1)))
      shown += (shown.empty() ? "" : ", ") + std::string(argument);
  }
  return shown;
}

InstanceFrames::InstanceFrames(const core::Program &program, const SourceManager &sources) {
  for (const core::InstanceInfo &instance : program.instances)
    instances[instance.path] = &instance;
  for (const core::Objective &objective : program.objectives)
    findCalls(objective.forward.graph, sources);
}

/// The calls that an op came through are those of the instances around it, from the inside.
void InstanceFrames::findCalls(const core::Graph &graph, const SourceManager &sources) {
  for (const core::Node &node : graph.nodes) {
    std::string path = node.origin.path;
    if (path.empty() || settings.count(path))
      continue;
    auto call = node.origin.chain.begin();
    while (!path.empty()) {
      const core::InstanceInfo *instance = find(path);
      for (; instance && call != node.origin.chain.end(); ++call) {
        std::string_view text = sources.text(*call);
        std::size_t length = instance->callee.size();
        if (text.substr(0, length) != instance->callee || (text.size() > length && text[length] != '('))
          continue;
        if (std::optional<std::string> arguments = literalArguments(text)) {
          settings.emplace(path, *arguments);
          ++call;
          break;
        }
      }
      std::size_t dot = path.rfind('.');
      path.resize(dot == std::string::npos ? 0 : dot);
    }
  }
}

DrawingPath InstanceFrames::pathOf(const std::string &path) const {
  DrawingPath parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos && begin < path.size();) {
    end = path.find('.', end + 1);
    if (!instances.count(path.substr(0, end)))
      continue;
    parts.push_back(path.substr(begin, end == std::string::npos ? end : end - begin));
    begin = end == std::string::npos ? path.size() : end + 1;
  }
  return parts;
}

const core::InstanceInfo *InstanceFrames::find(const std::string &path) const {
  auto found = instances.find(path);
  return found == instances.end() ? nullptr : found->second;
}

bool InstanceFrames::hasInner(const std::string &path) const {
  auto next = instances.lower_bound(path + ".");
  return next != instances.end() && next->first.compare(0, path.size() + 1, path + ".") == 0;
}

Frame InstanceFrames::frameOf(const core::InstanceInfo &instance) const {
  Frame frame;
  frame.name = pathOf(instance.path).back();
  frame.definition = instance.callee;
  if (auto found = settings.find(instance.path); found != settings.end())
    frame.settings = found->second;
  std::string detail = shapesOf(instance);
  if (instance.parameters)
    detail += (detail.empty() ? "" : ", ") + grouped(instance.parameters) + " parameters";
  if (!detail.empty())
    frame.details.push_back(detail);
  return frame;
}

std::map<DrawingPath, Frame> InstanceFrames::all() const {
  std::map<DrawingPath, Frame> frames;
  for (const auto &[path, instance] : instances)
    frames[pathOf(path)] = frameOf(*instance);
  return frames;
}

} // namespace mlc::compiler
