// Programs made from seeds: what folding, autodiff and kernels do to compositions that nobody wrote down.
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
