// A checked program compiled in this process, as the runtime sees it.
#pragma once

#include "compiler/model/ProgramCache.h"
#include "compiler/step/StepCompiler.h"
#include "frontend/check/Program.h"
#include "frontend/emit/Emit.h"
#include "frontend/syntax/Source.h"
#include "runtime/program/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mlc::compiler {

/// What there is to know of training before a kernel is compiled.
struct TrainingPlan {
  StepFunction step; ///< the training step
  /// Most that any function takes that training calls: its step, init, evaluation, figures.
  int64_t arenaBytes = 0, scratchBytes = 0;
};

/// Functions for one number of rows.
struct FunctionSet {
  std::vector<FunctionKind> ids;
  int64_t rows = 0;
};

/// Compiles functions of one program as they are asked for, each number of rows apart; all share the
/// manifest's state layout. Called from one thread; compiling goes on beside it (prepareInBackground).
class JitProgram : public mlc::Program {
public:
  /// `program` and `sources` must outlive the result. Fails when the program does not make a valid manifest.
  static Expected<std::unique_ptr<JitProgram>>
  create(const frontend::core::Program &program, const frontend::SourceManager &sources, unsigned threads);
  ~JitProgram() override;

  /// From here on functions are compiled so that a profiler sees each launch.
  void profile() { profiled = true; }

  const Manifest &manifest() const override { return theManifest; }
  Expected<const Function *> function(FunctionKind id, int64_t rows) override;

  /// Compiles functions for the same number of rows together, which is faster than one by one (their kernels
  /// are deduplicated and compiled in parallel). What is compiled already is left out.
  Status prepare(const std::vector<FunctionKind> &ids, int64_t rows);

  /// Compiles these sets one after the other on a thread of its own, after those that were asked for before.
  /// Who needs a function earlier, by prepare or function, waits for it or compiles it; what cannot be
  /// compiled is said then. At the end memory that compiling took is given back. The destructor gives up what
  /// is left.
  void prepareInBackground(std::vector<FunctionSet> sets);

  /// What training with batches of `rows` rows takes. What is not compiled is planned only.
  Expected<TrainingPlan> planTraining(int64_t rows);

  /// Sums over everything compiled so far.
  CompileStatistics statistics();

  /// @gradients for `rows` rows: outputs are the gradients of the loss by each trainable parameter, in order.
  Expected<const CompiledFunction *> gradients(int64_t rows);

private:
  JitProgram(const frontend::core::Program &program, const frontend::SourceManager &sources,
             unsigned threads);

  void workInBackground();
  // These work under `compiling`.
  mlir::MLIRContext &context();
  ProgramForm form() const { return profiled ? ProgramForm::Profiled : ProgramForm::Code; }
  Expected<std::vector<StepFunction>> describe(const FunctionSet &set);
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> stepFunctions(const frontend::EmitOptions &options);
  CompileOptions compileOptions(const std::string &suffix) const;
  Expected<CompiledModule *> compile(const frontend::EmitOptions &options, const std::string &suffix);

  struct Compiled {
    Function function;
    const CompiledFunction *source;
  };
  const frontend::core::Program &program;
  const frontend::SourceManager &sources;
  unsigned threads;
  bool profiled = false;
  Target target;
  ProgramCache cache;
  Manifest theManifest;
  StateLayout layout;
  CompileStatistics totals;
  std::string errors; ///< what MLIR said
  std::unique_ptr<mlir::MLIRContext> mlirContext;
  std::vector<std::unique_ptr<CompiledModule>> modules;
  std::map<std::pair<FunctionKind, int64_t>, Compiled> functions;

  std::mutex compiling; ///< held while a module is made: everything above but `functions` belongs to it
  std::mutex looking;   ///< held while `functions` is read or changed; taken last
  std::mutex queueing;  ///< of the next two
  std::deque<FunctionSet> queue;
  bool working = false; ///< whether `background` will look at the queue again
  std::atomic<bool> cancelled{false};
  std::thread background;
};

} // namespace mlc::compiler
