// `remat` regions: the backward pass repeats their ops instead of reading what they computed.
//
// The edges of a region are barriers (mlc.barrier, `enter` and `leave`); its ops are those that read what
// entered. When the backward ops are there:
//   1. one that reads what entered a region reads it from outside: it is kept in any case;
//   2. for those that read what a region's ops computed, these ops, as many as it takes, are repeated before
//   the
//      first of them, on barriers around what entered. Behind a barrier nothing is known, so neither common
//      subexpressions nor fusion put the two computations together again.
// What leaves a region is an ordinary value: kept, if the backward pass reads it.
#include "compiler/ad/Remat.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mlc::ir;

namespace mlc::compiler {

DenseMap<Operation *, int64_t> rematOps(ArrayRef<Operation *> ops) {
  DenseMap<Operation *, int64_t> regions;
  for (Operation *op : ops) {
    if (auto barrier = dyn_cast<BarrierOp>(op); barrier && barrier.getEnter()) {
      regions[op] = *barrier.getEnter();
      continue;
    }
    if (auto barrier = dyn_cast<BarrierOp>(op); barrier && barrier.getLeave())
      continue;
    for (Value operand : op->getOperands())
      if (auto found = regions.find(operand.getDefiningOp()); found != regions.end()) {
        int64_t region = found->second; // a copy: the insertion moves what is found
        regions.try_emplace(op, region);
      }
  }
  return regions;
}

/// The users of what `op` computes that are not among `forward`.
static bool isRead(Operation *op, const DenseSet<Operation *> &forward) {
  return llvm::any_of(op->getUsers(), [&](Operation *user) { return !forward.contains(user); });
}

void readPastEntries(ArrayRef<Operation *> forward) {
  DenseSet<Operation *> isForward(forward.begin(), forward.end());
  for (Operation *op : forward)
    if (auto barrier = dyn_cast<BarrierOp>(op); barrier && barrier.getEnter())
      barrier.getResult().replaceUsesWithIf(
          barrier.getX(), [&](OpOperand &use) { return !isForward.contains(use.getOwner()); });
}

void repeatRematOps(ArrayRef<Operation *> forward) {
  readPastEntries(forward);
  DenseMap<Operation *, int64_t> regions = rematOps(forward);
  DenseSet<Operation *> isForward(forward.begin(), forward.end());
  // From the last op to the first: what is read by a backward op, or by an op that is repeated.
  llvm::MapVector<int64_t, llvm::SmallSetVector<Operation *, 16>> wanted;
  for (Operation *op : llvm::reverse(forward)) {
    auto region = regions.find(op);
    if (region == regions.end())
      continue;
    auto &list = wanted[region->second];
    if (isRead(op, isForward) ||
        llvm::any_of(op->getUsers(), [&](Operation *user) { return list.contains(user); }))
      list.insert(op);
  }
  for (auto &[region, list] : wanted) {
    Operation *first = nullptr;
    for (Operation *op : list)
      for (Operation *user : op->getUsers())
        if (!isForward.contains(user) && (!first || user->isBeforeInBlock(first)))
          first = user;
    if (!first)
      continue;
    OpBuilder builder(first);
    IRMapping mapping;
    for (Operation *op : llvm::reverse(list.getArrayRef())) {
      if (auto barrier = dyn_cast<BarrierOp>(op); barrier && barrier.getEnter())
        mapping.map(barrier.getResult(), BarrierOp::create(builder, op->getLoc(), barrier.getX()));
      else
        builder.clone(*op, mapping);
    }
    for (Operation *op : list)
      for (Value result : op->getResults())
        result.replaceUsesWithIf(mapping.lookup(result), [&](OpOperand &use) {
          Operation *user = use.getOwner();
          return !isForward.contains(user) && user->getBlock() == op->getBlock() &&
                 !user->isBeforeInBlock(first);
        });
  }
}

} // namespace mlc::compiler
