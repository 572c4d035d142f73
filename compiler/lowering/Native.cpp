// The llvm dialect to LLVM IR, LLVM's optimiser, and machine code.
#include "compiler/lowering/Lowering.h"

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

/// O2 without what could undo the emitters' choices: they vectorise and unroll themselves.
static void optimise(Module &module, TargetMachine &machine) {
  PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopInterleaving = false;
  tuning.LoopUnrolling = false;
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager graph;
  ModuleAnalysisManager modules;
  PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graph, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O2).run(module, modules);
}

Expected<std::string> compileNative(Module &native, const Target &target, NativeForm form) {
  Expected<std::unique_ptr<TargetMachine>> machine = target.machine();
  if (!machine)
    return machine.takeError();
  native.setTargetTriple((*machine)->getTargetTriple());
  native.setDataLayout((*machine)->createDataLayout());
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
  optimise(native, **machine);

  SmallString<0> bytes;
  raw_svector_ostream stream(bytes);
  if (form == NativeForm::LLVM) {
    native.print(stream, nullptr);
    return bytes.str().str();
  }
  legacy::PassManager passes;
  CodeGenFileType type =
      form == NativeForm::Asm ? CodeGenFileType::AssemblyFile : CodeGenFileType::ObjectFile;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, type))
    return createStringError("LLVM cannot write this form of code for '%s'", target.triple.c_str());
  passes.run(native);
  return bytes.str().str();
}

Expected<std::string> compileKernel(mlir::ModuleOp module, const Target &target, NativeForm form) {
  if (failed(lowerToLLVMDialect(module)))
    return createStringError("the kernel cannot be lowered to LLVM");
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  LLVMContext context;
  std::unique_ptr<Module> native = mlir::translateModuleToLLVMIR(module, context, "mlc-kernel");
  if (!native)
    return createStringError("the kernel cannot be translated to LLVM IR");
  return compileNative(*native, target, form);
}

} // namespace mlc::compiler
