// A function of mlc ops as one native kernel in this process, called the hard way: outputs and scratch
// poisoned, chunks in reverse order, canaries around every output.
#pragma once

#include "compiler/oracle/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlc::test {

/// Compiles `function` for the host as a single kernel and runs it. Calls in it are inlined first (in place).
/// Errors: it does not compile, or a chunk wrote beside an output or to an input.
llvm::Expected<std::vector<compiler::oracle::Tensor>>
runAsKernel(mlir::func::FuncOp function, llvm::ArrayRef<compiler::oracle::Tensor> arguments);

/// Runs a function on the oracle and as a kernel; a line for each result that differs by more than
/// oracle::Tolerance and `noise` (a number for each result, if given), or for what went wrong. The function
/// is printed to stderr then.
std::vector<std::string> compareKernelWithOracle(mlir::func::FuncOp function,
                                                 llvm::ArrayRef<compiler::oracle::Tensor> arguments,
                                                 llvm::ArrayRef<double> noise = {});

} // namespace mlc::test
