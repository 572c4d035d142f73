// The layered method of Sugiyama, Tagawa and Toda (1981):
//
// 1. Arrows that close a cycle (found depth first) are turned round.
// 2. Each box goes one layer below the lowest box that leads to it; those that only sources lead to are then
//    moved down to just above the first that they lead to.
// 3. An arrow over several layers is cut by a point in each layer between.
// 4. Each layer is sorted by the mean place of its neighbours in the layer above, then below, and so on; the
//    order with the fewest crossings wins.
// 5. x: each layer in turn takes the places nearest to the means of its neighbours, in least squares, under
//    the distances that the order asks for. Pooling neighbours that violate their distance solves that
//    exactly. Points of long arrows weigh most, so that these are straight.
#include "compiler/draw/Layout.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace mlc::compiler {
namespace {

constexpr double gapX = 28, gapY = 30, gapPoints = 12, margin = 16;

struct Vertex {
  Size size;
  bool isPoint = false;
  int layer = 0;
  double x = 0;
  std::vector<int> above, below; ///< neighbours, one entry for each arrow
};

class Layouter {
public:
  Layouter(const std::vector<Size> &sizes, const std::vector<std::pair<std::size_t, std::size_t>> &arrows)
      : arrows(arrows), boxes(static_cast<int>(sizes.size())), vertices(sizes.size()) {
    for (std::size_t i = 0; i < sizes.size(); ++i)
      vertices[i].size = sizes[i];
  }

  Layout run() {
    findCycles();
    assignLayers();
    cutArrows();
    order();
    place();
    return result();
  }

private:
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
        free[to] = free[to] && free[box] && lower[box].size() == 1;
        if (--waiting[to] == 0)
          ready.push_back(to);
      }
    }
    for (auto box = ready.rbegin(); box != ready.rend(); ++box) {
      int first = std::numeric_limits<int>::max();
      for (int to : lower[*box])
        first = std::min(first, vertices[to].layer);
      if (free[*box] && !lower[*box].empty())
        vertices[*box].layer = first - 1;
    }
    for (const Vertex &vertex : vertices)
      layers.resize(std::max<std::size_t>(layers.size(), vertex.layer + 1));
  }

  void link(int up, int down) {
    vertices[up].below.push_back(down);
    vertices[down].above.push_back(up);
  }

  void cutArrows() {
    points.resize(arrows.size());
    for (std::size_t i = 0; i < arrows.size(); ++i) {
      auto [up, down] = ends(i);
      if (up == down)
        continue;
      int before = up;
      for (int layer = vertices[up].layer + 1; layer < vertices[down].layer; ++layer) {
        Vertex point;
        point.isPoint = true;
        point.layer = layer;
        int number = static_cast<int>(vertices.size());
        vertices.push_back(std::move(point));
        points[i].push_back(number);
        link(before, number);
        before = number;
      }
      link(before, down);
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
        const std::vector<int> &below = vertices[vertex].below;
        stack.insert(stack.end(), below.rbegin(), below.rend());
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
        for (int down : vertices[up].below) {
          long notRight = 0;
          for (int i = rank[down] + 1; i > 0; i -= i & -i)
            notRight += tree[i];
          count += seen - notRight;
        }
        for (int down : vertices[up].below) {
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
      const std::vector<int> &neighbours = byAbove ? vertices[vertex].above : vertices[vertex].below;
      double sum = 0;
      for (int neighbour : neighbours)
        sum += rank[neighbour];
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

  double distance(const Vertex &left, const Vertex &right) const {
    double gap = left.isPoint && right.isPoint ? gapPoints : gapX;
    return (left.size.width + right.size.width) / 2 + gap;
  }

  /// Moves a layer to the nearest places to its neighbours' means.
  void placeLayer(const std::vector<int> &layer, bool byAbove, bool byBelow) {
    struct Run {
      double sum, weight; ///< of wanted places of its first vertex
      std::size_t begin;
    };
    std::vector<Run> runs;
    std::vector<double> offset(layer.size());
    for (std::size_t i = 0; i < layer.size(); ++i) {
      const Vertex &vertex = vertices[layer[i]];
      if (i > 0)
        offset[i] = offset[i - 1] + distance(vertices[layer[i - 1]], vertex);
      double sum = 1e-3 * vertex.x, weight = 1e-3;
      auto add = [&](const std::vector<int> &neighbours) {
        for (int neighbour : neighbours) {
          int ofPoints = vertex.isPoint + vertices[neighbour].isPoint;
          double w = ofPoints == 2 ? 8 : ofPoints == 1 ? 2 : 1;
          sum += w * vertices[neighbour].x;
          weight += w;
        }
      };
      if (byAbove)
        add(vertex.above);
      if (byBelow)
        add(vertex.below);
      runs.push_back({sum - weight * offset[i], weight, i});
      while (runs.size() > 1 && runs[runs.size() - 2].sum / runs[runs.size() - 2].weight >=
                                    runs.back().sum / runs.back().weight) {
        Run last = runs.back();
        runs.pop_back();
        runs.back().sum += last.sum;
        runs.back().weight += last.weight;
      }
    }
    for (std::size_t run = 0; run < runs.size(); ++run) {
      std::size_t end = run + 1 < runs.size() ? runs[run + 1].begin : layer.size();
      for (std::size_t i = runs[run].begin; i < end; ++i)
        vertices[layer[i]].x = runs[run].sum / runs[run].weight + offset[i];
    }
  }

  void place() {
    for (const std::vector<int> &layer : layers)
      placeLayer(layer, false, false);
    for (int round = 0; round < 16; ++round) {
      for (std::size_t i = 1; i < layers.size(); ++i)
        placeLayer(layers[i], true, round > 7);
      for (std::size_t i = layers.size(); i-- > 1;)
        placeLayer(layers[i - 1], round > 7, true);
    }
  }

  Layout result() const {
    Layout layout;
    std::vector<double> top, bottom;
    double left = std::numeric_limits<double>::max(), right = 0, y = margin;
    for (const std::vector<int> &layer : layers) {
      double height = 0;
      for (int vertex : layer)
        height = std::max(height, vertices[vertex].size.height);
      top.push_back(y);
      bottom.push_back(y + height);
      y += height + gapY;
      for (int vertex : layer)
        left = std::min(left, vertices[vertex].x - vertices[vertex].size.width / 2);
    }
    double shift = margin - left;
    for (const Vertex &vertex : vertices)
      right = std::max(right, vertex.x + shift + vertex.size.width / 2);
    layout.size = {right + margin, y - gapY + margin};
    for (int box = 0; box < boxes; ++box) {
      int layer = vertices[box].layer;
      layout.boxes.push_back({vertices[box].x + shift, (top[layer] + bottom[layer]) / 2});
    }
    for (std::size_t i = 0; i < arrows.size(); ++i) {
      Route route;
      route.leadsBack = back[i];
      auto [up, down] = ends(i);
      auto edge = [&](int box, double sign) {
        return layout.boxes[box].y + sign * vertices[box].size.height / 2;
      };
      if (up != down) {
        route.through.push_back({vertices[up].x + shift, edge(up, 1), bottom[vertices[up].layer]});
        for (int point : points[i]) {
          int layer = vertices[point].layer;
          route.through.push_back({vertices[point].x + shift, top[layer], bottom[layer]});
        }
        route.through.push_back({vertices[down].x + shift, top[vertices[down].layer], edge(down, -1)});
      }
      layout.arrows.push_back(std::move(route));
    }
    return layout;
  }

  const std::vector<std::pair<std::size_t, std::size_t>> &arrows;
  int boxes; ///< vertices before the points
  std::vector<Vertex> vertices;
  std::vector<bool> back;               ///< by arrow
  std::vector<std::vector<int>> points; ///< by arrow, from the upper end
  std::vector<std::vector<int>> layers; ///< vertices from the left
  std::vector<int> sorted;
};

} // namespace

Layout layOut(const std::vector<Size> &boxes,
              const std::vector<std::pair<std::size_t, std::size_t>> &arrows) {
  return Layouter(boxes, arrows).run();
}

} // namespace mlc::compiler
