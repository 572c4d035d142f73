// Objects linked into this process.
#ifndef MLC_COMPILER_JIT_LINKER_H
#define MLC_COMPILER_JIT_LINKER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace mlc::compiler {

/// Owns the memory of what it linked: addresses are valid as long as it lives. What objects refer to and do
/// not define (libm, memcpy) is looked up in this process.
class Linker {
public:
  static llvm::Expected<std::unique_ptr<Linker>> create();
  ~Linker();

  /// Adds a relocatable ELF object for this machine; `name` is for messages.
  llvm::Error add(llvm::StringRef name, llvm::StringRef object);
  /// The address of `symbol`, with everything it needs linked.
  llvm::Expected<void *> find(llvm::StringRef symbol);

private:
  explicit Linker(std::unique_ptr<llvm::orc::LLJIT> jit);
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace mlc::compiler

#endif
