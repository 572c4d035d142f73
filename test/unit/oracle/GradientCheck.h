// Autodiff against finite differences, both on the oracle in f64.
#pragma once

#include "compiler/oracle/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace mlc::test {

/// Adds @NAME.loss(args..., one weight tensor a float result) -> (scalar): the sum of all float results times
/// their weights, with the function's body copied into it. A function without float results gets the constant
/// 0.
mlir::func::FuncOp addLoss(mlir::func::FuncOp function);

/// Adds @NAME.gradient(args...) -> (d loss / d arg for each of wrt), to be expanded by autodiff.
mlir::func::FuncOp addGradient(mlir::func::FuncOp loss, llvm::ArrayRef<int64_t> wrt);

/// Runs mlc-autodiff over the module.
llvm::LogicalResult runAutodiff(mlir::ModuleOp module);

/// What the finite differences of `loss` (a scalar function) say against `gradients`, the values that
/// autodiff gives for the arguments `wrt`: a line for each element off by more than atol 1e-5 + rtol 1e-3, at
/// a step of 1e-6. All in f64.
std::vector<std::string> compareWithDifferences(mlir::func::FuncOp loss,
                                                std::vector<compiler::oracle::Tensor> arguments,
                                                llvm::ArrayRef<int64_t> wrt,
                                                llvm::ArrayRef<compiler::oracle::Tensor> gradients);

} // namespace mlc::test
