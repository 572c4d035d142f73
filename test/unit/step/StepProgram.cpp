#include "test/unit/step/StepProgram.h"

#include "compiler/oracle/Compare.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"

#include "mlir/Parser/Parser.h"

#include <cstring>
#include <random>

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;
using namespace mlc::test;

using oracle::Tensor;
using Bytes = std::vector<char, Eigen::aligned_allocator<char>>;

static DialectRegistry dialects() {
  DialectRegistry registry;
  registerStepCompilerDialects(registry);
  return registry;
}

StepProgram::StepProgram(const std::string &text, std::string cacheDir) : context(dialects()) {
  source = parseSourceString<ModuleOp>(text, &context);
  if (source)
    compile(cast<ModuleOp>(source.get()->clone()), std::move(cacheDir));
}

StepProgram::StepProgram(ModuleOp module) : context(dialects()) {
  std::string text;
  llvm::raw_string_ostream out(text);
  module->print(out);
  source = parseSourceString<ModuleOp>(text, &context);
  if (source)
    compile(cast<ModuleOp>(source.get()->clone()), "");
}

void StepProgram::compile(ModuleOp copy, std::string cacheDir) {
  OwningOpRef<ModuleOp> module(copy);
  CompileOptions options;
  options.name = "test";
  options.useCache = !cacheDir.empty();
  options.cacheDir = std::move(cacheDir);
  FailureOr<std::unique_ptr<CompiledModule>> result = compileFunctions(*module, Target::host(), options);
  if (succeeded(result))
    program = std::move(*result);
}

func::FuncOp StepProgram::original(const std::string &function) {
  return source->lookupSymbol<func::FuncOp>(function);
}

std::vector<Tensor> StepProgram::run(const std::string &name, std::vector<Tensor> arguments, bool inOrder) {
  func::FuncOp function = original(name);
  const CompiledFunction *entry = program->find(name);
  const StateLayout &layout = program->state();

  auto poisoned = [](int64_t bytes) { return Bytes(bytes + 64, char(0xFF)); };
  Bytes state = poisoned(layout.bytes), arena = poisoned(entry->description.arenaBytes),
        scratch = poisoned(entry->description.scratchBytes);
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  std::vector<Tensor> results;

  mlc_call call{};
  for (size_t i = 0; i < arguments.size(); ++i) {
    ir::RoleAttr role = ir::argumentRole(function, i);
    if (StringAttr stateName = ir::nameIn(role, ir::RoleKind::State)) {
      std::memcpy(state.data() + layout.find(stateName.getValue())->offset, arguments[i].data(),
                  arguments[i].bytes());
    } else if (ir::isOfKind(role, ir::RoleKind::Stream)) {
      call.seed = arguments[i].integerAt(0);
      call.update = arguments[i].integerAt(1);
      call.row = arguments[i].integerAt(2);
    } else if (ir::isOfKind(role, ir::RoleKind::Scalars)) {
      call.scalars = static_cast<const double *>(arguments[i].data());
    } else {
      inputs.push_back(arguments[i].data());
    }
  }
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    results.emplace_back(cast<RankedTensorType>(type));
    if (!ir::stateOfResult(function, i)) {
      std::memset(results.back().mutableData(), 0xFF, results.back().bytes());
      outputs.push_back(results.back().mutableData());
    }
  }

  call.state = reinterpret_cast<uint8_t *>(state.data());
  call.arena = reinterpret_cast<uint8_t *>(arena.data());
  call.scratch = scratch.data();
  call.inputs = inputs.data();
  call.outputs = outputs.data();
  call.context = scratch.data();
  call.parallel_for = [](void *context, mlc_kernel kernel, void *const *args, int64_t chunks) {
    for (int64_t chunk = chunks; chunk-- > 0;)
      kernel(args, chunk, context);
  };
  if (inOrder)
    call.parallel_for = [](void *context, mlc_kernel kernel, void *const *args, int64_t chunks) {
      for (int64_t chunk = 0; chunk < chunks; ++chunk)
        kernel(args, chunk, context);
    };
  entry->entry(&call);

  for (auto [i, result] : llvm::enumerate(results))
    if (auto stateName = ir::stateOfResult(function, i))
      std::memcpy(result.mutableData(), state.data() + layout.find(stateName.getValue())->offset,
                  result.bytes());
  for (const Bytes *guarded : {&state, &arena, &scratch})
    for (size_t i = guarded->size() - 64; i < guarded->size(); ++i)
      EXPECT_EQ((*guarded)[i], char(0xFF)) << "written behind the end";
  return results;
}

std::vector<Tensor> StepProgram::interpret(const std::string &name, std::vector<Tensor> arguments) {
  llvm::Expected<std::vector<Tensor>> results = oracle::run(original(name), arguments);
  if (!results) {
    ADD_FAILURE() << llvm::toString(results.takeError());
    return {};
  }
  return std::move(*results);
}

std::vector<Tensor> StepProgram::arguments(const std::string &name, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Tensor> arguments;
  for (Type type : original(name).getArgumentTypes()) {
    Tensor tensor(cast<RankedTensorType>(type));
    bool isFloat = isa<FloatType>(tensor.type().getElementType());
    bool isBool = tensor.dtype() == DType::Bool;
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.set(i, isFloat  ? double(random() % 2001) / 1000 - 1
                    : isBool ? double(random() % 2)
                             : double(random() % 9));
    arguments.push_back(std::move(tensor));
  }
  return arguments;
}

void StepProgram::compareAll(const std::string &name, uint64_t seed, oracle::Tolerance tolerance) {
  ASSERT_TRUE(compiled());
  std::vector<Tensor> values = arguments(name, seed);
  std::vector<Tensor> expected = interpret(name, values), actual = run(name, values),
                      again = run(name, values, /*inOrder=*/true);
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < actual.size(); ++i)
    EXPECT_EQ(std::memcmp(actual[i].data(), again[i].data(), actual[i].bytes()), 0)
        << "@" << name << ", result " << i << " depends on the order of chunks";
  for (size_t i = 0; i < expected.size(); ++i)
    if (auto mismatch = oracle::compare(expected[i], actual[i], tolerance))
      ADD_FAILURE() << "@" << name << ", seed " << seed << ", result " << i << ": " << mismatch->text();
}
