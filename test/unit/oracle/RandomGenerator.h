// What fills the body of a random program: one op after another, each over values that are there.
#pragma once

#include "test/unit/oracle/RandomProgram.h"

#include "dialects/mlc/MlcOps.h"

#include <cmath>
#include <random>

namespace mlc::test {

/// A float value and bounds of its elements.
struct Known {
  mlir::Value value;
  double low, high;

  mlir::RankedTensorType type() const { return mlir::cast<mlir::RankedTensorType>(value.getType()); }
  llvm::ArrayRef<int64_t> shape() const { return type().getShape(); }
  double size() const { return std::max(std::abs(low), std::abs(high)); }
};

class RandomGenerator {
public:
  /// Fills `block`; values may be arguments that it adds to the block unless it is a scan's body (`depth`
  /// above 0).
  RandomGenerator(mlir::Block &block, mlir::Location loc, std::mt19937_64 &random, mlir::Type element,
                  const RandomProgramOptions &options, int depth)
      : builder(element.getContext()), loc(loc), block(block), random(random), element(element),
        options(options), depth(depth) {
    builder.setInsertionPointToEnd(&block);
  }

  void generate(int ops) {
    if (!depth)
      for (int i = 0; i < 2; ++i)
        keep(input(randomShape(1 + below(3))));
    // Some choices do not apply to the value they meet; the bound keeps that finite.
    for (int made = 0, tries = 0; made < ops && tries < 50 * ops; ++tries)
      made += step();
  }

private:
  int64_t below(int64_t n) { return int64_t(random() % uint64_t(n)); }
  bool coin() { return below(2); }
  Known pick() {
    // Recent values more often: long chains rather than many short ones.
    int64_t n = pool.size();
    return pool[coin() ? n - 1 - below(std::min<int64_t>(n, 3)) : below(n)];
  }

  mlir::RankedTensorType typeFor(llvm::ArrayRef<int64_t> shape) {
    return mlir::RankedTensorType::get(shape, element);
  }
  int64_t count(llvm::ArrayRef<int64_t> shape) { return typeFor(shape).getNumElements(); }
  llvm::SmallVector<int64_t> randomShape(int rank) {
    llvm::SmallVector<int64_t> shape;
    do {
      shape.clear();
      for (int i = 0; i < rank; ++i)
        shape.push_back(options.sizes[below(options.sizes.size())]);
    } while (count(shape) > options.maxElements);
    return shape;
  }

  Known input(llvm::ArrayRef<int64_t> shape) {
    auto type = typeFor(shape);
    if (depth)
      return {constant(shape, double(below(9) - 4) / 4), -1, 1};
    return {block.insertArgument(floatInputs++, type, loc), -1, 1};
  }
  mlir::Value indices(llvm::ArrayRef<int64_t> shape) {
    if (depth)
      return ir::IotaOp::create(builder, loc, mlir::RankedTensorType::get(shape, builder.getI32Type()), 0);
    return block.addArgument(mlir::RankedTensorType::get(shape, builder.getI32Type()), loc);
  }
  /// A value of `shape`: one from the pool if there is one, or a new input.
  Known like(llvm::ArrayRef<int64_t> shape) {
    llvm::SmallVector<Known> same;
    for (const Known &known : pool)
      if (known.shape() == shape)
        same.push_back(known);
    if (same.empty() || below(4) == 0)
      return input(shape);
    return same[below(same.size())];
  }
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, double number) {
    return ir::ConstantOp::create(builder, loc, typeFor(shape), number);
  }

  /// Adds a value to the pool, scaled down if it may be large.
  bool keep(Known known) {
    if (known.size() > 8) {
      double scale = 4 / known.size();
      known = {ir::MulOp::create(builder, loc, known.value, constant(known.shape(), scale)),
               known.low * scale, known.high * scale};
    }
    pool.push_back(known);
    return true;
  }
  bool keep(mlir::Value value, double low, double high) { return keep(Known{value, low, high}); }

  /// x * x + 0.5: in the domain of log, sqrt, rsqrt, div and pow.
  Known positive(Known x) {
    if (x.low >= 0.2)
      return x;
    mlir::Value square = ir::MulOp::create(builder, loc, x.value, x.value);
    double high = x.size() * x.size() + 0.5;
    Known sum{ir::AddOp::create(builder, loc, square, constant(x.shape(), 0.5)), 0.5, high};
    return sum;
  }

  bool step() {
    switch (below(10)) {
    case 0:
    case 1:
      return unary(pick());
    case 2:
    case 3:
      return binary(pick());
    case 4:
      return shape(pick());
    case 5:
      return reduction(pick());
    case 6:
      return contract(pick());
    case 7:
      return spatial();
    case 8:
      return table(pick());
    default:
      return options.scans && depth < 2 && below(3) == 0 && scan();
    }
  }

  bool unary(Known x);
  bool binary(Known x);
  bool shape(Known x);
  bool reduction(Known x);
  bool contract(Known x);
  bool spatial();
  bool table(Known x);
  bool scan();

  mlir::OpBuilder builder;
  mlir::Location loc;
  mlir::Block &block;
  std::mt19937_64 &random;
  mlir::Type element;
  const RandomProgramOptions &options;
  int depth;
  llvm::SmallVector<Known> pool;
  unsigned floatInputs = 0;
};

} // namespace mlc::test
