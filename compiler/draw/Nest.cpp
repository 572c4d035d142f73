// From the inside to the outside: a frame's boxes and frames are laid out, with a port at the upper edge for
// each box outside that something in it follows, and one at the lower edge for each box in it that something
// outside follows. Then it is a box itself, which arrows meet at its ports.
//
// A frame of one thing, and one that arrows lead out of and into again at once, are no frames: what is in
// them lies in the frame around.
#include "compiler/draw/Nest.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace mlc::compiler {

double textWidth(const std::string &text) {
  auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return letterWidth * static_cast<double>(letters);
}

namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

/// A frame, and what is directly in it: frames, then boxes.
struct Node {
  DrawingPath path;
  std::size_t parent = none;
  std::vector<std::size_t> frames, boxes;
  std::string title;

  Layout layout;
  double widened = 0; ///< how far right the layout is moved to leave room for the title
  Size size;
  std::map<std::size_t, double> in, out; ///< ports by the box that the arrow comes from: right of the centre
  std::vector<bool> hasTip;              ///< by arrow of `layout`
  std::vector<bool> fromTop;             ///< by arrow of `layout`
};

class Nest {
public:
  Nest(const Drawing &drawing, const std::vector<Size> &sizes) : drawing(drawing), sizes(sizes) {}

  NestedLayout run() {
    makeNodes();
    dissolveAll();
    layOutNode(0);
    result.boxes.resize(drawing.boxes.size());
    placeNode(0, 0, 0);
    result.size = nodes[0].size;
    return std::move(result);
  }

private:
  void makeNodes() {
    std::map<DrawingPath, std::size_t> known{{{}, 0}};
    nodes.push_back({});
    nodeOf.resize(drawing.boxes.size());
    for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
      std::size_t at = 0;
      DrawingPath path;
      for (const std::string &part : drawing.boxes[i].path) {
        path.push_back(part);
        auto [entry, isNew] = known.emplace(path, nodes.size());
        if (isNew) {
          auto frame = drawing.frames.find(path);
          Node node;
          node.path = path;
          node.parent = at;
          node.title = frame == drawing.frames.end() ? part : frameTitle(frame->second);
          nodes[at].frames.push_back(nodes.size());
          nodes.push_back(std::move(node));
        }
        at = entry->second;
      }
      nodes[at].boxes.push_back(i);
      nodeOf[i] = at;
    }
  }

  /// The item of `node` that `box` is in: a frame as its number, a box behind all frames; none outside.
  std::size_t itemOf(std::size_t node, std::size_t box) const {
    std::size_t at = nodeOf[box];
    if (at == node)
      return nodes.size() + box;
    while (at != none && nodes[at].parent != node)
      at = nodes[at].parent;
    return at;
  }

  bool isRepeated(std::size_t node) const {
    auto frame = drawing.frames.find(nodes[node].path);
    return frame != drawing.frames.end() && frame->second.times > 1;
  }

  void dissolve(std::size_t node) {
    Node &gone = nodes[node], &around = nodes[gone.parent];
    auto at = std::find(around.frames.begin(), around.frames.end(), node);
    at = around.frames.erase(at);
    around.frames.insert(at, gone.frames.begin(), gone.frames.end());
    around.boxes.insert(around.boxes.end(), gone.boxes.begin(), gone.boxes.end());
    std::sort(around.boxes.begin(), around.boxes.end());
    for (std::size_t frame : gone.frames)
      nodes[frame].parent = gone.parent;
    for (std::size_t box : gone.boxes)
      nodeOf[box] = gone.parent;
    gone.frames.clear();
    gone.boxes.clear();
    gone.parent = none;
  }

  /// Outer frames first: what was in them may be too much for those around.
  void dissolveAll() {
    for (std::size_t node = 0; node < nodes.size(); ++node) {
      if (node > 0 && nodes[node].parent == none)
        continue;
      for (bool isStable = false; !isStable;) {
        isStable = true;
        std::map<std::size_t, std::set<std::size_t>> next;
        for (auto [from, to] : drawing.arrows) {
          std::size_t a = itemOf(node, from), b = itemOf(node, to);
          if (a != none && b != none && a != b)
            next[a].insert(b);
        }
        for (std::size_t frame : std::vector<std::size_t>(nodes[node].frames)) {
          bool isSmall = nodes[frame].boxes.size() + nodes[frame].frames.size() < 2 && !isRepeated(frame);
          if (!isSmall && !reachesItself(next, frame))
            continue;
          dissolve(frame);
          isStable = false;
        }
      }
    }
  }

  /// Whether arrows lead from an item to others and back.
  static bool reachesItself(const std::map<std::size_t, std::set<std::size_t>> &next, std::size_t item) {
    std::vector<std::size_t> open{item};
    std::set<std::size_t> seen;
    while (!open.empty()) {
      auto found = next.find(open.back());
      open.pop_back();
      if (found == next.end())
        continue;
      for (std::size_t to : found->second) {
        if (to == item)
          return true;
        if (seen.insert(to).second)
          open.push_back(to);
      }
    }
    return false;
  }

  void layOutNode(std::size_t number) {
    for (std::size_t frame : nodes[number].frames)
      layOutNode(frame);
    Node &node = nodes[number];
    std::vector<Size> items;
    LayoutPorts ports;
    std::map<std::size_t, std::size_t> place; // of items
    auto add = [&](Size size, LayoutPorts::Pin pin) {
      items.push_back(size);
      ports.pins.push_back(pin);
      return items.size() - 1;
    };
    // In the order of the boxes, which is that of the program.
    std::vector<std::pair<std::size_t, std::size_t>> order;
    for (std::size_t box = 0; box < drawing.boxes.size(); ++box)
      if (std::size_t item = itemOf(number, box); item != none && place.emplace(item, 0).second)
        order.emplace_back(box, item);
    std::map<std::size_t, std::size_t> in, out; // ports by box
    if (number > 0)
      for (auto [from, to] : drawing.arrows)
        if (itemOf(number, from) == none && itemOf(number, to) != none && !in.count(from))
          in[from] = add({}, LayoutPorts::Top);
    for (auto [box, item] : order)
      place[item] = add(item < nodes.size() ? nodes[item].size : sizes[box], LayoutPorts::Free);

    std::vector<std::pair<std::size_t, std::size_t>> arrows;
    std::set<std::tuple<std::size_t, std::size_t, std::size_t>> known;
    for (auto [from, to] : drawing.arrows) {
      std::size_t a = itemOf(number, from), b = itemOf(number, to);
      if (a == b || from == to)
        continue;
      if (b == none && !out.count(from))
        out[from] = add({}, LayoutPorts::Bottom);
      std::size_t begin = a == none ? in[from] : place[a], end = b == none ? out[from] : place[b];
      if (!known.emplace(begin, from, end).second)
        continue;
      arrows.emplace_back(begin, end);
      ports.ends.emplace_back(a < nodes.size() ? nodes[a].out.at(from) : 0,
                              b < nodes.size() ? nodes[b].in.at(from) : 0);
      node.hasTip.push_back(b != none && b >= nodes.size());
      node.fromTop.push_back(a == none);
    }
    ports.margin = number > 0 ? 12 : 16;
    node.layout = layOut(items, arrows, ports);
    node.size = node.layout.size;
    if (number == 0)
      return;
    double needed = textWidth(node.title) + 20;
    node.widened = std::max(0.0, (needed - node.size.width) / 2);
    node.size.width += 2 * node.widened;
    node.size.height += frameTitleHeight;
    for (const auto &[ends, at] : {std::make_pair(&in, &node.in), std::make_pair(&out, &node.out)})
      for (auto [box, port] : *ends)
        (*at)[box] = node.layout.boxes[port].x + node.widened - node.size.width / 2;
  }

  void placeNode(std::size_t number, double left, double top) {
    const Node &node = nodes[number];
    double title = number > 0 ? frameTitleHeight : 0;
    if (number > 0)
      result.frames.push_back({node.title, left, top, node.size.width, node.size.height});
    double x = left + node.widened, y = top + title;
    std::size_t at = node.in.size();
    std::set<std::size_t> seen;
    for (std::size_t box = 0; box < drawing.boxes.size(); ++box) {
      std::size_t item = itemOf(number, box);
      if (item == none || !seen.insert(item).second)
        continue;
      const Place &place = node.layout.boxes[at++];
      if (item < nodes.size())
        placeNode(item, x + place.x - nodes[item].size.width / 2, y + place.y - nodes[item].size.height / 2);
      else
        result.boxes[box] = {x + place.x, y + place.y};
    }
    for (std::size_t i = 0; i < node.layout.arrows.size(); ++i) {
      ArrowPlace arrow{node.layout.arrows[i], node.hasTip[i]};
      for (Route::Gap &gap : arrow.route.through)
        gap = {gap.x + x, gap.top + y, gap.bottom + y};
      if (node.fromTop[i])
        arrow.route.through.front().top = top;
      if (!arrow.route.through.empty())
        result.arrows.push_back(std::move(arrow));
    }
  }

  const Drawing &drawing;
  const std::vector<Size> &sizes;
  std::vector<Node> nodes;         ///< the first is the drawing
  std::vector<std::size_t> nodeOf; ///< by box
  NestedLayout result;
};

} // namespace

NestedLayout layOutNested(const Drawing &drawing, const std::vector<Size> &sizes) {
  return Nest(drawing, sizes).run();
}

} // namespace mlc::compiler
