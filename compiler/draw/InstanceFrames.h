// The layers of a program as frames of its drawings.
#pragma once

#include "compiler/draw/Drawing.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mlc::compiler {

class InstanceFrames {
public:
  InstanceFrames(const frontend::core::Program &program, const frontend::SourceManager &sources);

  /// The instances that the path leads into: {"gpt", "blocks.0"} of "gpt.blocks.0" and "gpt.blocks.0.w".
  DrawingPath pathOf(const std::string &path) const;
  /// Null if it is not that of an instance.
  const frontend::core::InstanceInfo *find(const std::string &path) const;
  /// Whether other instances are in it.
  bool hasInner(const std::string &path) const;
  /// Of an instance: "conv_1", "6, 5, pad = 2" as it is called, "batch × 28 × 28 × 6, 156 parameters".
  Frame frameOf(const frontend::core::InstanceInfo &instance) const;
  /// All of them, by path.
  std::map<DrawingPath, Frame> all() const;

private:
  void findCalls(const frontend::core::Graph &graph, const frontend::SourceManager &sources);

  std::map<std::string, const frontend::core::InstanceInfo *> instances;
  std::map<std::string, std::string> settings; ///< by path
};

/// The arguments of a call that can be read without knowing the names around it: "2, stride = 1" of
/// `max_pool(x, 2, stride = 1)`. Nothing if `text` is no call.
std::optional<std::string> literalArguments(std::string_view text);

/// "batch × 28 × 28 × 6" of an instance's results.
std::string shapesOf(const frontend::core::InstanceInfo &instance);

} // namespace mlc::compiler
