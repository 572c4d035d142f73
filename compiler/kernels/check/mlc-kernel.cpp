// mlc-kernel: every function of a file as a kernel. Plans it, prints its code at some stage, checks it
// against the oracle, or times it.
#include "compiler/kernels/check/Check.h"
#include "compiler/lowering/Lowering.h"
#include "dialects/mlc/MlcOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace mlc::compiler;

namespace {

enum class Action { Plan, Loops, Llvm, Asm, Check, Choices, Time };

// NOLINTBEGIN(bugprone-throwing-static-initialization): options are static, and there is nobody to catch
// anything.
llvm::cl::opt<std::string> file(llvm::cl::Positional, llvm::cl::desc("FILE.mlir"), llvm::cl::init("-"));
llvm::cl::opt<std::string> targetName("target", llvm::cl::desc("host, avx512, avx2 or sse2"),
                                      llvm::cl::init("host"));
llvm::cl::opt<Action>
    action(llvm::cl::desc("What to do:"), llvm::cl::init(Action::Check),
           llvm::cl::values(clEnumValN(Action::Plan, "plan",
                                       "print emitter, chunks, scratch, in-place pairs, choices"),
                            clEnumValN(Action::Loops, "loops", "print the emitted loops"),
                            clEnumValN(Action::Llvm, "llvm", "print optimised LLVM IR"),
                            clEnumValN(Action::Asm, "asm", "print assembly"),
                            clEnumValN(Action::Check, "check", "run and compare with the oracle (default)"),
                            clEnumValN(Action::Choices, "choices",
                                       "run with other choices, which must give the same bits"),
                            clEnumValN(Action::Time, "time", "time one launch on --workers threads")));
llvm::cl::opt<int> workers("workers", llvm::cl::desc("threads of --time, 1 to 64"), llvm::cl::init(1));
llvm::cl::opt<bool> inPlace("in-place", llvm::cl::desc("let --time overwrite inputs where the kernel can"));
// NOLINTEND(bugprone-throwing-static-initialization)

LogicalResult printNative(func::FuncOp kernel, const Target &target, NativeForm form) {
  OwningOpRef<ModuleOp> module(ModuleOp::create(kernel.getLoc()));
  if (failed(emitKernel(kernel, target, *module)))
    return failure();
  llvm::Expected<std::string> text = compileKernel(*module, target, form);
  if (!text)
    return kernel.emitError(llvm::toString(text.takeError()));
  llvm::outs() << *text;
  return success();
}

LogicalResult process(func::FuncOp kernel, const Target &target) {
  switch (action.getValue()) {
  case Action::Plan: {
    FailureOr<KernelInfo> info = planKernel(kernel, target);
    if (failed(info))
      return failure();
    llvm::outs() << kernel.getName() << ": " << info->emitter << ", chunks " << info->chunks << ", scratch "
                 << info->scratchBytes;
    for (auto [input, output] : info->inPlace)
      llvm::outs() << ", in place " << input << "->" << output;
    if (!info->choices.empty())
      llvm::outs() << "\n  " << choicesAttr << " = {" << Choices::print(info->emitter, info->choices) << "}";
    for (const std::string &other : otherEmitters(kernel, target))
      llvm::outs() << "\n  or emitter = \"" << other << "\"";
    llvm::outs() << "\n";
    return success();
  }
  case Action::Loops: {
    OwningOpRef<ModuleOp> module(ModuleOp::create(kernel.getLoc()));
    if (failed(emitKernel(kernel, target, *module)))
      return failure();
    module->print(llvm::outs());
    llvm::outs() << "\n";
    return success();
  }
  case Action::Llvm:
    return printNative(kernel, target, NativeForm::LLVM);
  case Action::Asm:
    return printNative(kernel, target, NativeForm::Asm);
  case Action::Check: {
    if (llvm::Error error = checkKernel(kernel, target, 1))
      return kernel.emitError(llvm::toString(std::move(error)));
    llvm::outs() << kernel.getName() << ": agrees\n";
    return success();
  }
  case Action::Choices: {
    llvm::Expected<int> tried = checkChoices(kernel, target, 1);
    if (!tried)
      return kernel.emitError(llvm::toString(tried.takeError()));
    llvm::outs() << kernel.getName() << ": the same bits in " << *tried << " other ways\n";
    return success();
  }
  case Action::Time: {
    FailureOr<KernelInfo> info = planKernel(kernel, target);
    if (failed(info))
      return failure();
    auto start = std::chrono::steady_clock::now();
    llvm::Expected<LoadedKernel> loaded = loadKernel(kernel, target);
    if (!loaded)
      return kernel.emitError(llvm::toString(loaded.takeError()));
    double compile =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    llvm::Expected<double> nanoseconds = timeKernel(kernel, target, workers, inPlace, 0.5);
    if (!nanoseconds)
      return kernel.emitError(llvm::toString(nanoseconds.takeError()));
    llvm::outs() << llvm::formatv(
        "{0}: {1:f1} us, {2:f1} GFLOP/s, {3:f1} GB/s, compiled in {4:f0} ms ({5}, {6} chunks)\n",
        kernel.getName(), *nanoseconds / 1000, info->flops / *nanoseconds, info->bytes / *nanoseconds,
        compile, info->emitter, info->chunks);
    return success();
  }
  }
  return failure();
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::ParseCommandLineOptions(argc, argv, "compiles functions of mlc ops as kernels\n");
  llvm::Expected<Target> target = Target::named(targetName);
  if (!target) {
    llvm::errs() << "error: " << llvm::toString(target.takeError()) << "\n";
    return 2;
  }
  if (workers < 1 || workers > 64) {
    llvm::errs() << "error: --workers is 1 to 64\n";
    return 2;
  }
  DialectRegistry registry;
  registry.insert<mlc::ir::MlcDialect>();
  registerKernelDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(file, &context);
  if (!module)
    return 1;
  bool good = true;
  for (auto kernel : module->getOps<func::FuncOp>())
    good &= succeeded(process(kernel, *target));
  return good ? 0 : 1;
}
