// The prelude's functions: each row's evaluated and training form differentiated and compiled, its step
// compiled.
#include "compiler/ad/Autodiff.h"
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/Oracle.h"
#include "dialects/mlc/MlcOps.h"
#include "frontend/check/Prelude.h"
#include "test/unit/oracle/CompiledKernel.h"
#include "test/unit/oracle/FunctionRow.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/step/StepProgram.h"

#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <regex>
#include <set>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {
class FunctionRows : public testing::TestWithParam<Row> {};
} // namespace

static func::FuncOp functionNamed(ModuleOp module, StringRef name) {
  return module.lookupSymbol<func::FuncOp>(name);
}

TEST_P(FunctionRows, GradientsAgreeWithDifferences) {
  const Row &row = GetParam();
  OwningOpRef<ModuleOp> module = emitRow(row, "f64", 4);
  ASSERT_TRUE(module);
  for (const char *name : {"predict", "forward"}) {
    SCOPED_TRACE(name);
    std::mt19937_64 random = randomFor(row.name);
    func::FuncOp function = functionNamed(*module, name);
    std::vector<std::string> wrong;
    checkGradient(function, argumentsOf(row, function, random), differentiable(row, function), random, wrong);
    for (const std::string &line : wrong)
      ADD_FAILURE() << line;
  }
}

TEST_P(FunctionRows, CompiledAgreesWithOracle) {
  const Row &row = GetParam();
  OwningOpRef<ModuleOp> module = emitRow(row, "f32", 4);
  ASSERT_TRUE(module);
  // A scan is a loop of kernels: its gradient goes the way of the step functions below.
  bool scans = module->walk([](mlc::ir::ScanOp) { return WalkResult::interrupt(); }).wasInterrupted();
  std::vector<func::FuncOp> gradients;
  for (const char *name : {"predict", "forward"}) {
    func::FuncOp function = functionNamed(*module, name);
    gradients.push_back(addGradient(addLoss(function), differentiable(row, function)));
  }
  ASSERT_TRUE(succeeded(runAutodiff(*module)));
  std::mt19937_64 random = randomFor(row.name);
  std::map<std::string, std::vector<oracle::Tensor>> arguments;
  for (size_t i = 0; i < gradients.size(); ++i) {
    func::FuncOp function = functionNamed(*module, i ? "forward" : "predict");
    std::vector<oracle::Tensor> own = withWeights(argumentsOf(row, function, random), gradients[i], random);
    if (scans) {
      arguments[gradients[i].getName().str()] = own;
      gradients[i].setPublic();
      continue;
    }
    for (const std::string &line : compareKernelWithOracle(gradients[i], own))
      ADD_FAILURE() << line;
  }

  // The step functions go the whole way: fused, planned into one arena, state updated in place.
  PassManager manager(&context());
  manager.addPass(createInlinePass());
  ASSERT_TRUE(succeeded(manager.run(*module)));
  for (const char *name : {"init", "predict", "eval_step", "train_step"})
    arguments[name] = argumentsOf(row, functionNamed(*module, name), random);
  if (!scans)
    for (func::FuncOp function : gradients)
      function.erase();
  for (const char *name : {"predict.loss", "forward.loss"})
    functionNamed(*module, name).erase();
  StepProgram program(*module);
  ASSERT_TRUE(program.compiled());
  for (const auto &[name, values] : arguments) {
    std::vector<oracle::Tensor> own = program.arguments(name, 0); // of the program's own context
    for (size_t i = 0; i < own.size(); ++i)
      std::memcpy(own[i].mutableData(), values[i].data(), values[i].bytes());
    std::vector<oracle::Tensor> expected = program.interpret(name, own), actual = program.run(name, own);
    ASSERT_EQ(expected.size(), actual.size());
    for (size_t i = 0; i < expected.size(); ++i)
      if (auto mismatch = oracle::compare(expected[i], actual[i]))
        ADD_FAILURE() << "@" << name << ", result " << i << ": " << mismatch->text();
  }
}

INSTANTIATE_TEST_SUITE_P(Prelude, FunctionRows, testing::ValuesIn(readRows(MLC_FUNCTION_ROWS)),
                         [](const auto &info) { return info.param.name; });

// A name counts as tested if a row uses it, or if something tested uses it in the prelude.
TEST(FunctionRowCoverage, EveryPreludeNameHasARow) {
  static const std::regex word(R"([A-Za-z_][A-Za-z0-9_]*)");
  static const std::regex declaration(R"(^(fn|layer|metric|optimizer)\s+([A-Za-z_][A-Za-z0-9_]*))");
  auto wordsOf = [](const std::string &text) {
    return std::set<std::string>(std::sregex_token_iterator(text.begin(), text.end(), word), {});
  };
  // Each declaration with the words up to the next one.
  std::map<std::string, std::set<std::string>> uses;
  for (const mlc::frontend::PreludeFile &file : mlc::frontend::preludeFiles()) {
    std::istringstream lines(file.text);
    std::string line, current;
    while (std::getline(lines, line)) {
      line = line.substr(0, line.find("//"));
      std::smatch match;
      if (std::regex_search(line, match, declaration)) {
        current = match[2];
        uses[current];
      }
      if (!current.empty())
        for (const std::string &used : wordsOf(line))
          uses[current].insert(used);
    }
  }
  ASSERT_GT(uses.size(), 40u);
  std::vector<std::string> pending;
  for (const Row &row : readRows(MLC_FUNCTION_ROWS))
    for (const std::string &used : wordsOf(row.body + " " + row.declarations))
      pending.push_back(used);
  std::set<std::string> tested;
  while (!pending.empty()) {
    std::string name = pending.back();
    pending.pop_back();
    if (uses.count(name) && tested.insert(name).second)
      pending.insert(pending.end(), uses[name].begin(), uses[name].end());
  }
  for (const auto &[name, used] : uses)
    EXPECT_TRUE(tested.count(name)) << name << " of the prelude has no row in test/prelude/functions.txt";
}
