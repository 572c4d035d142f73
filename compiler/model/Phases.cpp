#include "compiler/model/Phases.h"

#include "compiler/ad/Autodiff.h"
#include "compiler/ad/CheckIndices.h"
#include "compiler/model/BuildManifest.h"
#include "compiler/passes/RunPasses.h"
#include "compiler/step/Passes.h"
#include "compiler/step/StepCompiler.h"
#include "frontend/Emit.h"

#include "mlir/Transforms/Passes.h"

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

Status printPhase(const frontend::core::Program &program, const frontend::SourceManager &sources,
                  const std::string &phase, llvm::raw_ostream &out) {
  std::string errors;
  std::unique_ptr<MLIRContext> context = makeContext(errors);
  auto options = frontend::EmitOptions::all(program.settings.batch * program.settings.accumulate);
  OwningOpRef<ModuleOp> module = frontend::emit(program, options, sources, *context);
  if (!module)
    return Status::failed("a bug in mlc's emit phase; please report it with the model:\n" + errors);

  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(64);
  if (phase == "mlc") {
    module->print(out, flags);
    return Status::ok();
  }
  if (phase == "grad") {
    MLC_TRY(run(*module, errors, buildGradientPhase, "grad"));
    module->print(out, flags);
    return Status::ok();
  }
  MLC_TRY(lowerToStepFunctions(*module, errors));
  static const std::pair<const char *, StepPhase> phases[] = {
      {"step", StepPhase::Step}, {"plan", StepPhase::Plan}, {"kernels", StepPhase::Kernels},
      {"llvm", StepPhase::LLVM}, {"asm", StepPhase::Asm},   {"obj", StepPhase::Obj}};
  for (auto [name, stepPhase] : phases) {
    if (phase != name)
      continue;
    Target target = Target::host();
    CompileOptions compile;
    compile.name = program.name;
    Expected<Manifest> manifest = buildManifest(program, {});
    if (!manifest)
      return manifest.status();
    StateLayout layout = layoutOf(*manifest);
    compile.state = &layout;
    if (succeeded(printPhase(*module, target, compile, stepPhase, out)))
      return Status::ok();
    return Status::failed("a bug in mlc's " + phase + " phase; please report it with the model:\n" + errors);
  }
  return Status::usage("there is no phase `" + phase + "`");
}

} // namespace mlc::compiler
