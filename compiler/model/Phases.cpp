#include "compiler/model/Phases.h"

#include "compiler/ad/Autodiff.h"
#include "compiler/ad/CheckIndices.h"
#include "compiler/model/BuildManifest.h"
#include "compiler/passes/RunPasses.h"
#include "compiler/source/SourceLines.h"
#include "compiler/step/Passes.h"
#include "compiler/step/StepCompiler.h"
#include "frontend/emit/Emit.h"
#include "runtime/Nearest.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace mlc::compiler {

std::unique_ptr<MLIRContext> makeContext(std::string &errors) {
  DialectRegistry registry;
  registerStepCompilerDialects(registry);
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->getDiagEngine().registerHandler([&errors](Diagnostic &diagnostic) {
    llvm::raw_string_ostream stream(errors);
    stream << diagnostic.getLocation() << ": " << diagnostic << "\n";
    return success();
  });
  return context;
}

void buildGradientPhase(OpPassManager &passes) {
  // Before differentiating: what is simpler forward is simpler backward, and dead code asks for no gradient.
  passes.addPass(createStraightLineCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createAutodiffPass());
  // What was differentiated, and derivative clauses that were used, have nobody left who calls them.
  passes.addPass(createSymbolDCEPass());
}

void buildStepFunctionPhase(OpPassManager &passes) {
  // Derivative clauses have done their work: calls become their bodies.
  passes.addPass(createInlinePass());
  // What forward, backward and update now share in one function.
  passes.addPass(createStraightLineCanonicalizerPass());
  passes.addPass(createCSEPass());
  // When equal checks are one.
  passes.addPass(createCheckIndicesPass());
}

static Status run(ModuleOp module, std::string &errors, llvm::function_ref<void(OpPassManager &)> build,
                  const char *phase) {
  if (succeeded(runPasses(module, build)))
    return Status::ok();
  return Status::failed(std::string("a bug in mlc's ") + phase +
                        " phase; please report it with the model:\n" + errors);
}

Status lowerToStepFunctions(ModuleOp module, std::string &errors) {
  MLC_TRY(run(module, errors, buildGradientPhase, "grad"));
  return run(module, errors, buildStepFunctionPhase, "step");
}

/// One function of the module, or of no name the whole.
static Status printModule(ModuleOp module, const std::string &only, llvm::raw_ostream &out) {
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(64);
  if (only.empty()) {
    printWithLines(module, flags, out);
    return Status::ok();
  }
  std::vector<std::string> names;
  for (auto function : module.getOps<func::FuncOp>())
    names.push_back(function.getName().str());
  auto function = module.lookupSymbol<func::FuncOp>(only);
  if (!function)
    return Status::usage("there is no function `" + only + "` after this phase (there are " +
                         llvm::join(names, ", ") + ")" + didYouMean(only, names));
  printWithLines(function, flags, out);
  out << "\n";
  return Status::ok();
}

Status printPhase(const frontend::core::Program &program, const frontend::SourceManager &sources,
                  const std::string &phase, const std::string &only, const Target &target,
                  llvm::raw_ostream &out) {
  if (!only.empty() && (phase == "plan" || phase == "llvm" || phase == "asm" || phase == "obj"))
    return Status::usage(
        "one function alone can be printed after mlc, grad, step, fuse and kernels, not after " + phase);
  std::string errors;
  std::unique_ptr<MLIRContext> context = makeContext(errors);
  auto options = frontend::EmitOptions::all(program.settings.batch * program.settings.accumulate);
  OwningOpRef<ModuleOp> module = frontend::emit(program, options, sources, *context);
  if (!module)
    return Status::failed("a bug in mlc's emit phase; please report it with the model:\n" + errors);

  if (phase == "mlc")
    return printModule(*module, only, out);
  if (phase == "grad") {
    MLC_TRY(run(*module, errors, buildGradientPhase, "grad"));
    return printModule(*module, only, out);
  }
  MLC_TRY(lowerToStepFunctions(*module, errors));
  if (phase == "step")
    return printModule(*module, only, out);
  static const std::pair<const char *, StepPhase> phases[] = {
      {"fuse", StepPhase::Fuse}, {"plan", StepPhase::Plan}, {"kernels", StepPhase::Kernels},
      {"llvm", StepPhase::LLVM}, {"asm", StepPhase::Asm},   {"obj", StepPhase::Obj}};
  for (auto [name, stepPhase] : phases) {
    if (phase != name)
      continue;
    CompileOptions compile;
    compile.name = program.name;
    Expected<Manifest> manifest = buildManifest(program, {});
    if (!manifest)
      return manifest.status();
    StateLayout layout = layoutOf(*manifest);
    compile.state = &layout;
    compile.isSimplified = true;
    std::string all;
    llvm::raw_string_ostream whole(all);
    if (succeeded(printPhase(*module, target, compile, stepPhase, only.empty() ? out : whole))) {
      if (only.empty())
        return Status::ok();
      // A kernel stands with the line that says how it is compiled.
      size_t begin = stepPhase == StepPhase::Kernels ? all.find("// " + only + ": ") : std::string::npos;
      if (begin == std::string::npos)
        return printModule(*module, only, out);
      out << all.substr(begin, all.find("\n\n", begin) + 1 - begin);
      return Status::ok();
    }
    return Status::failed("a bug in mlc's " + phase + " phase; please report it with the model:\n" + errors);
  }
  return Status::usage("there is no phase `" + phase + "`");
}

} // namespace mlc::compiler
