// Plan memory: every buffer of a step function gets its place in one arena.
//
// 1. Lifetimes: a buffer lives from the first launch that uses it to the last. The list of launches is
//    straight, so that is all there is to liveness.
// 2. In place: if a launch is the last to read a buffer and the first to write another of the same size, and
//    its kernel allows that input and that output to be one, the two become one block that lives as long as
//    both.
//    A loop's body is planned first; it then lives in a block of its own, for the time of its launch.
// 3. Offsets: blocks are placed from the largest to the smallest (the earlier first among equals), each into
//    the smallest gap that it fits into between the blocks already placed whose lives overlap its own, the
//    lowest of equal gaps; above them all if there is none. This is greedy by size, which on step programs
//    comes close to the largest sum of live bytes, the bound no plan can beat.
//
//    In a deep model most lives overlap, so what is taken while a block lives is not looked up block by
//    block: a tree over time holds, for each stretch of it, the bytes taken throughout and at any time in it,
//    as few long runs (TakenBytes.h).
//
// Offsets are multiples of 64: a cache line, and the widest vector.
#include "compiler/plan/Plan.h"
#include "compiler/plan/TakenBytes.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

constexpr int64_t alignment = 64;

/// Buffers that share their place.
struct PlacedBlock {
  int64_t bytes = 0;
  int first = 0, last = 0;
  int64_t offset = -1;
};

/// Gives each buffer the number of its block.
std::vector<int> shareInPlace(std::vector<BufferLife> &lives, std::vector<step::LaunchOp> &launches,
                              std::vector<PlacedBlock> &blocks) {
  DenseMap<Value, int> numberOf;
  std::vector<int> blockOf(lives.size());
  for (auto [i, life] : llvm::enumerate(lives)) {
    numberOf[life.buffer.getResult()] = i;
    blockOf[i] = i;
    blocks.push_back({life.bytes, life.first, life.last});
  }
  for (int time = 0, count = launches.size(); time < count; ++time) {
    step::LaunchOp launch = launches[time];
    std::vector<bool> taken(launch.getInputs().size());
    for (auto [o, output] : llvm::enumerate(launch.getOutputs())) {
      auto out = numberOf.find(storageOf(output));
      if (out == numberOf.end() || lives[out->second].first != time)
        continue;
      for (auto [i, input] : llvm::enumerate(launch.getInputs())) {
        auto in = numberOf.find(storageOf(input));
        if (in == numberOf.end() || in->second == out->second || taken[i])
          continue;
        const BufferLife &from = lives[in->second], &to = lives[out->second];
        if (from.last != time || from.first == time || from.bytes != to.bytes ||
            blockOf[in->second] == blockOf[out->second])
          continue;
        // Every input in that buffer has to bear it, and all of it has to be read.
        bool allowed = true;
        for (auto [k, other] : llvm::enumerate(launch.getInputs()))
          if (storageOf(other) == storageOf(input))
            allowed &= launch.allowsInPlace(k, o) && !taken[k] &&
                       step::byteSize(cast<ShapedType>(other.getType())) == from.bytes;
        if (!allowed)
          continue;
        for (auto [k, other] : llvm::enumerate(launch.getInputs()))
          if (storageOf(other) == storageOf(input))
            taken[k] = true;
        PlacedBlock &block = blocks[blockOf[in->second]];
        block.last = std::max(block.last, to.last);
        blocks[blockOf[out->second]].bytes = 0;
        blockOf[out->second] = blockOf[in->second];
        break;
      }
    }
  }
  return blockOf;
}

/// Places the blocks; returns the bytes of the arena.
int64_t place(std::vector<PlacedBlock> &blocks) {
  std::vector<PlacedBlock *> order;
  for (PlacedBlock &block : blocks)
    if (block.bytes > 0)
      order.push_back(&block);
  llvm::sort(order, [](const PlacedBlock *a, const PlacedBlock *b) {
    return std::make_tuple(-a->bytes, a->first, a) < std::make_tuple(-b->bytes, b->first, b);
  });
  int launches = 0;
  for (PlacedBlock *block : order)
    launches = std::max(launches, block->last + 1);
  TakenBytes taken(launches);
  int64_t arena = 0;
  for (PlacedBlock *block : order) {
    int64_t size = llvm::alignTo(block->bytes, alignment);
    block->offset = taken.bestGap(block->first, block->last, size);
    taken.take(block->first, block->last, {block->offset, block->offset + size});
    arena = std::max(arena, block->offset + size);
  }
  return arena;
}

/// Plans `function`, and before it the bodies that it loops over.
void planMemory(func::FuncOp function) {
  if (function->hasAttr(arenaAttr))
    return;
  OpBuilder builder(function);
  for (auto buffer : llvm::make_early_inc_range(function.getOps<step::BufferOp>()))
    if (buffer->use_empty())
      buffer.erase();
  std::vector<step::LaunchOp> launches = launchesOf(function);
  std::vector<BufferLife> lives = livesOf(function);
  std::vector<PlacedBlock> blocks;
  std::vector<int> blockOf = shareInPlace(lives, launches, blocks);
  std::vector<std::pair<step::LaunchOp, size_t>> workspaces;
  int64_t scratch = 0;
  for (auto [time, launch] : llvm::enumerate(launches)) {
    if (func::FuncOp body = bodyOf(launch)) {
      planMemory(body);
      workspaces.emplace_back(launch, blocks.size());
      blocks.push_back({body->getAttrOfType<IntegerAttr>(arenaAttr).getInt(), (int)time, (int)time});
      launch.setScratch(body->getAttrOfType<IntegerAttr>(scratchAttr).getInt());
    }
    scratch = std::max<int64_t>(scratch, launch.getScratch());
  }
  int64_t arena = place(blocks);
  for (auto [i, life] : llvm::enumerate(lives))
    life.buffer.setOffset(std::max<int64_t>(blocks[blockOf[i]].offset, 0));
  for (auto [launch, block] : workspaces)
    launch.setWorkspace(std::max<int64_t>(blocks[block].offset, 0));
  function->setAttr(arenaAttr, builder.getI64IntegerAttr(arena));
  function->setAttr(scratchAttr, builder.getI64IntegerAttr(llvm::alignTo(scratch, alignment)));
}

struct PlanMemoryPass : PassWrapper<PlanMemoryPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PlanMemoryPass)
  StringRef getArgument() const override { return "step-plan-memory"; }
  StringRef getDescription() const override {
    return "Give every buffer of a step function its place in the arena";
  }

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isStepFunction(function))
        planMemory(function);
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createPlanMemoryPass() { return std::make_unique<PlanMemoryPass>(); }
