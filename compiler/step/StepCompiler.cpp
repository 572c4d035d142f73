#include "compiler/step/StepCompiler.h"

#include "compiler/fuse/Fuse.h"
#include "compiler/jit/KernelCompiler.h"
#include "compiler/jit/Linker.h"
#include "compiler/kernels/Kernel.h"
#include "compiler/passes/RunPasses.h"
#include "compiler/plan/Plan.h"
#include "compiler/source/SourceLines.h"
#include "compiler/step/Driver.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"
#include "runtime/profile/Trace.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/SourceMgr.h"

#include <chrono>

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

std::vector<func::FuncOp> kernelsOf(ModuleOp module) {
  std::vector<func::FuncOp> kernels;
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(step::kernelAttr))
      kernels.push_back(function);
  return kernels;
}

/// Says on arguments and results which state lies in panels in `layout`.
void markPanels(ModuleOp module, const StateLayout &layout) {
  Builder builder(module.getContext());
  llvm::StringMap<const StatePlace *> places = layout.byName();
  // All attributes at once: one at a time, each makes a list of all.
  auto mark = [&](SmallVectorImpl<DictionaryAttr> &attributes) {
    bool isMarked = false;
    for (DictionaryAttr &each : attributes) {
      StringAttr name = ir::nameIn(each.getAs<ir::RoleAttr>(ir::roleAttr), ir::RoleKind::State);
      const StatePlace *place = name ? places.lookup(name.getValue()) : nullptr;
      if (!place || !place->panel)
        continue;
      NamedAttrList list(each);
      list.set(panelAttr, builder.getI64IntegerAttr(place->panel));
      each = list.getDictionary(module.getContext());
      isMarked = true;
    }
    return isMarked;
  };
  for (auto function : module.getOps<func::FuncOp>()) {
    SmallVector<DictionaryAttr> arguments, results;
    function.getAllArgAttrs(arguments);
    function.getAllResultAttrs(results);
    if (mark(arguments))
      function.setAllArgAttrs(arguments);
    if (mark(results))
      function.setAllResultAttrs(results);
  }
}

LogicalResult runPipeline(ModuleOp module, const Target &target, const CompileOptions &options,
                          StepPhase last) {
  if (options.state)
    markPanels(module, *options.state);
  // Checks that are still there have to be dropped, and then there is something to simplify.
  bool isSimplified = options.isSimplified &&
                      !module.walk([](ir::WithinOp) { return WalkResult::interrupt(); }).wasInterrupted();
  return runPasses(module,
                   [&](OpPassManager &passes) { buildStepPipeline(passes, target, last, isSimplified); });
}

/// The layout to use for a planned module: the given one, if the module keeps to it, else its own.
FailureOr<StateLayout> layoutFor(ModuleOp module, const CompileOptions &options) {
  FailureOr<StateLayout> own = planState(module);
  if (failed(own) || !options.state)
    return own;
  llvm::StringMap<const StatePlace *> places = options.state->byName();
  for (const StatePlace &place : own->places) {
    const StatePlace *given = places.lookup(place.name);
    if (!given)
      return module.emitError("state '") << place.name << "' is not in the given layout";
    if (given->dtype != place.dtype || given->shape != place.shape)
      return module.emitError("state '") << place.name << "' is of another type in the given layout";
  }
  return *options.state;
}

std::string symbolOf(func::FuncOp function, const CompileOptions &options) {
  return ("mlc_" + options.name + "_" + function.getName() + options.suffix).str();
}

/// What is known about the module once it is planned.
struct Planned {
  StateLayout state;
  std::vector<StepFunction> functions;
  std::vector<KernelUnit> units;
  llvm::StringMap<std::string> kernelSymbols, functionSymbols;
};

/// Appends the launches of `function` to `list`; `numbers` remembers those of loops that were seen.
void listLaunches(func::FuncOp function, const llvm::StringMap<KernelInfo> &kernels,
                  DenseMap<Operation *, uint32_t> &numbers, LaunchList &list) {
  for (step::LaunchOp launch : launchesOf(function)) {
    if (func::FuncOp body = bodyOf(launch)) {
      for (int64_t i = 0; i < launch.getLoopAttr().getSteps(); ++i)
        listLaunches(body, kernels, numbers, list);
      continue;
    }
    auto [number, isNew] = numbers.try_emplace(launch, list.infos.size());
    if (isNew) {
      KernelInfo info = kernels.lookup(launch.getKernel());
      std::string lines;
      if (ArrayAttr places = launch.getLinesAttr())
        for (StringRef place : places.getAsValueRange<StringAttr>())
          lines += (lines.empty() ? "" : ", ") + place.str();
      list.infos.push_back({launch.getKernel().str(), lines, info.chunks, info.flops, info.bytes});
    }
    list.order.push_back(number->second);
  }
}

/// Adds the launches and operations of `times` runs of `function` to `description`.
void countWork(func::FuncOp function, int64_t times, const llvm::StringMap<KernelInfo> &kernels,
               StepFunction &description) {
  for (step::LaunchOp launch : launchesOf(function)) {
    if (func::FuncOp body = bodyOf(launch)) {
      countWork(body, times * launch.getLoopAttr().getSteps(), kernels, description);
      continue;
    }
    description.launches += times;
    description.flops += times * kernels.lookup(launch.getKernel()).flops;
  }
}

FailureOr<Planned> plan(ModuleOp module, const Target &target, const CompileOptions &options) {
  if (failed(runPipeline(module, target, options, StepPhase::Plan)))
    return failure();
  Planned planned;
  FailureOr<StateLayout> state = layoutFor(module, options);
  if (failed(state))
    return failure();
  planned.state = std::move(*state);
  llvm::StringMap<KernelInfo> kernels;
  llvm::StringSet<> symbols;
  for (func::FuncOp kernel : kernelsOf(module)) {
    FailureOr<KernelInfo> info = planKernel(kernel, target);
    if (failed(info))
      return failure();
    kernels[kernel.getName()] = *info;
    KernelUnit unit = kernelUnit(kernel);
    planned.kernelSymbols[kernel.getName()] = unit.symbol;
    // Planning makes copying kernels after equal kernels became one; a kernel may be such a copy already.
    if (symbols.insert(unit.symbol).second)
      planned.units.push_back(std::move(unit));
  }
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!isEntry(function))
      continue;
    StepFunction description;
    description.name = function.getName().str();
    description.symbol = symbolOf(function, options);
    description.arenaBytes = function->getAttrOfType<IntegerAttr>(arenaAttr).getInt();
    description.scratchBytes = function->getAttrOfType<IntegerAttr>(scratchAttr).getInt();
    countWork(function, 1, kernels, description);
    DenseMap<Operation *, uint32_t> numbers;
    if (options.profiled)
      listLaunches(function, kernels, numbers, description.list);
    planned.functionSymbols[description.name] = description.symbol;
    planned.functions.push_back(std::move(description));
  }
  return planned;
}

DiskCache cacheFor(const CompileOptions &options) {
  if (!options.useCache)
    return DiskCache("");
  return options.cacheDir.empty() ? DiskCache::ofUser() : DiskCache(options.cacheDir);
}

/// Reports `error` on the module.
LogicalResult report(ModuleOp module, llvm::Error error) {
  return module.emitError(llvm::toString(std::move(error)));
}

class LinkedModule : public CompiledModule {
public:
  LinkedModule(CompiledObjects objects, std::unique_ptr<Linker> linker)
      : layout(std::move(objects.state)), counts(objects.statistics), linker(std::move(linker)) {}

  llvm::Error resolve(const std::vector<StepFunction> &descriptions) {
    for (const StepFunction &description : descriptions) {
      llvm::Expected<void *> address = linker->find(description.symbol);
      if (!address)
        return address.takeError();
      functions.push_back({description, reinterpret_cast<mlc_function>(*address)});
    }
    return llvm::Error::success();
  }

  const StateLayout &state() const override { return layout; }
  const CompileStatistics &statistics() const override { return counts; }
  const CompiledFunction *find(llvm::StringRef name) const override {
    for (const CompiledFunction &function : functions)
      if (function.description.name == name)
        return &function;
    return nullptr;
  }

private:
  StateLayout layout;
  CompileStatistics counts;
  std::unique_ptr<Linker> linker;
  std::vector<CompiledFunction> functions;
};

} // namespace

FailureOr<std::vector<StepFunction>> compiler::planFunctions(ModuleOp module, const Target &target,
                                                             const CompileOptions &options) {
  FailureOr<Planned> planned = plan(module, target, options);
  if (failed(planned))
    return failure();
  return std::move(planned->functions);
}

FailureOr<CompiledObjects> compiler::compileObjects(ModuleOp module, const Target &target,
                                                    const CompileOptions &options) {
  auto start = std::chrono::steady_clock::now();
  Phase planPhase("fuse and plan", "compile");
  FailureOr<Planned> planned = plan(module, target, options);
  if (failed(planned))
    return failure();
  planPhase.finish();

  Phase kernelsPhase("kernels", "compile");
  CompiledObjects result;
  DiskCache cache = cacheFor(options);
  llvm::Expected<CompiledKernels> kernels =
      compileKernels(planned->units, target, cache, options.threads, NativeForm::Object, options.cancelled);
  if (!kernels)
    return report(module, kernels.takeError());
  kernelsPhase.finish();
  Phase driverPhase("step function", "compile");
  for (auto [unit, object] : llvm::zip_equal(planned->units, kernels->forms))
    result.objects.push_back({unit.name, std::move(object)});

  llvm::LLVMContext context;
  FailureOr<std::unique_ptr<llvm::Module>> driver =
      buildDriver(module, planned->state, planned->kernelSymbols, planned->functionSymbols, target,
                  options.profiled, context);
  if (failed(driver))
    return failure();
  llvm::Expected<std::string> object = compileNative(**driver, target, NativeForm::Object);
  if (!object)
    return report(module, object.takeError());
  result.objects.push_back({"functions", std::move(*object)});

  result.state = std::move(planned->state);
  result.functions = std::move(planned->functions);
  for (const StepFunction &function : result.functions)
    result.statistics.launches += function.launches;
  result.statistics.kernels = planned->units.size();
  result.statistics.cached = kernels->cached;
  result.statistics.compiled = kernels->compiled;
  std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  result.statistics.milliseconds = elapsed.count();
  return result;
}

llvm::Expected<std::unique_ptr<CompiledModule>> compiler::linkInMemory(CompiledObjects objects) {
  Phase phase("link", "compile");
  llvm::Expected<std::unique_ptr<Linker>> linker = Linker::create();
  if (!linker)
    return linker.takeError();
  for (const Object &object : objects.objects)
    if (llvm::Error error = (*linker)->add(object.name, object.bytes))
      return error;
  std::vector<StepFunction> functions = std::move(objects.functions);
  auto linked = std::make_unique<LinkedModule>(std::move(objects), std::move(*linker));
  if (llvm::Error error = linked->resolve(functions))
    return error;
  return linked;
}

FailureOr<std::unique_ptr<CompiledModule>> compiler::compileFunctions(ModuleOp module, const Target &target,
                                                                      const CompileOptions &options) {
  FailureOr<CompiledObjects> objects = compileObjects(module, target, options);
  if (failed(objects))
    return failure();
  llvm::Expected<std::unique_ptr<CompiledModule>> linked = linkInMemory(std::move(*objects));
  if (!linked)
    return report(module, linked.takeError());
  return std::move(*linked);
}

/// All kernels and functions as one LLVM module.
static llvm::Expected<std::unique_ptr<llvm::Module>> oneModule(const std::vector<std::string> &kernels,
                                                               std::unique_ptr<llvm::Module> functions) {
  llvm::Linker linker(*functions);
  for (const std::string &text : kernels) {
    llvm::SMDiagnostic diagnostic;
    std::unique_ptr<llvm::Module> kernel =
        llvm::parseAssemblyString(text, diagnostic, functions->getContext());
    if (!kernel)
      return llvm::createStringError(llvm::inconvertibleErrorCode(), diagnostic.getMessage().str());
    if (functions->getDataLayout().isDefault()) {
      functions->setDataLayout(kernel->getDataLayout());
      functions->setTargetTriple(kernel->getTargetTriple());
    }
    if (linker.linkInModule(std::move(kernel)))
      return llvm::createStringError(llvm::inconvertibleErrorCode(), "kernels cannot be linked together");
  }
  return functions;
}

static LogicalResult printKernels(ModuleOp module, const Target &target, llvm::raw_ostream &out) {
  // The text of a kernel has the lines of one launch; others compute other lines with it.
  llvm::StringMap<SourceLines> lines;
  module.walk([&](step::LaunchOp launch) { collectLines(launch.getLoc(), lines[launch.getKernel()]); });
  for (func::FuncOp kernel : kernelsOf(module)) {
    FailureOr<KernelInfo> info = planKernel(kernel, target);
    if (failed(info))
      return failure();
    out << llvm::formatv(
        "// {0}: {1}, {2} chunks, {3} bytes of scratch, {4:F0} flops, {5:F0} bytes, {6:F1} us",
        kernel.getName(), info->emitter, info->chunks, info->scratchBytes, info->flops, info->bytes,
        info->nanoseconds / 1000);
    if (std::string text = linesText(lines.lookup(kernel.getName())); !text.empty())
      out << ", for " << text;
    out << "\n";
    if (!info->choices.empty())
      out << "//   " << choicesAttr << " = {" << Choices::print(info->emitter, info->choices) << "}\n";
    printWithLines(kernel, OpPrintingFlags(), out);
    out << "\n\n";
  }
  return success();
}

LogicalResult compiler::printPhase(ModuleOp module, const Target &target, const CompileOptions &options,
                                   StepPhase phase, llvm::raw_ostream &out) {
  if (phase == StepPhase::Fuse) {
    if (failed(runPipeline(module, target, options, phase)))
      return failure();
    printWithLines(module, OpPrintingFlags(), out);
    return success();
  }
  FailureOr<Planned> planned = plan(module, target, options);
  if (failed(planned))
    return failure();
  if (phase == StepPhase::Plan) {
    printPlan(module, out);
    return success();
  }
  if (phase == StepPhase::Kernels)
    return printKernels(module, target, out);

  llvm::Expected<CompiledKernels> kernels =
      compileKernels(planned->units, target, DiskCache(""), options.threads, NativeForm::LLVM);
  if (!kernels)
    return report(module, kernels.takeError());
  llvm::LLVMContext context;
  FailureOr<std::unique_ptr<llvm::Module>> driver =
      buildDriver(module, planned->state, planned->kernelSymbols, planned->functionSymbols, target,
                  options.profiled, context);
  if (failed(driver))
    return failure();
  llvm::Expected<std::unique_ptr<llvm::Module>> all = oneModule(kernels->forms, std::move(*driver));
  if (!all)
    return report(module, all.takeError());
  NativeForm form = phase == StepPhase::LLVM  ? NativeForm::LLVM
                    : phase == StepPhase::Asm ? NativeForm::Asm
                                              : NativeForm::Object;
  llvm::Expected<std::string> text = compileNative(**all, target, form);
  if (!text)
    return report(module, text.takeError());
  out << *text;
  return success();
}
