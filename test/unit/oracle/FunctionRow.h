// Rows of test/prelude/functions.txt: a program around one function of the prelude.
//
//   name | inputs | body | lines of the train block
//
// The inputs are fields of one row of data (written as in ops.txt; floats have the precision's type); the
// body is that of a model over them; the model's value is predicted, and the loss is sin(3 value + 0.5),
// which no symmetry makes constant.
#pragma once

#include "test/unit/oracle/Row.h"

namespace mlc::test {

/// The text of a row's program. `precision` is f32 or f64.
std::string programText(const Row &row, const std::string &precision);

/// The row's program checked and emitted for `batch` rows, with @init, @predict, @forward, @train_step,
/// @eval_step and
/// @figures. Null, with the diagnostics on stderr, if it is wrong.
mlir::OwningOpRef<mlir::ModuleOp> emitRow(const Row &row, const std::string &precision, int64_t batch);

/// Arguments of one of these functions: states start as @init (run on the oracle) leaves them, moved a
/// little; fields as the row says; scalars between 0 and 1; a stream.
std::vector<compiler::oracle::Tensor> argumentsOf(const Row &row, mlir::func::FuncOp function,
                                                  std::mt19937_64 &random);

/// Its differentiable arguments: float states, and float fields that the row does not hold.
llvm::SmallVector<int64_t> differentiable(const Row &row, mlir::func::FuncOp function);

} // namespace mlc::test
