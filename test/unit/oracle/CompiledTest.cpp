// Every row's function and gradient as f32 machine code, against the oracle.
#include "compiler/kernels/Kernel.h"
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/Oracle.h"
#include "test/unit/oracle/CompiledKernel.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/Row.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {
class Compiled : public testing::TestWithParam<Row> {};
} // namespace

static void compareWithOracle(func::FuncOp function, ArrayRef<oracle::Tensor> arguments) {
  llvm::Expected<std::vector<oracle::Tensor>> expected = oracle::run(function, arguments);
  ASSERT_TRUE(bool(expected)) << llvm::toString(expected.takeError());
  llvm::Expected<std::vector<oracle::Tensor>> actual = runAsKernel(function, arguments);
  ASSERT_TRUE(bool(actual)) << llvm::toString(actual.takeError());
  bool wrong = false;
  for (size_t i = 0; i < expected->size(); ++i)
    if (std::optional<oracle::Mismatch> mismatch = oracle::compare((*expected)[i], (*actual)[i])) {
      ADD_FAILURE() << "result " << i << " of @" << function.getName().str() << ": " << mismatch->text();
      wrong = true;
    }
  if (wrong)
    function.print(llvm::errs());
}

TEST_P(Compiled, Row) {
  const Row &row = GetParam();
  OwningOpRef<ModuleOp> module = parseRow(row, "f32");
  ASSERT_TRUE(module);
  auto function = module->lookupSymbol<func::FuncOp>("row");
  std::mt19937_64 random = randomFor(row.name);
  std::vector<oracle::Tensor> arguments = randomArguments(row, function, random);
  SmallVector<int64_t> wrt;
  for (size_t i = 0; i < row.inputs.size(); ++i)
    if (!row.inputs[i].held)
      wrt.push_back(i);
  func::FuncOp gradient;
  if (!wrt.empty()) {
    gradient = addGradient(addLoss(function), wrt);
    ASSERT_TRUE(succeeded(runAutodiff(*module)));
  }
  compareWithOracle(function, arguments);
  if (!gradient)
    return;
  for (Type type : gradient.getArgumentTypes().drop_front(arguments.size()))
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), -1, 1, random));
  compareWithOracle(gradient, arguments);
}

INSTANTIATE_TEST_SUITE_P(Ops, Compiled, testing::ValuesIn(readRows(MLC_OPS_ROWS)),
                         [](const auto &info) { return info.param.name; });
