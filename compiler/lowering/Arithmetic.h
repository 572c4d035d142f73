// Arithmetic on values of one type, written as formulas: what the functions of this folder are made of.
#ifndef MLC_COMPILER_LOWERING_ARITHMETIC_H
#define MLC_COMPILER_LOWERING_ARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"

namespace mlc::compiler {

/// Operations on f32, f64 or a vector of either, built before `op`, whose result is of that type. The op and
/// the rewriter must outlive it.
class Arithmetic {
public:
  using Value = mlir::Value;

  Arithmetic(mlir::Operation *op, mlir::PatternRewriter &rewriter)
      : build(op->getLoc(), rewriter), type(op->getResult(0).getType()),
        integers(rewriter.getIntegerType(isSingle() ? 32 : 64)) {
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(type))
      integers = vector.clone(integers);
  }

  /// Whether elements are f32.
  bool isSingle() const { return mlir::getElementTypeOrSelf(type).isF32(); }
  /// Bits of the significand behind the point.
  int fractionBits() const { return isSingle() ? 23 : 52; }
  /// What an exponent of 0 is written as.
  int bias() const { return isSingle() ? 127 : 1023; }
  /// A number so large that its last bit counts ones: adding it rounds to an integer and leaves that in the
  /// low bits.
  double rounder() const { return isSingle() ? 0x1.8p23 : 0x1.8p52; }

  Value number(double value) {
    return constant(type, build.getFloatAttr(mlir::getElementTypeOrSelf(type), value));
  }
  Value integer(int64_t value) {
    return constant(integers, build.getIntegerAttr(mlir::getElementTypeOrSelf(integers), value));
  }
  Value add(Value a, Value b) { return mlir::arith::AddFOp::create(build, a, b); }
  Value sub(Value a, Value b) { return mlir::arith::SubFOp::create(build, a, b); }
  Value mul(Value a, Value b) { return mlir::arith::MulFOp::create(build, a, b); }
  Value div(Value a, Value b) { return mlir::arith::DivFOp::create(build, a, b); }
  Value fma(Value a, Value b, Value c) { return mlir::math::FmaOp::create(build, a, b, c); }
  Value neg(Value a) { return mlir::arith::NegFOp::create(build, a); }
  Value abs(Value a) { return mlir::math::AbsFOp::create(build, a); }
  Value copySign(Value a, Value sign) { return mlir::math::CopySignOp::create(build, a, sign); }
  Value compare(mlir::arith::CmpFPredicate predicate, Value a, Value b) {
    return mlir::arith::CmpFOp::create(build, predicate, a, b);
  }
  Value less(Value a, Value b) { return compare(mlir::arith::CmpFPredicate::OLT, a, b); }
  Value equal(Value a, Value b) { return compare(mlir::arith::CmpFPredicate::OEQ, a, b); }
  Value select(Value condition, Value a, Value b) {
    return mlir::arith::SelectOp::create(build, condition, a, b);
  }
  /// The smaller, the larger; x where it is NaN.
  Value atMost(double bound, Value x) { return select(less(number(bound), x), number(bound), x); }
  Value atLeast(double bound, Value x) { return select(less(x, number(bound)), number(bound), x); }

  /// The sum of coefficients[i] x^i.
  Value polynomial(llvm::ArrayRef<double> coefficients, Value x) {
    Value sum = number(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, number(coefficient));
    return sum;
  }

  // Integers as wide as the numbers.
  Value bits(Value x) { return mlir::arith::BitcastOp::create(build, integers, x); }
  Value fromBits(Value bits) { return mlir::arith::BitcastOp::create(build, type, bits); }
  Value plus(Value a, Value b) { return mlir::arith::AddIOp::create(build, a, b); }
  Value minus(Value a, Value b) { return mlir::arith::SubIOp::create(build, a, b); }
  Value both(Value a, Value b) { return mlir::arith::AndIOp::create(build, a, b); }
  Value exclusive(Value a, Value b) { return mlir::arith::XOrIOp::create(build, a, b); }
  Value left(Value a, int count) { return mlir::arith::ShLIOp::create(build, a, integer(count)); }
  /// By `count` places to the right, the sign's bit moving in.
  Value right(Value a, int count) { return mlir::arith::ShRSIOp::create(build, a, integer(count)); }
  Value toNumber(Value integer) { return mlir::arith::SIToFPOp::create(build, type, integer); }
  /// 2^n, for an n whose power is a normal number; `n` may be the low bits of something added to `rounder`.
  Value powerOfTwo(Value n) { return fromBits(left(plus(n, integer(bias())), fractionBits())); }

  mlir::ImplicitLocOpBuilder build;
  mlir::Type type, integers;

private:
  Value constant(mlir::Type of, mlir::TypedAttr value) {
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(of))
      value = mlir::DenseElementsAttr::get(vector, mlir::Attribute(value));
    return mlir::arith::ConstantOp::create(build, of, value);
  }
};

} // namespace mlc::compiler

#endif
