// The plan as a page of text: for each step function its buffers, its launches and the totals.
#include "compiler/plan/Plan.h"
#include "compiler/plan/StateLayout.h"
#include "dialects/mlc/Roles.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

std::string typeText(Type type) {
  auto shaped = cast<ShapedType>(type);
  std::string text;
  llvm::raw_string_ostream out(text);
  for (int64_t dim : shaped.getShape())
    out << dim << "x";
  out << shaped.getElementType();
  return text;
}

struct Life {
  int first = -1, last = -1;
  void add(int time) {
    if (first < 0)
      first = time;
    last = time;
  }
  std::string text() const { return first < 0 ? "-" : llvm::formatv("{0}..{1}", first, last).str(); }
};

class PlanText {
public:
  PlanText(func::FuncOp function, const StateLayout &layout, llvm::raw_ostream &out)
      : function(function), layout(layout), places(layout.byName()), out(out),
        launches(launchesOf(function)) {}

  void print() {
    for (auto [time, launch] : llvm::enumerate(launches))
      for (Value operand : launch->getOperands())
        lives[storageOf(operand)].add(time);

    out << "@" << function.getName() << ": " << launches.size() << " launches"
        << (isEntry(function) ? "" : " a step of its loop") << "\n\n";
    out << "  buffer   role     type                        bytes     offset  life\n";
    std::map<StringRef, int> counts;
    for (BlockArgument argument : function.getArguments())
      printArgument(argument, counts);
    int64_t arenaSum = 0;
    for (auto buffer : function.getOps<step::BufferOp>()) {
      arenaSum += step::byteSize(cast<ShapedType>(buffer.getType()));
      row(buffer.getResult(), "b", "arena", counts, std::to_string(buffer.getOffset().value_or(0)), "");
    }
    for (auto constant : function.getOps<step::ConstantOp>())
      row(constant.getResult(), "c", "constant", counts, "-", "");
    for (auto stream : function.getOps<step::StreamOp>())
      row(stream.getResult(), "r", "stream", counts, "-", "");

    out << "\n  launch  kernel               chunks  scratch  buffers\n";
    for (auto [time, launch] : llvm::enumerate(launches))
      printLaunch(time, launch);

    int64_t arena = sizeAttr(arenaAttr), scratch = sizeAttr(scratchAttr), state = 0;
    for (BlockArgument argument : function.getArguments())
      if (ir::stateOfArgument(function, argument.getArgNumber()))
        state += step::byteSize(cast<ShapedType>(argument.getType()));
    out << llvm::formatv("\n  state {0} bytes (of {1}), arena {2} bytes (buffers {3}), scratch {4} bytes\n",
                         state, layout.bytes, arena, arenaSum, scratch);
  }

private:
  int64_t sizeAttr(StringRef name) {
    auto attribute = function->getAttrOfType<IntegerAttr>(name);
    return attribute ? attribute.getInt() : 0;
  }

  void printArgument(BlockArgument argument, std::map<StringRef, int> &counts) {
    ir::RoleAttr role = ir::argumentRole(function, argument.getArgNumber());
    StringRef text = ir::stringifyRoleKind(ir::isInput(role) ? ir::RoleKind::Input : role.getKind());
    StringAttr state = ir::nameIn(role, ir::RoleKind::State);
    std::string offset = "-";
    if (state)
      if (const StatePlace *place = places.lookup(state.getValue()))
        offset = std::to_string(place->offset);
    row(argument, text.take_front(text == "scalars" || text == "stream" ? text.size() : 1), text, counts,
        offset, state ? state.getValue() : "");
  }

  void row(Value value, StringRef letter, StringRef role, std::map<StringRef, int> &counts, StringRef offset,
           StringRef note) {
    std::string name = letter.str();
    if (letter.size() == 1)
      name += std::to_string(counts[letter]++);
    names[value] = name;
    if (role == "state" && !lives.count(value))
      return; // functions take all state, and most touch little of it
    auto type = cast<ShapedType>(value.getType());
    std::string life = lives.lookup(value).text();
    out << llvm::formatv("  {0,-8} {1,-8} {2,-22} {3,10} {4,10}  ", name, role, typeText(type),
                         step::byteSize(type), offset);
    if (note.empty())
      out << life << "\n";
    else
      out << llvm::formatv("{0,-8}  {1}\n", life, note);
  }

  /// "b3", or "b3+128" for a view that starts 128 bytes in.
  std::string nameOf(Value value) {
    int64_t offset = 0;
    while (auto view = value.getDefiningOp<step::ViewOp>()) {
      auto type = cast<ShapedType>(view.getType());
      offset += view.getOffset() * ((type.getElementTypeBitWidth() + 7) / 8);
      value = view.getSource();
    }
    std::string name = names.lookup(value);
    return offset ? name + "+" + std::to_string(offset) : name;
  }

  void printLaunch(int time, step::LaunchOp launch) {
    out << llvm::formatv("  {0,-6}  {1,-20} {2,6} {3,8}  ", time, launch.getKernel(), launch.getChunks(),
                         launch.getScratch());
    if (auto loop = launch.getLoopAttr())
      out << llvm::formatv("{0} steps{1}, workspace {2}: ", loop.getSteps(), loop.getReverse() ? " down" : "",
                           launch.getWorkspace().value_or(0));
    llvm::interleave(launch.getInputs(), [&](Value value) { out << nameOf(value); }, [&] { out << " "; });
    out << " -> ";
    llvm::interleave(launch.getOutputs(), [&](Value value) { out << nameOf(value); }, [&] { out << " "; });
    if (auto lines = launch.getLinesAttr()) {
      out << "  (";
      llvm::interleaveComma(lines, out, [&](Attribute line) { out << cast<StringAttr>(line).getValue(); });
      out << ")";
    }
    out << "\n";
  }

  func::FuncOp function;
  const StateLayout &layout;
  llvm::StringMap<const StatePlace *> places;
  llvm::raw_ostream &out;
  std::vector<step::LaunchOp> launches;
  DenseMap<Value, Life> lives;
  DenseMap<Value, std::string> names;
};

} // namespace

void compiler::printPlan(ModuleOp module, llvm::raw_ostream &out) {
  FailureOr<StateLayout> layout = planState(module);
  if (failed(layout))
    return;
  bool first = true;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!isStepFunction(function))
      continue;
    if (!first)
      out << "\n";
    first = false;
    PlanText(function, *layout, out).print();
  }
}

namespace {

/// Print the plan: the page of text, on standard output.
struct PrintPlanPass : PassWrapper<PrintPlanPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PrintPlanPass)
  StringRef getArgument() const override { return "step-print-plan"; }
  StringRef getDescription() const override { return "Print planned step functions for people to read"; }
  void runOnOperation() override { printPlan(getOperation(), llvm::outs()); }
};

} // namespace

std::unique_ptr<Pass> compiler::createPrintPlanPass() { return std::make_unique<PrintPlanPass>(); }
