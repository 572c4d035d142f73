#include "compiler/draw/Draw.h"

#include "compiler/model/Phases.h"
#include "compiler/passes/RunPasses.h"
#include "dialects/mlc/MlcOps.h"
#include "frontend/Emit.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

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
  if (element.isInteger(8))
    out << "u8";
  else if (element.isInteger(1))
    out << "bool";
  else
    out << element;
  return text;
}

class OpDrawing {
public:
  OpDrawing(func::FuncOp function, const core::Program &program, const core::Objective &objective,
            Drawing &drawing)
      : function(function), program(program), objective(objective), drawing(drawing) {}

  void run() {
    for (BlockArgument argument : function.getArguments())
      for (StringRef role : {"mlc.field", "mlc.state"})
        if (auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), role);
            name && !argument.use_empty())
          values[argument] = add(Box::Input, {{name.str()}, {typeText(argument.getType()), false}});
    for (Operation &op : function.getBody().front().without_terminator())
      draw(op);
    Operation *end = function.getBody().front().getTerminator();
    for (OpOperand &result : end->getOpOperands())
      if (auto from = values.find(result.get()); from != values.end())
        arrow(from->second, add(Box::Output, {{resultName(result.getOperandNumber())}}));
  }

private:
  std::size_t add(Box::Kind kind, std::vector<BoxLine> lines) {
    drawing.boxes.push_back({kind, std::move(lines), kind == Box::Op, {}});
    return drawing.boxes.size() - 1;
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
    std::size_t box = add(Box::Op, {{text}});
    for (std::size_t each : from)
      drawing.arrows.emplace_back(each, box);
    for (Value result : op.getResults())
      values[result] = box;
  }

  /// The results are those of core::Program's forward graph, then a gradient for each parameter that is
  /// trained.
  std::string resultName(unsigned number) const {
    if (number < 2)
      return (number == 0 ? "loss" : "sums") + (objective.name.empty() ? "" : " " + objective.name);
    number -= 2;
    if (number < objective.updatedStates.size())
      return "new " + program.states[objective.updatedStates[number]].name;
    number -= objective.updatedStates.size();
    if (objective.ranked && number-- == 0)
      return "ranked";
    return number < objective.trainable.size()
               ? "gradient of " + program.states[objective.trainable[number]].name
               : "";
  }

  func::FuncOp function;
  const core::Program &program;
  const core::Objective &objective;
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
  Drawing drawing;
  drawing.title = program.name;
  for (const core::Objective &objective : program.objectives) {
    std::string symbol =
        "forward" + (objective.name.empty() ? "" : "." + objective.name) + (phase == "grad" ? ".grad" : "");
    auto function = module->lookupSymbol<func::FuncOp>(symbol);
    if (!function)
      return Status::failed("there is nothing to draw after phase " + phase);
    drawing.title += " @" + symbol;
    OpDrawing(function, program, objective, drawing).run();
  }
  joinChains(drawing);
  return drawing;
}

} // namespace mlc::compiler
