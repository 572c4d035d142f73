// Products and convolutions over tables of shapes that fill vectors and tiles, miss them by one, or are
// smaller, held to the oracle.
#include "compiler/kernels/check/Check.h"
#include "dialects/mlc/MlcOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <map>

using namespace mlir;
using namespace mlc::compiler;

namespace {

class KernelShapes : public ::testing::Test {
protected:
  KernelShapes() {
    DialectRegistry registry;
    registry.insert<mlc::ir::MlcDialect>();
    registerKernelDialects(registry);
    context.appendDialectRegistry(registry);
    context.disableMultithreading();
    context.loadAllAvailableDialects();
  }

  void check(const std::string &text, const std::string &target = "host", oracle::Tolerance tolerance = {}) {
    SCOPED_TRACE(text);
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    llvm::Expected<Target> machine = Target::named(target);
    ASSERT_TRUE(bool(machine));
    for (auto kernel : module->getOps<func::FuncOp>()) {
      llvm::Error error = checkKernel(kernel, *machine, 7, tolerance);
      EXPECT_FALSE(bool(error)) << llvm::toString(std::move(error));
    }
  }

  MLIRContext context;
};

std::string tensor(const std::string &labels, const std::map<char, int> &sizes, const std::string &element) {
  std::string text = "tensor<";
  for (char label : labels)
    text += std::to_string(sizes.at(label)) + "x";
  return text + element + ">";
}

/// A product with bias and tanh after it.
std::string product(const std::string &a, const std::string &b, const std::string &c,
                    const std::map<char, int> &sizes, const std::string &element = "f32") {
  std::string A = tensor(a, sizes, element), B = tensor(b, sizes, element), C = tensor(c, sizes, element);
  std::string bias = tensor(c.substr(c.size() - 1), sizes, element), axis = std::to_string(c.size() - 1);
  return "func.func @k(%a: " + A + ", %b: " + B + ", %c: " + bias + ") -> " + C + " {\n" + //
         "%0 = mlc.contract \"" + a + "," + b + "->" + c + "\" %a, %b : (" + A + ", " + B + ") -> " + C +
         "\n" +                                                                        //
         "%1 = mlc.broadcast %c axes = [" + axis + "] : " + bias + " -> " + C + "\n" + //
         "%2 = mlc.add %0, %1 : " + C + "\n%3 = mlc.tanh %2 : " + C + "\nreturn %3 : " + C + "\n}\n";
}

TEST_F(KernelShapes, ProductsOfEveryRemainder) {
  // The sum's length walks through its own remainders as rows and columns do.
  const int sizes[] = {1, 2, 7, 15, 16, 17, 33, 64};
  size_t next = 0;
  for (int m : sizes)
    for (int n : sizes) {
      std::map<char, int> s{{'m', m}, {'n', n}, {'k', sizes[next++ % 8]}};
      check(m < n ? product("mk", "kn", "mn", s) : product("km", "nk", "mn", s));
    }
}

TEST_F(KernelShapes, TransposedOperands) {
  for (int k : {1, 9, 16, 37})
    for (int n : {3, 16, 45}) {
      std::map<char, int> s{{'m', 19}, {'n', n}, {'k', k}};
      check(product("mk", "nk", "mn", s));
      check(product("km", "kn", "mn", s));
      check(product("mk", "kn", "nm", s));
    }
}

TEST_F(KernelShapes, ProductsOfSeveralAxes) {
  std::map<char, int> s{{'b', 3}, {'h', 2}, {'q', 9}, {'k', 17}, {'d', 8}, {'f', 35}, {'t', 7}};
  check(product("bqhd", "bkhd", "bhqk", s));
  check(product("bhqk", "bkhd", "bqhd", s));
  check(product("btd", "btf", "df", s));
  check(product("btd", "df", "btf", s));
  check(product("btd", "bd", "bt", s));
  check(product("bk", "bk", "b", s));
  check(product("qd", "d", "q", s));
}

TEST_F(KernelShapes, WorkThatIsShared) {
  // Large enough for several chunks by columns, by rows and by batches. Where sums cancel, tanh shows their
  // error in full.
  oracle::Tolerance wide{1e-6, 1e-5, 1e-4};
  check(product("mk", "kn", "mn", {{'m', 100}, {'n', 300}, {'k', 400}}), "host", wide);
  check(product("km", "kn", "mn", {{'m', 700}, {'n', 40}, {'k', 300}}), "host", wide);
  check(product("bmk", "bkn", "bmn", {{'b', 11}, {'m', 50}, {'n', 60}, {'k', 90}}), "host", wide);
  check(product("mk", "nk", "mn", {{'m', 100}, {'n', 300}, {'k', 300}}), "host", wide);
  check(product("mk", "kn", "mn", {{'m', 100}, {'n', 1100}, {'k', 70}}), "host", wide);
}

TEST_F(KernelShapes, DoublesAndOtherProcessors) {
  std::map<char, int> s{{'m', 20}, {'n', 35}, {'k', 33}};
  check(product("mk", "kn", "mn", s, "f64"));
  check(product("mk", "nk", "mn", s, "f64"));
  for (const char *target : {"avx2", "sse2"}) {
    check(product("mk", "kn", "mn", s), target);
    check(product("mk", "nk", "mn", s), target);
    check(product("km", "kn", "mn", s, "f64"), target);
  }
}

TEST_F(KernelShapes, ADifferenceIsFound) {
  // The check itself: with no tolerance at all an f32 tanh of a sum is not the oracle's.
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(product("mk", "kn", "mn", {{'m', 20}, {'n', 35}, {'k', 33}}), &context);
  ASSERT_TRUE(module);
  llvm::Error error = checkKernel(*module->getOps<func::FuncOp>().begin(), Target::host(), 7, {0, 0, 0});
  ASSERT_TRUE(bool(error));
  EXPECT_NE(llvm::toString(std::move(error)).find("result 0"), std::string::npos);
}

TEST_F(KernelShapes, RowsDoNotDependOnTheirNumber) {
  // Row 0 of a product is the same to the last bit whether 1 row or 50 are computed.
  auto firstRow = [&](int m) {
    std::map<char, int> s{{'m', m}, {'n', 35}, {'k', 133}};
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(product("mk", "kn", "mn", s), &context);
    llvm::Expected<LoadedKernel> kernel = loadKernel(*module->getOps<func::FuncOp>().begin(), Target::host());
    EXPECT_TRUE(bool(kernel));
    std::vector<float> a(size_t(m) * 133), b(133 * 35), c(35, 0.5f), result(size_t(m) * 35);
    for (size_t i = 0; i < a.size(); ++i)
      a[i] = float(int(i * 2654435761u % 1000) - 500) / 700;
    for (size_t i = 0; i < b.size(); ++i)
      b[i] = float(int(i * 40503u % 1000) - 500) / 900;
    std::vector<char> scratch(size_t(kernel->info.scratchBytes) + 64);
    void *args[] = {a.data(), b.data(), c.data(), result.data()};
    kernel->run(args, scratch.data());
    result.resize(35);
    return result;
  };
  std::vector<float> one = firstRow(1);
  EXPECT_EQ(one, firstRow(13));
  EXPECT_EQ(one, firstRow(50));
}

} // namespace
