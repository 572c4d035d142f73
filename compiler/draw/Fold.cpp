// Layers are closed from the inside: all boxes with a longer path than is wanted become the box of their
// layer.
//
// Then, from the innermost frames to the outermost, runs of equal neighbours are found and drawn once:
//
// 1. Two neighbours in a frame are equal if they are instances of one definition, with the same boxes in the
// same
//    order, the same text in them (but for their own numbers), and the same arrows between them.
// 2. In a run each is followed by the next, always by the same arrows.
// 3. What the inner ones read from outside of the run, and who reads them, is the same for all, once all
// other
//    runs are drawn once; a run of which that is not so is left alone, and the others are asked again.
#include "compiler/draw/Fold.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

namespace mlc::compiler {
namespace {

using Arrows = std::set<std::pair<std::size_t, std::size_t>>;

/// Keeps the boxes that stand for themselves; `into` says for each box which one that is.
void merge(Drawing &drawing, const std::vector<std::size_t> &into) {
  std::vector<std::size_t> number(drawing.boxes.size());
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i)
    if (into[i] == i) {
      number[i] = boxes.size();
      boxes.push_back(std::move(drawing.boxes[i]));
    }
  std::vector<std::pair<std::size_t, std::size_t>> arrows;
  Arrows known;
  for (auto [from, to] : drawing.arrows) {
    std::pair<std::size_t, std::size_t> arrow(number[into[from]], number[into[to]]);
    if (into[from] != into[to] && known.insert(arrow).second)
      arrows.push_back(arrow);
  }
  drawing.boxes = std::move(boxes);
  drawing.arrows = std::move(arrows);
}

void close(Drawing &drawing, std::size_t depth) {
  std::map<DrawingPath, std::size_t> closed;
  std::map<DrawingPath, int> outputs;
  std::vector<std::size_t> into(drawing.boxes.size());
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const Box &box = drawing.boxes[i];
    into[i] = i;
    if (box.path.size() <= depth)
      continue;
    DrawingPath layer(box.path.begin(), box.path.begin() + static_cast<std::ptrdiff_t>(depth) + 1);
    into[i] = closed.emplace(layer, i).first->second;
    outputs[layer] += box.kind == Box::Output;
  }
  for (const auto &[layer, number] : closed) {
    Box &box = drawing.boxes[number];
    auto frame = drawing.frames.find(layer);
    Frame known = frame == drawing.frames.end() ? Frame{layer.back(), {}, {}, {}, 1} : frame->second;
    box = {Box::Instance, {{frameTitle(known)}}, false, {layer.begin(), layer.end() - 1}};
    for (const std::string &detail : known.details)
      box.lines.push_back({detail, false});
    if (int count = outputs[layer])
      box.lines.push_back({std::to_string(count) + (count == 1 ? " result" : " results"), false});
  }
  merge(drawing, into);
}

/// "dense" of "dense_2", "blocks" of "blocks.3 (heads 4)" with the rest: what tells neighbours apart is left
/// out.
std::string withoutNumber(const std::string &text) {
  std::size_t end = std::min(text.find_first_of(" :("), text.size()), begin = end;
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(text[begin - 1])))
    --begin;
  if (begin == end || begin < 2 || (text[begin - 1] != '_' && text[begin - 1] != '.'))
    return text;
  return text.substr(0, begin - 1) + text.substr(end);
}

class Repeats {
public:
  Repeats(Drawing &drawing, std::size_t level) : drawing(drawing), level(level) {}

  void run() {
    findItems();
    findRuns();
    while (dropUneven()) {
    }
    std::vector<std::size_t> into = representatives();
    Arrows between;
    for (const Run &run : runs) {
      const Item &first = items[run.front()];
      for (std::size_t i = 1; i < run.size(); ++i)
        for (std::pair<std::size_t, std::size_t> arrow : chainOf(run[i - 1], run[i]))
          between.insert({items[run[i - 1]].boxes[arrow.first], items[run[i]].boxes[arrow.second]});
      if (first.isFrame) {
        drawing.frames[first.path].times = static_cast<int>(run.size());
        continue;
      }
      Box &box = drawing.boxes[first.boxes.front()];
      for (BoxLine &line : box.lines)
        line.text = line.isName ? withoutNumber(line.text) : line.text;
      box.times = static_cast<int>(run.size());
      box.lines.push_back({"× " + std::to_string(run.size())});
    }
    std::vector<std::pair<std::size_t, std::size_t>> rest;
    for (std::pair<std::size_t, std::size_t> arrow : drawing.arrows)
      if (!between.count(arrow))
        rest.push_back(arrow);
    drawing.arrows = std::move(rest);
    merge(drawing, into);
  }

private:
  struct Item {
    DrawingPath path; ///< of a frame its own, of a box the frame around it
    bool isFrame = false;
    std::vector<std::size_t> boxes;
    std::string text; ///< equal for what may be drawn once
  };
  using Run = std::vector<std::size_t>; // items

  void findItems() {
    std::map<DrawingPath, std::size_t> frames;
    itemOf.assign(drawing.boxes.size(), none);
    for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
      const Box &box = drawing.boxes[i];
      if (box.path.size() < level)
        continue;
      if (box.path.size() == level) {
        itemOf[i] = items.size();
        items.push_back({box.path, false, {i}, {}});
        continue;
      }
      DrawingPath path(box.path.begin(), box.path.begin() + static_cast<std::ptrdiff_t>(level) + 1);
      auto [entry, isNew] = frames.emplace(path, items.size());
      if (isNew)
        items.push_back({path, true, {}, {}});
      items[entry->second].boxes.push_back(i);
      itemOf[i] = entry->second;
    }
    std::vector<std::vector<std::size_t>> out(drawing.boxes.size());
    for (auto [from, to] : drawing.arrows)
      out[from].push_back(to);
    for (Item &item : items) {
      std::map<std::size_t, std::size_t> local;
      for (std::size_t box : item.boxes)
        local.emplace(box, local.size());
      // Only inputs and outputs of the drawing stand alone; what no layer is made of is not the same twice.
      if (item.isFrame) {
        const Frame &frame = drawing.frames[item.path];
        item.text = "frame " + frame.definition + "(" + frame.settings + ")";
      }
      for (std::size_t number : item.boxes) {
        const Box &box = drawing.boxes[number];
        item.text += "\n" + std::to_string(box.kind) + " ";
        for (std::size_t i = level + 1; i < box.path.size(); ++i)
          item.text += box.path[i] + "/";
        for (const BoxLine &line : box.lines)
          item.text += "|" + (item.isFrame ? withoutOwner(line.text, item.path) : withoutNumber(line.text));
        for (std::size_t to : out[number])
          if (auto found = local.find(to); found != local.end())
            item.text += " >" + std::to_string(found->second);
      }
    }
  }

  /// Without the layer's own name, as in "gradient of blocks.0.w".
  static std::string withoutOwner(std::string text, const DrawingPath &path) {
    if (std::size_t at = text.find(path.back()); at != std::string::npos && !path.back().empty())
      text.erase(at, path.back().size());
    return text;
  }

  bool mayRepeat(const Item &item) const {
    return item.isFrame || drawing.boxes[item.boxes.front()].kind == Box::Instance;
  }

  /// The arrows between two items, by the boxes' places in them.
  Arrows chainOf(std::size_t from, std::size_t to) const {
    Arrows chain;
    auto placeIn = [&](std::size_t item, std::size_t box) {
      const std::vector<std::size_t> &boxes = items[item].boxes;
      return static_cast<std::size_t>(std::find(boxes.begin(), boxes.end(), box) - boxes.begin());
    };
    for (auto [a, b] : drawing.arrows)
      if (itemOf[a] == from && itemOf[b] == to)
        chain.insert({placeIn(from, a), placeIn(to, b)});
    return chain;
  }

  void findRuns() {
    std::set<std::pair<std::size_t, std::size_t>> follows;
    for (auto [a, b] : drawing.arrows)
      if (itemOf[a] != none && itemOf[b] != none && itemOf[a] != itemOf[b])
        follows.insert({itemOf[a], itemOf[b]});
    auto parentOf = [&](const Item &item) {
      return item.isFrame ? DrawingPath(item.path.begin(), item.path.end() - 1) : item.path;
    };
    std::vector<bool> used(items.size(), false);
    for (std::size_t begin = 0; begin < items.size(); ++begin) {
      if (used[begin] || !mayRepeat(items[begin]))
        continue;
      Run run{begin};
      Arrows chain;
      for (bool grows = true; grows;) {
        grows = false;
        for (auto next = follows.lower_bound({run.back(), 0});
             next != follows.end() && next->first == run.back(); ++next) {
          const Item &item = items[next->second], &first = items[begin];
          if (used[next->second] || next->second == begin || item.isFrame != first.isFrame ||
              item.text != first.text || parentOf(item) != parentOf(first) ||
              std::find(run.begin(), run.end(), next->second) != run.end())
            continue;
          Arrows links = chainOf(run.back(), next->second);
          if (run.size() > 1 && links != chain)
            continue;
          chain = std::move(links);
          run.push_back(next->second);
          grows = true;
          break;
        }
      }
      if (run.size() < 2)
        continue;
      for (std::size_t item : run)
        used[item] = true;
      runs.push_back(std::move(run));
    }
  }

  std::vector<std::size_t> representatives() const {
    std::vector<std::size_t> into(drawing.boxes.size());
    for (std::size_t i = 0; i < into.size(); ++i)
      into[i] = i;
    for (const Run &run : runs)
      for (std::size_t item : run)
        for (std::size_t i = 0; i < items[item].boxes.size(); ++i)
          into[items[item].boxes[i]] = items[run.front()].boxes[i];
    return into;
  }

  /// Drops the first run whose inner items are joined to different boxes outside; whether there was one.
  bool dropUneven() {
    std::vector<std::size_t> into = representatives();
    for (std::size_t number = 0; number < runs.size(); ++number) {
      const Run &run = runs[number];
      std::set<std::size_t> inside(run.begin(), run.end());
      std::vector<Arrows> reads(run.size()), isRead(run.size());
      std::map<std::size_t, std::size_t> placeOf;
      for (std::size_t i = 0; i < run.size(); ++i)
        placeOf[run[i]] = i;
      bool jumps = false;
      for (auto [a, b] : drawing.arrows) {
        auto from = placeOf.find(itemOf[a]), to = placeOf.find(itemOf[b]);
        if (from != placeOf.end() && to != placeOf.end())
          jumps |= from->second != to->second && from->second + 1 != to->second;
        else if (from != placeOf.end())
          isRead[from->second].insert({into[a], into[b]});
        else if (to != placeOf.end())
          reads[to->second].insert({into[a], into[b]});
      }
      bool even = !jumps;
      // The first also reads what the others have from their neighbours, and the last is read instead of
      // them.
      for (std::size_t i = 2; i + 1 < run.size() && even; ++i)
        even = reads[i] == reads[1] && isRead[i] == isRead[1];
      auto contains = [](const Arrows &all, const Arrows &some) {
        return std::includes(all.begin(), all.end(), some.begin(), some.end());
      };
      if (run.size() == 2)
        even = even && contains(isRead[1], outsideOfRuns(isRead[0])) &&
               contains(reads[0], outsideOfRuns(reads[1]));
      if (even)
        continue;
      runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(number));
      return true;
    }
    return false;
  }

  /// Without the arrows between two runs.
  Arrows outsideOfRuns(const Arrows &arrows) const {
    std::set<std::size_t> repeated;
    for (const Run &run : runs)
      repeated.insert(run.begin(), run.end());
    Arrows rest;
    for (auto [a, b] : arrows)
      if (!repeated.count(itemOf[a]) || !repeated.count(itemOf[b]))
        rest.insert({a, b});
    return rest;
  }

  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  Drawing &drawing;
  std::size_t level; ///< how many frames are around the items
  std::vector<Item> items;
  std::vector<std::size_t> itemOf; ///< by box
  std::vector<Run> runs;
};

} // namespace

std::size_t depthOf(const Drawing &drawing) {
  std::size_t depth = 0;
  for (const Box &box : drawing.boxes)
    depth = std::max(depth, box.path.size());
  return depth;
}

Drawing folded(Drawing drawing, std::size_t depth) {
  close(drawing, depth);
  auto drawOnce = [&] {
    for (std::size_t level = depthOf(drawing) + 1; level-- > 0;)
      Repeats(drawing, level).run();
  };
  // What follows the last of several is not part of it; joined chains may be equal again.
  drawOnce();
  joinChains(drawing);
  drawOnce();
  return drawing;
}

Drawing foldedToPage(const Drawing &drawing) {
  // A4 has 595 by 842 points.
  constexpr double perPoint = 12.0 / 8, width = 595 * perPoint, height = 842 * perPoint;
  Drawing best = folded(drawing, 1);
  for (std::size_t depth = 2; depth <= depthOf(drawing); ++depth) {
    Drawing next = folded(drawing, depth);
    auto [w, h] = sizeOf(next);
    if (w > width || h > height)
      break;
    best = std::move(next);
  }
  return best;
}

} // namespace mlc::compiler
