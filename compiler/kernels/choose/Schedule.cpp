#include "compiler/kernels/choose/Schedule.h"

#include "compiler/kernels/Kernel.h"

using namespace mlir;

namespace mlc::compiler {

/// In order of preference.
static ArrayRef<const Emitter *> emitters() {
  static const Emitter *const all[] = {
#define MLC_EMITTER(name) &name##Emitter(),
#include "compiler/kernels/emitters/Emitters.def"
  };
  return all;
}

static int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// A stage whose emitter is the first that takes the group.
static std::optional<Stage> stageOf(ArrayRef<Value> outs, const llvm::DenseSet<Value> &stored,
                                    const Target &target) {
  Group group(outs, stored);
  for (const Emitter *emitter : emitters()) {
    Choices choices;
    if (std::optional<Plan> plan = emitter->plan(group, target, choices))
      return Stage{emitter, std::move(group), *plan, choices.made()};
  }
  return std::nullopt;
}

/// Those that could take a stage's group instead of its own, and give it the same bits.
static SmallVector<const Emitter *> othersFor(const Stage &stage, const Target &target) {
  SmallVector<const Emitter *> others;
  StringRef order = stage.emitter->orderOfSums(stage.group);
  for (const Emitter *emitter : emitters()) {
    Choices choices;
    if (emitter != stage.emitter && emitter->plan(stage.group, target, choices) &&
        emitter->orderOfSums(stage.group) == order)
      others.push_back(emitter);
  }
  return others;
}

/// Plans a stage once more, as `forced` says.
static LogicalResult force(func::FuncOp kernel, Stage &stage, DictionaryAttr forced, const Target &target) {
  if (auto name = forced.getAs<StringAttr>("emitter"); name && name.getValue() != stage.emitter->name()) {
    std::string known = ("`" + stage.emitter->name() + "`").str();
    const Emitter *found = nullptr;
    for (const Emitter *other : othersFor(stage, target)) {
      known += (", `" + other->name() + "`").str();
      if (other->name() == name.getValue())
        found = other;
    }
    if (!found)
      return kernel.emitError() << choicesAttr << ": `" << name.getValue()
                                << "` cannot compute this kernel to the same bits; " << known << " can";
    stage.emitter = found;
  }
  Choices choices(forced);
  std::optional<Plan> plan = stage.emitter->plan(stage.group, target, choices);
  if (std::string wrong = choices.wrong(stage.emitter->name()); !plan || !wrong.empty())
    return kernel.emitError() << choicesAttr << ": " << wrong;
  stage.plan = *plan;
  stage.choices = choices.made();
  return success();
}

/// Whether the kernel updates so little state that one core's cache holds it.
static bool isSmallUpdate(func::FuncOp kernel) {
  constexpr int64_t ownCache = 2 << 20;
  int64_t bytes = 0;
  for (Value argument : kernel.getArguments())
    bytes += bytesOf(argument);
  for (Value result : kernel.front().getTerminator()->getOperands())
    bytes += bytesOf(result);
  return kernel->hasAttr(updateAttr) && bytes <= ownCache;
}

FailureOr<Schedule> scheduleOf(func::FuncOp kernel, const Target &target) {
  Schedule schedule;
  llvm::DenseSet<Value> stored(kernel.getArguments().begin(), kernel.getArguments().end());
  llvm::SetVector<Value> results;
  for (Value result : kernel.front().getTerminator()->getOperands())
    results.insert(result);
  for (Operation &op : kernel.front())
    if (auto constant = dyn_cast<ir::ConstantOp>(op))
      if (!cast<DenseElementsAttr>(constant.getValue()).isSplat())
        stored.insert(constant.getResult());
  auto forced = kernel->getAttrOfType<DictionaryAttr>(choicesAttr);
  if (std::optional<Stage> whole = stageOf(results.getArrayRef(), stored, target)) {
    if (forced && failed(force(kernel, *whole, forced, target)))
      return failure();
    schedule.chunks = isSmallUpdate(kernel) ? 1 : whole->plan.chunks;
    schedule.scratchBytes = whole->plan.scratchBytes;
    schedule.stages.push_back(std::move(*whole));
    return schedule;
  }
  if (forced)
    return kernel.emitError() << choicesAttr << ": this kernel is computed in stages, which have no choices";
  auto keep = [&](Value value) {
    if (!stored.insert(value).second)
      return;
    if (results.contains(value))
      return;
    schedule.temporaries[value] = schedule.temporaryBytes;
    schedule.temporaryBytes += aligned(bytesOf(value));
  };
  auto stage = [&](ArrayRef<Value> outs) -> LogicalResult {
    std::optional<Stage> stage = stageOf(outs, stored, target);
    if (!stage)
      return outs.front().getDefiningOp()->emitOpError("is taken by no emitter");
    schedule.stages.push_back(std::move(*stage));
    for (Value out : outs)
      keep(out);
    return success();
  };
  Group whole(results.getArrayRef(), stored);
  for (Operation *op : whole.anchors()) {
    // Operands that would be computed again for every term of a sum are computed once before.
    if (isa<ir::ContractOp, ir::ConvOp, ir::ConvInputOp, ir::ConvFilterOp, ir::WindowScatterOp,
            ir::ScatterAddOp, ir::ArgsortOp>(op))
      for (Value operand : op->getOperands())
        if (!stored.count(operand) && failed(stage({operand})))
          return failure();
    SmallVector<Value> outs;
    for (Value result : op->getResults())
      if (!result.use_empty())
        outs.push_back(result);
    if (!stored.count(outs.front()) && failed(stage(outs)))
      return failure();
  }
  SmallVector<Value> rest;
  for (Value result : results)
    if (!stored.count(result) || !result.getDefiningOp() || isa<ir::ConstantOp>(result.getDefiningOp()))
      rest.push_back(result);
  if (!rest.empty() && failed(stage(rest)))
    return failure();
  schedule.scratchBytes = 0;
  for (const Stage &stage : schedule.stages)
    schedule.scratchBytes = std::max(schedule.scratchBytes, stage.plan.scratchBytes);
  schedule.scratchBytes += schedule.temporaryBytes;
  return schedule;
}

std::vector<std::string> otherEmitters(const Schedule &schedule, const Target &target) {
  std::vector<std::string> names;
  if (schedule.stages.size() == 1)
    for (const Emitter *other : othersFor(schedule.stages.front(), target))
      names.push_back(other->name().str());
  return names;
}

} // namespace mlc::compiler
