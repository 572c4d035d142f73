// The regions of `remat` in differentiation.
#pragma once

#include "dialects/mlc/MlcOps.h"

#include "llvm/ADT/DenseMap.h"

namespace mlc::compiler {

/// The ops of remat regions among `ops`, which are in program order, with the number of the region. A barrier
/// where something enters is one of them, one where something leaves is not.
llvm::DenseMap<mlir::Operation *, int64_t> rematOps(llvm::ArrayRef<mlir::Operation *> ops);

/// Whoever is not among `forward` and reads what entered a region reads it from outside.
void readPastEntries(llvm::ArrayRef<mlir::Operation *> forward);

/// Repeats the ops of regions, among `forward`, that ops behind them in their block read, before the first
/// that does.
void repeatRematOps(llvm::ArrayRef<mlir::Operation *> forward);

} // namespace mlc::compiler
