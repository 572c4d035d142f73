// Rows of test/prelude/ops.txt: one line an op, from which every test of the op's value and gradient is made.
//
//   name | inputs | body | declarations
//
// inputs        `x: 2x3 in -2..2, i: 4 i32 in 0..5, s: scalar, c: 2 i1, w: 3 held`: shape, element type (F,
// the row's float
//               type, if absent), range (-1..1 if absent); `held` inputs are not differentiated
// body          ops of the mlc dialect, `;` between them. %x is input x, !x its type, F the float type
//               (tensor<2xF>). Results that nothing reads are the row's results
// declarations  functions the body calls, if any, in the same notation
#pragma once

#include "compiler/oracle/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <random>
#include <string>
#include <vector>

namespace mlc::test {

struct RowInput {
  std::string name;
  std::vector<int64_t> shape;
  std::string dtype = "F";
  double low = -1, high = 1;
  bool held = false;
};

struct Row {
  std::string name;
  std::vector<RowInput> inputs;
  std::string body, declarations;
  int line = 0;
};

void PrintTo(const Row &row, std::ostream *os); // the name GoogleTest shows

/// The rows of a file. Ends the process with a message that names the line if the file is not well-formed.
std::vector<Row> readRows(const std::string &path);
/// Those of its rows that have a scan, which is a loop of kernels and never one, or those that have none.
std::vector<Row> readRows(const std::string &path, bool scans);

/// A context with the dialects of a step: mlc, func and what its passes make.
mlir::MLIRContext &context();

/// A module with the row as function @row, F being `element` (f32 or f64). Null, with diagnostics on stderr,
/// if the text is wrong.
mlir::OwningOpRef<mlir::ModuleOp> parseRow(const Row &row, llvm::StringRef element);

/// Random arguments for a function: floats within [low, high] that are exact in f32, so that every precision
/// sees the same.
compiler::oracle::Tensor randomTensor(mlir::RankedTensorType type, double low, double high,
                                      std::mt19937_64 &random);
std::vector<compiler::oracle::Tensor> randomArguments(const Row &row, mlir::func::FuncOp function,
                                                      std::mt19937_64 &random);

/// A generator seeded by a name: each test has its own numbers, the same in every run.
std::mt19937_64 randomFor(llvm::StringRef name);

} // namespace mlc::test
