// Which values their readers make again.
#ifndef MLC_COMPILER_FUSE_REMAKE_H
#define MLC_COMPILER_FUSE_REMAKE_H

#include "compiler/fuse/Groups.h"

#include "llvm/ADT/DenseSet.h"

namespace mlc::compiler {

/// Values of elementwise ops that are not stored: kernels of other groups that read them compute them again,
/// from operands that are stored.
llvm::DenseSet<mlir::Value> valuesMadeAgain(llvm::ArrayRef<FusionGroup> groups);

} // namespace mlc::compiler

#endif
