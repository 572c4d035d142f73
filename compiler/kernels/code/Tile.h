// The register tile: rows x vectors of accumulators, one broadcast of A and one vector of B at a time.
// Products and convolutions are loops around it.
#ifndef MLC_COMPILER_KERNELS_CODE_TILE_H
#define MLC_COMPILER_KERNELS_CODE_TILE_H

#include "compiler/kernels/code/Code.h"

#include <functional>

namespace mlc::compiler {

/// Steps of the innermost sum that are written out in one turn of its loop.
constexpr int64_t stepsOfTurn = 4;

/// An axis that is summed over: its size and how far one step goes in A and in B, in elements.
struct SumAxis {
  int64_t size, strideA, strideB;
  /// The places [low, high) to sum over, if not all: known only where the code runs.
  mlir::Value low = {}, high = {};
  /// Both are multiples of `stepsOfTurn`.
  bool wholeTurns = false;
};

/// acc[r][v] += sum over the axes of A[rowOffsets[r] + ...] * B[v * lanes + ...].
struct Tile {
  int64_t vectors = 1, lanes = 1;
  int64_t rows() const { return int64_t(rowOffsets.size()); }
  /// `count` rows, each `stride` after the one before.
  void setRows(int64_t count, int64_t stride);
  Memory a, b;                           // at the tile's first element
  llvm::SmallVector<int64_t> rowOffsets; // in A, in elements: one for each row
  /// In B, in elements: one for each vector. Empty: each after the one before.
  llvm::SmallVector<int64_t> columnOffsets;
  llvm::SmallVector<SumAxis> sums; // outermost first
  /// In elements: what each step fetches for later, in A as the next tile's rows, in B (as many vectors) as
  /// the next panel; none: nothing.
  std::optional<int64_t> aheadA, aheadB;
  /// Called once for every `stepsOfTurn` steps of the innermost sum, with the first: what to fetch beside.
  /// Empty: nothing.
  std::function<void(mlir::Value step)> fetchBeside;
  /// The steps, from the first on, that do so; none: all.
  std::optional<int64_t> fetchSteps;
  mlir::Value mask; // of the last vector's lanes when B ends there; null: all
};

/// Emits the loops over the sums. `accumulators` holds rows x vectors values to start from, row by row;
/// returns those after it. The order of summation is that of the axes, whatever the tile's size; sums of more
/// than `shortProduct` f32 terms go to f64 totals block by block (LongSum.h).
llvm::SmallVector<mlir::Value> emitTile(Code &code, const Tile &tile,
                                        llvm::SmallVector<mlir::Value> accumulators);

/// Zeros for a tile's accumulators.
llvm::SmallVector<mlir::Value> zeroAccumulators(Code &code, const Tile &tile);

/// The most rows of a tile of `vectors` vectors that stay in registers.
int64_t tileRows(const Target &target, int64_t vectors);
/// Vectors of a tile over `count` vectors of columns.
int64_t tileVectors(const Target &target, int64_t count);

/// `total` rows as tiles of two heights that differ by one at most: `first` of `height`, then the rest of
/// `height - 1`.
struct Heights {
  int64_t tiles, height, first;
  /// Where tile `index` starts.
  mlir::Value start(Code &code, mlir::Value index) const;
  /// `body` with the number, the first row and the height of each of the tiles [low, high).
  void forEach(Code &code, mlir::Value low, mlir::Value high,
               llvm::function_ref<void(mlir::Value tile, mlir::Value row, int64_t height)> body) const;
};
Heights balance(int64_t total, int64_t most);

/// Chunks that share tiles of rows and panels of columns: `rows` x `columns` of them.
struct Grid {
  int64_t rows = 1, columns = 1;
  int64_t chunks() const { return rows * columns; }
};

/// Bytes of A that are still in an L2 cache of 1 or 2 MiB when a panel of B has gone over them.
constexpr int64_t cacheOfRows = 640 << 10;

/// The time to bring a tile's part of A near, ahead of its use, and to copy a panel of B, in that of
/// computing one tile on one panel, step by step of the sum. Measured.
constexpr double tileFetch = 0.25, panelCopy = 1.25;

/// The grid of at most `chunks` with the least work: what the largest chunk computes, times the chunks, and
/// what `moved` says.
Grid gridFor(int64_t chunks, int64_t tiles, int64_t panels, llvm::function_ref<double(Grid)> moved);

} // namespace mlc::compiler

#endif
