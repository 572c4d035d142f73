// Kernels: isolated functions of mlc ops over static tensors, and the native code they become.
//
// A kernel's object has one symbol, `void NAME(void *const *args, int64_t chunk, void *scratch)` (mlc_kernel
// in runtime/Abi.h). `args` are the function's arguments, then its results: dense, row-major, 64-byte aligned
// or not; i1 is stored as one byte 0/1. Every chunk writes its own part of the results, so chunks run in any
// order on any worker, and what they compute does not depend on who runs them. compiler/kernels/README.md
// says which functions are good kernels; any function of mlc ops is a correct one.
#ifndef MLC_COMPILER_KERNELS_KERNEL_H
#define MLC_COMPILER_KERNELS_KERNEL_H

#include "compiler/kernels/Choices.h"
#include "compiler/target/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mlc::compiler {

/// On the function of a kernel that updates state. Small state stays on one core: from step to step its cache
/// holds it, and to share the update would move it to another one and back.
inline constexpr llvm::StringLiteral updateAttr = "mlc.update";

/// On the transpose [1, 0, 2] of [panel][k][column in the panel], which a reshape makes a matrix [k, n]: that
/// products read it where it lies. Any such transpose could be read so; for most, a copy is faster.
inline constexpr llvm::StringLiteral stridedAttr = "mlc.strided";

/// On a kernel: how it is to run, where that is not left to the cost model. A dictionary of what
/// `--emit=kernels` and `mlc-kernel --plan` print: the emitter's name and integers by name. It changes no bit
/// of the results.
inline constexpr llvm::StringLiteral choicesAttr = "mlc.choices";

/// What a launch of a kernel needs to know. A function of the kernel's text and the target's ISA only, never
/// of the number of workers.
struct KernelInfo {
  /// Which emitter takes it: "contraction", "rows", "elementwise", ... For --emit=kernels and tests.
  std::string emitter;
  /// What was chosen for it; nothing if it is computed in stages.
  std::vector<Choice> choices;
  /// The cost model's guess of the time on one thread.
  double nanoseconds = 0;
  /// Number of chunks of a launch, at least 1.
  int64_t chunks = 1;
  /// Bytes of scratch that a running chunk needs, aligned to 64.
  int64_t scratchBytes = 0;
  /// (i, j): input i may lie in the very memory of output j (same size; never partly).
  std::vector<std::pair<int, int>> inPlace;
  /// Arithmetic and memory traffic of one launch: for summaries and scheduling.
  double flops = 0, bytes = 0;
};

/// Plans a kernel without building code: deterministic, cheap (no code is built). Fails with a diagnostic on
/// the function.
mlir::FailureOr<KernelInfo> planKernel(mlir::func::FuncOp kernel, const Target &target);

/// Names of other emitters that a choicesAttr of `kernel` may name. Nothing where planKernel fails.
std::vector<std::string> otherEmitters(mlir::func::FuncOp kernel, const Target &target);

/// Appends to `into` the loops and vectors of `kernel`: a func.func of the kernel's name and the ABI's type,
/// in scf, arith, math, vector and llvm ops. `kernel` is left as it is. Fails with a diagnostic on the
/// function.
mlir::LogicalResult emitKernel(mlir::func::FuncOp kernel, const Target &target, mlir::ModuleOp into);

/// Whether the contraction `op` is a product that reads its operands in place when the tensors of `inMemory`
/// are: they are these, or transposes, broadcasts, slices and reshapes of these that have strides.
bool isProductOf(mlir::Operation *op, llvm::ArrayRef<mlir::Value> inMemory);

/// Whether one kernel should compute the product `scores`, from its rows the rows of `weights`, and the
/// product `mix` of these, never holding more than some rows of the scores; `inMemory` as for isProductOf.
/// What lies between is of the class rows: its reductions are over the last axis.
bool isAttentionOf(mlir::Operation *scores, mlir::Value weights, mlir::Operation *mix,
                   llvm::ArrayRef<mlir::Value> inMemory);

/// The dialects that emitKernel and compileKernel create ops of: append them to the context's registry first.
void registerKernelDialects(mlir::DialectRegistry &registry);

} // namespace mlc::compiler

#endif
