#include "frontend/check/PathPattern.h"

#include <algorithm>

namespace mlc::frontend {

/// Calls `visit` with each component, until it returns false.
template <typename Visit> static void forEachComponent(std::string_view text, Visit visit) {
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('.', begin), text.size());
    if (!visit(text.substr(begin, end - begin)))
      return;
    begin = end + 1;
  }
}

int PathPatterns::newNode() {
  nodes.emplace_back();
  return int(nodes.size()) - 1;
}

int PathPatterns::child(int node, std::string_view component) {
  if (component == "**") {
    if (nodes[node].isDeep) // "**.**" is "**"
      return node;
    if (nodes[node].deep < 0) {
      int made = newNode();
      nodes[made].isDeep = true;
      nodes[node].deep = made;
    }
    return nodes[node].deep;
  }
  if (component == "*") {
    if (nodes[node].any < 0) {
      int made = newNode();
      nodes[node].any = made;
    }
    return nodes[node].any;
  }
  auto found = nodes[node].byName.find(component);
  if (found != nodes[node].byName.end())
    return found->second;
  int made = newNode();
  nodes[node].byName.emplace(component, made);
  return made;
}

void PathPatterns::add(std::string_view pattern) {
  int node = 0;
  forEachComponent(pattern, [&](std::string_view component) {
    node = child(node, component);
    return true;
  });
  nodes[node].ends.push_back(count++);
}

std::vector<size_t> PathPatterns::matching(std::string_view path) const {
  std::vector<size_t> found;
  std::vector<int> at, next;
  auto enter = [&](int node) {
    for (; node >= 0; node = nodes[node].deep) { // `**` may be no component
      found.insert(found.end(), nodes[node].ends.begin(), nodes[node].ends.end());
      next.push_back(node);
    }
  };
  enter(0);
  forEachComponent(path, [&](std::string_view component) {
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    at.swap(next);
    next.clear();
    for (int node : at) {
      if (nodes[node].isDeep)
        enter(node);
      if (nodes[node].any >= 0)
        enter(nodes[node].any);
      auto byName = nodes[node].byName.find(component);
      if (byName != nodes[node].byName.end())
        enter(byName->second);
    }
    return !next.empty();
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

} // namespace mlc::frontend
