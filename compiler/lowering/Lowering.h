// From the loops and vectors of a kernel to machine code: one MLIR conversion, LLVM's optimiser, an ELF
// object.
#ifndef MLC_COMPILER_LOWERING_LOWERING_H
#define MLC_COMPILER_LOWERING_LOWERING_H

#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace mlc::compiler {

/// What to stop at.
enum class NativeForm {
  LLVM,   ///< LLVM IR after optimisation, as text
  Asm,    ///< assembly text
  Object, ///< an ELF object
};

/// Rewrites a module of func, scf, arith, math, vector and llvm ops to llvm ops alone. f32 functions become
/// polynomials (NaN in, NaN out), f64 functions calls of libm.
mlir::LogicalResult lowerToLLVMDialect(mlir::ModuleOp module);

/// Compiles a module of emitted kernels, which is consumed (lowered in place). Safe in several threads at
/// once, each with its own MLIRContext. The bytes depend on the module's text and the target's fingerprint
/// only. `machine` is one of `target`, to be used by one thread at a time; making one takes as long as
/// compiling a small kernel. Null: one is made.
llvm::Expected<std::string> compileKernel(mlir::ModuleOp module, const Target &target,
                                          NativeForm form = NativeForm::Object,
                                          llvm::TargetMachine *machine = nullptr);

/// Optimises an LLVM module for `target` and writes it in the form asked for.
llvm::Expected<std::string> compileNative(llvm::Module &module, const Target &target,
                                          NativeForm form = NativeForm::Object,
                                          llvm::TargetMachine *machine = nullptr);

} // namespace mlc::compiler

#endif
