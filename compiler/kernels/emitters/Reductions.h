// Groups of reductions of one shape over the same axes, and what may stand around them. Rows and columns
// differ in which axes, and so in their loops.
#ifndef MLC_COMPILER_KERNELS_EMITTERS_REDUCTIONS_H
#define MLC_COMPILER_KERNELS_EMITTERS_REDUCTIONS_H

#include "compiler/kernels/code/LongSum.h"
#include "compiler/kernels/emitters/Emitter.h"

namespace mlc::compiler {

struct Reductions {
  llvm::SmallVector<int64_t> full; // shape that is reduced
  llvm::SmallVector<int64_t> axes; // reduced axes, sorted
  llvm::SmallVector<int64_t> kept; // the others
  /// levels[i]: reductions that need only those of levels before i. Each level is one pass.
  llvm::SmallVector<llvm::SmallVector<mlir::Operation *>> levels;
  /// Reduced values that are repeated along the reduced axes, and the level after which they can be computed.
  llvm::SmallVector<std::pair<mlir::Value, size_t>> repeated;
  llvm::SmallVector<mlir::Value> fullOuts, reducedOuts;

  llvm::SmallVector<int64_t> sizes(llvm::ArrayRef<int64_t> of) const {
    llvm::SmallVector<int64_t> result;
    for (int64_t axis : of)
      result.push_back(full[axis]);
    return result;
  }
};

/// Whether `value` is computed from memory by elementwise ops alone, so that its row-major index is all it
/// needs.
bool isFlat(mlir::Value value, const llvm::DenseSet<mlir::Value> &stored);

/// Values of the full shape that cost many operations, are computed in one pass (the reductions of a level,
/// or what is written at the end) and are asked for again by a later one; and the first of those passes.
llvm::SmallVector<std::pair<mlir::Value, size_t>> costlyInSeveralPasses(const Reductions &found,
                                                                        const Group &group);

/// A reduction of neighbouring axes that leaves others after them: [before][rows][columns], each a product of
/// axes.
struct ColumnShape {
  llvm::SmallVector<int64_t> before, rows, columns; // sizes of the axes
  int64_t beforeSize = 1, rowsSize = 1, columnsSize = 1;
  /// One level of reductions whose operands need no coordinates.
  bool flat = false;
};
std::optional<ColumnShape> columnShapeOf(const Reductions &found, const Group &group);

/// Nothing unless every anchor is a reduction of one shape over the same axes, every value that depends on
/// one has that shape or the reduced one, and goes from the reduced to the full shape by a broadcast along
/// the reduced axes only.
std::optional<Reductions> reductionsOf(const Group &group);

/// The rows [low, high) of a group that the rows emitter takes, of which a larger kernel is made. With
/// `triangle`, past the diagonal (the place along the last axis is greater than the one along the axis
/// before) reductions find nothing that changes them, and zeros are written: there only the first places are
/// looked at that, up to a multiple of `triangle`, end the diagonal.
void emitRows(const Group &group, Emission &emission, mlir::Value low, mlir::Value high,
              int64_t triangle = 0);

/// What a reduction carries while it runs: one value, or for argmax the best and its index.
class Running {
public:
  Running(Code &code, mlir::Operation *op, int64_t lanes);
  llvm::SmallVector<mlir::Value> start();
  /// Takes in `here`, which stands at `index` (i32 for each lane; argmax only), in the lanes of the mask.
  llvm::SmallVector<mlir::Value> step(mlir::ValueRange state, mlir::Value here, mlir::Value index,
                                      mlir::Value mask);
  /// Two states over different elements as one.
  llvm::SmallVector<mlir::Value> join(mlir::ValueRange a, mlir::ValueRange b);
  /// One scalar from all lanes.
  mlir::Value across(mlir::ValueRange state);
  /// The result in each lane.
  mlir::Value result(mlir::ValueRange state) { return state.back(); }
  bool isArgmax() const { return argmax; }
  bool isFloatSum() const { return kind == "sum" && element.isF32(); }
  size_t width() const { return argmax ? 2 : 1; }

private:
  Code &code;
  bool argmax;
  llvm::StringRef kind;
  mlir::Type element;
  int64_t lanes;
};

/// f64 totals of the f32 sums among the reductions of a pass. They stand behind what its strands carry.
class Totals {
public:
  /// What one strand carries, each with its width. Without `blocks` sums are short, and nothing has a total.
  Totals(Code &code, llvm::ArrayRef<Running *> entries, int64_t strands,
         const std::optional<SumBlocks> &blocks);

  bool empty() const { return places.empty(); }
  void appendStart(llvm::SmallVectorImpl<mlir::Value> &state);
  /// Moves the sums of all strands to the totals.
  llvm::SmallVector<mlir::Value> flush(llvm::SmallVector<mlir::Value> state);
  /// The total, in f64 lanes, of what a strand carries at `place`; null: it has none.
  mlir::Value at(mlir::ValueRange state, size_t place) const;

private:
  Code &code;
  llvm::SmallVector<size_t> places; // in a strand, of what has a total
  llvm::SmallVector<mlir::Value> zeros;
  size_t width = 0; // of a strand
  int64_t strands;
};

} // namespace mlc::compiler

#endif
