// Where each state tensor of a program lies.
#ifndef MLC_COMPILER_PLAN_STATELAYOUT_H
#define MLC_COMPILER_PLAN_STATELAYOUT_H

#include "runtime/DType.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::compiler {

/// Columns of a panel of weights: one or two of a kernel's own, whatever the processor's vectors.
inline constexpr int64_t weightPanel = 32;

/// Where a state tensor lies in the state buffer.
struct StatePlace {
  std::string name; ///< logical
  DType dtype = DType::F32;
  std::vector<int64_t> shape; ///< as it lies in memory: [n / panel, k, panel] of a matrix [k, n] in panels
  int64_t offset = 0;         ///< a multiple of 64
  int64_t bytes = 0;
  int64_t panel = 0; ///< columns of a panel; 0: row by row
};

/// One for all functions and all numbers of rows of a program.
struct StateLayout {
  std::vector<StatePlace> places; ///< by offset
  int64_t bytes = 0;

  /// Looks at one after the other.
  const StatePlace *find(llvm::StringRef name) const;
  /// For who asks for many; valid as long as `places` is.
  llvm::StringMap<const StatePlace *> byName() const;
};

/// Lays out the state of all step functions of `module`, in order of first appearance. Fails with a
/// diagnostic when two functions disagree about a tensor's shape or type.
mlir::FailureOr<StateLayout> planState(mlir::ModuleOp module);

} // namespace mlc::compiler

#endif
