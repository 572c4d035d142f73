// What a weight leaves out sends no gradient: each function of the prelude over rows half of which do not
// count, whatever stands in these.
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/Oracle.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"
#include "frontend/check/Check.h"
#include "frontend/emit/Emit.h"
#include "frontend/syntax/Loader.h"
#include "test/unit/oracle/CompiledKernel.h"
#include "test/unit/oracle/FunctionRow.h"
#include "test/unit/oracle/GradientCheck.h"

#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {
class Taken : public testing::TestWithParam<Row> {};
} // namespace

/// Functions of the prelude in which a row reads others: what one of them holds is in all of them. The value
/// test below sees to it that the list is no longer than it must be.
static bool mixesRows(StringRef name) {
  for (StringRef part : {"batch_norm", "separable_block", "contrastive", "moments", "along_0", "remat_state"})
    if (name.contains(part))
      return true;
  return false;
}

/// The row's program with the loss of rows where `counts` is false left out.
static OwningOpRef<ModuleOp> emitWeighted(Row &row) {
  row.inputs.push_back({"counts", {}, "i1", 0, 1, true});
  std::string text = programText(row, "f64");
  auto replace = [&](const std::string &from, const std::string &to) {
    size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, from.size(), to);
  };
  replace("  predict value\n  loss sin(3 * value + always())\n",
          "  loss of_row(sin(3 * value + always())) weight counts\n");
  text += "fn of_row[b, s...](x: float[b, s...]) -> float[b] = sum(rearrange(\"b ... -> b (...)\", x), axes "
          "= 1)\n";
  mlc::frontend::SourceManager sources;
  mlc::frontend::DiagnosticEngine diagnostics(sources);
  std::vector<mlc::frontend::LoadedFile> files =
      mlc::frontend::loadText(row.name + ".mlc", text, "/" + row.name + ".mlc", sources, diagnostics);
  std::unique_ptr<mlc::frontend::core::Program> program;
  if (!diagnostics.hasErrors())
    program = mlc::frontend::check(sources, files, "", {}, diagnostics);
  if (!program) {
    llvm::errs() << diagnostics.render() << text;
    return nullptr;
  }
  return mlc::frontend::emit(*program, mlc::frontend::EmitOptions::all(4), sources, context());
}

/// Adds @taken(arguments of @forward) -> the loss and its derivatives by `wrt`.
static func::FuncOp addLossAndGradient(func::FuncOp forward, ArrayRef<int64_t> wrt) {
  SmallVector<Type> all(forward.getResultTypes()), results = {all.front()};
  for (int64_t index : wrt) {
    results.push_back(forward.getArgumentTypes()[index]);
    all.push_back(results.back());
  }
  OpBuilder builder(forward.getContext());
  builder.setInsertionPointAfter(forward);
  auto function = func::FuncOp::create(builder, forward.getLoc(), "taken",
                                       builder.getFunctionType(forward.getArgumentTypes(), results));
  for (unsigned i = 0; i < forward.getNumArguments(); ++i)
    function.setArgAttrs(i, forward.getArgAttrDict(i));
  builder.setInsertionPointToStart(function.addEntryBlock());
  auto gradient = mlc::ir::GradientOp::create(builder, forward.getLoc(), all, forward.getName(),
                                              function.getArguments(), wrt);
  SmallVector<Value> values = {gradient.getResult(0)};
  llvm::append_range(values, gradient.getResults().take_back(wrt.size()));
  func::ReturnOp::create(builder, forward.getLoc(), values);
  return function;
}

TEST_P(Taken, WhatDoesNotCountSendsNothing) {
  Row row = GetParam();
  OwningOpRef<ModuleOp> module = emitWeighted(row);
  ASSERT_TRUE(module);
  auto forward = module->lookupSymbol<func::FuncOp>("forward");
  SmallVector<int64_t> wrt = differentiable(row, forward);
  func::FuncOp function = addLossAndGradient(forward, wrt);
  std::mt19937_64 random = randomFor(row.name);
  std::vector<oracle::Tensor> good = argumentsOf(row, forward, random);
  SmallVector<unsigned> fields;
  for (unsigned i = 0; i < forward.getNumArguments(); ++i) {
    auto field = mlc::ir::fieldOfArgument(forward, i);
    if (field && field.getValue() == "counts")
      for (int64_t k = 0; k < 4; ++k)
        good[i].set(k, double(k % 2));
    else if (field && isa<FloatType>(good[i].type().getElementType()))
      fields.push_back(i);
  }
  ASSERT_TRUE(succeeded(runAutodiff(*module)));
  llvm::Expected<std::vector<oracle::Tensor>> expected = oracle::run(function, good);
  ASSERT_TRUE(bool(expected)) << llvm::toString(expected.takeError());
  bool scans = module->walk([](mlc::ir::ScanOp) { return WalkResult::interrupt(); }).wasInterrupted();
  const double infinity = std::numeric_limits<double>::infinity();
  bool hasLoss = false;
  for (double poison : {std::nan(""), infinity, -infinity, 0.0, -1.0, 1.0, 1e200}) {
    SCOPED_TRACE(poison);
    std::vector<oracle::Tensor> bad;
    for (const oracle::Tensor &tensor : good)
      bad.push_back(tensor);
    for (unsigned i : fields)
      for (int64_t k = 0; k < bad[i].size(); ++k)
        if (k / (bad[i].size() / 4) % 2 == 0)
          bad[i].set(k, poison);
    llvm::Expected<std::vector<oracle::Tensor>> actual = oracle::run(function, bad);
    ASSERT_TRUE(bool(actual)) << llvm::toString(actual.takeError());
    if (mixesRows(row.name)) {
      hasLoss |= std::isnan((*actual)[0].at(0));
      continue;
    }
    for (size_t i = 0; i < expected->size(); ++i)
      if (auto mismatch = oracle::compare((*expected)[i], (*actual)[i]))
        ADD_FAILURE() << (i ? "derivative by argument " + std::to_string(wrt[i - 1]) : std::string("loss"))
                      << ": " << mismatch->text();
    if (HasFailure()) {
      function->getParentOfType<ModuleOp>().print(llvm::errs());
      return;
    }
    if (!scans && std::isnan(poison))
      for (const std::string &line : compareKernelWithOracle(function, bad))
        ADD_FAILURE() << line;
  }
  EXPECT_EQ(hasLoss, mixesRows(row.name) && !fields.empty());
}

INSTANTIATE_TEST_SUITE_P(Prelude, Taken, testing::ValuesIn(readRows(MLC_FUNCTION_ROWS)),
                         [](const auto &info) { return info.param.name; });
