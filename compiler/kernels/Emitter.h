// What an emitter is: it takes a group of ops, says how it would run, and builds the code. One class of
// kernels, one file.
#ifndef MLC_COMPILER_KERNELS_EMITTER_H
#define MLC_COMPILER_KERNELS_EMITTER_H

#include "compiler/kernels/Pull.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace mlc::compiler {

/// Values to compute, from values that lie in memory.
struct Group {
  llvm::SmallVector<mlir::Value> outs; // each once
  llvm::DenseSet<mlir::Value> stored;
  /// The ops between, operands first.
  llvm::SmallVector<mlir::Operation *> ops;

  Group(llvm::ArrayRef<mlir::Value> outs, llvm::DenseSet<mlir::Value> stored);
  /// Ops that are more than a map of elements: products, convolutions, reductions, windows, scatters.
  llvm::SmallVector<mlir::Operation *> anchors() const;
  /// Whether every op that needs `op`'s results, however indirectly, is elementwise. Then all outs that
  /// depend on it have its shape.
  bool onlyElementwiseAfter(mlir::Operation *op) const;
  /// Whether an out depends on it.
  bool reaches(mlir::Value from, mlir::Value to) const;
};

bool isAnchor(mlir::Operation *op);
/// An anchor that makes its whole result in one order, which no element can ask for alone: nothing follows it
/// in its group.
bool isSequential(mlir::Operation *op);

/// How an emitter would run a group.
struct Shares {
  int64_t chunks = 1;
  int64_t scratchBytes = 0;
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
  int64_t chunks; // as many as the emitter planned

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
  /// Nothing if the group is not of this emitter's kind.
  virtual std::optional<Shares> plan(const Group &group, const Target &target) const = 0;
  virtual void emit(const Group &group, Emission &emission) const = 0;
  /// Whether `input`, if it has an out's shape, is read for the last time at the point that is being written.
  /// All outs have one shape.
  virtual bool readsInPlace(const Group &group, mlir::Value input) const;
};

/// Whether everything that is computed from `input`, up to the function's results, is computed by ops that
/// `allowed` accepts.
bool flowsThrough(mlir::Value input, llvm::function_ref<bool(mlir::Operation *)> allowed);

/// The emitters in order of preference. The last resort, "map", takes any group of at most one anchor.
llvm::ArrayRef<const Emitter *> emitters();

const Emitter &mapEmitter();
const Emitter &attentionEmitter();
const Emitter &contractionEmitter();
const Emitter &longContractionEmitter();
const Emitter &dotEmitter();
const Emitter &fewPixelsEmitter();
const Emitter &convolutionEmitter();
const Emitter &convolutionFilterEmitter();
const Emitter &rowsEmitter();
const Emitter &columnsEmitter();
const Emitter &narrowColumnsEmitter();
const Emitter &narrowConvolutionEmitter();
const Emitter &narrowWindowsEmitter();
const Emitter &scatterEmitter();
const Emitter &cumsumEmitter();
const Emitter &argsortEmitter();

/// Chunks for work of about `nanoseconds` on one thread: a function of the work alone.
int64_t chunksFor(double nanoseconds, int64_t most);
/// A guess of the time to compute the group's values, once each, by elements and ops.
double nanosecondsOf(const Group &group, const Target &target);
/// Floating-point operations of one op.
double flopsOf(mlir::Operation *op);
/// The widest vector in lanes that suits the group's types.
int64_t lanesFor(const Group &group, const Target &target);

inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}
inline mlir::Type elementOf(mlir::Value value) { return mlir::getElementTypeOrSelf(value.getType()); }
inline int64_t sizeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getNumElements();
}
inline int64_t bytesOf(mlir::Value value) { return sizeOf(value) * elementBytes(elementOf(value)); }

} // namespace mlc::compiler

#endif
