// Emit: a checked program to the mlc dialect, for one number of rows. The only part of the frontend that
// knows MLIR.
#pragma once

#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlc::frontend {

/// Which functions to emit.
struct EmitOptions {
  int64_t rows = 1; ///< what `batch` becomes
  bool init = false, train = false, evaluate = false, predict = false, figures = false;
  bool gradients =
      false; ///< @gradients(states, fields, scalars, stream) -> one per trainable parameter, for tests

  static EmitOptions all(int64_t rows) { return {rows, true, true, true, true, true, false}; }
};

/// Emits functions over static tensors:
///   @init(states, scalars, stream) -> states           @figures(sums) -> figures
///   @train_step(states, fields, scalars, stream) -> (states that change, sums)
///   @eval_step(states, fields, scalars, stream) -> sums
///   @predict(states, fields, scalars, stream) -> one result per predict line
/// and what @train_step is made of: @forward, of which it takes the `mlc.gradient`, and @update, the
/// optimizers. `states` are all tensors of Program::states in order; `fields` those that the function reads,
/// in data order; `scalars` is f64[scalarCount(program)]; `stream` is i64[3]. What an argument or a
/// result is, is its `mlc.role` (dialects/mlc/Roles.h). Returns null when the module does not verify: a bug
/// of ours, whose MLIR diagnostics the context's handler receives.
mlir::OwningOpRef<mlir::ModuleOp> emit(const core::Program &program, const EmitOptions &options,
                                       const SourceManager &sources, mlir::MLIRContext &context);

/// The fields that `graphs` read, by index: data order, then what objectives hand on. They are the inputs of
/// the function that is made of the graphs, in its signature and in the manifest.
std::vector<int> fieldsRead(const core::Program &program, const std::vector<const core::StepGraph *> &graphs);
const core::Field &fieldAt(const core::Program &program, int index);

/// The scalar expressions of all functions in one list, as `%scalars` holds them: forward, update, evaluate,
/// predict, init.
std::vector<core::ScalarExpr> allScalars(const core::Program &program);

/// How many of them lie before those of `graph`, a graph of `program`.
int64_t scalarsBefore(const core::Program &program, const core::StepGraph &graph);

/// Length of `%scalars`; at least 1.
int64_t scalarCount(const core::Program &program);

} // namespace mlc::frontend
