// Distinct kernels to objects: in parallel, through the cache on disk.
#ifndef MLC_COMPILER_JIT_KERNELCOMPILER_H
#define MLC_COMPILER_JIT_KERNELCOMPILER_H

#include "compiler/lowering/Lowering.h"
#include "compiler/target/Target.h"
#include "runtime/cache/DiskCache.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace mlc::compiler {

/// A kernel by itself, free of any context: text of a module with one function, called like its symbol.
struct KernelUnit {
  std::string name;   ///< of the kernel in the step program: "k_3"
  std::string symbol; ///< "mlc_kernel_" and a hash of what the kernel computes
  std::string text;
};

KernelUnit kernelUnit(mlir::func::FuncOp kernel);

struct CompiledKernels {
  std::vector<std::string> forms; ///< one a unit, in their order
  int64_t cached = 0, compiled = 0;
};

/// Compiles `units` with `threads` threads (0: one a processor), each with a context of its own. Only objects
/// go through the cache. Fails with the first unit's error, in order of the units, or when `cancelled` became
/// true before all were done.
llvm::Expected<CompiledKernels> compileKernels(const std::vector<KernelUnit> &units, const Target &target,
                                               const mlc::DiskCache &cache, unsigned threads,
                                               NativeForm form = NativeForm::Object,
                                               const std::atomic<bool> *cancelled = nullptr);

/// Identifies the compiler that runs: a hash of its program file and LLVM's version. Objects made by another
/// build are not reused.
std::string compilerIdentity();

} // namespace mlc::compiler

#endif
