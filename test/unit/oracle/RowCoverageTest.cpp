// No op without a row: what the dialect registers is what a row of test/prelude/ops.txt names, or what the
// program of a row of functions.txt is made of.
#include "test/unit/oracle/FunctionRow.h"
#include "test/unit/oracle/Row.h"

#include "mlir/IR/Dialect.h"

#include <gtest/gtest.h>

#include <set>

using namespace mlir;
using namespace mlc::test;

// Ops that cannot be in a row of their own: a row's gradient test makes a gradient op, and a yield stands in
// scans.
static const std::set<std::string> inEveryRow = {"mlc.gradient", "mlc.yield"};

TEST(RowCoverage, EveryOpHasARow) {
  std::set<std::string> used;
  auto use = [&](ModuleOp module) {
    module.walk([&](Operation *op) { used.insert(op->getName().getStringRef().str()); });
  };
  for (const Row &row : readRows(MLC_OPS_ROWS)) {
    OwningOpRef<ModuleOp> module = parseRow(row, "f32");
    ASSERT_TRUE(module) << row.name;
    use(*module);
  }
  for (const Row &row : readRows(MLC_FUNCTION_ROWS)) {
    OwningOpRef<ModuleOp> module = emitRow(row, "f32", 4);
    ASSERT_TRUE(module) << row.name;
    use(*module);
  }
  for (RegisteredOperationName op : context().getRegisteredOperationsByDialect("mlc")) {
    std::string name = op.getStringRef().str();
    EXPECT_TRUE(used.count(name) || inEveryRow.count(name))
        << name << " has no row in test/prelude: add one, and its gradient and kernels are tested";
  }
}

TEST(RowCoverage, NamesAreUnique) {
  std::set<std::string> names;
  for (const Row &row : readRows(MLC_OPS_ROWS))
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " is there twice, again in line " << row.line;
}
