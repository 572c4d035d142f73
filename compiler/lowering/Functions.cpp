// exp(x) = 2^n exp(r), with n the integer next to x / ln 2 and |r| <= ln 2 / 2 by Cody and Waite's two-part
// ln 2 (Software Manual for the Elementary Functions, 1980, ch. 6); exp(r) is a polynomial. Results too small
// for a normal number are 0: processors take a hundred cycles for each of the others.
//
// erf(x) is x times a polynomial in x^2 for |x| < 1, and 1 - exp(-x^2) erfcx(|x|) beyond, with a polynomial
// for erfcx up to 4. exp(-x^2) is written as a program would write it, so that where both are computed, as
// for a gradient of gelu, one serves both.
//
// expm1(x) = 2^n p + (2^n - 1), with n and r as for exp, and p = exp(r) - 1 = r + r^2 Q(r). One fused
// operation adds the two, so nothing is lost where 2^n is 1 and little where it is not.
//
// log1p(x) = e ln 2 + log1p(f), with 2^e the power of two that puts (1 + x) / 2^e between sqrt(1/2) and
// sqrt(2), and f = (1 + x) / 2^e - 1 = x / 2^e + (1 / 2^e - 1), rounded once: for a small x it is x itself.
// log1p(f) is f - f^2/2 + f^3 P(f) in f32; in f64, where that would take too many
// terms, f - s f + s^3 R(s^2) with s = f / (2 + f), for log1p(f) = 2 artanh(s) and 2 s = f - s f.
//
// Coefficients minimise the largest relative error of the function (weighted least squares by Lawson's
// method): 3e-9 for exp, 4e-8 and 8e-8 for the two parts of erf, 1e-8 and 6e-9 for expm1 and log1p of f32,
// 3e-19 and 2e-18 for those of f64.
#include "compiler/lowering/Functions.h"
#include "compiler/lowering/Arithmetic.h"

#include <limits>

using namespace mlir;

namespace mlc::compiler {
namespace {

Value exp(Arithmetic &a, Value x) {
  Value rounded = a.fma(x, a.number(0x1.715476p0), a.number(a.rounder()));
  Value n = a.sub(rounded, a.number(a.rounder()));
  Value r = a.fma(n, a.number(-0x1.63p-1), x);
  r = a.fma(n, a.number(0x1.bd0106p-13), r);
  Value power = a.polynomial({1, 1, 0.49999994, 0.16666521, 0.04166839, 0.008368717, 0.0013814599}, r);
  Value result = a.fromBits(a.plus(a.bits(power), a.left(a.bits(rounded), a.fractionBits())));
  // From the first number whose exponential has no place, the product is infinity, or NaN where x is.
  Value above = a.compare(arith::CmpFPredicate::UGT, x, a.number(88.722832));
  result = a.select(above, a.mul(x, a.number(0x1p127)), result);
  return a.select(a.less(x, a.number(-87.336545)), a.number(0), result);
}

Value erf(Arithmetic &a, Value x) {
  Value size = a.abs(x), square = a.mul(x, x);
  Value small =
      a.mul(x, a.polynomial({1.1283791, -0.37612325, 0.1128018, -0.026711311, 0.0049175518, -0.00056314224},
                            square));
  Value erfcx =
      a.polynomial({0.97566354, -0.9995922, 0.69758517, -0.33054444, 0.10085304, -0.017741282, 0.0013594928},
                   a.atMost(4, size));
  Value large = a.fma(a.neg(exp(a, a.neg(square))), erfcx, a.number(1));
  return a.select(a.less(size, a.number(1)), small, a.copySign(large, x));
}

Value expm1(Arithmetic &a, Value x) {
  bool single = a.isSingle();
  // Beyond these the result is -1 and infinity, and the power of two no number.
  Value bounded = a.atLeast(single ? -40 : -80, a.atMost(single ? 88.9 : 709.9, x));
  Value rounded = a.fma(bounded, a.number(0x1.71547652b82fep0), a.number(a.rounder()));
  Value n = a.sub(rounded, a.number(a.rounder()));
  Value r = a.fma(n, a.number(single ? -0x1.62e42ep-1 : -0x1.62e42fefp-1), bounded);
  r = a.fma(n, a.number(single ? -0x1.efa39ep-25 : -0x1.473de6af278edp-34), r);
  Value tail = single ? a.polynomial({0.49999997, 0.16666543, 0.0416672, 0.0083665205, 0.0013882519}, r)
                      : a.polynomial({0.5, 0.16666666666666677, 0.04166666666666651, 0.00833333333332169,
                                      0.0013888888888962396, 0.00019841269885969, 2.4801587172493487e-05,
                                      2.7557244371355225e-06, 2.7557402679436816e-07, 2.510897980039893e-08,
                                      2.087531907869283e-09},
                                     r);
  Value part = a.fma(a.mul(r, r), tail, r);
  // Half of it, doubled last: 2^n itself may be too large.
  Value half = a.powerOfTwo(a.minus(a.bits(rounded), a.integer(1)));
  half = a.fma(half, part, a.sub(half, a.number(0.5)));
  // What is so small is its own result, for its half may be no normal number; and a zero keeps its sign.
  return a.select(a.less(a.abs(x), a.number(single ? 0x1p-25 : 0x1p-54)), x, a.add(half, half));
}

Value log1p(Arithmetic &a, Value x) {
  bool single = a.isSingle();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Value u = a.add(x, a.number(1));
  // The bits of sqrt(1/2): an exponent of its own begins there.
  Value least = a.integer(single ? 0x3f3504f3 : 0x3fe6a09e667f3bcd);
  Value e = a.right(a.minus(a.bits(u), least), a.fractionBits());
  // 4 2^-e: 2^-e itself may be no normal number.
  Value scale = a.fromBits(a.left(a.minus(a.integer(a.bias() + 2), e), a.fractionBits()));
  Value f = a.fma(scale, a.mul(x, a.number(0.25)), a.fma(scale, a.number(0.25), a.number(-1)));
  Value n = a.toNumber(e);
  Value result;
  if (single) {
    Value tail = a.polynomial({-0.5, 0.3333333, -0.25000823, 0.20001227, -0.16623357, 0.14201762, -0.13160194,
                               0.1276155, -0.0763443},
                              f);
    Value small = a.fma(n, a.number(0x1.7f7d1cp-20), a.mul(a.mul(f, f), tail));
    result = a.fma(n, a.number(0x1.62e4p-1), a.add(f, small));
  } else {
    Value half = a.mul(a.mul(f, f), a.number(0.5)), s = a.div(f, a.add(f, a.number(2))), z = a.mul(s, s);
    Value tail = a.polynomial({0.6666666666666735, 0.39999999999412744, 0.285714287428986, 0.2222219851286662,
                               0.18183567852810964, 0.15313950713530006, 0.14797041017387771},
                              z);
    Value small = a.fma(s, a.fma(z, tail, half), a.mul(n, a.number(0x1.473de6af278edp-34)));
    result = a.fma(n, a.number(0x1.62e42fefp-1), a.sub(f, a.sub(half, small)));
  }
  // Infinity and NaN are u itself; then what has no logarithm; then what is its own result, for its quarter
  // may be no normal number, and a zero keeps its sign.
  result = a.select(a.less(u, a.number(infinity)), result, u);
  Value none = a.select(a.equal(u, a.number(0)), a.number(-infinity),
                        a.number(std::numeric_limits<double>::quiet_NaN()));
  result = a.select(a.compare(arith::CmpFPredicate::UGT, u, a.number(0)), result, none);
  return a.select(a.less(a.abs(x), a.number(single ? 0x1p-25 : 0x1p-54)), x, result);
}

bool isF32(Type type) { return getElementTypeOrSelf(type).isF32(); }

/// Set on ops whose operands cannot be subnormal.
constexpr StringLiteral flushed = "mlc.flushed";

/// libm takes subnormal numbers apart in integers and multiplies them in floats, which sees zeros:
/// log(1e-310) would be -745. They are made zeros before.
template <typename Op> struct Flush : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!hasFunctionPattern(op))
      return failure();
    Arithmetic a(op, rewriter);
    Value least = a.number(a.isSingle() ? 0x1p-126 : 0x1p-1022);
    SmallVector<Value, 2> operands;
    for (Value x : op->getOperands())
      operands.push_back(a.select(a.less(a.abs(x), least), a.copySign(a.number(0), x), x));
    auto call = Op::create(a.build, op.getType(), operands, op->getAttrs());
    call->setAttr(flushed, rewriter.getUnitAttr());
    rewriter.replaceOp(op, call);
    return success();
  }
};

template <typename Op, Value (*function)(Arithmetic &, Value)> struct Replace : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!hasFunctionPattern(op))
      return failure();
    Arithmetic arithmetic(op, rewriter);
    rewriter.replaceOp(op, function(arithmetic, op.getOperand()));
    return success();
  }
};

} // namespace

bool hasFunctionPattern(Operation *op) {
  if (isa<math::Log1pOp, math::ExpM1Op>(op))
    return isF32(op->getResult(0).getType()) || getElementTypeOrSelf(op->getResult(0).getType()).isF64();
  if (op->hasAttr(oneTurn) || op->hasAttr(flushed))
    return false;
  if (isa<math::PowFOp>(op) || (isa<math::LogOp>(op) && !isF32(op->getResult(0).getType())))
    return true;
  return isa<math::ExpOp, math::ErfOp, math::SinOp, math::CosOp>(op) && isF32(op->getResult(0).getType());
}

void addFunctionPatterns(RewritePatternSet &patterns) {
  patterns.add<Replace<math::ExpOp, exp>, Replace<math::ErfOp, erf>, Replace<math::ExpM1Op, expm1>,
               Replace<math::Log1pOp, log1p>, Flush<math::PowFOp>, Flush<math::LogOp>>(patterns.getContext());
  addAnglePatterns(patterns);
}

} // namespace mlc::compiler
