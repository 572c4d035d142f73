// A contraction brought to the form every matrix product has: batch, row, column and sum axes with strides
// into three buffers.
#ifndef MLC_COMPILER_KERNELS_EMITTERS_PRODUCT_H
#define MLC_COMPILER_KERNELS_EMITTERS_PRODUCT_H

#include "compiler/kernels/code/Tile.h"
#include "compiler/kernels/emitters/Emitter.h"

namespace mlc::compiler {

/// A value as strides into one that lies in memory.
struct View {
  /// An axis of which so many places lie together, `stride` apart from the next so many: columns in panels.
  struct Panels {
    int64_t axis, size, stride;
  };
  mlir::Value source;
  llvm::SmallVector<int64_t> strides; // of each axis, in elements; 0 for repetition
  int64_t offset = 0;                 // of the first element
  std::optional<Panels> panels = {};
};

/// Looks through transposes, broadcasts, slices and reshapes to what is stored. Nothing where a reshape of
/// those has no strides, but for the columns of a transpose with a stridedAttr.
std::optional<View> viewOf(mlir::Value value, const llvm::DenseSet<mlir::Value> &stored);

struct Product {
  /// One axis, or adjacent ones that step alike in every buffer.
  struct Axis {
    int64_t size = 1;
    int64_t a = 0, b = 0, c = 0;     // strides; 0 where absent
    llvm::SmallVector<int64_t> outs; // axes of the result it covers, outermost first
    int64_t part = 0;                // of one in panels: how many of its places a step is; 0: it is whole

    /// Spreads an index over the axes of the result, of shape `shape`, that this one covers, and adds it to
    /// `coords`.
    void place(llvm::MutableArrayRef<Coord> coords, Coords &arithmetic, llvm::ArrayRef<int64_t> shape,
               const Coord &index) const;
  };
  mlir::Value a, b;               // in memory
  int64_t firstA = 0, firstB = 0; // elements there that come before the first one
  llvm::SmallVector<Axis> outer;  // batch axes, and rows and columns beyond the two below
  Axis row;                       // in A and the result
  Axis column;                    // in B and the result, where it is contiguous: what vectors run along
  llvm::SmallVector<Axis> sums;   // in A and B, outermost first

  /// The operands, from their first element on.
  Memory memoryOfA(Emission &emission) const;
  Memory memoryOfB(Emission &emission) const;
  int64_t outerSize() const;
  int64_t sumSize() const;
};

/// Nothing if the operands are not views of memory, or the result's last axis lies in both operands, or there
/// is no axis to vectorise along.
std::optional<Product> productOf(ir::ContractOp op, const llvm::DenseSet<mlir::Value> &stored);

/// Where in a product's result a vector of columns begins.
struct ResultPlace {
  mlir::Value row, column;
  mlir::Value offset = {};          // of the outer indices, in elements; null: there are none
  llvm::ArrayRef<Coord> outer = {}; // the outer indices
};

/// The epilogue of one vector of sums: computes and writes `group`'s outs there. `mask`: the columns that
/// exist; null: all.
void writeSums(const Group &group, Emission &emission, const Product &product, mlir::Value sums,
               mlir::Value mask, const ResultPlace &place);

/// Begins to fetch what the epilogue of a vector of sums will read and write.
void fetchAhead(const Group &group, Emission &emission, const Product &product, const ResultPlace &place);

/// The product of a group that is one contraction and elementwise ops after it, on which every out depends.
std::optional<Product> productOf(const Group &group);

/// What lies past the diagonal (the column, or the step of the sum, is greater than the row) and need not be
/// computed.
enum class Past {
  Nothing,
  Results,     // nobody reads them: of each panel of columns, tiles of rows that lie there are left out
  LaterSums,   // terms of a row that are zero there
  EarlierSums, // terms that are zero where the row is greater than the step of the sum
};

/// Some rows of a product, of which a larger kernel is made.
struct ProductBlock {
  llvm::ArrayRef<Coord> outer; // the place in the outer axes
  mlir::Value row;             // the first
  int64_t rows;
  Past past = Past::Nothing;
};
/// Emitter::orderOfSums of an emitter of that name: short sums are one run over k in all of them.
llvm::StringRef orderOfProduct(const Product &product, llvm::StringRef emitter);
/// The grid as a choice, of so many tiles and panels.
void choose(Grid &grid, int64_t tiles, int64_t panels, Choices &choices);

/// Columns of a panel: those of results that are computed together.
int64_t panelColumns(const Product &product, const Target &target, Choices &choices);
/// Scratch that a block of so many rows needs, in bytes.
int64_t scratchOfBlock(Product product, int64_t rows, const Target &target, Choices &choices);
void emitBlock(const Group &group, Emission &emission, Product product, const ProductBlock &block);

} // namespace mlc::compiler

#endif
