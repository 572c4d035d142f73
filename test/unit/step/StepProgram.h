// Step functions compiled and called like the runtime does, beside the oracle.
#pragma once

#include "compiler/oracle/Compare.h"
#include "compiler/oracle/Oracle.h"
#include "compiler/step/StepCompiler.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mlc::test {

/// Compiles every step function of a module's text, and keeps an untouched copy for the oracle. Kernels are
/// cached in a folder of the test's own, or not at all.
class StepProgram {
public:
  explicit StepProgram(const std::string &text, std::string cacheDir = "");
  /// Compiles `module` as it is.
  explicit StepProgram(mlir::ModuleOp module);

  bool compiled() const { return program != nullptr; }
  const compiler::CompiledModule &operator*() const { return *program; }
  const compiler::CompiledModule *operator->() const { return program.get(); }

  /// The function's results for `arguments`, in order, from compiled code. Arena, scratch and outputs hold
  /// NaN patterns before; state that the function does not take does, too. Chunks run last to first, or
  /// in order.
  std::vector<compiler::oracle::Tensor>
  run(const std::string &function, std::vector<compiler::oracle::Tensor> arguments, bool inOrder = false);
  /// The same from the oracle.
  std::vector<compiler::oracle::Tensor> interpret(const std::string &function,
                                                  std::vector<compiler::oracle::Tensor> arguments);
  /// Arguments of the function's types with small numbers made from `seed`; integers in 0..8.
  std::vector<compiler::oracle::Tensor> arguments(const std::string &function, uint64_t seed);

  /// Runs both and compares all results; and compiled code again with its chunks in another order, to the
  /// last bit.
  void compareAll(const std::string &function, uint64_t seed, compiler::oracle::Tolerance tolerance = {});

private:
  void compile(mlir::ModuleOp module, std::string cacheDir);
  mlir::func::FuncOp original(const std::string &function);

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> source;
  std::unique_ptr<compiler::CompiledModule> program;
};

} // namespace mlc::test
