// Step functions through every phase to native code, against the oracle and against what they should learn.
#include "compiler/oracle/Compare.h"
#include "compiler/step/StreamTable.h"
#include "test/unit/step/StepProgram.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include <cstring>

using namespace mlc;
using namespace mlc::compiler;
using namespace mlc::test;
using oracle::Tensor;

namespace {

// Least squares: 64 rows of 3 features; gradient descent with momentum on w, without on b. The scalars are
// the learning rate and the momentum.
const char *const linear = R"(
func.func @init(%stream: tensor<3xi64> {mlc.role = #mlc.role<stream>})
    -> (tensor<3x1xf32> {mlc.role = #mlc.role<state, "net.w">}, tensor<1xf32> {mlc.role = #mlc.role<state, "net.b">},
        tensor<3x1xf32> {mlc.role = #mlc.role<state, "objective.net.w.m">}) {
  %r = mlc.random normal %stream site = 77 : tensor<3xi64> -> tensor<3x1xf32>
  %tenth = mlc.constant dense<0.1> : tensor<3x1xf32>
  %w = mlc.mul %r, %tenth : tensor<3x1xf32>
  %b = mlc.constant dense<0.0> : tensor<1xf32>
  %m = mlc.constant dense<0.0> : tensor<3x1xf32>
  return %w, %b, %m : tensor<3x1xf32>, tensor<1xf32>, tensor<3x1xf32>
}
func.func private @forward(%w: tensor<3x1xf32>, %b: tensor<1xf32>, %x: tensor<64x3xf32>) -> tensor<64xf32> {
  %p0 = mlc.contract "ab,bc->ac" %x, %w : (tensor<64x3xf32>, tensor<3x1xf32>) -> tensor<64x1xf32>
  %bb = mlc.broadcast %b axes = [1] : tensor<1xf32> -> tensor<64x1xf32>
  %p1 = mlc.add %p0, %bb : tensor<64x1xf32>
  %p = mlc.reshape %p1 : tensor<64x1xf32> -> tensor<64xf32>
  return %p : tensor<64xf32>
}
func.func @train_step(%w: tensor<3x1xf32> {mlc.role = #mlc.role<state, "net.w">}, %b: tensor<1xf32> {mlc.role = #mlc.role<state, "net.b">},
    %m: tensor<3x1xf32> {mlc.role = #mlc.role<state, "objective.net.w.m">},
    %x: tensor<64x3xf32>, %y: tensor<64xf32>, %scalars: tensor<2xf64> {mlc.role = #mlc.role<scalars>}, %stream: tensor<3xi64> {mlc.role = #mlc.role<stream>})
    -> (tensor<3x1xf32> {mlc.role = #mlc.role<state, "net.w">}, tensor<1xf32> {mlc.role = #mlc.role<state, "net.b">},
        tensor<3x1xf32> {mlc.role = #mlc.role<state, "objective.net.w.m">}, tensor<2xf64>) {
  %p = mlc.call @forward(%w, %b, %x) : (tensor<3x1xf32>, tensor<1xf32>, tensor<64x3xf32>) -> tensor<64xf32>
  %e = mlc.sub %p, %y : tensor<64xf32>
  %e2 = mlc.mul %e, %e : tensor<64xf32>
  %sum = mlc.reduce sum %e2 axes = [0] : tensor<64xf32> -> tensor<f32>
  %two = mlc.constant dense<0.03125> : tensor<64xf32>
  %de = mlc.mul %e, %two : tensor<64xf32>
  %dp = mlc.reshape %de : tensor<64xf32> -> tensor<64x1xf32>
  %dw = mlc.contract "ab,ac->bc" %x, %dp : (tensor<64x3xf32>, tensor<64x1xf32>) -> tensor<3x1xf32>
  %db = mlc.reduce sum %dp axes = [0] : tensor<64x1xf32> -> tensor<1xf32>
  %lr1 = mlc.slice %scalars starts = [0] strides = [1] : tensor<2xf64> -> tensor<1xf64>
  %lr2 = mlc.reshape %lr1 : tensor<1xf64> -> tensor<f64>
  %lr = mlc.convert %lr2 : tensor<f64> -> tensor<f32>
  %mu1 = mlc.slice %scalars starts = [1] strides = [1] : tensor<2xf64> -> tensor<1xf64>
  %mu2 = mlc.reshape %mu1 : tensor<1xf64> -> tensor<f64>
  %mu = mlc.convert %mu2 : tensor<f64> -> tensor<f32>
  %lrw = mlc.broadcast %lr axes = [] : tensor<f32> -> tensor<3x1xf32>
  %muw = mlc.broadcast %mu axes = [] : tensor<f32> -> tensor<3x1xf32>
  %m0 = mlc.mul %m, %muw : tensor<3x1xf32>
  %m1 = mlc.add %m0, %dw : tensor<3x1xf32>
  %uw = mlc.mul %m1, %lrw : tensor<3x1xf32>
  %w1 = mlc.sub %w, %uw : tensor<3x1xf32>
  %lrb = mlc.broadcast %lr axes = [] : tensor<f32> -> tensor<1xf32>
  %ub = mlc.mul %db, %lrb : tensor<1xf32>
  %b1 = mlc.sub %b, %ub : tensor<1xf32>
  %sum64 = mlc.convert %sum : tensor<f32> -> tensor<f64>
  %s0 = mlc.reshape %sum64 : tensor<f64> -> tensor<1xf64>
  %s1 = mlc.constant dense<64.0> : tensor<1xf64>
  %sums = mlc.concat %s0, %s1 axis = 0 : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
  return %w1, %b1, %m1, %sums : tensor<3x1xf32>, tensor<1xf32>, tensor<3x1xf32>, tensor<2xf64>
}
func.func @predict(%w: tensor<3x1xf32> {mlc.role = #mlc.role<state, "net.w">}, %b: tensor<1xf32> {mlc.role = #mlc.role<state, "net.b">},
    %x: tensor<64x3xf32>, %scalars: tensor<2xf64> {mlc.role = #mlc.role<scalars>}, %stream: tensor<3xi64> {mlc.role = #mlc.role<stream>}) -> tensor<64xf32> {
  %p = mlc.call @forward(%w, %b, %x) : (tensor<3x1xf32>, tensor<1xf32>, tensor<64x3xf32>) -> tensor<64xf32>
  return %p : tensor<64xf32>
}
func.func @figures(%sums: tensor<2xf64>) -> tensor<1xf64> {
  %s = mlc.slice %sums starts = [0] strides = [1] : tensor<2xf64> -> tensor<1xf64>
  %n = mlc.slice %sums starts = [1] strides = [1] : tensor<2xf64> -> tensor<1xf64>
  %loss = mlc.div %s, %n : tensor<1xf64>
  return %loss : tensor<1xf64>
}
)";

TEST(StepCompiler, EveryFunctionAgreesWithTheOracle) {
  StepProgram program(linear);
  ASSERT_TRUE(program.compiled());
  for (const char *name : {"init", "train_step", "predict", "figures"})
    for (uint64_t seed = 1; seed < 4; ++seed)
      program.compareAll(name, seed);
}

/// A draw for each of `count` tensors of state.
std::string initOf(int count) {
  std::string body, results, types, values;
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i), comma = i ? ", " : "";
    body += "  %r" + number + " = mlc.random normal %stream site = " + std::to_string(1000 - 7 * i) +
            " : tensor<3xi64> -> tensor<5xf32>\n";
    types += comma + "tensor<5xf32> {mlc.role = #mlc.role<state, \"net.w" + number + "\">}";
    results += comma + "%r" + number;
    values += comma + "tensor<5xf32>";
  }
  return "func.func @init(%stream: tensor<3xi64> {mlc.role = #mlc.role<stream>}) -> (" + types + ") {\n" +
         body + "  return " + results + " : " + values + "\n}\n";
}

TEST(StepCompiler, ManyStreamsAreDrawnFrom) {
  for (size_t count : {straightStreams, straightStreams + 1, 5 * straightStreams}) {
    StepProgram program(initOf(static_cast<int>(count)));
    ASSERT_TRUE(program.compiled());
    program.compareAll("init", count);
  }
}

TEST(StepCompiler, LeastSquaresFindsTheWeights) {
  StepProgram program(linear);
  ASSERT_TRUE(program.compiled());
  std::vector<Tensor> arguments = program.arguments("train_step", 5);
  const double weights[] = {1.5, -2.0, 0.25}, bias = 0.75;
  for (int row = 0; row < 64; ++row) {
    double y = bias;
    for (int i = 0; i < 3; ++i)
      y += weights[i] * arguments[3].at(row * 3 + i);
    arguments[4].set(row, y);
  }
  arguments[2].setValues(Eigen::ArrayXd::Zero(3));
  arguments[5].set(0, 0.1);
  arguments[5].set(1, 0.9);
  double first = 0, last = 0;
  for (int update = 0; update < 400; ++update) {
    std::vector<Tensor> results = program.run("train_step", arguments);
    last = program.run("figures", {results[3]})[0].at(0);
    if (update == 0)
      first = last;
    for (int i = 0; i < 3; ++i)
      arguments[i] = results[i];
  }
  EXPECT_GT(first, 0.1);
  EXPECT_LT(last, 1e-8);
  for (int i = 0; i < 3; ++i)
    EXPECT_NEAR(arguments[0].at(i), weights[i], 1e-3);
  EXPECT_NEAR(arguments[1].at(0), bias, 1e-3);
}

TEST(StepCompiler, StateHasOneLayoutForAllFunctions) {
  StepProgram program(linear);
  ASSERT_TRUE(program.compiled());
  const StateLayout &state = program->state();
  ASSERT_EQ(state.places.size(), 3u);
  EXPECT_EQ(state.bytes, 3 * 64);
  for (const StatePlace &place : state.places)
    EXPECT_EQ(place.offset % 64, 0);
  EXPECT_EQ(state.find("net.w")->bytes, 12);
  EXPECT_EQ(state.find("nobody"), nullptr);
  EXPECT_EQ(program->find("no_such_function"), nullptr);
}

TEST(StepCompiler, KeepsToAGivenLayout) {
  mlir::DialectRegistry registry;
  registerStepCompilerDialects(registry);
  mlir::MLIRContext context(registry);
  StateLayout layout;
  layout.places = {{"first", DType::F32, {100}, 0, 400},
                   {"objective.net.w.m", DType::F32, {3, 1}, 448, 12},
                   {"net.b", DType::F32, {1}, 512, 4},
                   {"net.w", DType::F32, {3, 1}, 576, 12}};
  layout.bytes = 640;
  CompileOptions options;
  options.useCache = false;
  options.state = &layout;
  options.name = "other";
  options.suffix = "_rows64";
  auto module = mlir::parseSourceString<mlir::ModuleOp>(linear, &context);
  auto objects = compileObjects(*module, Target::host(), options);
  ASSERT_TRUE(mlir::succeeded(objects));
  EXPECT_EQ(objects->state.bytes, 640);
  EXPECT_EQ(objects->functions[0].symbol, "mlc_other_init_rows64");
  auto program = llvm::cantFail(linkInMemory(std::move(*objects)));
  std::vector<float> state(160, 5.0f);
  std::vector<char> scratch(program->find("init")->description.scratchBytes + 64);
  mlc_call call{};
  call.state = reinterpret_cast<uint8_t *>(state.data());
  call.scratch = scratch.data();
  program->find("init")->entry(&call);
  EXPECT_EQ(state[0], 5.0f);
  EXPECT_EQ(state[448 / 4], 0.0f);
  EXPECT_EQ(state[512 / 4], 0.0f);
  EXPECT_NE(state[576 / 4], 5.0f);
  EXPECT_EQ(state[576 / 4 + 3], 5.0f);

  // A layout that lacks a tensor, or has another of its name, is refused.
  std::string message;
  mlir::ScopedDiagnosticHandler handler(&context,
                                        [&](mlir::Diagnostic &diagnostic) { message = diagnostic.str(); });
  layout.places[3].shape = {4, 1};
  module = mlir::parseSourceString<mlir::ModuleOp>(linear, &context);
  EXPECT_TRUE(mlir::failed(compileObjects(*module, Target::host(), options)));
  EXPECT_EQ(message, "state 'net.w' is of another type in the given layout");
  layout.places.pop_back();
  module = mlir::parseSourceString<mlir::ModuleOp>(linear, &context);
  EXPECT_TRUE(mlir::failed(compileObjects(*module, Target::host(), options)));
  EXPECT_EQ(message, "state 'net.w' is not in the given layout");
}

TEST(StepCompiler, EveryPhasePrints) {
  mlir::DialectRegistry registry;
  registerStepCompilerDialects(registry);
  mlir::MLIRContext context(registry);
  const std::pair<StepPhase, const char *> expected[] = {
      {StepPhase::Fuse, "step.launch @k_"},
      {StepPhase::Plan, "@train_step: "},
      {StepPhase::Kernels, "// k_0: "},
      {StepPhase::LLVM, "define void @mlc_program_train_step(ptr"},
      {StepPhase::Asm, "mlc_program_train_step:"},
      {StepPhase::Obj, "\x7f"
                       "ELF"}};
  for (auto [phase, text] : expected) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(linear, &context);
    std::string out;
    llvm::raw_string_ostream stream(out);
    ASSERT_TRUE(mlir::succeeded(printPhase(*module, Target::host(), CompileOptions(), phase, stream)));
    EXPECT_NE(out.find(text), std::string::npos) << text;
  }
}

TEST(StepCompiler, TheCallersFloatModeIsKept) {
#if defined(__x86_64__)
  StepProgram program(linear);
  ASSERT_TRUE(program.compiled());
  auto arguments = program.arguments("predict", 1);
  auto expected = program.run("predict", arguments);
  unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | 0x2000); // rounds down
  auto actual = program.run("predict", arguments);
  unsigned after = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before);
  EXPECT_EQ(after & 0xe040, (before & 0xe040) | 0x2000);
  EXPECT_EQ(std::memcmp(expected[0].data(), actual[0].data(), expected[0].bytes()), 0);
#endif
}

} // namespace
