// Every row's function and gradient as f32 machine code, against the oracle (rows with scans: ScanRowsTest);
// and programs made from seeds.
#include "compiler/oracle/Oracle.h"
#include "dialects/mlc/MlcOps.h"
#include "test/unit/oracle/CompiledKernel.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/RandomProgram.h"
#include "test/unit/oracle/Row.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {
class Compiled : public testing::TestWithParam<Row> {};
} // namespace

static void compareWithOracle(func::FuncOp function, ArrayRef<oracle::Tensor> arguments,
                              ArrayRef<double> noise = {}) {
  for (const std::string &line : compareKernelWithOracle(function, arguments, noise))
    ADD_FAILURE() << line;
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

INSTANTIATE_TEST_SUITE_P(Ops, Compiled, testing::ValuesIn(readRows(MLC_OPS_ROWS, /*scans=*/false)),
                         [](const auto &info) { return info.param.name; });

/// How far rounding to f32 moves each result: from a run in f32 and one in f64.
static std::vector<double> roundingNoise(func::FuncOp narrow, ArrayRef<oracle::Tensor> arguments,
                                         func::FuncOp wide) {
  std::vector<oracle::Tensor> widened;
  for (auto [argument, type] : llvm::zip_equal(arguments, wide.getArgumentTypes())) {
    widened.emplace_back(cast<RankedTensorType>(type));
    widened.back().setValues(argument.values());
  }
  auto rounded = oracle::run(narrow, arguments), exact = oracle::run(wide, widened);
  std::vector<double> noise;
  if (!rounded || !exact) {
    llvm::consumeError(rounded.takeError());
    llvm::consumeError(exact.takeError());
    return noise;
  }
  for (auto [a, b] : llvm::zip_equal(*rounded, *exact))
    noise.push_back(a.size() ? 30 * (a.values() - b.values()).abs().maxCoeff() : 0);
  return noise;
}

TEST(CompiledRandomProgram, AgreesWithOracle) {
  forSeeds(25, [](uint64_t seed) {
    SCOPED_TRACE("MLC_RANDOM_SEED=" + std::to_string(seed));
    RandomProgramOptions options;
    options.ops = 4 + int(seed % 9);
    options.scans = false;
    // Vectors have edges: sizes around 8, 16 and 32.
    options.sizes = {1, 2, 3, 5, 8, 15, 17, 33};
    options.maxElements = 2000;
    OwningOpRef<ModuleOp> modules[2];
    func::FuncOp functions[2], gradients[2];
    for (int wide = 0; wide < 2; ++wide) {
      modules[wide] = ModuleOp::create(UnknownLoc::get(&context()));
      Type element = wide ? Type(Float64Type::get(&context())) : Float32Type::get(&context());
      functions[wide] = addRandomProgram(*modules[wide], seed, element, options);
      gradients[wide] = addGradient(addLoss(functions[wide]), floatArguments(functions[wide]));
      ASSERT_TRUE(succeeded(runAutodiff(*modules[wide])));
    }
    for (func::FuncOp *both : {functions, gradients}) {
      std::vector<oracle::Tensor> arguments = argumentsFor(both[0], seed);
      compareWithOracle(both[0], arguments, roundingNoise(both[0], arguments, both[1]));
    }
  });
}
