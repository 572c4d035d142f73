// Where in a tensor a vector's lanes lie.
#ifndef MLC_COMPILER_KERNELS_CODE_POINT_H
#define MLC_COMPILER_KERNELS_CODE_POINT_H

#include "compiler/kernels/code/Code.h"

#include <optional>

namespace mlc::compiler {

/// An index that may differ from lane to lane: lane l has base + step * l + spread[l].
struct Coord {
  mlir::Value base; // i64
  int64_t step = 0;
  mlir::Value spread; // vector<lanes x i32>, or null

  bool uniform() const { return step == 0 && !spread; }
};

/// One element, or one for each lane, of a tensor of some shape.
struct Point {
  int64_t lanes = 1;
  /// vector<lanes x i1>: lanes that exist. Null: all. Never set for a single lane.
  mlir::Value mask;
  /// An index for each axis. Given unless `linear` alone is.
  std::optional<llvm::SmallVector<Coord, 4>> coords;
  /// The row-major index, when it is known better than from the coordinates.
  std::optional<Coord> linear;

  bool uniform() const;
};

/// Arithmetic on coordinates.
class Coords {
public:
  Coords(Code &code, int64_t lanes) : code(code), lanes(lanes) {}

  Coord constant(int64_t value) { return {code.integer(value), 0, {}}; }
  Coord add(const Coord &a, const Coord &b);
  Coord add(const Coord &a, int64_t b) { return add(a, constant(b)); }
  Coord mul(const Coord &a, int64_t b);
  Coord div(const Coord &a, int64_t b);
  Coord rem(const Coord &a, int64_t b);
  /// All lanes as vector<lanes x i32>.
  mlir::Value vector(const Coord &a);
  /// The row-major index over `shape`.
  Coord flatten(llvm::ArrayRef<Coord> coords, llvm::ArrayRef<int64_t> shape);
  llvm::SmallVector<Coord, 4> unflatten(const Coord &linear, llvm::ArrayRef<int64_t> shape);
  /// Whether 0 <= a < size: a scalar i1 for a uniform coordinate, else one for each lane. `a` becomes 0 where
  /// it is uniform and outside.
  mlir::Value bound(Coord &a, int64_t size);

private:
  Code &code;
  int64_t lanes;
};

/// Row-major strides.
llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);

} // namespace mlc::compiler

#endif
