// After Brandes and Koepf (2001): arrows that are to be straight are chosen, at most one into and one out of
// a vertex and no two that cross; what they join is a column, and columns are moved as a whole.
//
// 1. Between two layers, arrows are taken in this order: those between two points, so that long arrows are
//    straight; then by the number of boxes on the longest way through them, so that the main way of the
//    drawing is; of equal ones those that lead to the middle of several.
// 2. Columns that stand beside each other in some layer keep their distance. As straight arrows do not cross,
//    "left of" has no cycle: each column first takes the leftmost place.
// 3. In rounds, each column moves to the mean of what it is joined to from elsewhere, as far as those beside
// it
//    let it.
#include "compiler/draw/Columns.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace mlc::compiler {

double layoutDistance(const LayoutVertex &left, const LayoutVertex &right) {
  constexpr double gapX = 28, gapPoints = 12;
  return (left.size.width + right.size.width) / 2 + (left.isPoint && right.isPoint ? gapPoints : gapX);
}

namespace {

class Columns {
public:
  Columns(std::vector<LayoutVertex> &vertices, const std::vector<std::vector<int>> &layers)
      : vertices(vertices), layers(layers), rank(vertices.size()), column(vertices.size()),
        offset(vertices.size()) {
    for (const std::vector<int> &layer : layers)
      for (std::size_t i = 0; i < layer.size(); ++i)
        rank[layer[i]] = static_cast<int>(i);
  }

  void run() {
    measureWays();
    chooseStraight();
    makeColumns();
    pack();
    for (int round = 0; round < 100 && move(round % 2 == 0); ++round) {
    }
    for (std::size_t v = 0; v < vertices.size(); ++v)
      vertices[v].x = at[column[v]] + offset[v];
  }

private:
  /// Boxes on the longest way from above to each vertex, and on from it.
  void measureWays() {
    from.assign(vertices.size(), 0);
    on.assign(vertices.size(), 0);
    for (const std::vector<int> &layer : layers)
      for (int v : layer) {
        from[v] += vertices[v].isPoint ? 0 : 1;
        for (const LayoutVertex::Link &link : vertices[v].below)
          from[link.to] = std::max(from[link.to], from[v]);
      }
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
      for (int v : *layer) {
        on[v] += vertices[v].isPoint ? 0 : 1;
        for (const LayoutVertex::Link &link : vertices[v].above)
          on[link.to] = std::max(on[link.to], on[v]);
      }
  }

  /// How far a neighbour is from the middle of all on that side.
  double besideMiddle(const std::vector<LayoutVertex::Link> &links, int neighbour) const {
    double sum = 0;
    for (const LayoutVertex::Link &link : links)
      sum += rank[link.to];
    return std::abs(rank[neighbour] - sum / static_cast<double>(links.size()));
  }

  bool isOfArrow(int v) const { return vertices[v].isPoint && !vertices[v].isPort; }

  void chooseStraight() {
    straightBelow.assign(vertices.size(), none);
    straightAbove.assign(vertices.size(), none);
    struct Choice {
      int betweenPoints, ways;
      double beside;
      int up, down;
    };
    for (std::size_t number = 0; number + 1 < layers.size(); ++number) {
      std::vector<Choice> choices;
      for (int up : layers[number])
        for (const LayoutVertex::Link &link : vertices[up].below)
          choices.push_back(
              {!(isOfArrow(up) && isOfArrow(link.to)), -(from[up] + on[link.to]),
               besideMiddle(vertices[up].below, link.to) + besideMiddle(vertices[link.to].above, up), up,
               link.to});
      std::sort(choices.begin(), choices.end(), [&](const Choice &a, const Choice &b) {
        return std::tie(a.betweenPoints, a.ways, a.beside, rank[a.up], rank[a.down]) <
               std::tie(b.betweenPoints, b.ways, b.beside, rank[b.up], rank[b.down]);
      });
      std::vector<std::pair<int, int>> taken; // ranks of both ends
      for (const Choice &choice : choices) {
        if (straightBelow[choice.up] != none || straightAbove[choice.down] != none)
          continue;
        int up = rank[choice.up], down = rank[choice.down];
        bool crosses = std::any_of(taken.begin(), taken.end(), [&](std::pair<int, int> other) {
          return (other.first < up) != (other.second < down);
        });
        if (crosses)
          continue;
        taken.emplace_back(up, down);
        straightBelow[choice.up] = choice.down;
        straightAbove[choice.down] = choice.up;
      }
    }
  }

  void makeColumns() {
    int count = 0;
    for (const std::vector<int> &layer : layers)
      for (int v : layer) {
        int up = straightAbove[v];
        if (up == none) {
          column[v] = count++;
          members.push_back({v});
          continue;
        }
        column[v] = column[up];
        members[column[v]].push_back(v);
        for (const LayoutVertex::Link &link : vertices[up].below)
          if (link.to == v)
            offset[v] = offset[up] + link.delta;
      }
  }

  /// The space that the neighbour on one side leaves, as the column's place.
  double limit(int c, bool onLeft) const {
    double least = onLeft ? std::numeric_limits<double>::lowest() : std::numeric_limits<double>::max();
    for (int v : members[c]) {
      const std::vector<int> &layer = layers[vertices[v].layer];
      int beside = rank[v] + (onLeft ? -1 : 1);
      if (beside < 0 || beside >= static_cast<int>(layer.size()))
        continue;
      int other = layer[beside];
      double place = at[column[other]] + offset[other] - offset[v];
      least = onLeft ? std::max(least, place + layoutDistance(vertices[other], vertices[v]))
                     : std::min(least, place - layoutDistance(vertices[v], vertices[other]));
    }
    return least;
  }

  void pack() {
    at.assign(members.size(), 0);
    std::vector<int> waiting(members.size()), ready;
    for (std::size_t c = 0; c < members.size(); ++c) {
      for (int v : members[c])
        waiting[c] += rank[v] > 0;
      if (waiting[c] == 0)
        ready.push_back(static_cast<int>(c));
    }
    for (std::size_t i = 0; i < ready.size(); ++i) {
      int c = ready[i];
      double least = limit(c, true);
      if (least != std::numeric_limits<double>::lowest())
        at[c] = least;
      fromLeft.push_back(c);
      for (int v : members[c]) {
        const std::vector<int> &layer = layers[vertices[v].layer];
        if (rank[v] + 1 < static_cast<int>(layer.size()))
          if (int right = column[layer[rank[v] + 1]]; --waiting[right] == 0)
            ready.push_back(right);
      }
    }
  }

  /// Moves every column once; whether one moved far enough to be seen.
  bool move(bool toRight) {
    bool hasMoved = false;
    for (std::size_t i = 0; i < fromLeft.size(); ++i) {
      int c = fromLeft[toRight ? fromLeft.size() - 1 - i : i];
      double sum = 0, weight = 0;
      for (int v : members[c])
        for (const auto *links : {&vertices[v].above, &vertices[v].below})
          for (const LayoutVertex::Link &link : *links) {
            if (column[link.to] == c)
              continue;
            sum += at[column[link.to]] + offset[link.to] - link.delta - offset[v];
            weight += 1;
          }
      if (weight == 0)
        continue;
      double wanted = std::min(std::max(sum / weight, limit(c, true)), limit(c, false));
      hasMoved |= std::abs(wanted - at[c]) > 0.05;
      at[c] = wanted;
    }
    return hasMoved;
  }

  static constexpr int none = -1;

  std::vector<LayoutVertex> &vertices;
  const std::vector<std::vector<int>> &layers;
  std::vector<int> rank, from, on;
  std::vector<int> straightBelow, straightAbove;
  std::vector<int> column;               ///< by vertex
  std::vector<double> offset;            ///< of a vertex in its column
  std::vector<std::vector<int>> members; ///< by column
  std::vector<double> at;                ///< by column
  std::vector<int> fromLeft;             ///< columns, each after those that are left of it
};

} // namespace

void placeInColumns(std::vector<LayoutVertex> &vertices, const std::vector<std::vector<int>> &layers) {
  Columns(vertices, layers).run();
}

} // namespace mlc::compiler
