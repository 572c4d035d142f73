// Programs made from seeds: what folding, autodiff and kernels do to compositions that nobody wrote down.
// MLC_RANDOM_SEED=N runs seed N only; MLC_RANDOM_COUNT=N runs seeds 1 to N.
#include "test/unit/oracle/RandomProgram.h"
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/Oracle.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/Row.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

/// Calls test(seed) for the seeds of this run.
template <typename Test> static void forSeeds(int count, Test &&test) {
  if (const char *seed = std::getenv("MLC_RANDOM_SEED"))
    return test(std::strtoull(seed, nullptr, 10));
  if (const char *wanted = std::getenv("MLC_RANDOM_COUNT"))
    count = std::atoi(wanted);
  for (int seed = 1; seed <= count; ++seed)
    test(uint64_t(seed));
}

static std::vector<oracle::Tensor> argumentsFor(func::FuncOp function, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<oracle::Tensor> arguments;
  for (Type type : function.getArgumentTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    bool whole = !isa<FloatType>(tensor.getElementType());
    arguments.push_back(randomTensor(tensor, whole ? 0 : -1, whole ? 8 : 1, random));
  }
  return arguments;
}

static SmallVector<int64_t> floatArguments(func::FuncOp function) {
  SmallVector<int64_t> which;
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
    if (isa<FloatType>(cast<RankedTensorType>(type).getElementType()))
      which.push_back(i);
  return which;
}

TEST(RandomProgram, FoldingKeepsValues) {
  forSeeds(200, [](uint64_t seed) {
    SCOPED_TRACE("MLC_RANDOM_SEED=" + std::to_string(seed));
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context()));
    func::FuncOp function = addRandomProgram(*module, seed, Float64Type::get(&context()));
    ASSERT_TRUE(succeeded(verify(*module)));
    std::string before;
    llvm::raw_string_ostream(before) << *module;
    std::vector<oracle::Tensor> arguments = argumentsFor(function, seed);
    auto plain = oracle::run(function, arguments);
    ASSERT_TRUE(bool(plain)) << llvm::toString(plain.takeError());
    for (const oracle::Tensor &value : *plain)
      for (double element : value.values())
        ASSERT_LE(std::abs(element), 65) << "the generator's bounds are wrong";
    PassManager manager(&context());
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
    ASSERT_TRUE(succeeded(manager.run(*module)));
    auto folded = oracle::run(function, arguments);
    ASSERT_TRUE(bool(folded)) << llvm::toString(folded.takeError());
    for (size_t i = 0; i < plain->size(); ++i)
      if (auto mismatch = oracle::compare((*plain)[i], (*folded)[i], {1e-12, 1e-12, 1e-12})) {
        ADD_FAILURE() << "result " << i << ": " << mismatch->text();
        llvm::errs() << before << *module;
      }
  });
}

TEST(RandomProgram, GradientsAgreeWithDifferences) {
  forSeeds(60, [](uint64_t seed) {
    SCOPED_TRACE("MLC_RANDOM_SEED=" + std::to_string(seed));
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context()));
    func::FuncOp function = addRandomProgram(*module, seed, Float64Type::get(&context()));
    func::FuncOp loss = addLoss(function);
    SmallVector<int64_t> wrt = floatArguments(function);
    func::FuncOp gradient = addGradient(loss, wrt);
    ASSERT_TRUE(succeeded(runAutodiff(*module)) && succeeded(verify(*module)));
    std::vector<oracle::Tensor> arguments = argumentsFor(loss, seed);
    auto gradients = oracle::run(gradient, arguments);
    ASSERT_TRUE(bool(gradients)) << llvm::toString(gradients.takeError());
    std::vector<std::string> wrong = compareWithDifferences(loss, arguments, wrt, *gradients);
    for (const std::string &line : wrong)
      ADD_FAILURE() << line;
    if (!wrong.empty())
      llvm::errs() << *module;
  });
}

// The gradient's own gradient: what a gradient penalty or a Hessian-vector product asks for.
TEST(RandomProgram, SecondDerivatives) {
  forSeeds(30, [](uint64_t seed) {
    SCOPED_TRACE("MLC_RANDOM_SEED=" + std::to_string(seed));
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context()));
    RandomProgramOptions options;
    options.ops = 6;
    options.maxElements = 24;
    func::FuncOp function = addRandomProgram(*module, seed, Float64Type::get(&context()), options);
    SmallVector<int64_t> wrt = floatArguments(function);
    func::FuncOp gradient = addGradient(addLoss(function), wrt);
    ASSERT_TRUE(succeeded(runAutodiff(*module)));
    func::FuncOp loss = addLoss(gradient);
    func::FuncOp second = addGradient(loss, wrt);
    ASSERT_TRUE(succeeded(runAutodiff(*module)) && succeeded(verify(*module)));
    std::vector<oracle::Tensor> arguments = argumentsFor(loss, seed);
    auto gradients = oracle::run(second, arguments);
    ASSERT_TRUE(bool(gradients)) << llvm::toString(gradients.takeError());
    std::vector<std::string> wrong = compareWithDifferences(loss, arguments, wrt, *gradients);
    for (const std::string &line : wrong)
      ADD_FAILURE() << line;
    if (!wrong.empty())
      llvm::errs() << *module;
  });
}
