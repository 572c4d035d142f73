// From step functions to functions that can be called: fusion, schedule, buffers, kernels, objects, link.
//
// Input is a module of step functions, pure mlc ops over static tensors:
//
//     func.func @train_step(states..., fields..., %scalars: tensor<Kxf64>, %stream: tensor<3xi64>)
//         -> (new states..., sums: tensor<Sxf64>)
//
// and likewise @init, @eval_step, @predict_NAME, @figures: every public function is a step function, private
// ones are callees to be inlined. What arguments and results are is said by their `mlc.role`
// (dialects/mlc/Roles.h) and by nothing else; a function need not take the state that it writes (@init).
// Arguments that are inputs, and results that update no state, are the caller's, in order.
#ifndef MLC_COMPILER_STEP_STEPCOMPILER_H
#define MLC_COMPILER_STEP_STEPCOMPILER_H

#include "compiler/plan/StateLayout.h"
#include "compiler/target/Target.h"
#include "runtime/Abi.h"
#include "runtime/program/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlc::compiler {

/// What a step function is, for manifests and for callers. Instances for several row counts are several
/// functions.
struct StepFunction {
  std::string name;   ///< of the func.func: "train_step"
  std::string symbol; ///< of the compiled function: "mlc_NAME_train_step"
  int64_t arenaBytes = 0;
  int64_t scratchBytes = 0;
  int64_t launches = 0;
  double flops = 0; ///< of one call
  LaunchList list;  ///< only with CompileOptions::profiled
};

/// An object file in memory.
struct Object {
  std::string name; ///< of the kernel or function in it
  std::string bytes;
};

struct CompileStatistics {
  int64_t launches = 0; ///< in all functions
  int64_t kernels = 0;  ///< distinct ones
  int64_t cached = 0;   ///< taken from the cache on disk
  int64_t compiled = 0;
  double milliseconds = 0; ///< from the module handed in to the objects
};

/// Everything that a program's functions consist of: to be linked in memory, or written to files.
struct CompiledObjects {
  StateLayout state;
  std::vector<StepFunction> functions;
  std::vector<Object> objects; ///< kernels first; the last one holds the functions themselves
  CompileStatistics statistics;
};

struct CompileOptions {
  /// Functions are called mlc_NAME_train_step; letters, digits and underscores.
  std::string name = "program";
  /// Appended to the name of each function ("_rows17"), so that instances can be linked together.
  std::string suffix;
  /// Layout to keep to; null: planned from the module itself.
  const StateLayout *state = nullptr;
  /// Kernels are compiled by that many threads; 0: as many as there are processors.
  unsigned threads = 0;
  /// Make every launch through the caller's parallel_for, also those of one chunk, so that it can see them,
  /// and say what each one is.
  bool profiled = false;
  /// Calls are inlined and ops simplified already, as lowerToStepFunctions leaves them.
  bool isSimplified = false;
  /// Compiling fails soon after this becomes true; null: never.
  const std::atomic<bool> *cancelled = nullptr;
  /// Look kernels up in the cache on disk and leave them there.
  bool useCache = true;
  /// The cache's folder; empty: $XDG_CACHE_HOME/mlc, or ~/.cache/mlc.
  std::string cacheDir;
};

/// A compiled function, ready to be called. Valid as long as the CompiledModule lives.
struct CompiledFunction {
  StepFunction description;
  mlc_function entry = nullptr;
};

/// Functions linked into this process.
class CompiledModule {
public:
  virtual ~CompiledModule() = default;
  virtual const StateLayout &state() const = 0;
  virtual const CompileStatistics &statistics() const = 0;
  /// Null if there is none of that name.
  virtual const CompiledFunction *find(llvm::StringRef name) const = 0;
};

/// What the phases after autodiff and step building print.
enum class StepPhase {
  Fuse,    ///< the step program over tensors: launches and kernels
  Plan,    ///< buffers, lifetimes and launches, for people
  Kernels, ///< each distinct kernel: emitter, chunks, cost and text
  LLVM,    ///< kernels and functions as LLVM IR
  Asm,     ///< the same as assembly
  Obj      ///< the same as one relocatable ELF object (binary)
};

/// The dialects that these phases create ops of: append them to the context's registry first.
void registerStepCompilerDialects(mlir::DialectRegistry &registry);

/// Appends the passes from step functions to the step program over tensors (StepPhase::Fuse) or to the
/// planned one (any later phase): memrefs with offsets. `isSimplified`: calls are inlined, and ops are in
/// canonical form and hold no checks.
void buildStepPipeline(mlir::OpPassManager &passes, const Target &target, StepPhase last = StepPhase::Plan,
                       bool isSimplified = false);

/// As far as the plan, which is what there is to know about the functions without compiling a kernel.
/// `module` is consumed. Fails with diagnostics.
mlir::FailureOr<std::vector<StepFunction>> planFunctions(mlir::ModuleOp module, const Target &target,
                                                         const CompileOptions &options);

/// The whole way to objects. `module` is consumed: it is the planned step program afterwards. Fails with
/// diagnostics on the module's locations.
mlir::FailureOr<CompiledObjects> compileObjects(mlir::ModuleOp module, const Target &target,
                                                const CompileOptions &options);

/// Links objects into this process; they must be for this machine.
llvm::Expected<std::unique_ptr<CompiledModule>> linkInMemory(CompiledObjects objects);

/// compileObjects and linkInMemory.
mlir::FailureOr<std::unique_ptr<CompiledModule>> compileFunctions(mlir::ModuleOp module, const Target &target,
                                                                  const CompileOptions &options);

/// Prints `module` as it is after `phase`. `module` is consumed. Fails with diagnostics.
mlir::LogicalResult printPhase(mlir::ModuleOp module, const Target &target, const CompileOptions &options,
                               StepPhase phase, llvm::raw_ostream &out);

} // namespace mlc::compiler

#endif
