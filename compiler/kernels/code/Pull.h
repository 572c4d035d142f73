// Pull-based emission: the code that computes any value of a kernel at any point, from the values in memory
// it depends on.
//
// Elementwise ops ask for their operands at the same point, index-transforming ops at a transformed point,
// sums emit loops. So one function emits any expression, and any kernel has a correct form; emitters that
// keep values in registers or scratch say so with `set` and `bind`.
#ifndef MLC_COMPILER_KERNELS_CODE_PULL_H
#define MLC_COMPILER_KERNELS_CODE_PULL_H

#include "compiler/kernels/code/Point.h"
#include "dialects/mlc/MlcOps.h"
#include "llvm/ADT/ScopedHashTable.h"

#include <deque>

namespace mlc::compiler {

class Pull {
public:
  explicit Pull(Code &code) : code(code), root(*this) {}

  /// `value` lies in memory from here on, until `unbind`.
  void bind(mlir::Value value, Memory memory) { stored[value] = memory; }
  void unbind(mlir::Value value) { stored.erase(value); }
  bool isStored(mlir::Value value) const { return stored.count(value); }
  Memory memoryOf(mlir::Value value) const { return stored.lookup(value); }

  /// `value` is this scalar or vector wherever it is asked for, until the scope ends.
  void set(mlir::Value value, mlir::Value here) { fixed.insert(value, here); }

  /// What is computed in a scope is forgotten at its end: one for the body of each loop.
  class Scope {
  public:
    explicit Scope(Pull &pull) : values(pull.values), points(pull.points), fixed(pull.fixed) {}

  private:
    llvm::ScopedHashTableScope<std::pair<mlir::Value, const Point *>, mlir::Value> values;
    llvm::ScopedHashTableScope<std::pair<mlir::Value, const Point *>, const Point *> points;
    llvm::ScopedHashTableScope<mlir::Value, mlir::Value> fixed;
  };

  /// A point to evaluate at. Points are compared by identity: evaluate what belongs together at the same one.
  const Point *point(Point made) { return &made_.emplace_back(std::move(made)); }

  /// `value` at a point of its shape: a scalar or a vector of the point's lanes; lanes outside the mask are
  /// anything.
  mlir::Value at(mlir::Value value, const Point *where);

  /// Whether computing `value` looks at coordinates, or only at the row-major index.
  bool needsCoords(mlir::Value value);

  Code &code;

private:
  using Key = std::pair<mlir::Value, const Point *>;
  llvm::ScopedHashTable<Key, mlir::Value> values;
  llvm::ScopedHashTable<Key, const Point *> points;
  llvm::ScopedHashTable<mlir::Value, mlir::Value> fixed;
  llvm::DenseMap<mlir::Value, Memory> stored;
  llvm::DenseMap<mlir::Value, bool> coordUsers;
  std::deque<Point> made_;
  Scope root;

  llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }
  mlir::Type elementOf(mlir::Value value) { return mlir::getElementTypeOrSelf(value.getType()); }
  mlir::Value load(mlir::Value value, const Point *where);
  mlir::Value compute(mlir::Value value, const Point *where);
  const Point *scalarOf(const Point *where);
  /// Coordinates of a point of `value`'s shape.
  llvm::SmallVector<Coord, 4> coordsOf(mlir::Value value, const Point *where);
  const Point *moved(const Point *where, llvm::SmallVector<Coord, 4> coords, mlir::Value alsoMask = {});
  /// `value` at coordinates that may lie outside its shape, where it is zero. `condition` further restricts
  /// it; null holds.
  mlir::Value within(mlir::Value value, const Point *where, llvm::SmallVector<Coord, 4> coords,
                     mlir::Value condition = {});

  // Index transformations (PullIndexing.cpp).
  mlir::Value constant(ir::ConstantOp op, const Point *where);
  mlir::Value iota(ir::IotaOp op, const Point *where);
  mlir::Value reshape(ir::ReshapeOp op, const Point *where);
  mlir::Value pad(ir::PadOp op, const Point *where);
  mlir::Value concat(ir::ConcatOp op, const Point *where);
  mlir::Value gather(ir::GatherOp op, const Point *where);
  // Sums (PullSums.cpp).
  using Term =
      llvm::function_ref<llvm::SmallVector<mlir::Value>(llvm::ArrayRef<mlir::Value>, mlir::ValueRange)>;
  /// Loops over `sizes`, row-major, carrying values; few iterations are unrolled. `term` sees the indices and
  /// what is carried.
  llvm::SmallVector<mlir::Value> accumulate(llvm::ArrayRef<int64_t> sizes,
                                            llvm::SmallVector<mlir::Value> carried, Term term);
  mlir::Value sum(mlir::Type type, llvm::ArrayRef<int64_t> sizes,
                  llvm::function_ref<mlir::Value(llvm::ArrayRef<mlir::Value>, mlir::Value)> addTo);
  mlir::Value reduce(ir::ReduceOp op, const Point *where);
  mlir::Value argmax(ir::ArgmaxOp op, const Point *where);
  mlir::Value contract(ir::ContractOp op, const Point *where);
  mlir::Value scatterAdd(ir::ScatterAddOp op, const Point *where);
  // Convolutions (PullConvolution.cpp) and windows (PullWindows.cpp).
  mlir::Value conv(ir::ConvOp op, const Point *where);
  mlir::Value convInput(ir::ConvInputOp op, const Point *where);
  mlir::Value convFilter(ir::ConvFilterOp op, const Point *where);
  void windowMax(ir::WindowMaxOp op, const Point *where);
  mlir::Value windowGather(ir::WindowGatherOp op, const Point *where);
  mlir::Value windowScatter(ir::WindowScatterOp op, const Point *where);
  mlir::Value windowSum(ir::WindowSumOp op, const Point *where);
  mlir::Value windowSpread(ir::WindowSpreadOp op, const Point *where);
  // Random numbers (PullRandom.cpp).
  mlir::Value random(ir::RandomOp op, const Point *where);
};

/// `reduce`'s neutral element and step.
mlir::Value reductionStart(Code &code, llvm::StringRef kind, mlir::Type type);
mlir::Value combine(Code &code, llvm::StringRef kind, mlir::Value a, mlir::Value b);

} // namespace mlc::compiler

#endif
