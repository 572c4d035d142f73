// Patterns of parameter paths: "net.blocks.*.dense_1", "**.bias".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mlc::frontend {

/// Patterns in which `*` is one component of a path and `**` any number of them; a pattern that matches a
/// leading part matches everything below. Together they are a tree by components, so that a path is compared
/// with what can still match it only: many patterns with many paths, and long patterns, take no longer than
/// their text is.
class PathPatterns {
public:
  /// Patterns are numbered from 0 in the order in which they are added.
  void add(std::string_view pattern);
  bool empty() const { return count == 0; }
  size_t size() const { return count; }

  /// The numbers of those that match `path`, in order.
  std::vector<size_t> matching(std::string_view path) const;
  bool matchesAny(std::string_view path) const { return !matching(path).empty(); }

private:
  struct Node {
    std::map<std::string, int, std::less<>> byName;
    int any = -1;        // after `*`
    int deep = -1;       // after `**`
    bool isDeep = false; // stays where it is at every component
    std::vector<size_t> ends;
  };

  int child(int node, std::string_view component);
  int newNode();

  std::vector<Node> nodes = std::vector<Node>(1);
  size_t count = 0;
};

} // namespace mlc::frontend
