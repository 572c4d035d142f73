// Distinct kernels to objects, through the cache, in several threads.
#include "compiler/jit/KernelCompiler.h"
#include "compiler/jit/Linker.h"
#include "compiler/step/StepCompiler.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"

#include "runtime/Abi.h"

#include <gtest/gtest.h>

using namespace mlir;
using mlc::DiskCache;
using namespace mlc::compiler;

namespace {

class KernelCompilerTest : public testing::Test {
protected:
  KernelCompilerTest() : context(dialects()) { context.loadAllAvailableDialects(); }

  void SetUp() override {
    llvm::SmallString<128> path;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("mlc-kernels", path));
    folder = path.str().str();
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  static DialectRegistry dialects() {
    DialectRegistry registry;
    registerStepCompilerDialects(registry);
    return registry;
  }

  /// Kernels that multiply 8 numbers by 1, 2, ...
  std::vector<KernelUnit> units(int count) {
    std::string text;
    for (int i = 1; i <= count; ++i) {
      std::string n = std::to_string(i);
      text += "func.func private @k_" + n +
              "(%x: tensor<8xf32>) -> tensor<8xf32> attributes {step.kernel} {\n" +
              "  %c = mlc.constant dense<" + n + ".0> : tensor<8xf32>\n" +
              "  %r = mlc.mul %x, %c : tensor<8xf32>\n  return %r : tensor<8xf32>\n}\n";
    }
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    std::vector<KernelUnit> result;
    for (auto kernel : module->getOps<func::FuncOp>())
      result.push_back(kernelUnit(kernel));
    return result;
  }

  MLIRContext context;
  std::string folder;
};

TEST_F(KernelCompilerTest, SymbolsAreContent) {
  std::vector<KernelUnit> two = units(2), again = units(3);
  EXPECT_EQ(two[0].symbol, again[0].symbol);
  EXPECT_EQ(two[0].text, again[0].text);
  EXPECT_NE(two[0].symbol, two[1].symbol);
  EXPECT_EQ(two[0].text.find("k_1"), std::string::npos) << "the kernel's name must not matter";
}

TEST_F(KernelCompilerTest, TheSecondTimeNothingIsCompiled) {
  std::vector<KernelUnit> list = units(5);
  Target target = Target::host();
  DiskCache cache(folder);
  auto first = llvm::cantFail(compileKernels(list, target, cache, 2));
  EXPECT_EQ(first.compiled, 5);
  EXPECT_EQ(first.cached, 0);
  auto second = llvm::cantFail(compileKernels(list, target, cache, 2));
  EXPECT_EQ(second.compiled, 0);
  EXPECT_EQ(second.cached, 5);
  EXPECT_EQ(first.forms, second.forms);
  // One more kernel compiles one more.
  auto third = llvm::cantFail(compileKernels(units(6), target, cache, 2));
  EXPECT_EQ(third.compiled, 1);
  // Another processor shares nothing.
  Target other = llvm::cantFail(Target::named("sse2"));
  EXPECT_EQ(llvm::cantFail(compileKernels(list, other, cache, 2)).cached, 0);
}

TEST_F(KernelCompilerTest, BytesDoNotDependOnThreads) {
  std::vector<KernelUnit> list = units(7);
  Target target = Target::host();
  auto one = llvm::cantFail(compileKernels(list, target, DiskCache(""), 1));
  auto three = llvm::cantFail(compileKernels(list, target, DiskCache(""), 3));
  EXPECT_EQ(one.forms, three.forms);
}

TEST_F(KernelCompilerTest, LinkedKernelsCompute) {
  std::vector<KernelUnit> list = units(3);
  auto compiled = llvm::cantFail(compileKernels(list, Target::host(), DiskCache(folder), 2));
  auto linker = llvm::cantFail(Linker::create());
  for (size_t i = 0; i < list.size(); ++i)
    llvm::cantFail(linker->add(list[i].name, compiled.forms[i]));
  alignas(64) float x[8] = {0, 1, 2, 3, 4, 5, 6, 7}, y[8];
  void *args[] = {x, y};
  auto kernel = reinterpret_cast<mlc_kernel>(llvm::cantFail(linker->find(list[2].symbol)));
  kernel(args, 0, nullptr);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(y[i], 3 * x[i]);
  EXPECT_FALSE(llvm::errorToBool(linker->find(list[0].symbol).takeError()));
  EXPECT_TRUE(llvm::errorToBool(linker->find("nobody").takeError()));
}

TEST_F(KernelCompilerTest, ErrorsNameTheKernel) {
  KernelUnit broken{"k_7", "mlc_kernel_0", "func.func @mlc_kernel_0(%x: tensor<8xf32>) { this is not IR }"};
  auto result = compileKernels({broken}, Target::host(), DiskCache(folder), 1);
  ASSERT_FALSE(bool(result));
  std::string message = llvm::toString(result.takeError());
  EXPECT_NE(message.find("kernel k_7"), std::string::npos) << message;
}

} // namespace
