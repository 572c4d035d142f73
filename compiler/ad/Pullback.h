// The reverse walk over one block: cotangents by value, and the rule of every op.
#pragma once

#include "dialects/mlc/MlcOps.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace mlc::compiler {

/// A constant of zeros like `value`.
mlir::Value zerosLike(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type);

/// Makes what backward scans should read instead of computing it again, the costly values of the bodies of
/// scans in `block` and in each other, outputs of their scans. Scans are made anew for it, so this comes
/// before anybody takes note of ops or values. Canonical form drops the outputs that are not read after all.
void putOutCostlyValues(mlir::Block &block);

/// Use: `putOutCostlyValues` of the block, `vary` each input to differentiate by, `spread` over the ops,
/// `add` the cotangents of the results, `run`, then `get` those of the inputs. New ops go where the builder
/// stands. Ops are neither changed nor erased.
class Pullback {
public:
  explicit Pullback(mlir::OpBuilder &builder) : builder(builder) {}

  /// Activity: a derivative by `value` is wanted. No effect on a value that is not of floats.
  void vary(mlir::Value value);
  bool isVaried(mlir::Value value) const { return varied.contains(value); }
  /// Activity of what the ops compute: a float result varies if an operand does.
  void spread(llvm::ArrayRef<mlir::Operation *> ops);

  /// Adds to the cotangent of `value`; null is zero. No effect on a value that does not vary.
  void add(mlir::Value value, mlir::Value cotangent);
  /// The cotangent so far; null is zero.
  mlir::Value get(mlir::Value value) const { return cotangents.lookup(value); }
  /// As get, with zeros made.
  mlir::Value getOrZeros(mlir::Value value);

  /// From the last op to the first. Fails with a diagnostic at an op that has no derivative.
  llvm::LogicalResult run(llvm::ArrayRef<mlir::Operation *> ops);

private:
  /// The sum of two cotangents; null is zero.
  mlir::Value plus(mlir::Value a, mlir::Value b);
  llvm::LogicalResult runOp(mlir::Operation *op);
  void runReduce(mlc::ir::ReduceOp op);
  void runWindowMax(mlc::ir::WindowMaxOp op);
  void runCall(mlc::ir::CallOp op);
  llvm::LogicalResult runScan(mlc::ir::ScanOp op);

  mlir::OpBuilder &builder;
  llvm::DenseSet<mlir::Value> varied;
  llvm::DenseMap<mlir::Value, mlir::Value> cotangents;
};

} // namespace mlc::compiler
