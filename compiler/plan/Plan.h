// From launches over tensors to a planned step program: who writes where, in which order, at which offset.
//
// The passes, in order. Each works on every step function of a module: the public functions.
#ifndef MLC_COMPILER_PLAN_PLAN_H
#define MLC_COMPILER_PLAN_PLAN_H

#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <vector>

namespace mlc::compiler {

/// `step-destinations`: results are written where the caller wants them, state into the state itself.
std::unique_ptr<mlir::Pass> createDestinationsPass();
/// `step-schedule`: orders launches: updates of state after the last reader of the old value.
std::unique_ptr<mlir::Pass> createSchedulePass();
/// `step-bufferize`: tensors become memrefs.
std::unique_ptr<mlir::Pass> createBufferizePass();
/// `step-verify-in-place`: fails if bufferisation allocated or copied anything.
std::unique_ptr<mlir::Pass> createVerifyInPlacePass();
/// `step-plan-memory`: gives every buffer its offset in the arena; sets `step.arena` and `step.scratch`, in
/// bytes, on the function.
std::unique_ptr<mlir::Pass> createPlanMemoryPass();

/// `step-print-plan`: prints the plan (printPlan) on standard output.
std::unique_ptr<mlir::Pass> createPrintPlanPass();

void registerPlanPasses();

/// Name of the attribute on a step function's results, before bufferisation: number of the argument that the
/// result is written to.
inline constexpr llvm::StringLiteral destinationAttr = "step.destination";
/// Names of the attributes that memory planning leaves on a step function, in bytes.
inline constexpr llvm::StringLiteral arenaAttr = "step.arena";
inline constexpr llvm::StringLiteral scratchAttr = "step.scratch";

/// Whether `function` is a step function, not a kernel or a callee: an entry or the body of a loop.
bool isStepFunction(mlir::func::FuncOp function);
/// Whether `function` is a step function that the program's users call.
bool isEntry(mlir::func::FuncOp function);
/// The body that `launch` loops over, or null for a launch of a kernel.
mlir::func::FuncOp bodyOf(mlc::step::LaunchOp launch);

/// The value whose storage `value` lies in, through views: an argument, a buffer, a constant, or (over
/// tensors) the result of a launch.
mlir::Value storageOf(mlir::Value value);

/// Use of a buffer of a bufferised step function, by launches in order, numbered from 0.
struct BufferLife {
  mlc::step::BufferOp buffer;
  int64_t bytes = 0;
  int first = -1, last = -1; ///< launches; -1 if none uses it
};

/// The launches of a bufferised step function in order.
std::vector<mlc::step::LaunchOp> launchesOf(mlir::func::FuncOp function);
/// The buffers of a bufferised step function, in program order, and when they are used.
std::vector<BufferLife> livesOf(mlir::func::FuncOp function);

/// Prints every planned step function of `module` for a person to read: buffers, launches, totals.
void printPlan(mlir::ModuleOp module, llvm::raw_ostream &out);

} // namespace mlc::compiler

#endif
