#include "compiler/draw/Draw.h"
#include "compiler/draw/InstanceFrames.h"

#include "frontend/check/ProgramPrinter.h"

#include <algorithm>
#include <map>
#include <set>

using namespace mlc::frontend;

namespace mlc::compiler {
namespace {

/// "relu" of `relu` and of `relu(x)`, "max_pool(2)" of `max_pool(x, 2)`; nothing of `relu(x) + 1`.
std::string callText(std::string_view text) {
  std::optional<std::string> arguments = literalArguments(text);
  if (!arguments)
    return {};
  return std::string(text.substr(0, text.find_first_of("( \n"))) +
         (arguments->empty() ? "" : "(" + *arguments + ")");
}

class InstanceDrawing {
public:
  InstanceDrawing(const core::Program &program, const SourceManager &sources)
      : program(program), sources(sources), instances(program, sources) {}

  Drawing run() {
    drawing.title = program.name;
    drawing.frames = instances.all();
    // What several objectives compute in one place of the text is one box.
    for (const core::Objective &objective : program.objectives)
      draw(objective);
    drawing.arrows.assign(arrows.begin(), arrows.end());
    return std::move(drawing);
  }

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void draw(const core::Objective &objective) {
    graph = &objective.forward.graph;
    boxOf.assign(graph->types.size(), none);
    findNeeded();
    for (const core::Input &input : objective.forward.inputs) {
      if (input.kind != core::Input::Field || !needed[input.value])
        continue;
      auto [entry, added] = fieldBoxes.emplace(input.index, drawing.boxes.size());
      boxOf[input.value] = entry->second;
      if (added)
        drawing.boxes.push_back(
            {Box::Input,
             {{program.fields[input.index].name}, {shapeText(graph->types[input.value]), false}},
             false,
             {}});
    }
    for (const core::Node &node : graph->nodes)
      if (std::any_of(node.results.begin(), node.results.end(), [&](core::ValueId id) { return needed[id]; }))
        draw(node);
    std::size_t loss = drawing.boxes.size();
    drawing.boxes.push_back(
        {Box::Output, {{objective.name.empty() ? "loss" : "loss " + objective.name}}, false, {}});
    if (boxOf[graph->outputs.front()] != none)
      arrows.insert({boxOf[graph->outputs.front()], loss});
  }

  /// The values that the loss is made of.
  void findNeeded() {
    needed.assign(graph->types.size(), false);
    needed[graph->outputs.front()] = true;
    for (auto node = graph->nodes.rbegin(); node != graph->nodes.rend(); ++node)
      if (std::any_of(node->results.begin(), node->results.end(),
                      [&](core::ValueId id) { return needed[id]; }))
        for (core::ValueId operand : node->operands)
          needed[operand] = true;
  }

  /// The innermost place in the program's own text.
  Span place(const core::Origin &origin) const {
    for (Span span : origin.chain)
      if (sources.get(span.source).origin() == SourceOrigin::User)
        return span;
    return origin.chain.empty() ? Span() : origin.chain.back();
  }

  void draw(const core::Node &node) {
    // What does not come from the data, or from chance, is part of a parameter or constant.
    std::vector<std::size_t> from;
    for (core::ValueId operand : node.operands)
      if (boxOf[operand] != none)
        from.push_back(boxOf[operand]);
    if (from.empty() && node.op != "random")
      return;
    std::size_t known = drawing.boxes.size(), box = boxFor(node);
    // A step in between, as a norm or dropout: what goes in is what comes out.
    if (box == known && drawing.boxes[box].kind == Box::Instance && !from.empty())
      drawing.boxes[box].joins =
          shapesOf(*instances.find(node.origin.path)) == shapeText(graph->types[firstOperand(node)]);
    for (std::size_t each : from)
      if (each != box)
        arrows.insert({each, box});
    for (core::ValueId result : node.results)
      boxOf[result] = box;
  }

  core::ValueId firstOperand(const core::Node &node) const {
    return *std::find_if(node.operands.begin(), node.operands.end(),
                         [&](core::ValueId operand) { return boxOf[operand] != none; });
  }

  std::size_t boxFor(const core::Node &node) {
    const std::string &path = node.origin.path;
    const core::InstanceInfo *instance = instances.find(path);
    bool isLeaf = instance && !instances.hasInner(path);
    Span span = isLeaf ? Span() : place(node.origin);
    auto [entry, added] =
        known.emplace(std::make_tuple(path, span.source, span.begin, span.end), drawing.boxes.size());
    if (added) {
      drawing.boxes.emplace_back();
      drawing.boxes.back().path = instances.pathOf(path);
    }
    Box &box = drawing.boxes[entry->second];
    if (isLeaf && added) {
      box.kind = Box::Instance;
      box.path.pop_back();
      Frame frame = instances.frameOf(*instance);
      box.lines = {{frameTitle(frame)}};
      for (const std::string &detail : frame.details)
        box.lines.push_back({detail, false});
    } else if (!isLeaf) {
      box.joins = true;
      // The last op of a call or operator makes its result.
      std::string name = callText(sources.text(span));
      box.lines = {{(name.empty() ? node.op : name) + ": " + shapeText(graph->types[node.results.front()])}};
    }
    return entry->second;
  }

  const core::Program &program;
  const SourceManager &sources;
  const core::Graph *graph = nullptr; ///< of the objective at hand
  std::map<int, std::size_t> fieldBoxes;
  InstanceFrames instances;
  std::vector<std::size_t> boxOf; ///< by value
  std::vector<bool> needed;
  std::map<std::tuple<std::string, SourceId, std::uint32_t, std::uint32_t>, std::size_t> known;
  std::set<std::pair<std::size_t, std::size_t>> arrows;
  Drawing drawing;
};

} // namespace

Drawing drawInstances(const core::Program &program, const SourceManager &sources) {
  return InstanceDrawing(program, sources).run();
}

} // namespace mlc::compiler
