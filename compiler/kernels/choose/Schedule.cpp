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

static bool addStage(Schedule &schedule, ArrayRef<Value> outs, const llvm::DenseSet<Value> &stored,
                     const Target &target) {
  Group group(outs, stored);
  for (const Emitter *emitter : emitters())
    if (std::optional<Shares> shares = emitter->plan(group, target)) {
      schedule.stages.push_back({emitter, std::move(group), *shares});
      return true;
    }
  return false;
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
  if (addStage(schedule, results.getArrayRef(), stored, target)) {
    schedule.chunks = isSmallUpdate(kernel) ? 1 : schedule.stages.front().shares.chunks;
    schedule.scratchBytes = schedule.stages.front().shares.scratchBytes;
    return schedule;
  }
  auto keep = [&](Value value) {
    if (!stored.insert(value).second)
      return;
    if (results.contains(value))
      return;
    schedule.temporaries[value] = schedule.temporaryBytes;
    schedule.temporaryBytes += aligned(bytesOf(value));
  };
  auto stage = [&](ArrayRef<Value> outs) -> LogicalResult {
    if (!addStage(schedule, outs, stored, target))
      return outs.front().getDefiningOp()->emitOpError("is taken by no emitter");
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
    schedule.scratchBytes = std::max(schedule.scratchBytes, stage.shares.scratchBytes);
  schedule.scratchBytes += schedule.temporaryBytes;
  return schedule;
}

} // namespace mlc::compiler
