// The oracle: an interpreter of the mlc dialect, op by op, in f64 rounded once per op to the result's element
// type.
//
// It is what compiled code is compared with, and what replays a step to find where a NaN arose. It shares no
// code with the kernels. A sum of f32 products is accumulated in f64 here and in f32, in some other order,
// there: compare with Compare.h. So what an op says that it accumulates in is at most what it is here.
//
// Functions may hold ops of the mlc dialect, func.call and func.return. mlc.gradient must have been replaced
// by autodiff.
#ifndef MLC_COMPILER_ORACLE_ORACLE_H
#define MLC_COMPILER_ORACLE_ORACLE_H

#include "compiler/oracle/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace mlc::compiler::oracle {

/// Told of every op once it is evaluated, callees' and scan bodies' ops included, in the order of evaluation.
/// The tensors are valid during the call; copies are cheap. An error ends the run and is what `run` returns.
using Observer = std::function<llvm::Error(mlir::Operation *op, llvm::ArrayRef<Tensor> operands,
                                           llvm::ArrayRef<Tensor> results)>;

/// The results of `function` for `arguments`, whose types must be the function's. Symbols of calls are looked
/// up in the function's module. Errors: argument types that differ, an op the oracle does not know, a callee
/// without body.
llvm::Expected<std::vector<Tensor>> run(mlir::func::FuncOp function, llvm::ArrayRef<Tensor> arguments,
                                        const Observer &observer = {});

} // namespace mlc::compiler::oracle
#endif
