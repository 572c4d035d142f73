// The llvm dialect to LLVM IR, LLVM's optimiser, and machine code.
#include "compiler/lowering/Lowering.h"

#include "runtime/profile/Trace.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mlc::compiler {

/// What code of the emitters needs: they vectorise, unroll and inline themselves, and what O2 does beyond
/// this takes as long again and makes no kernel faster. Loops come with their test in front, and addresses
/// are computed where they are used: rotate, hoist, and drop what is there twice.
static constexpr StringLiteral pipeline =
    "function<eager-inv>(early-cse<memssa>,simplifycfg,instcombine<max-iterations=1;no-verify-fixpoint>,"
    "loop-mssa(loop-rotate,licm),simplifycfg,gvn,instcombine<max-iterations=1;no-verify-fixpoint>,"
    "loop-mssa(licm),simplifycfg,dse,adce)";

static Error optimise(Module &module, TargetMachine &machine) {
  Phase phase("optimise", "compile");
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager graph;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);
  ModulePassManager passes;
  if (Error error = builder.parsePassPipeline(passes, pipeline))
    return error;
  passes.run(module, modules);
  return Error::success();
}

llvm::Expected<std::string> compileNative(Module &native, const Target &target, NativeForm form,
                                          TargetMachine *machine) {
  std::unique_ptr<TargetMachine> own;
  if (!machine) {
    llvm::Expected<std::unique_ptr<TargetMachine>> made = target.machine();
    if (!made)
      return made.takeError();
    own = std::move(*made);
    machine = own.get();
  }
  native.setTargetTriple(machine->getTargetTriple());
  native.setDataLayout(machine->createDataLayout());
  std::string width = std::to_string(target.vectorBits);
  for (Function &function : native) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("target-features", target.features);
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
    function.addFnAttr(Attribute::NoUnwind);
  }
  if (Error error = optimise(native, *machine))
    return error;

  Phase phase("write code", "compile");
  SmallString<0> bytes;
  raw_svector_ostream stream(bytes);
  if (form == NativeForm::LLVM) {
    native.print(stream, nullptr);
    return bytes.str().str();
  }
  legacy::PassManager passes;
  CodeGenFileType type =
      form == NativeForm::Asm ? CodeGenFileType::AssemblyFile : CodeGenFileType::ObjectFile;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, type))
    return createStringError("LLVM cannot write this form of code for '%s'", target.triple.c_str());
  passes.run(native);
  return bytes.str().str();
}

llvm::Expected<std::string> compileKernel(mlir::ModuleOp module, const Target &target, NativeForm form,
                                          TargetMachine *machine) {
  Phase phase("lower", "compile");
  if (failed(lowerToLLVMDialect(module)))
    return createStringError("the kernel cannot be lowered to LLVM");
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  LLVMContext context;
  std::unique_ptr<Module> native = mlir::translateModuleToLLVMIR(module, context, "mlc-kernel");
  if (!native)
    return createStringError("the kernel cannot be translated to LLVM IR");
  phase.finish();
  return compileNative(*native, target, form, machine);
}

} // namespace mlc::compiler
