// The random streams that a run of launches draws from.
//
// A stream is three words on the stack: seed ^ site, update, row. A model of a thousand blocks begins as
// thousands of draws, and so many loads and stores in one block of code take LLVM the square of their number
// to schedule. So more than `straightStreams` are a list of sites that a small function goes through.
#ifndef MLC_COMPILER_STEP_STREAMTABLE_H
#define MLC_COMPILER_STEP_STREAMTABLE_H

#include "compiler/step/LaunchTable.h"

namespace mlc::compiler {

/// So many streams of one source are straight code.
inline constexpr size_t straightStreams = 16;

/// Collects the streams that are read from one point of a function on.
class StreamTable {
public:
  /// Where the stream of `site` will lie, which draws from `source`: in memory on the stack of `function`.
  Place add(llvm::Function *function, const Place &source, uint64_t site);

  /// Writes code to `builder` that fills all of them, after which the table is empty. `filler` is the
  /// function that goes through a list; it is made when one is needed.
  void emit(llvm::IRBuilder<> &builder, llvm::Function *&filler);

private:
  struct Stream {
    Place source;
    uint64_t site;
  };

  /// Fills the streams from number `first` on, all of one source, that have these sites.
  void emit(llvm::IRBuilder<> &builder, llvm::Function *&filler, llvm::ArrayRef<Stream> run, size_t first);

  std::vector<Stream> streams;
  /// As many streams as there will be.
  llvm::AllocaInst *memory = nullptr;
};

} // namespace mlc::compiler

#endif
