// Memory that compiling took and training does not need.
#ifndef MLC_COMPILER_JIT_GIVEBACK_H
#define MLC_COMPILER_JIT_GIVEBACK_H

namespace mlc::compiler {

/// Gives back to the system what the heap holds free, and the pages of LLVM's and MLIR's code and constants:
/// they are read from their files again if somebody calls it. Safe while other threads do.
void giveBackCompilerMemory();

} // namespace mlc::compiler

#endif
