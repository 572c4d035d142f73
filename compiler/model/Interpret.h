// A step function on the oracle, with the arguments a session would hand to compiled code.
#pragma once

#include "compiler/oracle/Oracle.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"
#include "runtime/session/Session.h"
#include "runtime/train/Trainer.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>
#include <vector>

namespace mlc::compiler {

/// @train_step, or another function of a program, as pure mlc ops, before fusion: what every kernel is held
/// to.
class InterpretedStep {
public:
  static Expected<std::unique_ptr<InterpretedStep>> create(const frontend::core::Program &program,
                                                           const frontend::SourceManager &sources,
                                                           int64_t rows,
                                                           FunctionKind kind = FunctionKind::TrainStep);

  mlir::func::FuncOp function() { return step; }
  /// @gradients, with the same arguments, of @train_step.
  mlir::func::FuncOp gradients() { return gradientFunction; }

  /// The arguments for the state that `session` is in and the inputs of `replayed`.
  Expected<std::vector<oracle::Tensor>> arguments(const Session &session, const ReplayedStep &replayed);

private:
  InterpretedStep() = default;
  std::string errors;
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp step, gradientFunction;
};

/// "house.mlc:12:5" of a location, for each place in the user's text: the innermost first, then who called
/// it.
std::vector<std::string> placesOf(mlir::Location location, const frontend::SourceManager &sources);
/// The innermost, or nothing.
std::string placeOf(mlir::Location location, const frontend::SourceManager &sources);

/// Finds the first index out of range of a call that had one, by replaying it op by op from the state that
/// `session` is in: an error (BadData) with the index, its row and its source line. `stopped` is what is
/// known already.
Status explainOutside(const Session &session, FunctionKind id, const ReplayedStep &replayed,
                      const Status &stopped, const frontend::core::Program &program,
                      const frontend::SourceManager &sources);

/// The same for the training step that stopped a run.
Status explainOutside(Trainer &trainer, const Session &session, const Divergence &divergence,
                      const Status &stopped, const frontend::core::Program &program,
                      const frontend::SourceManager &sources);

/// What comparing a step both ways found.
struct Verification {
  int64_t tensors = 0, elements = 0; ///< compared
  /// Elements of parameters and slots left out: their gradient is so small beside the others of its tensor
  /// (below 3e-5 of the largest), or beside all gradients (below 1e-6 of the largest), that rounding decides
  /// it, and an optimizer that divides by a gradient's size makes full steps of that.
  int64_t undetermined = 0;
  std::vector<std::string> mismatches; ///< "lenet.conv_1.w: element 3 is 0.25, not 0.5 (bound 1e-06)"
};

/// Runs one training step of `session` compiled, and on the oracle from the same state, and compares every
/// result: new state and sums. The session is left after the step.
Expected<Verification> verifyStep(Session &session, const ReplayedStep &inputs,
                                  const frontend::core::Program &program,
                                  const frontend::SourceManager &sources);

} // namespace mlc::compiler
