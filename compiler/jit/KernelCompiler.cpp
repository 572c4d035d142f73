// The kernel compiler.
//
// A kernel's symbol is a hash of its text without a name, so equal kernels of different programs, and of
// different runs, have one symbol, and a cached object fits wherever its text does. The key of the cache is a
// hash of the text, the target's fingerprint and the compiler's identity: everything that the bytes depend
// on.
//
// Workers take units from a shared counter, parse the text in an MLIRContext of their own (contexts are not
// shared between threads, and one serves all units of a worker), emit, lower and compile. The result does not
// depend on who compiled what.
#include "compiler/jit/KernelCompiler.h"

#include "compiler/kernels/Kernel.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/step/StepDialect.h"
#include "runtime/profile/Trace.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/SHA256.h"

#include <atomic>
#include <thread>

using namespace mlir;
using namespace mlc::compiler;

static std::string hashOf(llvm::StringRef text) {
  llvm::SHA256 hash;
  hash.update(text);
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

static std::string textOf(func::FuncOp kernel, llvm::StringRef name) {
  auto clone = cast<func::FuncOp>(kernel->clone());
  clone.setName(name);
  clone.setPublic();
  clone->removeAttr(mlc::step::kernelAttr);
  std::string text;
  llvm::raw_string_ostream out(text);
  clone->print(out, OpPrintingFlags().useLocalScope());
  clone->erase();
  return text;
}

KernelUnit mlc::compiler::kernelUnit(func::FuncOp kernel) {
  std::string symbol = "mlc_kernel_" + hashOf(textOf(kernel, "kernel")).substr(0, 20);
  return {kernel.getName().str(), symbol, textOf(kernel, symbol)};
}

std::string mlc::compiler::compilerIdentity() {
  static const char here = 0;
  static const std::string identity = LLVM_VERSION_STRING " " + buildIdentity(&here);
  return identity;
}

namespace {

/// Compiles units one after the other.
class Worker {
public:
  explicit Worker(const Target &target)
      : target(target), context(dialects(), MLIRContext::Threading::DISABLED) {
    context.loadAllAvailableDialects(); // emitters create ops of all of them
    if (llvm::Expected<std::unique_ptr<llvm::TargetMachine>> made = target.machine())
      machine = std::move(*made);
    else
      llvm::consumeError(made.takeError()); // each kernel says so
  }

  llvm::Expected<std::string> compile(const KernelUnit &unit, NativeForm form) {
    std::string messages;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      messages += (messages.empty() ? "" : "; ") + diagnostic.str();
    });
    auto fail = [&](llvm::StringRef what) {
      return llvm::createStringError(llvm::inconvertibleErrorCode(), "kernel %s: %s%s%s", unit.name.c_str(),
                                     what.str().c_str(), messages.empty() ? "" : ": ", messages.c_str());
    };
    mlc::Phase kernelPhase(unit.name.c_str(), "compile");
    mlc::Phase emitPhase("emit kernel", "compile");
    OwningOpRef<ModuleOp> source = parseSourceString<ModuleOp>(unit.text, ParserConfig(&context), unit.name);
    if (!source)
      return fail("its text cannot be read");
    OwningOpRef<ModuleOp> code = ModuleOp::create(UnknownLoc::get(&context));
    for (auto kernel : source->getOps<func::FuncOp>())
      if (failed(emitKernel(kernel, target, *code)))
        return fail("no code can be emitted");
    emitPhase.finish();
    llvm::Expected<std::string> result = compileKernel(*code, target, form, machine.get());
    if (!result)
      return fail(llvm::toString(result.takeError()));
    return result;
  }

private:
  static DialectRegistry dialects() {
    DialectRegistry registry;
    registry.insert<func::FuncDialect, mlc::ir::MlcDialect>();
    registerKernelDialects(registry);
    return registry;
  }

  const Target &target;
  MLIRContext context;
  std::unique_ptr<llvm::TargetMachine> machine;
};

} // namespace

llvm::Expected<CompiledKernels> mlc::compiler::compileKernels(const std::vector<KernelUnit> &units,
                                                              const Target &target,
                                                              const mlc::DiskCache &cache, unsigned threads,
                                                              NativeForm form,
                                                              const std::atomic<bool> *cancelled) {
  CompiledKernels result;
  result.forms.resize(units.size());
  std::vector<size_t> missing;
  std::vector<std::string> keys(units.size());
  for (size_t i = 0; i < units.size(); ++i) {
    keys[i] = "kernel-" + hashOf(units[i].text + "\n" + target.fingerprint() + "\n" + compilerIdentity());
    std::optional<std::string> known;
    if (form == NativeForm::Object)
      known = cache.find(keys[i]);
    if (known)
      result.forms[i] = std::move(*known);
    else
      missing.push_back(i);
  }
  result.cached = units.size() - missing.size();
  result.compiled = missing.size();

  std::vector<std::string> errors(units.size());
  std::atomic<size_t> next = 0;
  auto work = [&] {
    std::unique_ptr<Worker> worker;
    for (size_t n = next++; n < missing.size() && !(cancelled && *cancelled); n = next++) {
      if (!worker)
        worker = std::make_unique<Worker>(target);
      size_t i = missing[n];
      llvm::Expected<std::string> object = worker->compile(units[i], form);
      if (!object) {
        errors[i] = llvm::toString(object.takeError());
        continue;
      }
      result.forms[i] = std::move(*object);
      if (form == NativeForm::Object)
        cache.store(keys[i], result.forms[i]);
    }
  };
  size_t count = threads ? threads : std::max(1u, std::thread::hardware_concurrency());
  count = std::min(count, missing.size());
  std::vector<std::thread> workers;
  for (size_t i = 1; i < count; ++i)
    workers.emplace_back(work);
  work();
  for (std::thread &worker : workers)
    worker.join();
  if (!missing.empty() && form == NativeForm::Object)
    cache.prune();
  if (cancelled && *cancelled)
    return llvm::createStringError(llvm::inconvertibleErrorCode(), "compiling was given up");
  for (const std::string &error : errors)
    if (!error.empty())
      return llvm::createStringError(llvm::inconvertibleErrorCode(), error);
  return result;
}
