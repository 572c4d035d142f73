// Programs in the language made from seeds, the whole way: checked, emitted, differentiated, fused, compiled;
// values and gradients against the oracle.
//
// The bound: f32 code may differ from the f32 oracle by oracle::Tolerance plus 30 times what rounding to f32
// does to that result on the oracle itself (the same program in f64, on the same numbers).
#include "test/unit/oracle/RandomText.h"
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/Oracle.h"
#include "test/unit/oracle/FunctionRow.h"
#include "test/unit/oracle/GradientCheck.h"
#include "test/unit/oracle/RandomProgram.h"
#include "test/unit/step/StepProgram.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {

/// The row as a module whose public functions are @predict, @train_step and the gradient of the loss.
struct Form {
  OwningOpRef<ModuleOp> module;
  std::string gradient;
};

Form formOf(const Row &row, const char *precision) {
  Form form{emitRow(row, precision, 4), ""};
  if (!form.module)
    return form;
  auto forward = form.module->lookupSymbol<func::FuncOp>("forward");
  func::FuncOp gradient = addGradient(addLoss(forward), differentiable(row, forward));
  if (failed(runAutodiff(*form.module)))
    return {nullptr, ""};
  gradient.setPublic();
  form.gradient = gradient.getName().str();
  return form;
}

std::vector<oracle::Tensor> convertedTo(func::FuncOp function, ArrayRef<oracle::Tensor> values) {
  std::vector<oracle::Tensor> result;
  for (auto [value, type] : llvm::zip_equal(values, function.getArgumentTypes())) {
    result.emplace_back(cast<RankedTensorType>(type));
    result.back().setValues(value.values());
  }
  return result;
}

/// What is wrong with the program on numbers from `numbers`, a line each.
std::vector<std::string> compareAll(const Row &row, Form &narrow, Form &wide, StepProgram &program,
                                    int numbers) {
  std::vector<std::string> wrong;
  for (const std::string &name : {std::string("predict"), narrow.gradient}) {
    auto function = narrow.module->lookupSymbol<func::FuncOp>(name);
    auto wideFunction = wide.module->lookupSymbol<func::FuncOp>(name);
    std::mt19937_64 random = randomFor(row.name + std::to_string(numbers));
    std::vector<oracle::Tensor> arguments;
    if (name == "predict")
      arguments = argumentsOf(row, function, random);
    else
      arguments = withWeights(argumentsOf(row, narrow.module->lookupSymbol<func::FuncOp>("forward"), random),
                              function, random);
    auto expected = oracle::run(function, arguments);
    auto exact = oracle::run(wideFunction, convertedTo(wideFunction, arguments));
    if (!expected || !exact)
      return {"the oracle cannot run @" + name + ": " + llvm::toString(expected.takeError()) +
              llvm::toString(exact.takeError())};
    std::vector<oracle::Tensor> own = program.arguments(name, 0); // of the program's own context
    for (size_t i = 0; i < own.size(); ++i)
      std::memcpy(own[i].mutableData(), arguments[i].data(), arguments[i].bytes());
    std::vector<oracle::Tensor> actual = program.run(name, own), reference = program.interpret(name, own);
    for (size_t i = 0; i < reference.size(); ++i) {
      oracle::Tolerance tolerance;
      if (reference[i].size())
        tolerance.absolute += 30 * ((*expected)[i].values() - (*exact)[i].values()).abs().maxCoeff();
      if (auto mismatch = oracle::compare(reference[i], actual[i], tolerance))
        wrong.push_back("@" + name + ", result " + std::to_string(i) + ": " + mismatch->text());
    }
  }
  return wrong;
}

TEST(RandomText, CompiledAgreesWithOracle) {
  forSeeds(20, [](uint64_t seed) {
    SCOPED_TRACE("MLC_RANDOM_SEED=" + std::to_string(seed));
    Row row = randomTextRow(seed, 3 + int(seed % 8));
    Form narrow = formOf(row, "f32"), wide = formOf(row, "f64");
    ASSERT_TRUE(narrow.module && wide.module) << programText(row, "f32");
    StepProgram program(*narrow.module);
    ASSERT_TRUE(program.compiled()) << programText(row, "f32");
    std::vector<std::string> wrong = compareAll(row, narrow, wide, program, 0);
    // Rounding may decide which of two nearly equal elements is the larger, on some numbers; not on all.
    for (int numbers = 1; numbers <= 2 && !wrong.empty(); ++numbers)
      wrong = compareAll(row, narrow, wide, program, numbers);
    for (const std::string &line : wrong)
      ADD_FAILURE() << line << "\n" << programText(row, "f32");
  });
}

} // namespace
