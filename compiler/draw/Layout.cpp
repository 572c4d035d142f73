// The layered method of Sugiyama, Tagawa and Toda (1981):
//
// 1. Arrows that close a cycle (found depth first) are turned round.
// 2. Each box goes one layer below the lowest box that leads to it; those that only sources lead to are then
//    moved down to just above the first that they lead to.
// 3. An arrow over several layers is cut by a point in each layer between.
// 4. Each layer is sorted by the mean place of its neighbours in the layer above, then below, and so on; the
//    order with the fewest crossings wins.
// 5. x: columns that are straight (Columns.cpp).
#include "compiler/draw/Layout.h"
#include "compiler/draw/Columns.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace mlc::compiler {
namespace {

constexpr double gapY = 30;

using Vertex = LayoutVertex;

class Layouter {
public:
  Layouter(const std::vector<Size> &sizes, const std::vector<std::pair<std::size_t, std::size_t>> &arrows,
           const LayoutPorts &ports)
      : arrows(arrows), ports(ports), boxes(static_cast<int>(sizes.size())), vertices(sizes.size()) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      vertices[i].size = sizes[i];
      vertices[i].isPoint = vertices[i].isPort = pin(static_cast<int>(i)) != LayoutPorts::Free;
    }
  }

  Layout run() {
    findCycles();
    assignLayers();
    cutArrows();
    order();
    placeInColumns(vertices, layers);
    return result();
  }

private:
  LayoutPorts::Pin pin(int vertex) const {
    return vertex < static_cast<int>(ports.pins.size()) ? ports.pins[vertex] : LayoutPorts::Free;
  }

  /// Where an arrow meets its upper and lower end, right of their centres.
  std::pair<double, double> endsBeside(std::size_t arrow) const {
    auto [from, to] = ports.ends.empty() ? std::pair<double, double>() : ports.ends[arrow];
    return back[arrow] ? std::make_pair(to, from) : std::make_pair(from, to);
  }

  /// The two ends, the upper first.
  std::pair<int, int> ends(std::size_t arrow) const {
    auto [from, to] = arrows[arrow];
    int upper = static_cast<int>(from), lower = static_cast<int>(to);
    return back[arrow] ? std::make_pair(lower, upper) : std::make_pair(upper, lower);
  }

  void findCycles() {
    back.assign(arrows.size(), false);
    std::vector<std::vector<std::size_t>> out(boxes);
    for (std::size_t i = 0; i < arrows.size(); ++i)
      out[arrows[i].first].push_back(i);
    enum { New, Open, Done };
    std::vector<int> state(boxes, New);
    std::vector<std::pair<int, std::size_t>> stack; // a box and the next of its arrows
    for (int root = 0; root < boxes; ++root) {
      if (state[root] != New)
        continue;
      stack.emplace_back(root, 0);
      state[root] = Open;
      while (!stack.empty()) {
        auto &[box, next] = stack.back();
        if (next == out[box].size()) {
          state[box] = Done;
          stack.pop_back();
          continue;
        }
        std::size_t arrow = out[box][next++];
        int to = static_cast<int>(arrows[arrow].second);
        if (state[to] == Open) {
          back[arrow] = true;
        } else if (state[to] == New) {
          state[to] = Open;
          stack.emplace_back(to, 0);
        }
      }
    }
  }

  void assignLayers() {
    std::vector<std::vector<int>> lower(boxes);
    std::vector<int> waiting(boxes);
    for (std::size_t i = 0; i < arrows.size(); ++i) {
      auto [up, down] = ends(i);
      if (up == down)
        continue;
      lower[up].push_back(down);
      ++waiting[down];
    }
    std::vector<int> ready;
    // Nothing but sources leads to it, and those to nothing else: it may go down with all of them.
    std::vector<bool> free(boxes, true);
    for (int box = 0; box < boxes; ++box)
      if (waiting[box] == 0)
        ready.push_back(box);
    for (std::size_t i = 0; i < ready.size(); ++i) {
      int box = ready[i];
      for (int to : lower[box]) {
        vertices[to].layer = std::max(vertices[to].layer, vertices[box].layer + 1);
        free[to] = free[to] && free[box] && lower[box].size() == 1 && pin(box) == LayoutPorts::Free;
        if (--waiting[to] == 0)
          ready.push_back(to);
      }
    }
    for (auto box = ready.rbegin(); box != ready.rend(); ++box) {
      int first = std::numeric_limits<int>::max();
      for (int to : lower[*box])
        first = std::min(first, vertices[to].layer);
      if (free[*box] && !lower[*box].empty() && pin(*box) == LayoutPorts::Free)
        vertices[*box].layer = first - 1;
    }
    int last = 0;
    for (const Vertex &vertex : vertices)
      last = std::max(last, vertex.layer);
    for (int box = 0; box < boxes; ++box)
      if (pin(box) == LayoutPorts::Bottom)
        vertices[box].layer = last;
    if (!vertices.empty())
      layers.resize(last + 1);
  }

  /// Straight if the lower vertex stands `delta` right of the upper one.
  void link(int up, int down, double delta) {
    vertices[up].below.push_back({down, delta});
    vertices[down].above.push_back({up, -delta});
  }

  void cutArrows() {
    points.resize(arrows.size());
    for (std::size_t i = 0; i < arrows.size(); ++i) {
      auto [up, down] = ends(i);
      if (up == down)
        continue;
      auto [upper, lowerEnd] = endsBeside(i);
      int before = up;
      double beside = upper;
      for (int layer = vertices[up].layer + 1; layer < vertices[down].layer; ++layer) {
        Vertex point;
        point.isPoint = true;
        point.layer = layer;
        int number = static_cast<int>(vertices.size());
        vertices.push_back(std::move(point));
        points[i].push_back(number);
        link(before, number, beside);
        before = number;
        beside = 0;
      }
      link(before, down, beside - lowerEnd);
    }
  }

  /// Depth first from the sources: what follows each other starts in one column.
  void firstOrder() {
    std::vector<bool> seen(vertices.size());
    for (std::size_t root = 0; root < vertices.size(); ++root) {
      std::vector<int> stack{static_cast<int>(root)};
      while (!stack.empty()) {
        int vertex = stack.back();
        stack.pop_back();
        if (seen[vertex])
          continue;
        seen[vertex] = true;
        layers[vertices[vertex].layer].push_back(vertex);
        const std::vector<Vertex::Link> &below = vertices[vertex].below;
        for (auto link = below.rbegin(); link != below.rend(); ++link)
          stack.push_back(link->to);
      }
    }
  }

  /// The place of each vertex in its layer.
  std::vector<int> ranks() const {
    std::vector<int> rank(vertices.size());
    for (const std::vector<int> &layer : layers)
      for (std::size_t i = 0; i < layer.size(); ++i)
        rank[layer[i]] = static_cast<int>(i);
    return rank;
  }

  long crossings() const {
    std::vector<int> rank = ranks();
    long count = 0;
    for (std::size_t number = 1; number < layers.size(); ++number) {
      // Arrows by their upper ends; how many of those before end further right below, by a Fenwick tree.
      std::vector<long> tree(layers[number].size() + 1);
      long seen = 0;
      for (int up : layers[number - 1]) {
        for (auto [down, delta] : vertices[up].below) {
          long notRight = 0;
          for (int i = rank[down] + 1; i > 0; i -= i & -i)
            notRight += tree[i];
          count += seen - notRight;
        }
        for (auto [down, delta] : vertices[up].below) {
          ++seen;
          for (int i = rank[down] + 1; i < static_cast<int>(tree.size()); i += i & -i)
            ++tree[i];
        }
      }
    }
    return count;
  }

  void sortLayer(std::vector<int> &layer, bool byAbove, const std::vector<int> &rank) {
    std::vector<std::tuple<double, int, int>> keyed; // equal means keep their order
    for (int vertex : layer) {
      const std::vector<Vertex::Link> &neighbours = byAbove ? vertices[vertex].above : vertices[vertex].below;
      double sum = 0;
      for (const Vertex::Link &neighbour : neighbours)
        sum += rank[neighbour.to];
      double mean = neighbours.empty() ? rank[vertex] : sum / static_cast<double>(neighbours.size());
      keyed.emplace_back(mean, rank[vertex], vertex);
    }
    std::sort(keyed.begin(), keyed.end());
    for (std::size_t i = 0; i < layer.size(); ++i)
      layer[i] = std::get<2>(keyed[i]);
  }

  void order() {
    firstOrder();
    std::vector<std::vector<int>> best = layers;
    long fewest = crossings();
    for (int round = 0; round < 12 && fewest > 0; ++round) {
      for (bool down : {true, false}) {
        for (std::size_t i = 1; i < layers.size(); ++i) {
          std::size_t number = down ? i : layers.size() - 1 - i;
          sortLayer(layers[number], down, ranksOf(number, down));
        }
        long count = crossings();
        if (count < fewest) {
          fewest = count;
          best = layers;
        }
      }
    }
    layers = best;
  }

  /// Ranks of a layer and of the one that it is sorted by.
  const std::vector<int> &ranksOf(std::size_t number, bool byAbove) {
    sorted.resize(vertices.size());
    for (std::size_t layer : {number, byAbove ? number - 1 : number + 1})
      for (std::size_t i = 0; i < layers[layer].size(); ++i)
        sorted[layers[layer][i]] = static_cast<int>(i);
    return sorted;
  }

  /// The edges of a frame need little room.
  double gapBelow(std::size_t number) const {
    auto isEdge = [&](std::size_t layer) {
      return std::all_of(layers[layer].begin(), layers[layer].end(),
                         [&](int vertex) { return pin(vertex) != LayoutPorts::Free; });
    };
    constexpr double atEdge = 8;
    return isEdge(number) || (number + 1 < layers.size() && isEdge(number + 1)) ? atEdge : gapY;
  }

  Layout result() const {
    Layout layout;
    std::vector<double> top, bottom;
    double left = std::numeric_limits<double>::max(), right = 0, y = ports.margin;
    for (const std::vector<int> &layer : layers) {
      double height = 0;
      for (int vertex : layer)
        height = std::max(height, vertices[vertex].size.height);
      top.push_back(y);
      bottom.push_back(y + height);
      y += height + gapBelow(top.size() - 1);
      for (int vertex : layer)
        left = std::min(left, vertices[vertex].x - vertices[vertex].size.width / 2);
    }
    double shift = ports.margin - left;
    for (const Vertex &vertex : vertices)
      right = std::max(right, vertex.x + shift + vertex.size.width / 2);
    layout.size = {right + ports.margin,
                   y - (layers.empty() ? gapY : gapBelow(layers.size() - 1)) + ports.margin};
    for (int box = 0; box < boxes; ++box) {
      int layer = vertices[box].layer;
      layout.boxes.push_back({vertices[box].x + shift, (top[layer] + bottom[layer]) / 2});
    }
    for (std::size_t i = 0; i < arrows.size(); ++i) {
      Route route;
      route.leadsBack = back[i];
      auto [up, down] = ends(i);
      auto edge = [&](int box, double sign) {
        if (pin(box) != LayoutPorts::Free)
          return pin(box) == LayoutPorts::Top ? 0 : layout.size.height;
        return layout.boxes[box].y + sign * vertices[box].size.height / 2;
      };
      if (up != down) {
        auto [upper, lower] = endsBeside(i);
        route.through.push_back({vertices[up].x + upper + shift, edge(up, 1), bottom[vertices[up].layer]});
        for (int point : points[i]) {
          int layer = vertices[point].layer;
          route.through.push_back({vertices[point].x + shift, top[layer], bottom[layer]});
        }
        route.through.push_back(
            {vertices[down].x + lower + shift, top[vertices[down].layer], edge(down, -1)});
      }
      layout.arrows.push_back(std::move(route));
    }
    return layout;
  }

  const std::vector<std::pair<std::size_t, std::size_t>> &arrows;
  const LayoutPorts &ports;
  int boxes; ///< vertices before the points
  std::vector<Vertex> vertices;
  std::vector<bool> back;               ///< by arrow
  std::vector<std::vector<int>> points; ///< by arrow, from the upper end
  std::vector<std::vector<int>> layers; ///< vertices from the left
  std::vector<int> sorted;
};

} // namespace

Layout layOut(const std::vector<Size> &boxes, const std::vector<std::pair<std::size_t, std::size_t>> &arrows,
              const LayoutPorts &ports) {
  return Layouter(boxes, arrows, ports).run();
}

} // namespace mlc::compiler
