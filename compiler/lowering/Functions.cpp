// exp(x) = 2^n exp(r), with n the integer next to x / ln 2 and |r| <= ln 2 / 2 by Cody and Waite's two-part
// ln 2 (Software Manual for the Elementary Functions, 1980, ch. 6); exp(r) is a polynomial. Results too small
// for a normal number are 0: processors take a hundred cycles for each of the others.
//
// erf(x) is x times a polynomial in x^2 for |x| < 1, and 1 - exp(-x^2) erfcx(|x|) beyond, with a polynomial
// for erfcx up to 4. exp(-x^2) is written as a program would write it, so that where both are computed, as
// for a gradient of gelu, one serves both.
//
// Coefficients minimise the largest relative error of the function (weighted least squares by Lawson's
// method, in f64): 3e-9 for exp, 4e-8 and 8e-8 for the two parts of erf.
#include "compiler/lowering/Functions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace mlc::compiler {
namespace {

bool isF32(Type type) { return getElementTypeOrSelf(type).isF32(); }

/// Arithmetic on values of one type: f32 or a vector of it.
class Arithmetic {
public:
  Arithmetic(Operation *op, PatternRewriter &rewriter)
      : build(op->getLoc(), rewriter), type(op->getResult(0).getType()), integers(rewriter.getI32Type()) {
    if (auto vector = dyn_cast<VectorType>(type))
      integers = vector.clone(rewriter.getI32Type());
  }

  Value number(double value) { return constant(type, build.getF32FloatAttr(float(value))); }
  Value integer(int32_t value) { return constant(integers, build.getI32IntegerAttr(value)); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(build, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(build, a, b); }
  Value fma(Value a, Value b, Value c) { return math::FmaOp::create(build, a, b, c); }
  Value neg(Value a) { return arith::NegFOp::create(build, a); }
  Value abs(Value a) { return math::AbsFOp::create(build, a); }
  Value less(Value a, Value b) { return arith::CmpFOp::create(build, arith::CmpFPredicate::OLT, a, b); }
  Value select(Value condition, Value a, Value b) { return arith::SelectOp::create(build, condition, a, b); }
  /// The smaller; x where it is NaN.
  Value atMost(double bound, Value x) { return select(less(number(bound), x), number(bound), x); }

  /// The sum of coefficients[i] x^i.
  Value polynomial(ArrayRef<double> coefficients, Value x) {
    Value sum = number(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, number(coefficient));
    return sum;
  }

  Value exp(Value x) {
    // A number so large that its last bit counts ones: adding it rounds to an integer and leaves that in the
    // low bits.
    constexpr float rounder = 0x1.8p23f;
    Value rounded = fma(x, number(0x1.715476p0), number(rounder));
    Value n = sub(rounded, number(rounder));
    Value r = fma(n, number(-0x1.63p-1), x);
    r = fma(n, number(0x1.bd0106p-13), r);
    Value power = polynomial({1, 1, 0.49999994, 0.16666521, 0.04166839, 0.008368717, 0.0013814599}, r);
    Value exponent = arith::ShLIOp::create(build, bits(rounded), integer(23));
    Value result = arith::BitcastOp::create(build, type, arith::AddIOp::create(build, bits(power), exponent));
    // The product is infinity, or NaN where x is.
    Value above = arith::CmpFOp::create(build, arith::CmpFPredicate::UGT, x, number(88.722839));
    result = select(above, mul(x, number(0x1p127)), result);
    return select(less(x, number(-87.336545)), number(0), result);
  }

  Value erf(Value x) {
    Value size = abs(x), square = mul(x, x);
    Value small =
        mul(x, polynomial({1.1283791, -0.37612325, 0.1128018, -0.026711311, 0.0049175518, -0.00056314224},
                          square));
    Value erfcx =
        polynomial({0.97566354, -0.9995922, 0.69758517, -0.33054444, 0.10085304, -0.017741282, 0.0013594928},
                   atMost(4, size));
    Value large = fma(neg(exp(neg(square))), erfcx, number(1));
    return select(less(size, number(1)), small, math::CopySignOp::create(build, large, x));
  }

private:
  Value constant(Type of, TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(of))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(build, of, value);
  }
  Value bits(Value x) { return arith::BitcastOp::create(build, integers, x); }

  ImplicitLocOpBuilder build;
  Type type, integers;
};

template <typename Op, Value (Arithmetic::*function)(Value)> struct Replace : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!isF32(op.getType()))
      return failure();
    rewriter.replaceOp(op, (Arithmetic(op, rewriter).*function)(op.getOperand()));
    return success();
  }
};

} // namespace

void addFunctionPatterns(RewritePatternSet &patterns) {
  patterns.add<Replace<math::ExpOp, &Arithmetic::exp>, Replace<math::ErfOp, &Arithmetic::erf>>(
      patterns.getContext());
}

} // namespace mlc::compiler
