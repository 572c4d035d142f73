// Every row's gradient, and the gradient of its gradient, against finite differences on the oracle in f64.
#include "compiler/oracle/Oracle.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/Row.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {
class Differences : public testing::TestWithParam<Row> {};
} // namespace

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
  std::vector<std::string> wrong;
  func::FuncOp gradient = checkGradient(function, arguments, wrt, random, wrong);
  // The gradient is a function of the arguments and the weights; its derivative by the same arguments.
  if (wrong.empty())
    checkGradient(gradient, withWeights(std::move(arguments), gradient, random), wrt, random, wrong);
  for (const std::string &line : wrong)
    ADD_FAILURE() << line;
}

INSTANTIATE_TEST_SUITE_P(Ops, Differences, testing::ValuesIn(readRows(MLC_OPS_ROWS)),
                         [](const auto &info) { return info.param.name; });
