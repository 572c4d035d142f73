#include "compiler/model/JitProgram.h"

#include "compiler/model/BuildManifest.h"
#include "compiler/model/Phases.h"
#include "frontend/Emit.h"
#include "frontend/ProgramPrinter.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;

namespace mlc::compiler {
namespace {

/// What must agree for a checkpoint to go on being trained: everything but numbers of the optimizer and the
/// settings, which a person may change between runs. Text without source places, so that comments and layout
/// may change too.
std::string hashOf(const frontend::core::Program &program) {
  std::string text;
  for (const frontend::core::StateTensor &state : program.states) {
    text += state.name + ":" + std::to_string(static_cast<int>(state.type.dtype));
    for (const frontend::Dim &dim : state.type.shape)
      text += "," + dim.str();
    text += "\n";
  }
  text += frontend::core::print(program.evaluate.graph);
  auto digest = llvm::SHA256::hash(llvm::arrayRefFromStringRef(text));
  return llvm::toHex(ArrayRef<uint8_t>(digest).take_front(16), /*LowerCase=*/true);
}

StateLayout layoutOf(const Manifest &manifest) {
  StateLayout layout;
  for (const StateTensor &state : manifest.state)
    layout.places.push_back({state.name, state.dtype, state.shape, state.offset, state.bytes});
  layout.bytes = manifest.stateBytes;
  return layout;
}

StringRef functionName(FunctionKind kind) {
  switch (kind) {
  case FunctionKind::Init:
    return "init";
  case FunctionKind::TrainStep:
    return "train_step";
  case FunctionKind::EvalStep:
    return "eval_step";
  case FunctionKind::Predict:
    return "predict";
  case FunctionKind::Figures:
    return "figures";
  }
  return {};
}

} // namespace

JitProgram::JitProgram(const frontend::core::Program &program, const frontend::SourceManager &sources,
                       unsigned threads)
    : program(program), sources(sources), threads(threads), target(Target::host()) {}

JitProgram::~JitProgram() = default;

Expected<std::unique_ptr<JitProgram>> JitProgram::create(const frontend::core::Program &program,
                                                         const frontend::SourceManager &sources,
                                                         unsigned threads) {
  std::unique_ptr<JitProgram> jit(new JitProgram(program, sources, threads));
  Expected<Manifest> manifest = buildManifest(program, hashOf(program));
  if (!manifest)
    return manifest.status();
  jit->theManifest = std::move(*manifest);
  jit->layout = layoutOf(jit->theManifest);
  jit->mlirContext = makeContext(jit->errors);
  return jit;
}

Expected<OwningOpRef<ModuleOp>> JitProgram::stepFunctions(const frontend::EmitOptions &options) {
  OwningOpRef<ModuleOp> module = frontend::emit(program, options, sources, *mlirContext);
  if (!module)
    return Status::failed("a bug in mlc's emit phase; please report it with the model:\n" + errors);
  MLC_TRY(lowerToStepFunctions(*module, errors));
  return module;
}

CompileOptions JitProgram::compileOptions(const std::string &suffix) const {
  CompileOptions compile;
  compile.name = program.name;
  compile.suffix = suffix;
  compile.state = &layout;
  compile.threads = threads;
  return compile;
}

Expected<CompiledModule *> JitProgram::compile(const frontend::EmitOptions &options,
                                               const std::string &suffix) {
  Expected<OwningOpRef<ModuleOp>> module = stepFunctions(options);
  if (!module)
    return module.status();
  FailureOr<std::unique_ptr<CompiledModule>> compiled =
      compileFunctions(**module, target, compileOptions(suffix));
  if (failed(compiled))
    return Status::failed("a bug in mlc's code generation; please report it with the model:\n" + errors);
  modules.push_back(std::move(*compiled));

  const CompileStatistics &statistics = modules.back()->statistics();
  totals.launches += statistics.launches;
  totals.kernels += statistics.kernels;
  totals.cached += statistics.cached;
  totals.compiled += statistics.compiled;
  totals.milliseconds += statistics.milliseconds;
  return modules.back().get();
}

Expected<StepFunction> JitProgram::planTrainStep(int64_t rows) {
  frontend::EmitOptions options;
  options.rows = rows;
  options.train = true;
  Expected<OwningOpRef<ModuleOp>> module = stepFunctions(options);
  if (!module)
    return module.status();
  FailureOr<std::vector<StepFunction>> functions = planFunctions(**module, target, compileOptions(""));
  if (failed(functions))
    return Status::failed("a bug in mlc's code generation; please report it with the model:\n" + errors);
  for (StepFunction &function : *functions)
    if (function.name == functionName(FunctionKind::TrainStep))
      return std::move(function);
  return Status::failed("the step compiler left out the training step");
}

Expected<const CompiledFunction *> JitProgram::gradients(int64_t rows) {
  frontend::EmitOptions options;
  options.rows = rows;
  options.gradients = true;
  Expected<CompiledModule *> compiled = compile(options, "_gradients" + std::to_string(rows));
  if (!compiled)
    return compiled.status();
  const CompiledFunction *found = (*compiled)->find("gradients");
  if (!found)
    return Status::failed("the step compiler left out gradients");
  return found;
}

Status JitProgram::prepare(const std::vector<FunctionId> &ids, int64_t rows) {
  frontend::EmitOptions options;
  options.rows = std::max<int64_t>(rows, 1);
  std::vector<FunctionId> wanted;
  for (const FunctionId &id : ids) {
    if (functions.count({id, rows}))
      continue;
    wanted.push_back(id);
    switch (id.kind) {
    case FunctionKind::Init:
      options.init = true;
      break;
    case FunctionKind::TrainStep:
      options.train = true;
      break;
    case FunctionKind::EvalStep:
      options.evaluate = true;
      break;
    case FunctionKind::Predict:
      options.predict = true;
      break;
    case FunctionKind::Figures:
      options.figures = true;
      break;
    }
  }
  if (wanted.empty())
    return Status::ok();

  Expected<CompiledModule *> compiled = compile(options, "_rows" + std::to_string(rows));
  if (!compiled)
    return compiled.status();
  for (const FunctionId &id : wanted) {
    const CompiledFunction *found = (*compiled)->find(functionName(id.kind));
    if (!found)
      return Status::failed("the step compiler left out " + functionName(id.kind).str());
    functions[{id, rows}] = {{found->entry, found->description.arenaBytes, found->description.scratchBytes},
                             found};
  }
  return Status::ok();
}

Expected<const Function *> JitProgram::function(const FunctionId &id, int64_t rows) {
  MLC_TRY(prepare({id}, rows));
  return static_cast<const Function *>(&functions.at({id, rows}).function);
}

const CompiledFunction *JitProgram::description(const FunctionId &id, int64_t rows) const {
  auto found = functions.find({id, rows});
  return found == functions.end() ? nullptr : found->second.source;
}

} // namespace mlc::compiler
