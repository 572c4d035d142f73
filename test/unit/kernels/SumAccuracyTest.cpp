// Long sums in f32, held to their exact values: every kind of kernel that sums, over lengths that are whole
// blocks and that are not, of equal terms (whose rounding errors all have one sign), of random ones, and of
// terms of very different sizes. A million terms; as many as MLC_SUM_TERMS says if it is set (1e8 takes a few
// minutes and 4 GiB).
#include "compiler/kernels/check/Check.h"
#include "dialects/mlc/MlcOps.h"
#include "mlir/Parser/Parser.h"

#include <cmath>
#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace mlc::compiler;

namespace {

int64_t mostTerms() {
  const char *said = std::getenv("MLC_SUM_TERMS");
  return said ? int64_t(std::strtod(said, nullptr)) : 1000000;
}

/// The largest error that a sum of terms of one sign may have, relative to it.
constexpr double bound = 1e-6;

enum class Terms { Equal, Random, Mixed };

std::vector<float> termsOf(Terms kind, int64_t count) {
  std::vector<float> values(size_t(count), 0.1F);
  std::mt19937 random(17);
  std::uniform_real_distribution<float> uniform(0, 1);
  if (kind == Terms::Random)
    for (float &value : values)
      value = uniform(random);
  // Large terms among small ones that a running sum would lose.
  if (kind == Terms::Mixed)
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = i % 1009 == 0 ? 1e4F : 1e-3F;
  return values;
}

/// "[4, 5]" of a tensor type: "4x5".
std::string dims(std::initializer_list<int64_t> sizes) {
  std::string text;
  for (int64_t size : sizes)
    text += std::to_string(size) + "x";
  return text;
}

std::string tensor(std::initializer_list<int64_t> sizes, const std::string &element = "f32") {
  return "tensor<" + dims(sizes) + element + ">";
}

class SumAccuracy : public ::testing::TestWithParam<Terms> {
protected:
  SumAccuracy() {
    DialectRegistry registry;
    registry.insert<mlc::ir::MlcDialect>();
    registerKernelDialects(registry);
    context.appendDialectRegistry(registry);
    context.disableMultithreading();
    context.loadAllAvailableDialects();
  }

  /// Runs the kernel `text` on `inputs`; its one result has `size` numbers.
  std::vector<float> run(const std::string &text, std::vector<void *> inputs, int64_t size) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module) {
      ADD_FAILURE() << text;
      return {};
    }
    llvm::Expected<Target> machine = Target::named("host");
    llvm::Expected<LoadedKernel> kernel = loadKernel(*module->getOps<func::FuncOp>().begin(), *machine);
    if (!kernel) {
      ADD_FAILURE() << llvm::toString(kernel.takeError());
      return {};
    }
    std::vector<float> result(size_t(size), NAN);
    std::vector<char> scratch(size_t(kernel->info.scratchBytes) + 64);
    auto start = (reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64;
    inputs.push_back(result.data());
    kernel->run(inputs.data(), reinterpret_cast<void *>(start));
    return result;
  }

  /// The kernel `body`, of an operand %x of type `in` that gives `%r` of type `out`.
  std::vector<float> sums(const std::string &in, const std::string &out, const std::string &body,
                          std::vector<float> &x, int64_t size) {
    return run("func.func @k(%x: " + in + ") -> " + out + " {\n" + body + "\nreturn %r : " + out + "\n}\n",
               {x.data()}, size);
  }

  static void expectNear(double actual, double expected, const std::string &what) {
    EXPECT_LE(std::abs(actual - expected), bound * std::abs(expected))
        << what << ": " << actual << " instead of " << expected << ", off by "
        << std::abs(actual - expected) / std::abs(expected);
  }

  /// Of every `stride`-th of `count` values from `first` on.
  static double exact(const std::vector<float> &values, int64_t first, int64_t count, int64_t stride = 1) {
    // f64 in blocks: to about 1e-13.
    double total = 0;
    for (int64_t i = 0; i < count;) {
      double block = 0;
      for (int64_t end = std::min(count, i + 4096); i < end; ++i)
        block += double(values[size_t(first + i * stride)]);
      total += block;
    }
    return total;
  }

  MLIRContext context;
};

/// Whole blocks, and those that miss every unit there is by one.
std::vector<int64_t> lengths() {
  int64_t most = mostTerms();
  return {most, most - 1, most / 7 * 3 + 5};
}

} // namespace

INSTANTIATE_TEST_SUITE_P(Sums, SumAccuracy, testing::Values(Terms::Equal, Terms::Random, Terms::Mixed),
                         [](const auto &info) {
                           return info.param == Terms::Equal    ? "Equal"
                                  : info.param == Terms::Random ? "Random"
                                                                : "Mixed";
                         });

TEST_P(SumAccuracy, OfRows) {
  for (int64_t n : lengths()) {
    std::vector<float> x = termsOf(GetParam(), 2 * n);
    std::string in = tensor({2, n}), out = tensor({2});
    std::vector<float> r = sums(in, out, "%r = mlc.reduce sum %x axes = [1] : " + in + " -> " + out, x, 2);
    for (int64_t row = 0; row < 2; ++row)
      expectNear(r[size_t(row)], exact(x, row * n, n), "row");
  }
}

TEST_P(SumAccuracy, OfEverythingAndOfSeveralAxes) {
  int64_t n = mostTerms() / 60, all = 60 * n;
  std::vector<float> x = termsOf(GetParam(), 2 * all);
  for (auto [a, b, c] : {std::tuple<int64_t, int64_t, int64_t>{n, 20, 3}, {3, n, 20}, {20, 3, n}}) {
    std::string in = tensor({2, a, b, c}), one = tensor({2}), none = "tensor<f32>";
    std::vector<float> r =
        sums(in, none, "%r = mlc.reduce sum %x axes = [0, 1, 2, 3] : " + in + " -> " + none, x, 1);
    expectNear(r[0], exact(x, 0, 2 * all), "everything");
    r = sums(in, one, "%r = mlc.reduce sum %x axes = [1, 2, 3] : " + in + " -> " + one, x, 2);
    expectNear(r[1], exact(x, all, all), "three axes");
  }
}

TEST_P(SumAccuracy, TogetherWithALargestAndOfSquares) {
  int64_t n = mostTerms();
  std::vector<float> x = termsOf(GetParam(), n);
  std::string in = tensor({1, n}), out = tensor({1});
  std::string body = "%s = mlc.reduce sum %x axes = [1] : " + in + " -> " + out + //
                     "\n%m = mlc.reduce max %x axes = [1] : " + in + " -> " + out +
                     "\n%w = mlc.broadcast %m axes = [0] : " + out + " -> " + in +
                     "\n%d = mlc.add %x, %w : " + in + "\n%e = mlc.reduce sum %d axes = [1] : " + in +
                     " -> " + out + "\n%r = mlc.add %s, %e : " + out;
  double largest = *std::max_element(x.begin(), x.end()), expected = 0;
  for (float value : x)
    expected += double(value) + double(float(value + float(largest)));
  expectNear(sums(in, out, body, x, 1)[0], expected, "two levels");
}

TEST_P(SumAccuracy, OfColumns) {
  // Whole vectors and a tail; fewer than a vector; the rows in the middle.
  for (int64_t columns : {20, 6, 1})
    for (int64_t n : lengths()) {
      n = columns == 20 ? n / 4 : n;
      std::vector<float> x = termsOf(GetParam(), n * columns);
      std::string in = tensor({n, columns}), out = tensor({columns});
      std::vector<float> r =
          sums(in, out, "%r = mlc.reduce sum %x axes = [0] : " + in + " -> " + out, x, columns);
      for (int64_t column = 0; column < columns; ++column)
        expectNear(r[size_t(column)], exact(x, column, n, columns), "column");
    }
  int64_t n = mostTerms() / 8;
  std::vector<float> x = termsOf(GetParam(), 2 * n * 5);
  std::string in = tensor({2, n, 5}), out = tensor({2, 5});
  std::vector<float> r = sums(in, out, "%r = mlc.reduce sum %x axes = [1] : " + in + " -> " + out, x, 10);
  for (int64_t column = 0; column < 5; ++column)
    expectNear(r[size_t(5 + column)], exact(x, n * 5 + column, n, 5), "middle");
}

TEST_P(SumAccuracy, WhereNoEmitterIsForIt) {
  // A sum of two axes that are not neighbours is a loop around each element of the result.
  int64_t n = mostTerms() / 6;
  std::vector<float> x = termsOf(GetParam(), n * 4 * 6);
  std::string in = tensor({n, 4, 6}), out = tensor({4});
  std::vector<float> r = sums(in, out, "%r = mlc.reduce sum %x axes = [0, 2] : " + in + " -> " + out, x, 4);
  for (int64_t column = 0; column < 4; ++column) {
    double expected = 0;
    for (int64_t i = 0; i < 6; ++i)
      expected += exact(x, column * 6 + i, n, 24);
    expectNear(r[size_t(column)], expected, "apart");
  }
}

TEST_P(SumAccuracy, OfRunningSums) {
  for (bool reverse : {false, true})
    for (int64_t columns : {1, 19}) {
      int64_t n = mostTerms() / columns;
      std::vector<float> x = termsOf(GetParam(), n * columns);
      std::string in = tensor({n, columns});
      std::vector<float> r = sums(in, in,
                                  std::string("%r = mlc.cumsum %x axis = 0") +
                                      (reverse ? " reverse = true" : "") + " : " + in + " -> " + in,
                                  x, n * columns);
      for (int64_t column = 0; column < columns; ++column) {
        double sum = 0, worst = 0;
        for (int64_t k = 0; k < n; ++k) {
          auto at = size_t((reverse ? n - 1 - k : k) * columns + column);
          sum += double(x[at]);
          worst = std::max(worst, std::abs(double(r[at]) - sum) / sum);
        }
        EXPECT_LE(worst, std::ldexp(1.0, -24) * 1.001) << "rounded once";
      }
    }
}

TEST_P(SumAccuracy, OfProducts) {
  for (int64_t n : lengths()) {
    std::vector<float> x = termsOf(GetParam(), n), y(size_t(n), 0.7F);
    std::string in = tensor({n}), none = "tensor<f32>";
    std::vector<float> r = run("func.func @k(%x: " + in + ", %y: " + in + ") -> " + none +
                                   " {\n%r = mlc.contract \"k,k->\" %x, %y : (" + in + ", " + in + ") -> " +
                                   none + "\nreturn %r : " + none + "\n}\n",
                               {x.data(), y.data()}, 1);
    double expected = 0;
    for (float value : x)
      expected += double(value) * double(0.7F);
    expectNear(r[0], expected, "dot");
  }
}

TEST_P(SumAccuracy, OfMatrixProducts) {
  // Within a block of steps products add up in one f32: equal terms are off by 2^-17 at most.
  const double ofBlock = std::ldexp(1.0, -17);
  int64_t k = mostTerms() / 4 + 3;
  for (auto [m, n] : {std::pair<int64_t, int64_t>{40, 24}, {5, 7}}) {
    std::vector<float> a = termsOf(GetParam(), k * m), b(size_t(k * n), 0.7F);
    std::string A = tensor({k, m}), B = tensor({k, n}), C = tensor({m, n});
    std::vector<float> r = run("func.func @k(%a: " + A + ", %b: " + B + ") -> " + C +
                                   " {\n%r = mlc.contract \"km,kn->mn\" %a, %b : (" + A + ", " + B + ") -> " +
                                   C + "\nreturn %r : " + C + "\n}\n",
                               {a.data(), b.data()}, m * n);
    for (int64_t row = 0; row < m; ++row) {
      double expected = double(0.7F) * exact(a, row, k, m);
      EXPECT_LE(std::abs(double(r[size_t(row * n + n - 1)]) - expected), ofBlock * expected);
    }
  }
}

TEST_P(SumAccuracy, OfUpdatesOfOneRow) {
  for (int64_t columns : {1, 20}) {
    int64_t n = mostTerms() / columns;
    std::vector<float> x = termsOf(GetParam(), n * columns);
    std::vector<int32_t> index(size_t(n), 2);
    index[5] = 0;
    std::string in = tensor({n, columns}), rows = tensor({n}, "i32"), out = tensor({3, columns});
    std::vector<float> r = run("func.func @k(%x: " + in + ", %i: " + rows + ") -> " + out +
                                   " {\n%r = mlc.scatter_add %x, %i : (" + in + ", " + rows + ") -> " + out +
                                   "\nreturn %r : " + out + "\n}\n",
                               {x.data(), index.data()}, 3 * columns);
    for (int64_t column = 0; column < columns; ++column) {
      auto left = double(x[size_t(5 * columns + column)]);
      expectNear(r[size_t(column)], left, "row 0");
      EXPECT_EQ(r[size_t(columns + column)], 0.0F);
      expectNear(r[size_t(2 * columns + column)], exact(x, column, n, columns) - left, "row 2");
    }
  }
}

TEST_P(SumAccuracy, OfWindows) {
  int64_t n = mostTerms() / 2;
  std::vector<float> x = termsOf(GetParam(), n * 3);
  std::string in = tensor({1, n, 3}), out = tensor({1, 2, 3});
  std::string body = "%r = mlc.window_sum %x window = [" + std::to_string(n - 1) +
                     "] strides = [1] pads = [0] [0] : (" + in + ") -> " + out;
  std::vector<float> r = sums(in, out, body, x, 6);
  for (int64_t channel = 0; channel < 3; ++channel)
    expectNear(r[size_t(3 + channel)], exact(x, 3 + channel, n - 1, 3), "window");
}
