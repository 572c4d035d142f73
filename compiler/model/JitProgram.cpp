#include "compiler/model/JitProgram.h"

#include "compiler/jit/GiveBack.h"
#include "compiler/model/BuildManifest.h"
#include "compiler/model/Phases.h"
#include "compiler/model/ProgramHashes.h"
#include "frontend/emit/Emit.h"
#include "runtime/profile/Trace.h"

#include <system_error>

using namespace mlir;

namespace mlc::compiler {
namespace {

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

frontend::EmitOptions emitOptions(const FunctionSet &set) {
  frontend::EmitOptions options;
  options.rows = std::max<int64_t>(set.rows, 1);
  for (FunctionKind id : set.ids)
    switch (id) {
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
  return options;
}

} // namespace

JitProgram::JitProgram(const frontend::core::Program &program, const frontend::SourceManager &sources,
                       unsigned threads)
    : program(program), sources(sources), threads(threads), target(Target::host()),
      cache(DiskCache::ofUser(), program, sources, target) {}

JitProgram::~JitProgram() {
  cancelled = true;
  if (background.joinable())
    background.join();
}

Expected<std::unique_ptr<JitProgram>> JitProgram::create(const frontend::core::Program &program,
                                                         const frontend::SourceManager &sources,
                                                         unsigned threads) {
  std::unique_ptr<JitProgram> jit(new JitProgram(program, sources, threads));
  Expected<Manifest> manifest = buildManifest(program, hashesOf(program));
  if (!manifest)
    return manifest.status();
  jit->theManifest = std::move(*manifest);
  jit->layout = layoutOf(jit->theManifest);
  return jit;
}

Expected<OwningOpRef<ModuleOp>> JitProgram::stepFunctions(const frontend::EmitOptions &options) {
  Phase emitPhase("emit", "compile");
  OwningOpRef<ModuleOp> module = frontend::emit(program, options, sources, context());
  if (!module)
    return Status::failed("a bug in mlc's emit phase; please report it with the model:\n" + errors);
  emitPhase.finish();
  Phase phase("differentiate", "compile");
  MLC_TRY(lowerToStepFunctions(*module, errors));
  return module;
}

CompileOptions JitProgram::compileOptions(const std::string &suffix) const {
  CompileOptions compile;
  compile.name = program.name;
  compile.suffix = suffix;
  compile.state = &layout;
  compile.isSimplified = true;
  compile.threads = threads;
  compile.profiled = profiled;
  compile.cancelled = &cancelled;
  return compile;
}

Expected<CompiledModule *> JitProgram::compile(const frontend::EmitOptions &options,
                                               const std::string &suffix) {
  std::optional<CompiledObjects> objects = cache.find(options, form());
  if (!objects) {
    Expected<OwningOpRef<ModuleOp>> module = stepFunctions(options);
    if (!module)
      return module.status();
    FailureOr<CompiledObjects> compiled = compileObjects(**module, target, compileOptions(suffix));
    if (failed(compiled))
      return Status::failed("a bug in mlc's code generation; please report it with the model:\n" + errors);
    objects = std::move(*compiled);
    cache.store(options, form(), *objects);
  }
  objects->state = layout;
  llvm::Expected<std::unique_ptr<CompiledModule>> linked = linkInMemory(std::move(*objects));
  if (!linked)
    return Status::failed("the compiled program cannot be linked: " + llvm::toString(linked.takeError()));
  modules.push_back(std::move(*linked));

  const CompileStatistics &statistics = modules.back()->statistics();
  totals.launches += statistics.launches;
  totals.kernels += statistics.kernels;
  totals.cached += statistics.cached;
  totals.compiled += statistics.compiled;
  totals.milliseconds += statistics.milliseconds;
  return modules.back().get();
}

mlir::MLIRContext &JitProgram::context() {
  // Made when first needed: a program that is compiled already needs none.
  if (!mlirContext)
    mlirContext = makeContext(errors);
  return *mlirContext;
}

Expected<std::vector<StepFunction>> JitProgram::describe(const FunctionSet &set) {
  std::vector<StepFunction> known;
  {
    std::lock_guard<std::mutex> lock(looking);
    for (FunctionKind id : set.ids)
      if (auto found = functions.find({id, set.rows}); found != functions.end())
        known.push_back(found->second.source->description);
  }
  if (known.size() == set.ids.size())
    return known;
  frontend::EmitOptions options = emitOptions(set);
  if (std::optional<CompiledObjects> objects = cache.find(options, form()))
    return std::move(objects->functions);
  if (std::optional<CompiledObjects> plan = cache.find(options, ProgramForm::Plan))
    return std::move(plan->functions);
  Expected<OwningOpRef<ModuleOp>> module = stepFunctions(options);
  if (!module)
    return module.status();
  FailureOr<std::vector<StepFunction>> planned = planFunctions(**module, target, compileOptions(""));
  if (failed(planned))
    return Status::failed("a bug in mlc's code generation; please report it with the model:\n" + errors);
  // Where nothing was compiled, nothing is kept either: `mlc check` leaves no trace.
  if (!modules.empty()) {
    CompiledObjects plan;
    plan.functions = *planned;
    cache.store(options, ProgramForm::Plan, plan);
  }
  return std::move(*planned);
}

Expected<TrainingPlan> JitProgram::planTraining(int64_t rows) {
  std::lock_guard<std::mutex> lock(compiling);
  std::vector<FunctionSet> sets = {{{FunctionKind::Init, FunctionKind::Figures}, 0},
                                   {{FunctionKind::TrainStep}, rows}};
  const DataSpec &data = theManifest.data;
  if (data.validation || data.validationFraction > 0 || data.test)
    sets.push_back({{FunctionKind::EvalStep}, rows});
  TrainingPlan plan;
  for (const FunctionSet &set : sets) {
    Expected<std::vector<StepFunction>> described = describe(set);
    if (!described)
      return described.status();
    for (StepFunction &function : *described) {
      plan.arenaBytes = std::max(plan.arenaBytes, function.arenaBytes);
      plan.scratchBytes = std::max(plan.scratchBytes, function.scratchBytes);
      if (function.name == functionName(FunctionKind::TrainStep))
        plan.step = std::move(function);
    }
  }
  if (plan.step.name.empty())
    return Status::failed("the step compiler left out the training step");
  return plan;
}

Expected<const CompiledFunction *> JitProgram::gradients(int64_t rows) {
  std::lock_guard<std::mutex> lock(compiling);
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

Status JitProgram::prepare(const std::vector<FunctionKind> &ids, int64_t rows) {
  std::lock_guard<std::mutex> lock(compiling);
  FunctionSet wanted{{}, rows};
  {
    std::lock_guard<std::mutex> look(looking);
    for (FunctionKind id : ids)
      if (!functions.count({id, rows}))
        wanted.ids.push_back(id);
  }
  if (wanted.ids.empty())
    return Status::ok();
  Expected<CompiledModule *> compiled = compile(emitOptions(wanted), "_rows" + std::to_string(rows));
  if (!compiled)
    return compiled.status();
  std::lock_guard<std::mutex> look(looking);
  for (FunctionKind id : wanted.ids) {
    const CompiledFunction *found = (*compiled)->find(functionName(id));
    if (!found)
      return Status::failed("the step compiler left out " + functionName(id).str());
    const StepFunction &description = found->description;
    functions[{id, rows}] = {{found->entry, description.arenaBytes, description.scratchBytes,
                              profiled ? &description.list : nullptr},
                             found};
  }
  return Status::ok();
}

void JitProgram::prepareInBackground(std::vector<FunctionSet> sets) {
  std::lock_guard<std::mutex> lock(queueing);
  for (FunctionSet &set : sets)
    queue.push_back(std::move(set));
  if (working)
    return;
  if (background.joinable())
    background.join(); // it is over
  try {
    background = std::thread([this] { workInBackground(); });
    working = true;
  } catch (const std::system_error &) {
    queue.clear(); // then functions are compiled when they are needed
  }
}

void JitProgram::workInBackground() {
  while (true) {
    FunctionSet set;
    {
      std::lock_guard<std::mutex> lock(queueing);
      working = !queue.empty() && !cancelled;
      if (!working)
        break;
      set = std::move(queue.front());
      queue.pop_front();
    }
    // A failure is met again by who needs the function, and said there.
    static_cast<void>(prepare(set.ids, set.rows));
  }
  std::lock_guard<std::mutex> lock(compiling);
  mlirContext.reset();
  giveBackCompilerMemory();
}

CompileStatistics JitProgram::statistics() {
  std::lock_guard<std::mutex> lock(compiling);
  return totals;
}

Expected<const Function *> JitProgram::function(FunctionKind id, int64_t rows) {
  auto find = [&]() -> const Function * {
    std::lock_guard<std::mutex> lock(looking);
    auto found = functions.find({id, rows});
    return found == functions.end() ? nullptr : &found->second.function;
  };
  if (const Function *found = find())
    return found;
  MLC_TRY(prepare({id}, rows));
  return find();
}

} // namespace mlc::compiler
