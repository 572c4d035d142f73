#include "compiler/draw/Draw.h"
#include "compiler/draw/InstanceFrames.h"

#include "compiler/model/Phases.h"
#include "compiler/passes/RunPasses.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"
#include "frontend/emit/Emit.h"
#include "frontend/emit/EmitTypes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
namespace core = mlc::frontend::core;

namespace mlc::compiler {
namespace {

/// "64 × 10", and the language's name of the element type where it is not f32.
std::string typeText(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return {};
  std::string text;
  llvm::raw_string_ostream out(text);
  llvm::interleave(tensor.getShape(), out, " × ");
  Type element = tensor.getElementType();
  if (element.isF32())
    return text.empty() ? "scalar" : text;
  out << (tensor.getRank() ? " " : "");
  if (std::optional<DType> dtype = frontend::dtypeOf(element))
    out << nameOf(*dtype);
  else
    out << element;
  return text;
}

class OpDrawing {
public:
  OpDrawing(func::FuncOp function, const core::Program &program, const core::Objective &objective,
            const InstanceFrames &instances, Drawing &drawing)
      : function(function), program(program), objective(objective), instances(instances), drawing(drawing) {}

  void run() {
    findForward();
    for (BlockArgument argument : function.getArguments())
      if (ir::RoleAttr role = ir::argumentRole(function, argument.getArgNumber());
          role && role.getName() && !argument.use_empty())
        values[argument] =
            addState(Box::Input, "", role.getName().str(), {{typeText(argument.getType()), false}}, true);
    for (Operation &op : function.getBody().front().without_terminator())
      draw(op);
    Operation *end = function.getBody().front().getTerminator();
    for (OpOperand &result : end->getOpOperands())
      if (auto from = values.find(result.get()); from != values.end())
        arrow(from->second, addResult(result.getOperandNumber()));
  }

private:
  /// What the loss, the figures and the states of the step are made of; all else is the derivative.
  void findForward() {
    Operation *end = function.getBody().front().getTerminator();
    unsigned count = 2 + objective.updatedStates.size() + (objective.ranked ? 1 : 0);
    llvm::SmallVector<Value> open(end->getOperands().take_front(count));
    while (!open.empty())
      if (Operation *op = open.pop_back_val().getDefiningOp(); op && forward.insert(op).second)
        llvm::append_range(open, op->getOperands());
  }

  std::size_t add(Box::Kind kind, std::vector<BoxLine> lines, DrawingPath path) {
    drawing.boxes.push_back({kind, std::move(lines), kind == Box::Op, std::move(path)});
    return drawing.boxes.size() - 1;
  }

  /// A box in the frame of the layer that owns the state, with the state's name in it.
  std::size_t addState(Box::Kind kind, const std::string &what, const std::string &state,
                       std::vector<BoxLine> details, bool isForward) {
    DrawingPath path = framed(state, isForward);
    std::size_t begin = 0;
    for (const std::string &part : instances.pathOf(state))
      begin += part.size() + 1;
    details.insert(details.begin(), BoxLine{what + state.substr(begin)});
    return add(kind, std::move(details), std::move(path));
  }

  /// The frames around what is part of `path`; those of the derivative stand apart.
  DrawingPath framed(const std::string &path, bool isForward) {
    DrawingPath frames = instances.pathOf(path);
    if (isForward || frames.empty())
      return frames;
    DrawingPath own = frames;
    frames.front() = "derivative of " + frames.front();
    for (std::size_t depth = 1; depth <= frames.size(); ++depth) {
      auto known = drawing.frames.find({own.begin(), own.begin() + static_cast<std::ptrdiff_t>(depth)});
      if (known == drawing.frames.end())
        continue;
      Frame frame = known->second;
      frame.name = frames[depth - 1];
      if (depth == 1)
        frame.definition.clear();
      frame.settings.clear();
      frame.details.clear();
      drawing.frames.try_emplace({frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(depth)},
                                 frame);
    }
    return frames;
  }

  /// The path of the instance that an op computes a part of.
  static std::string pathOf(Location location) {
    if (auto fused = dyn_cast<FusedLoc>(location))
      return fused.getLocations().empty() ? "" : pathOf(fused.getLocations().front());
    auto named = dyn_cast<NameLoc>(location);
    return named ? named.getName().str() : "";
  }

  void arrow(std::size_t from, std::size_t to) {
    std::pair<std::size_t, std::size_t> ends(from, to);
    if (!llvm::is_contained(drawing.arrows, ends))
      drawing.arrows.push_back(ends);
  }

  void draw(Operation &op) {
    llvm::SmallVector<std::size_t> from;
    for (Value operand : op.getOperands())
      if (auto found = values.find(operand);
          found != values.end() && !llvm::is_contained(from, found->second))
        from.push_back(found->second);
    // A constant, or made of constants.
    if (from.empty() && op.getNumOperands() == 0)
      return;
    if (from.empty() &&
        llvm::none_of(op.getOperands(), [](Value value) { return isa<BlockArgument>(value); }))
      return;
    auto call = dyn_cast<ir::CallOp>(op);
    std::string text = (call ? call.getCallee() : op.getName().stripDialect()).str();
    for (Value result : op.getResults())
      text += (result == op.getResult(0) ? ": " : ", ") + typeText(result.getType());
    std::size_t box = add(Box::Op, {{text}}, framed(pathOf(op.getLoc()), forward.contains(&op)));
    for (std::size_t each : from)
      drawing.arrows.emplace_back(each, box);
    for (Value result : op.getResults())
      values[result] = box;
  }

  /// The results are those of core::Program's forward graph, then a gradient for each parameter that is
  /// trained.
  std::size_t addResult(unsigned number) {
    if (number < 2)
      return add(Box::Output,
                 {{(number == 0 ? "loss" : "sums") + (objective.name.empty() ? "" : " " + objective.name)}},
                 {});
    number -= 2;
    if (number < objective.updatedStates.size())
      return addState(Box::Output, "new ", program.states[objective.updatedStates[number]].name, {}, true);
    number -= objective.updatedStates.size();
    if (objective.ranked && number-- == 0)
      return add(Box::Output, {{"ranked"}}, {});
    if (number >= objective.trainable.size())
      return add(Box::Output, {{""}}, {});
    return addState(Box::Output, "gradient of ", program.states[objective.trainable[number]].name, {}, false);
  }

  func::FuncOp function;
  const core::Program &program;
  const core::Objective &objective;
  const InstanceFrames &instances;
  llvm::DenseSet<Operation *> forward;
  llvm::DenseMap<Value, std::size_t> values; ///< the box that makes each
  Drawing &drawing;
};

} // namespace

Expected<Drawing> drawOps(const core::Program &program, const frontend::SourceManager &sources,
                          const std::string &phase) {
  std::string errors;
  std::unique_ptr<MLIRContext> context = makeContext(errors);
  frontend::EmitOptions options;
  options.rows = program.settings.batch * program.settings.accumulate;
  options.train = true;
  OwningOpRef<ModuleOp> module = frontend::emit(program, options, sources, *context);
  if (!module)
    return Status::failed("a bug in mlc's emit phase; please report it with the model:\n" + errors);
  if (phase == "grad" && failed(runPasses(*module, buildGradientPhase)))
    return Status::failed("a bug in mlc's grad phase; please report it with the model:\n" + errors);
  // A function for each objective, which begins with what all of them share.
  InstanceFrames instances(program, sources);
  Drawing drawing;
  drawing.title = program.name;
  drawing.frames = instances.all();
  for (const core::Objective &objective : program.objectives) {
    std::string symbol =
        "forward" + (objective.name.empty() ? "" : "." + objective.name) + (phase == "grad" ? ".grad" : "");
    auto function = module->lookupSymbol<func::FuncOp>(symbol);
    if (!function)
      return Status::failed("there is nothing to draw after phase " + phase);
    drawing.title += " @" + symbol;
    OpDrawing(function, program, objective, instances, drawing).run();
  }
  return drawing;
}

} // namespace mlc::compiler
