// Long runs of launches as data.
//
// Straight code for a launch is a store for each operand and a call, and LLVM takes a fraction of a
// millisecond to make machine code of it; of a model of a thousand blocks there are tens of thousands. So a
// run of more than `straightLaunches` is a list of numbers that a small function reads, once for each launch:
//
//   kernel (its number in a list of addresses), chunks, count, then count times: base, bytes
//
// An operand lies `bytes` from the address in slot `base` of a list that is filled before the run.
#ifndef MLC_COMPILER_STEP_LAUNCHTABLE_H
#define MLC_COMPILER_STEP_LAUNCHTABLE_H

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

#include <vector>

namespace mlc::compiler {

/// Runs of at most so many launches are straight code, which is a little faster.
inline constexpr size_t straightLaunches = 64;

/// An address: bytes from another.
struct Place {
  llvm::Value *base = nullptr;
  int64_t bytes = 0;
};

/// Adds `data` to what the code of `module` reads.
llvm::GlobalVariable *addReadOnly(llvm::Module &module, llvm::Constant *data, const char *name);

/// Collects a run of launches and calls the function that runs it.
class LaunchTable {
public:
  void add(llvm::Constant *kernel, int64_t chunks, llvm::ArrayRef<Place> operands);

  /// Writes the run to `builder`: fills the slots, and calls `runner`. `call` is the caller's mlc_call,
  /// `table` where operands are handed to kernels, `slots` gives memory on the stack for so many addresses.
  void emit(llvm::IRBuilder<> &builder, llvm::Function *runner, llvm::Value *call, llvm::Value *table,
            llvm::function_ref<llvm::Value *(uint64_t)> slots) const;

private:
  llvm::MapVector<llvm::Constant *, int64_t> kernels;
  llvm::MapVector<llvm::Value *, int64_t> bases;
  std::vector<uint64_t> words;
};

/// Builds the function that runs a table in `module`. Kernels of one chunk are called, unless `profiled`;
/// others go through parallel_for with `chunkRunner`. `callType` is mlc_call, in which `scratch`,
/// `parallelFor` and `context` are fields by number.
struct CallFields {
  llvm::StructType *type;
  unsigned scratch, parallelFor, context;
};
llvm::Function *buildLaunchRunner(llvm::Module &module, const CallFields &fields, llvm::Function *chunkRunner,
                                  bool profiled);

} // namespace mlc::compiler

#endif
