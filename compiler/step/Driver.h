// The compiled step function itself: a list of calls.
#ifndef MLC_COMPILER_STEP_DRIVER_H
#define MLC_COMPILER_STEP_DRIVER_H

#include "compiler/plan/StateLayout.h"
#include "compiler/target/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"

#include <memory>
#include <string>

namespace mlc::compiler {

/// Builds `void SYMBOL(const mlc_call *)` for every planned step function of `module`: it looks up where each
/// buffer lies and calls kernel after kernel, those of several chunks through the caller's parallel_for.
/// `kernels` maps names of kernels to symbols, `symbols` step functions to theirs. `profiled`: kernels of one
/// chunk go through parallel_for as well. Fails with a diagnostic.
mlir::FailureOr<std::unique_ptr<llvm::Module>> buildDriver(mlir::ModuleOp module, const StateLayout &state,
                                                           const llvm::StringMap<std::string> &kernels,
                                                           const llvm::StringMap<std::string> &symbols,
                                                           const Target &target, bool profiled,
                                                           llvm::LLVMContext &context);

} // namespace mlc::compiler

#endif
