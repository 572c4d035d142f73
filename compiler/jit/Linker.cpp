#include "compiler/jit/Linker.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <mutex>

using namespace llvm;
using namespace mlc::compiler;

Linker::Linker(std::unique_ptr<orc::LLJIT> jit) : jit(std::move(jit)) {}
Linker::~Linker() = default;

Expected<std::unique_ptr<Linker>> Linker::create() {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
  });
  Expected<std::unique_ptr<orc::LLJIT>> jit = orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  return std::unique_ptr<Linker>(new Linker(std::move(*jit)));
}

Error Linker::add(StringRef name, StringRef object) {
  return jit->addObjectFile(MemoryBuffer::getMemBufferCopy(object, name));
}

Expected<void *> Linker::find(StringRef symbol) {
  Expected<orc::ExecutorAddr> address = jit->lookup(symbol);
  if (!address)
    return address.takeError();
  return address->toPtr<void *>();
}
