// Every row's gradient, and the gradient of its gradient, against finite differences on the oracle in f64.
#include "compiler/oracle/Oracle.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/Row.h"

#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {
class Differences : public testing::TestWithParam<Row> {};
} // namespace

/// Arguments of a loss: the function's own, then weights for its results.
static std::vector<oracle::Tensor> withWeights(std::vector<oracle::Tensor> arguments, func::FuncOp loss,
                                               std::mt19937_64 &random) {
  for (Type type : loss.getArgumentTypes().drop_front(arguments.size()))
    arguments.push_back(randomTensor(cast<RankedTensorType>(type), -1, 1, random));
  return arguments;
}

/// Checks the derivative of a loss of `function` by the arguments `wrt`; returns the gradient function.
static func::FuncOp check(func::FuncOp function, std::vector<oracle::Tensor> arguments, ArrayRef<int64_t> wrt,
                          std::mt19937_64 &random) {
  auto module = function->getParentOfType<ModuleOp>();
  func::FuncOp loss = addLoss(function);
  func::FuncOp gradient = addGradient(loss, wrt);
  EXPECT_TRUE(succeeded(verify(module)));
  if (failed(runAutodiff(module)) || failed(verify(module))) {
    ADD_FAILURE() << "autodiff failed";
    return {};
  }
  arguments = withWeights(std::move(arguments), loss, random);
  llvm::Expected<std::vector<oracle::Tensor>> values = oracle::run(gradient, arguments);
  if (!values) {
    ADD_FAILURE() << llvm::toString(values.takeError());
    return {};
  }
  std::vector<std::string> wrong = compareWithDifferences(loss, arguments, wrt, *values);
  for (const std::string &line : wrong)
    ADD_FAILURE() << line;
  if (!wrong.empty())
    module.print(llvm::errs());
  return gradient;
}

TEST_P(Differences, Row) {
  const Row &row = GetParam();
  OwningOpRef<ModuleOp> module = parseRow(row, "f64");
  ASSERT_TRUE(module);
  auto function = module->lookupSymbol<func::FuncOp>("row");
  std::mt19937_64 random = randomFor(row.name);
  std::vector<oracle::Tensor> arguments = randomArguments(row, function, random);
  SmallVector<int64_t> wrt;
  for (size_t i = 0; i < row.inputs.size(); ++i)
    if (!row.inputs[i].held)
      wrt.push_back(i);
  if (wrt.empty()) { // The value at least can be computed.
    llvm::Expected<std::vector<oracle::Tensor>> values = oracle::run(function, arguments);
    ASSERT_TRUE(bool(values)) << llvm::toString(values.takeError());
    return;
  }
  func::FuncOp gradient = check(function, arguments, wrt, random);
  if (!gradient || HasFailure())
    return;
  // The gradient is a function of the arguments and the weights; its derivative by the same arguments.
  arguments = withWeights(std::move(arguments), gradient, random);
  check(gradient, arguments, wrt, random);
}

INSTANTIATE_TEST_SUITE_P(Ops, Differences, testing::ValuesIn(readRows(MLC_OPS_ROWS)),
                         [](const auto &info) { return info.param.name; });
