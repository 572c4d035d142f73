// What a training step draws at random, for others to repeat: bench/parity gives PyTorch the same dropout
// masks.
#pragma once

#include "compiler/oracle/Tensor.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Source.h"
#include "runtime/Status.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>
#include <vector>

namespace mlc::compiler {

/// Replaces what `step` returns by its random draws, the first of every site, and drops what they do not
/// need. A draw in the body of a scan comes stacked, with the steps as axis 0. Returns the sites, in order of
/// the results.
std::vector<int64_t> reduceToDraws(mlir::func::FuncOp step);

/// The numbers of one site in one update: `uniform` in [0, 1) or `normal` of mean 0 and variance 1, as drawn.
struct Draw {
  std::string site; ///< "gpt.blocks.0.dropout_1#0"
  oracle::Tensor values;
};

/// The draws of a program's training step, computed by the oracle.
class StepDraws {
public:
  /// For steps of `rows` rows.
  static Expected<std::unique_ptr<StepDraws>> create(const frontend::core::Program &program,
                                                     const frontend::SourceManager &sources, int64_t rows);

  /// What update number `update` (from 0) of a run with `seed` draws, in the order of the program.
  Expected<std::vector<Draw>> at(uint64_t seed, uint64_t update);

private:
  StepDraws() = default;
  std::string errors;
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp step;
  std::vector<std::string> names;
};

} // namespace mlc::compiler
