// Where each state tensor of a program lies.
#ifndef MLC_COMPILER_PLAN_STATELAYOUT_H
#define MLC_COMPILER_PLAN_STATELAYOUT_H

#include "runtime/DType.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::compiler {

/// Where a state tensor lies in the state buffer.
struct StatePlace {
  std::string name; ///< logical
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  int64_t offset = 0; ///< a multiple of 64
  int64_t bytes = 0;
};

/// One for all functions and all numbers of rows of a program.
struct StateLayout {
  std::vector<StatePlace> places; ///< by offset
  int64_t bytes = 0;

  const StatePlace *find(llvm::StringRef name) const;
};

/// Lays out the state of all step functions of `module`, in order of first appearance. Fails with a
/// diagnostic when two functions disagree about a tensor's shape or type.
mlir::FailureOr<StateLayout> planState(mlir::ModuleOp module);

} // namespace mlc::compiler

#endif
