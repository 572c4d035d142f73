// How far the f32 functions of kernels are from the exact values, over all magnitudes and signs.
#include "test/unit/oracle/CompiledKernel.h"
#include "test/unit/oracle/Row.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace mlc::compiler;
using namespace mlc::test;

namespace {

/// `op` of `numbers`, as machine code.
std::vector<float> computed(const std::string &op, const std::vector<float> &numbers) {
  Row row;
  row.name = op;
  row.inputs.emplace_back();
  row.inputs[0].name = "x";
  row.inputs[0].shape = {static_cast<int64_t>(numbers.size())};
  row.body = "mlc." + op + " %x : !x";
  OwningOpRef<ModuleOp> module = parseRow(row, "f32");
  if (!module)
    return {};
  auto function = module->lookupSymbol<func::FuncOp>("row");
  oracle::Tensor x(cast<RankedTensorType>(function.getArgumentTypes()[0]));
  std::copy(numbers.begin(), numbers.end(), static_cast<float *>(x.mutableData()));
  auto results = runAsKernel(function, x);
  if (!results) {
    ADD_FAILURE() << llvm::toString(results.takeError());
    return {};
  }
  auto *values = static_cast<const float *>((*results)[0].data());
  return {values, values + numbers.size()};
}

/// Every 4099th pattern of bits: a million numbers from the smallest to the largest, of both signs, and
/// NaNs.
std::vector<float> manyNumbers() {
  std::vector<float> numbers;
  for (uint64_t bits = 0; bits < uint64_t(1) << 32; bits += 4099) {
    auto word = static_cast<uint32_t>(bits);
    float number;
    std::memcpy(&number, &word, sizeof number);
    numbers.push_back(number);
  }
  for (float number : {0.0f, -0.0f, 1.0f, -1.0f, 88.7228f, -87.3365f, std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity()})
    for (float toward : {-1000.0f, 1000.0f})
      for (int i = 0; i < 100; ++i, number = std::nextafter(number, toward))
        numbers.push_back(number);
  return numbers;
}

/// Checks `op` against `exact` in f64: within `bound` units in the last place where that is a normal number,
/// absolutely within the smallest one elsewhere, and NaN, infinity and zero where it is that.
void check(const std::string &op, double (*exact)(double), double bound) {
  std::vector<float> numbers = manyNumbers(), values = computed(op, numbers);
  ASSERT_EQ(values.size(), numbers.size());
  constexpr double smallest = std::numeric_limits<float>::min();
  double worst = 0;
  float at = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    double wanted = exact(numbers[i]);
    if (std::isnan(wanted)) {
      EXPECT_TRUE(std::isnan(values[i])) << op << " of " << numbers[i] << " is " << values[i];
    } else if (std::isinf(static_cast<float>(wanted))) {
      EXPECT_EQ(values[i], static_cast<float>(wanted)) << op << " of " << numbers[i];
    } else if (std::abs(wanted) < smallest) {
      EXPECT_LT(std::abs(values[i] - wanted), smallest) << op << " of " << numbers[i];
    } else {
      double unit = std::ldexp(1.0, std::ilogb(wanted) - 23), off = std::abs(values[i] - wanted) / unit;
      if (!(off <= worst)) {
        worst = off;
        at = numbers[i];
      }
    }
  }
  EXPECT_LE(worst, bound) << op << " of " << at;
}

TEST(Accuracy, Exp) { check("exp", std::exp, 1); }
TEST(Accuracy, Erf) { check("erf", std::erf, 2.5); }

} // namespace
