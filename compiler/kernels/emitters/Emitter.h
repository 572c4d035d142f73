// What an emitter is: it takes a group of ops, says how it would run, and builds the code. One class of
// kernels, one file.
#ifndef MLC_COMPILER_KERNELS_EMITTERS_EMITTER_H
#define MLC_COMPILER_KERNELS_EMITTERS_EMITTER_H

#include "compiler/kernels/Choices.h"
#include "compiler/kernels/code/Group.h"
#include "compiler/kernels/code/Pull.h"
#include "compiler/kernels/cost/Cost.h"

namespace mlc::compiler {

/// How an emitter would run a group; what it chose is in the Choices that it planned with.
struct Plan {
  int64_t chunks = 1;
  int64_t scratchBytes = 0;
  /// A guess of the time of all chunks together, on one thread.
  double nanoseconds = 0;
};

/// Where the code goes.
struct Emission {
  Pull &pull;
  Code &code;
  /// Where each out is written; more than one place if the kernel returns it more than once.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<Memory, 1>> places;
  /// Scratch of the chunk, 64-byte aligned, of the bytes asked for.
  mlir::Value scratch;
  mlir::Value chunk;
  int64_t chunks;   // as many as the emitter planned
  Choices &choices; // those that it planned with

  /// This chunk's part [low, high) of `total`, in pieces of whole `unit`s as equal as can be.
  std::pair<mlir::Value, mlir::Value> part(int64_t total, int64_t unit = 1);
  /// The same where chunks form a grid of `rows` x `columns`, row by row: this chunk's part of what the rows
  /// share, and of what the columns share.
  std::pair<mlir::Value, mlir::Value> rowPart(int64_t total, int64_t rows, int64_t columns);
  std::pair<mlir::Value, mlir::Value> columnPart(int64_t total, int64_t columns);
  /// What to fetch before an element of `anchor`, a sum of `terms`, is computed: what the elementwise ops
  /// after it read and write there. Nothing if the sum is too short to bring it meanwhile.
  llvm::SmallVector<Memory> fetchable(const Group &group, mlir::Value anchor, int64_t terms);
  /// Writes every out of `outs` at a point: all are computed before any is stored, so that an input may lie
  /// in an output's memory.
  void write(llvm::ArrayRef<mlir::Value> outs, const Point *where);
};

class Emitter {
public:
  virtual ~Emitter() = default;
  virtual llvm::StringRef name() const = 0;
  /// Nothing if the group is not of this emitter's kind. A function of the group, the target, and what is
  /// forced of the choices.
  virtual std::optional<Plan> plan(const Group &group, const Target &target, Choices &choices) const = 0;
  virtual void emit(const Group &group, Emission &emission) const = 0;
  /// Whether `input`, if it has an out's shape, is read for the last time at the point that is being written.
  /// All outs have one shape.
  virtual bool readsInPlace(const Group &group, mlir::Value input) const;
  /// What the bits of the sums follow from: of the emitters that could take a group, those of one order give
  /// it the same bits.
  virtual llvm::StringRef orderOfSums(const Group &group) const { return name(); }
};

/// A plan whose chunks are a choice: as many as `nanoseconds` of work are worth, at most `most`.
Plan shared(double nanoseconds, int64_t most, int64_t scratchBytes, Choices &choices);

// The emitters: `const Emitter &mapEmitter();`, and so on.
#define MLC_EMITTER(name) const Emitter &name##Emitter();
#include "compiler/kernels/emitters/Emitters.def"

} // namespace mlc::compiler

#endif
