// Kernels held to the oracle: compiled, loaded, run on poisoned memory, compared.
#ifndef MLC_COMPILER_KERNELS_CHECK_CHECK_H
#define MLC_COMPILER_KERNELS_CHECK_CHECK_H

#include "compiler/kernels/Kernel.h"
#include "compiler/oracle/Compare.h"
#include "mlir/IR/OwningOpRef.h"
#include "runtime/Abi.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <memory>
#include <string>

namespace mlc::compiler {

/// A compiled kernel in this process.
struct LoadedKernel {
  KernelInfo info;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  mlc_kernel function = nullptr;

  /// All chunks, one after the other. `args` are inputs, then outputs; `scratch` has info.scratchBytes.
  void run(void *const *args, void *scratch) const {
    for (int64_t chunk = 0; chunk < info.chunks; ++chunk)
      function(args, chunk, scratch);
  }
};

/// Plans, emits, compiles and links `kernel`.
llvm::Expected<LoadedKernel> loadKernel(mlir::func::FuncOp kernel, const Target &target);

/// Runs `kernel` natively and on the oracle, on the same random inputs, and compares. Outputs and scratch
/// start as NaN, chunks run last to first, and nothing may be written beside the outputs. Where inputs may
/// lie in outputs' memory that is tried too and must give the same bits.
///
/// Inputs: floats in [-2, 2], or what an argument's attribute says: `check.range = [low, high]` (any type,
/// both included), `check.nan` (some NaN and infinities). i32 default to [0, 3].
llvm::Error checkKernel(mlir::func::FuncOp kernel, const Target &target, uint64_t seed,
                        oracle::Tolerance tolerance = {});

/// Copies of `kernel` with a choicesAttr each that changes one choice to a value near it, and one for each
/// other emitter that may compute it. Nothing where it cannot be planned.
std::vector<mlir::OwningOpRef<mlir::func::FuncOp>> trialsOf(mlir::func::FuncOp kernel, const Target &target);

/// Holds that none of the trials changes a bit of the results, on inputs as of checkKernel. Gives their
/// number.
llvm::Expected<int> checkChoices(mlir::func::FuncOp kernel, const Target &target, uint64_t seed);

/// One launch's time in nanoseconds on so many workers of a pool, in memory as training has it: the least of
/// several batches of runs that take about `seconds` together. `inPlace`: each output overwrites the first
/// input that the kernel allows and no output before has, as updates of parameters do.
llvm::Expected<double> timeKernel(mlir::func::FuncOp kernel, const Target &target, int workers, bool inPlace,
                                  double seconds);

} // namespace mlc::compiler

#endif
