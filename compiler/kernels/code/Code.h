// A small vocabulary over OpBuilder for loops and vectors on raw memory: what every emitter speaks.
//
// Index arithmetic is i64 and folds as it is built. A vector of one lane is a scalar: `lanes == 1` everywhere
// means the element type itself.
#ifndef MLC_COMPILER_KERNELS_CODE_CODE_H
#define MLC_COMPILER_KERNELS_CODE_CODE_H

#include "compiler/target/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlc::compiler {

/// A dense row-major buffer. `element` is the element type of the tensor; i1 lies in memory as a byte.
struct Memory {
  mlir::Value pointer;
  mlir::Type element;
};

class Code {
public:
  /// Builds at the end of `body`, whose function is of the kernel ABI.
  Code(mlir::Block *body, mlir::Location loc, const Target &target);

  mlir::OpBuilder &builder() { return build; }
  mlir::Location loc() const { return location; }
  const Target &target() const { return machine; }

  // Integers (i64).
  mlir::Value integer(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, int64_t b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  /// Unsigned division and remainder by a positive constant, of an i64 or of a vector of i32.
  mlir::Value div(mlir::Value a, int64_t b);
  mlir::Value rem(mlir::Value a, int64_t b);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value a, int64_t b);
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value a, mlir::Value b);
  /// The value of a constant built here, if it is one.
  static std::optional<int64_t> known(mlir::Value value);

  // Vectors.
  /// `element` for one lane, else a vector of it.
  mlir::Type type(mlir::Type element, int64_t lanes);
  /// A constant number of a float or integer type, in every lane of `type`.
  mlir::Value number(mlir::Type type, double value);
  mlir::Value splat(mlir::Value scalar, int64_t lanes);
  /// 0, 1, 2, ... as vector<lanes x i32>.
  mlir::Value laneNumbers(int64_t lanes);
  /// A constant vector of i32.
  mlir::Value integers(llvm::ArrayRef<int32_t> lanes);
  /// The mask of the first `count` lanes.
  mlir::Value firstLanes(int64_t count, int64_t lanes);
  /// The mask of the lanes whose number, counted from `place`, is below `size`.
  mlir::Value lanesBelow(mlir::Value place, int64_t size, int64_t lanes);
  /// a && b; either may be null (all lanes).
  mlir::Value both(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  /// The vector's lanes combined pairwise by `combine`, which sees vectors of half the width, then scalars.
  mlir::Value fold(mlir::Value vector, llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);
  mlir::Value shuffle(mlir::Value a, mlir::Value b, llvm::ArrayRef<int64_t> lanes);
  /// A vector as one of `lanes` lanes: the first ones, or padded by undefined ones.
  mlir::Value resize(mlir::Value vector, int64_t lanes);

  // Memory. Offsets are in elements. A null mask means every lane; lanes that the mask excludes are not
  // touched, and read as zero.
  mlir::Value address(const Memory &memory, mlir::Value offset);
  Memory at(const Memory &memory, mlir::Value offset) { return {address(memory, offset), memory.element}; }
  mlir::Value load(const Memory &memory, mlir::Value offset, int64_t lanes, mlir::Value mask = {});
  void store(mlir::Value value, const Memory &memory, mlir::Value offset, mlir::Value mask = {});
  /// Lanes from anywhere: `offsets` is a vector of i32 or i64, relative to `base`.
  mlir::Value gather(const Memory &memory, mlir::Value base, mlir::Value offsets, mlir::Value mask = {});
  void scatter(mlir::Value value, const Memory &memory, mlir::Value base, mlir::Value offsets,
               mlir::Value mask = {});
  /// Begins to bring the cache line there nearer, into the L2 cache. May point past the end.
  void prefetch(const Memory &memory, mlir::Value offset);
  /// `bytes` beyond a pointer, as memory of another element type.
  Memory carve(mlir::Value pointer, int64_t bytes, mlir::Type element);

  // Control.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)>;
  /// for (i = low; i < high; i += step), carrying values. A loop of one constant iteration is not a loop.
  llvm::SmallVector<mlir::Value> loop(mlir::Value low, mlir::Value high, int64_t step,
                                      mlir::ValueRange carried, Body body);
  void loop(mlir::Value low, mlir::Value high, int64_t step, llvm::function_ref<void(mlir::Value)> body);
  void loop(int64_t size, llvm::function_ref<void(mlir::Value)> body) {
    loop(integer(0), integer(size), 1, body);
  }
  void when(mlir::Value condition, llvm::function_ref<void()> body);

private:
  mlir::OpBuilder build;
  mlir::Location location;
  const Target &machine;
  mlir::Block *entry;
  llvm::DenseMap<int64_t, mlir::Value> integerConstants;

  mlir::Type storage(mlir::Type element, int64_t lanes);
};

/// Bytes of one element in memory.
int64_t elementBytes(mlir::Type element);

} // namespace mlc::compiler

#endif
