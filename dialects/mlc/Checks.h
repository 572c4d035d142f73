// What the verifiers share.
#pragma once

#include "dialects/mlc/MlcOps.h"

namespace mlc::ir {

/// Where to report while inferring: nowhere, if the location is absent.
using MaybeLocation = std::optional<mlir::Location>;

inline RankedTensorType tensor(mlir::Type type) { return llvm::cast<RankedTensorType>(type); }

/// Fails unless `axes` lie in [0, rank) and increase strictly.
inline llvm::LogicalResult checkAxes(MaybeLocation loc, llvm::StringRef name, llvm::ArrayRef<int64_t> axes,
                                     int64_t rank, mlir::Type of) {
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] < 0 || axes[i] >= rank)
      return mlir::emitOptionalError(loc, name, " ", axes[i], " is not an axis of ", of);
    if (i > 0 && axes[i] <= axes[i - 1])
      return mlir::emitOptionalError(loc, name, " must increase strictly, but ", axes[i - 1], " precedes ",
                                     axes[i]);
  }
  return mlir::success();
}

/// Larger sizes than any tensor's, kept out so that arithmetic on sizes cannot overflow.
constexpr int64_t mostElements = int64_t(1) << 32;

/// Fails unless the list has `count` numbers, none below `least`.
inline llvm::LogicalResult checkList(MaybeLocation loc, llvm::StringRef name, llvm::ArrayRef<int64_t> list,
                                     size_t count, int64_t least) {
  if (list.size() != count)
    return mlir::emitOptionalError(loc, name, " has ", list.size(), " numbers, expected ", count);
  for (int64_t number : list)
    if (number < least)
      return mlir::emitOptionalError(loc, name, " has ", number, ", expected at least ", least);
    else if (number > mostElements)
      return mlir::emitOptionalError(loc, name, " has ", number, ", expected at most ", mostElements);
  return mlir::success();
}

} // namespace mlc::ir
