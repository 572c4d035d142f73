// Autodiff against finite differences, both on the oracle in f64.
#pragma once

#include "compiler/oracle/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <random>
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

/// Arguments of a loss or gradient: the function's own, then random weights for its results.
std::vector<compiler::oracle::Tensor> withWeights(std::vector<compiler::oracle::Tensor> arguments,
                                                  mlir::func::FuncOp loss, std::mt19937_64 &random);

/// All of it: adds a loss and a gradient, by `wrt`, for an f64 function, differentiates, and compares.
/// `lines` gains what is wrong (the module is printed then). The result is the gradient function, null if
/// there is none.
mlir::func::FuncOp checkGradient(mlir::func::FuncOp function, std::vector<compiler::oracle::Tensor> arguments,
                                 llvm::ArrayRef<int64_t> wrt, std::mt19937_64 &random,
                                 std::vector<std::string> &lines);

} // namespace mlc::test
