#include "test/unit/oracle/CompiledKernel.h"

#include "compiler/ad/Autodiff.h"
#include "compiler/kernels/check/Check.h"
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/Oracle.h"
#include "runtime/Abi.h"
#include "runtime/FloatMode.h"

#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace mlir;
using namespace mlc::compiler;
using oracle::Tensor;

namespace mlc::test {

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
  static const bool registered = [&] {
    DialectRegistry registry;
    registerKernelDialects(registry);
    function.getContext()->appendDialectRegistry(registry);
    function.getContext()->loadAllAvailableDialects();
    return true;
  }();
  (void)registered;
  llvm::Expected<LoadedKernel> kernel = loadKernel(function, target);
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
  for (int64_t chunk = kernel->info.chunks; chunk-- > 0;) {
    Guarded scratch(kernel->info.scratchBytes);
    FloatMode mode;
    kernel->function(pointers.data(), chunk, scratch.data());
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

std::vector<std::string> compareKernelWithOracle(func::FuncOp function, ArrayRef<Tensor> arguments,
                                                 ArrayRef<double> noise) {
  llvm::Expected<std::vector<Tensor>> expected = oracle::run(function, arguments);
  if (!expected)
    return {llvm::toString(expected.takeError())};
  llvm::Expected<std::vector<Tensor>> actual = runAsKernel(function, arguments);
  if (!actual)
    return {llvm::toString(actual.takeError())};
  std::vector<std::string> wrong;
  for (size_t i = 0; i < expected->size(); ++i) {
    oracle::Tolerance tolerance;
    if (!noise.empty())
      tolerance.absolute += noise[i];
    if (auto mismatch = oracle::compare((*expected)[i], (*actual)[i], tolerance))
      wrong.push_back("result " + std::to_string(i) + " of @" + function.getName().str() + ": " +
                      mismatch->text());
  }
  if (!wrong.empty())
    function.print(llvm::errs());
  return wrong;
}

} // namespace mlc::test
