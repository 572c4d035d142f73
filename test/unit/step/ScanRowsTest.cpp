// The rows with scans as step programs, function and gradient, against the oracle.
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/Row.h"
#include "test/unit/step/StepProgram.h"

#include "dialects/mlc/MlcOps.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::test;

namespace {

class ScanRow : public testing::TestWithParam<Row> {};

TEST_P(ScanRow, AgreesWithTheOracle) {
  const Row &row = GetParam();
  OwningOpRef<ModuleOp> module = parseRow(row, "f32");
  ASSERT_TRUE(module);
  auto function = module->lookupSymbol<func::FuncOp>("row");
  SmallVector<int64_t> wrt;
  for (size_t i = 0; i < row.inputs.size(); ++i)
    if (!row.inputs[i].held)
      wrt.push_back(i);
  func::FuncOp gradient = addGradient(addLoss(function), wrt);
  ASSERT_TRUE(succeeded(runAutodiff(*module)));
  function.setPublic();
  gradient.setPublic();
  StepProgram program(*module);
  ASSERT_TRUE(program.compiled());
  program.compareAll("row", 1, {1e-5, 1e-5, 1e-5});
  program.compareAll(gradient.getName().str(), 1, {1e-5, 1e-5, 1e-5});
}

INSTANTIATE_TEST_SUITE_P(Ops, ScanRow, testing::ValuesIn(readRows(MLC_OPS_ROWS, /*scans=*/true)),
                         [](const auto &info) { return info.param.name; });

} // namespace
