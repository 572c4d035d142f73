// Merging groups in random graphs: what GroupOrder says of paths is what a search of the merged graph says.
#include "compiler/fuse/GroupOrder.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace mlc::compiler;

namespace {

using Edges = std::vector<llvm::SmallVector<int, 4>>;

class Searched {
public:
  explicit Searched(const Edges &edges) : edges(edges), groups(edges.size()) {
    for (size_t i = 0; i < groups.size(); ++i)
      groups[i] = int(i);
  }

  bool hasEdge(int from, int to) const {
    for (size_t node = 0; node < edges.size(); ++node)
      for (int next : edges[node])
        if (groups[node] == from && groups[next] == to)
          return true;
    return false;
  }

  bool hasPathAround(int from, int to) const {
    std::set<int> seen;
    std::vector<int> open{from};
    while (!open.empty()) {
      int group = open.back();
      open.pop_back();
      for (size_t node = 0; node < edges.size(); ++node)
        for (int next : edges[node]) {
          int reached = groups[next];
          if (groups[node] != group || reached == group || (group == from && reached == to))
            continue;
          if (reached == to)
            return true;
          if (seen.insert(reached).second)
            open.push_back(reached);
        }
    }
    return false;
  }

  void merge(int from, int to) {
    for (int &group : groups)
      if (group == from)
        group = to;
  }

  const Edges &edges;
  std::vector<int> groups;
};

TEST(GroupOrder, SaysWhatASearchSays) {
  std::mt19937 random(2);
  auto below = [&](int n) { return int(random() % unsigned(n)); };
  int merges = 0, paths = 0;
  for (int round = 0; round < 150; ++round) {
    int count = 4 + below(30), reach = 1 + below(round % 2 ? 4 : count);
    Edges edges(count);
    for (int node = 0; node + 1 < count; ++node)
      for (int k = below(4); k > 0; --k)
        edges[node].push_back(node + 1 + below(std::min(reach, count - node - 1)));
    GroupOrder order(edges);
    Searched searched(edges);
    for (int step = 0; step < 6 * count; ++step) {
      int node = below(count);
      if (edges[node].empty())
        continue;
      int from = order.groupOf(node), to = order.groupOf(edges[node][below(int(edges[node].size()))]);
      if (from == to)
        continue;
      ASSERT_TRUE(searched.hasEdge(from, to));
      bool isPath = searched.hasPathAround(from, to);
      ASSERT_EQ(order.hasPathAround(from, to), isPath) << "round " << round << ", step " << step;
      paths += isPath;
      if (isPath)
        continue;
      order.merge(from, to);
      searched.merge(from, to);
      ++merges;
      for (int i = 0; i < count; ++i)
        ASSERT_EQ(order.groupOf(i), searched.groups[i]);
    }
  }
  EXPECT_GT(merges, 300);
  EXPECT_GT(paths, 300);
}

TEST(GroupOrder, ManyMergesInOnePlaceFillGaps) {
  // A fan: every merge puts what follows behind the last node.
  constexpr int count = 400;
  Edges edges(count);
  for (int node = 0; node + 1 < count; ++node) {
    edges[node].push_back(count - 1);
    if (node % 2 == 0 && node + 2 < count)
      edges[node].push_back(node + 1);
  }
  GroupOrder order(edges);
  Searched searched(edges);
  for (int node = count - 2; node >= 0; --node) {
    int from = order.groupOf(node), to = order.groupOf(count - 1);
    bool isPath = searched.hasPathAround(from, to);
    ASSERT_EQ(order.hasPathAround(from, to), isPath);
    if (!isPath) {
      order.merge(from, to);
      searched.merge(from, to);
    }
  }
}

} // namespace
