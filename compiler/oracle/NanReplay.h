// Which op made the first NaN: found by replaying a function on the oracle.
#ifndef MLC_COMPILER_ORACLE_NANREPLAY_H
#define MLC_COMPILER_ORACLE_NANREPLAY_H

#include "compiler/oracle/Oracle.h"

#include <optional>

namespace mlc::compiler::oracle {

/// The first op with a NaN in a result and none in its operands. The location is the op's: the source line it
/// came from.
struct FirstNan {
  std::string op; // e.g. "mlc.log"
  mlir::Location location;
  int64_t element;      // row-major place of the first NaN in the result
  std::string operands; // what the op read there, as text for a message: "-0.25, 3"
};

/// Runs `function` and stops at the first NaN; nothing when there is none. Errors are those of `run`.
llvm::Expected<std::optional<FirstNan>> findFirstNan(mlir::func::FuncOp function,
                                                     llvm::ArrayRef<Tensor> arguments);

/// The same for the first value that is infinite or NaN. Infinities may be meant (a mask), so this is to be
/// asked only of a function that makes no NaN and still does not end in finite numbers.
llvm::Expected<std::optional<FirstNan>> findFirstInfinity(mlir::func::FuncOp function,
                                                          llvm::ArrayRef<Tensor> arguments);

/// Where the NaN of a function's results comes from.
struct NanOrigin {
  /// The op that made it of operands without one; nothing where it came in with an argument.
  std::optional<FirstNan> made;
  unsigned argument = 0; // which
  /// Of the op that made it or reads the argument, then of each op on the way to the result.
  std::vector<mlir::Location> way;
};

/// Follows the NaN of a result, one with the role "sums" before others, back to where it arose; a NaN that is
/// left out on the way, as by mlc.select, is passed over. Nothing when no result has one. Errors are those of
/// `run`.
llvm::Expected<std::optional<NanOrigin>> findNanOrigin(mlir::func::FuncOp function,
                                                       llvm::ArrayRef<Tensor> arguments);

/// An index that lies outside, of the first mlc.within that has one.
struct FirstOutside {
  mlir::Location location;
  int64_t index, bound; // it should lie in [0, bound)
  /// Its place along the first axis of all indices of the op, and how many there are. -1 and 0: a scalar.
  int64_t row, rows;
};

/// Runs `function` and stops at the first index out of range; nothing when there is none. Errors are those of
/// `run`.
llvm::Expected<std::optional<FirstOutside>> findFirstOutside(mlir::func::FuncOp function,
                                                             llvm::ArrayRef<Tensor> arguments);

} // namespace mlc::compiler::oracle
#endif
