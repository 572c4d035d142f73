// What is given back is gone from the resident set, and comes back when it is called.
#include "compiler/jit/GiveBack.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <fstream>

using namespace mlir;

/// Resident pages that lie in files.
static int64_t residentFilePages() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0, resident = 0, shared = 0;
  file >> size >> resident >> shared;
  return shared;
}

static bool parses() {
  MLIRContext context;
  context.loadDialect<func::FuncDialect>();
  return static_cast<bool>(parseSourceString<ModuleOp>("func.func private @f()", &context));
}

TEST(GiveBack, PagesOfTheCompilerGoAndComeBack) {
  ASSERT_TRUE(parses());
  int64_t before = residentFilePages();
  mlc::compiler::giveBackCompilerMemory();
  EXPECT_LT(residentFilePages(), before / 2);
  EXPECT_TRUE(parses());
  mlc::compiler::giveBackCompilerMemory();
  EXPECT_TRUE(parses());
}
