// A checked program compiled in this process, as the runtime sees it.
#pragma once

#include "compiler/step/StepCompiler.h"
#include "frontend/Emit.h"
#include "frontend/Program.h"
#include "frontend/Source.h"
#include "runtime/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlc::compiler {

/// Compiles functions of one program as they are asked for, each number of rows apart; all share the
/// manifest's state layout.
class JitProgram : public mlc::Program {
public:
  /// `program` and `sources` must outlive the result. Fails when the program does not make a valid manifest.
  static Expected<std::unique_ptr<JitProgram>>
  create(const frontend::core::Program &program, const frontend::SourceManager &sources, unsigned threads);
  ~JitProgram() override;

  const Manifest &manifest() const override { return theManifest; }
  Expected<const Function *> function(const FunctionId &id, int64_t rows) override;

  /// Compiles functions for the same number of rows together, which is faster than one by one (their kernels
  /// are deduplicated and compiled in parallel). What is compiled already is left out.
  Status prepare(const std::vector<FunctionId> &ids, int64_t rows);

  /// What the training step for `rows` rows takes: planned, not compiled.
  Expected<StepFunction> planTrainStep(int64_t rows);

  /// Sums over everything compiled so far.
  const CompileStatistics &statistics() const { return totals; }
  /// What the step compiler says of a compiled function; null before it is compiled.
  const CompiledFunction *description(const FunctionId &id, int64_t rows) const;

  /// @gradients for `rows` rows: outputs are the gradients of the loss by each trainable parameter, in order.
  Expected<const CompiledFunction *> gradients(int64_t rows);

  mlir::MLIRContext &context() { return *mlirContext; }

private:
  JitProgram(const frontend::core::Program &program, const frontend::SourceManager &sources,
             unsigned threads);

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
  Target target;
  Manifest theManifest;
  StateLayout layout;
  CompileStatistics totals;
  std::string errors; ///< what MLIR said
  std::unique_ptr<mlir::MLIRContext> mlirContext;
  std::vector<std::unique_ptr<CompiledModule>> modules;
  std::map<std::pair<FunctionId, int64_t>, Compiled> functions;
};

} // namespace mlc::compiler
