#include "compiler/draw/Drawing.h"
#include "compiler/draw/Nest.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace mlc::compiler {
namespace {

constexpr double lineHeight = 16, padX = 10, padY = 6, titleHeight = 28;

std::string escaped(const std::string &text) {
  std::string out;
  for (char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

/// Tenths of a unit are fine enough.
std::string number(double value) {
  long tenths = std::lround(value * 10);
  std::string text = tenths < 0 ? "-" : "";
  tenths = std::labs(tenths);
  text += std::to_string(tenths / 10);
  if (tenths % 10)
    text += "." + std::to_string(tenths % 10);
  return text;
}

const char *className(Box::Kind kind) {
  switch (kind) {
  case Box::Input:
    return "input";
  case Box::Instance:
    return "instance";
  case Box::Op:
    return "op";
  case Box::Output:
    return "output";
  }
  return "";
}

struct Rectangle {
  double left, top, right, bottom;
};

class Picture {
public:
  explicit Picture(const Drawing &drawing) : drawing(drawing) {
    for (const Box &box : drawing.boxes) {
      Size size;
      for (const BoxLine &line : box.lines)
        size.width = std::max(size.width, textWidth(line.text));
      size.width += 2 * padX;
      size.height = lineHeight * static_cast<double>(box.lines.size()) + 2 * padY;
      sizes.push_back(size);
    }
    layout = layOutNested(drawing, sizes);
    for (Place &place : layout.boxes)
      place.y += titleHeight;
    for (FramePlace &frame : layout.frames)
      frame.top += titleHeight;
    for (ArrowPlace &arrow : layout.arrows)
      for (Route::Gap &gap : arrow.route.through)
        gap.top += titleHeight, gap.bottom += titleHeight;
  }

  Size size() const {
    return {std::max(layout.size.width, textWidth(drawing.title) * 1.2 + 2 * padX),
            layout.size.height + titleHeight};
  }

  std::string text() {
    std::string w = number(size().width), h = number(size().height);
    out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + w + "\" height=\"" + h +
          "\" viewBox=\"0 0 " + w + " " + h + "\">\n" + R"(<style>
  svg { background: #fff }
  text { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; fill: #223; text-anchor: middle }
  text.detail { fill: #667 }
  text.title { font-size: 14px; font-weight: bold; text-anchor: start }
  .framed text { fill: #356; font-weight: bold; text-anchor: start }
  rect { stroke: #9aa7b2; rx: 5 }
  .input rect, .output rect { fill: #f4efdf; rx: 12 }
  .instance rect { fill: #e3edf8 }
  .op rect { fill: #f7f8f9 }
  rect.frame { fill: #8aa; fill-opacity: 0.08; stroke: #8aa; stroke-opacity: 0.35 }
  path { fill: none; stroke: #5b6b78 }
  path.tip { marker-end: url(#tip) }
  #tip path { fill: #5b6b78; stroke: none }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
)";
    out +=
        "<text class=\"title\" x=\"" + number(padX) + "\" y=\"20\">" + escaped(drawing.title) + "</text>\n";
    for (const FramePlace &frame : layout.frames)
      printFrame(frame);
    for (const ArrowPlace &arrow : layout.arrows)
      printArrow(arrow);
    for (std::size_t i = 0; i < drawing.boxes.size(); ++i)
      printBox(i);
    return out + "</svg>\n";
  }

private:
  Rectangle rectangleOf(std::size_t box) const {
    const Place &place = layout.boxes[box];
    const Size &size = sizes[box];
    return {place.x - size.width / 2, place.y - size.height / 2, place.x + size.width / 2,
            place.y + size.height / 2};
  }

  void printFrame(const FramePlace &frame) {
    out += "<g class=\"framed\"><rect class=\"frame\" x=\"" + number(frame.left) + "\" y=\"" +
           number(frame.top) + "\" width=\"" + number(frame.width) + "\" height=\"" + number(frame.height) +
           "\"/><text x=\"" + number(frame.left + padX) + "\" y=\"" + number(frame.top + 16) + "\">" +
           escaped(frame.title) + "</text></g>\n";
  }

  void printBox(std::size_t number_) {
    const Box &box = drawing.boxes[number_];
    Rectangle at = rectangleOf(number_);
    out += std::string("<g class=\"") + className(box.kind) + "\"><rect x=\"" + number(at.left) + "\" y=\"" +
           number(at.top) + "\" width=\"" + number(at.right - at.left) + "\" height=\"" +
           number(at.bottom - at.top) + "\"/>";
    double y = at.top + padY + 12;
    for (const BoxLine &line : box.lines) {
      out += std::string("<text") + (line.isName ? "" : " class=\"detail\"") + " x=\"" +
             number(layout.boxes[number_].x) + "\" y=\"" + number(y) + "\">" + escaped(line.text) + "</text>";
      y += lineHeight;
    }
    out += "</g>\n";
  }

  void printArrow(const ArrowPlace &arrow) {
    const Route &route = arrow.route;
    struct Point {
      double x, y;
      bool straight; ///< from the point before
    };
    std::vector<Point> points;
    for (const Route::Gap &gap : route.through) {
      points.push_back({gap.x, gap.top, false});
      if (gap.bottom > gap.top)
        points.push_back({gap.x, gap.bottom, true});
    }
    if (route.leadsBack) {
      std::reverse(points.begin(), points.end());
      for (std::size_t p = points.size() - 1; p > 0; --p)
        points[p].straight = points[p - 1].straight;
    }
    out += std::string("<path") + (arrow.hasTip ? " class=\"tip\"" : "") + " d=\"M" + number(points[0].x) +
           " " + number(points[0].y);
    for (std::size_t p = 1; p < points.size(); ++p) {
      const Point &before = points[p - 1], &here = points[p];
      if (here.straight || before.x == here.x) {
        out += "L" + number(here.x) + " " + number(here.y);
        continue;
      }
      double middle = (before.y + here.y) / 2;
      out += "C" + number(before.x) + " " + number(middle) + " " + number(here.x) + " " + number(middle) +
             " " + number(here.x) + " " + number(here.y);
    }
    out += "\"/>\n";
  }

  const Drawing &drawing;
  std::vector<Size> sizes;
  NestedLayout layout;
  std::string out;
};

} // namespace

std::string frameTitle(const Frame &frame) {
  // "conv" of "conv_1", "blocks" of "blocks.0".
  std::string base = frame.name;
  while (!base.empty() && std::isdigit(static_cast<unsigned char>(base.back())))
    base.pop_back();
  bool isNumbered =
      base.size() < frame.name.size() && base.size() > 1 && (base.back() == '_' || base.back() == '.');
  base = isNumbered ? base.substr(0, base.size() - 1) : frame.name;
  // Which of several it is is no matter.
  std::string title = frame.times > 1 ? base : frame.name;
  if (!frame.definition.empty() && base != frame.definition)
    title += ": " + frame.definition;
  if (!frame.settings.empty())
    title += " (" + frame.settings + ")";
  return title + (frame.times > 1 ? " × " + std::to_string(frame.times) : "");
}

std::string svg(const Drawing &drawing) { return Picture(drawing).text(); }

std::pair<double, double> sizeOf(const Drawing &drawing) {
  Size size = Picture(drawing).size();
  return {size.width, size.height};
}

void joinChains(Drawing &drawing) {
  std::size_t count = drawing.boxes.size();
  std::vector<std::vector<std::size_t>> before(count), after(count);
  for (auto [from, to] : drawing.arrows) {
    after[from].push_back(to);
    before[to].push_back(from);
  }
  std::vector<std::size_t> into(count); // the box that each is part of
  for (std::size_t i = 0; i < count; ++i)
    into[i] = i;
  auto find = [&](std::size_t i) {
    while (into[i] != i)
      i = into[i];
    return i;
  };
  for (std::size_t i = 0; i < count; ++i) {
    Box &box = drawing.boxes[i];
    if (before[i].size() != 1 || after[before[i][0]].size() != 1 || before[i][0] == i)
      continue;
    std::size_t upper = find(before[i][0]);
    const Box &first = drawing.boxes[upper];
    bool fits = box.joins && first.kind != Box::Input && first.times == 1 && box.times == 1 &&
                box.path == drawing.boxes[before[i][0]].path;
    if (!fits || upper == i)
      continue;
    std::vector<BoxLine> lines = std::move(box.lines);
    drawing.boxes[upper].lines.insert(drawing.boxes[upper].lines.end(), lines.begin(), lines.end());
    into[i] = upper;
  }
  Drawing joined{drawing.title, {}, {}, std::move(drawing.frames)};
  std::vector<std::size_t> number(count);
  for (std::size_t i = 0; i < count; ++i)
    if (into[i] == i) {
      number[i] = joined.boxes.size();
      joined.boxes.push_back(std::move(drawing.boxes[i]));
    }
  for (auto [from, to] : drawing.arrows)
    if (into[to] == to || find(to) != find(from))
      joined.arrows.emplace_back(number[find(from)], number[find(to)]);
  drawing = std::move(joined);
}

} // namespace mlc::compiler
