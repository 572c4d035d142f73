#include "test/unit/oracle/CompiledKernel.h"

#include "compiler/ad/Autodiff.h"
#include "compiler/kernels/Kernel.h"
#include "compiler/lowering/Lowering.h"
#include "runtime/Abi.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

#include <cstring>

using namespace mlir;
using namespace mlc::compiler;
using oracle::Tensor;

namespace mlc::test {

/// The code of an object, linked into this process; never freed.
static llvm::Expected<mlc_kernel> link(const std::string &object, StringRef symbol) {
  static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return llvm::orc::LLJITBuilder().create();
  }();
  if (!jit)
    return jit.takeError();
  static int count = 0;
  auto library = (*jit)->createJITDylib("kernel" + std::to_string(count++));
  if (!library)
    return library.takeError();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  library->addGenerator(std::move(*process));
  if (llvm::Error error = (*jit)->addObjectFile(*library, llvm::MemoryBuffer::getMemBufferCopy(object)))
    return std::move(error);
  auto address = (*jit)->lookup(*library, symbol);
  if (!address)
    return address.takeError();
  return address->toPtr<mlc_kernel>();
}

namespace {
/// Memory for one tensor with canaries on both sides, filled with NaN bits.
struct Guarded {
  static constexpr int64_t margin = 256;
  static constexpr unsigned char canary = 0xA7;
  int64_t bytes;
  std::vector<char, Eigen::aligned_allocator<char>> memory;

  explicit Guarded(int64_t bytes) : bytes(bytes), memory(bytes + 2 * margin, char(canary)) {
    std::memset(data(), 0xFF, bytes);
  }
  char *data() { return memory.data() + margin; }
  bool intact() const {
    for (int64_t i = 0; i < margin; ++i)
      if (memory[i] != char(canary) || memory[memory.size() - 1 - i] != char(canary))
        return false;
    return true;
  }
};
} // namespace

llvm::Expected<std::vector<Tensor>> runAsKernel(func::FuncOp function, llvm::ArrayRef<Tensor> arguments) {
  if (failed(inlineCalls(function, /*withVjp=*/true)))
    return llvm::createStringError("the calls cannot be inlined");
  static const Target target = Target::host();
  FailureOr<KernelInfo> info = planKernel(function, target);
  if (failed(info))
    return llvm::createStringError("the kernel cannot be planned");
  OwningOpRef<ModuleOp> native = ModuleOp::create(function.getLoc());
  if (failed(emitKernel(function, target, *native)))
    return llvm::createStringError("the kernel cannot be emitted");
  llvm::Expected<std::string> object = compileKernel(*native, target);
  if (!object)
    return object.takeError();
  llvm::Expected<mlc_kernel> kernel = link(*object, function.getName());
  if (!kernel)
    return kernel.takeError();

  std::vector<Tensor> results;
  std::vector<Guarded> buffers;
  for (const Tensor &argument : arguments) {
    buffers.emplace_back(argument.bytes());
    std::memcpy(buffers.back().data(), argument.data(), argument.bytes());
  }
  for (Type type : function.getResultTypes()) {
    results.emplace_back(cast<RankedTensorType>(type));
    buffers.emplace_back(results.back().bytes());
  }
  std::vector<void *> pointers;
  for (Guarded &buffer : buffers)
    pointers.push_back(buffer.data());
  for (int64_t chunk = info->chunks; chunk-- > 0;) {
    Guarded scratch(info->scratchBytes);
    (*kernel)(pointers.data(), chunk, scratch.data());
    if (!scratch.intact())
      return llvm::createStringError("chunk %ld wrote beside its scratch", long(chunk));
  }
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (!buffers[i].intact())
      return llvm::createStringError("the kernel wrote beside buffer %zu", i);
    if (i < arguments.size()) {
      if (std::memcmp(buffers[i].data(), arguments[i].data(), arguments[i].bytes()))
        return llvm::createStringError("the kernel wrote to input %zu", i);
      continue;
    }
    Tensor &result = results[i - arguments.size()];
    std::memcpy(result.mutableData(), buffers[i].data(), result.bytes());
  }
  return results;
}

} // namespace mlc::test
