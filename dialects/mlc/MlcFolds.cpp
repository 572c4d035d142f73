// Identities and canonical forms of the elementwise ops.
//
// What may change: the sign of a zero, and rounding where numbers known when compiling are combined first (x
// * 2 * 3). What may not: NaN and infinity stay what they are, so x * 0 and x - x are left alone.
#include "dialects/mlc/MlcOps.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

#include <cmath>

using namespace mlir;

namespace mlc::ir {

/// In MlcShapeFolds.cpp.
LogicalResult addOfPads(AddOp op, PatternRewriter &rewriter);

static Value splat(PatternRewriter &rewriter, Operation *like, double number) {
  return ConstantOp::create(rewriter, like->getLoc(), like->getResult(0).getType(), number);
}

/// What `value` is the negative of, or null.
static Value negated(Value value) {
  auto neg = value.getDefiningOp<NegOp>();
  return neg ? neg.getX() : Value();
}

//===--- Sums and signs ---------------------------------------------------------------------------------===//

// a + -b and -b + a are a - b.
static LogicalResult addOfNegative(AddOp op, PatternRewriter &rewriter) {
  if (Value y = negated(op.getY()))
    rewriter.replaceOpWithNewOp<SubOp>(op, op.getX(), y);
  else if (Value x = negated(op.getX()))
    rewriter.replaceOpWithNewOp<SubOp>(op, op.getY(), x);
  else
    return failure();
  return success();
}

// x + x is x * 2.
static LogicalResult addOfSame(AddOp op, PatternRewriter &rewriter) {
  if (op.getX() != op.getY() || op.getX().getDefiningOp<ConstantOp>())
    return failure();
  rewriter.replaceOpWithNewOp<MulOp>(op, op.getX(), splat(rewriter, op, 2));
  return success();
}

// a - -b is a + b; -a - b is -(a + b); 0 - x is -x.
static LogicalResult subOfNegative(SubOp op, PatternRewriter &rewriter) {
  if (Value y = negated(op.getY()))
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getX(), y);
  else if (Value x = negated(op.getX()))
    rewriter.replaceOpWithNewOp<NegOp>(op, AddOp::create(rewriter, op.getLoc(), x, op.getY()));
  else if (isSplat(op.getX(), 0))
    rewriter.replaceOpWithNewOp<NegOp>(op, op.getY());
  else
    return failure();
  return success();
}

// -(a - b) is b - a; -(x * number) is x * -number.
static LogicalResult negOfArithmetic(NegOp op, PatternRewriter &rewriter) {
  if (!op.getX().hasOneUse())
    return failure();
  if (auto sub = op.getX().getDefiningOp<SubOp>()) {
    rewriter.replaceOpWithNewOp<SubOp>(op, sub.getY(), sub.getX());
    return success();
  }
  auto mul = op.getX().getDefiningOp<MulOp>();
  std::optional<double> number = mul ? splatOf(mul.getY()) : std::nullopt;
  if (!number || !isa<FloatType>(op.getType().getElementType()))
    return failure();
  rewriter.replaceOpWithNewOp<MulOp>(op, mul.getX(), splat(rewriter, op, -*number));
  return success();
}

//===--- Products ---------------------------------------------------------------------------------------===//

// A sign leaves the product, where a sum can take it in; x * -1 is -x.
static LogicalResult mulOfNegative(MulOp op, PatternRewriter &rewriter) {
  Value x = negated(op.getX()), y = negated(op.getY());
  if (isSplat(op.getY(), -1)) {
    rewriter.replaceOpWithNewOp<NegOp>(op, op.getX());
    return success();
  }
  if (!x && !y)
    return failure();
  if (std::optional<double> number = splatOf(op.getY());
      x && number && isa<FloatType>(op.getType().getElementType())) {
    rewriter.replaceOpWithNewOp<MulOp>(op, x, splat(rewriter, op, -*number));
    return success();
  }
  Value product = MulOp::create(rewriter, op.getLoc(), x ? x : op.getX(), y ? y : op.getY());
  if (x && y)
    rewriter.replaceOp(op, product);
  else
    rewriter.replaceOpWithNewOp<NegOp>(op, product);
  return success();
}

// x * a * b is x * (a * b), unless that number is too large or too small for the type.
static LogicalResult mulOfScaled(MulOp op, PatternRewriter &rewriter) {
  auto inner = op.getX().getDefiningOp<MulOp>();
  if (!inner || !isa<FloatType>(op.getType().getElementType()))
    return failure();
  std::optional<double> a = splatOf(inner.getY()), b = splatOf(op.getY());
  if (!a || !b)
    return failure();
  // Far from the ends of the type's range, by about a fifth of its exponents.
  auto type = cast<FloatType>(op.getType().getElementType());
  int exponents = APFloat::semanticsMaxExponent(type.getFloatSemantics()) + 1;
  double number = *a * *b, limit = std::ldexp(1.0, exponents * 25 / 32);
  if (!(std::fabs(number) < limit && std::fabs(number) > 1 / limit))
    return failure();
  rewriter.replaceOpWithNewOp<MulOp>(op, inner.getX(), splat(rewriter, op, number));
  return success();
}

// x / 2^n is x * 2^-n, which is the same number.
static LogicalResult divByPowerOfTwo(DivOp op, PatternRewriter &rewriter) {
  std::optional<double> number = splatOf(op.getY());
  int exponent = 0;
  if (!number || !std::isfinite(*number) || std::fabs(std::frexp(*number, &exponent)) != 0.5 ||
      std::abs(exponent) > 100)
    return failure();
  rewriter.replaceOpWithNewOp<MulOp>(op, op.getX(), splat(rewriter, op, 1 / *number));
  return success();
}

// A sign leaves the quotient.
static LogicalResult divOfNegative(DivOp op, PatternRewriter &rewriter) {
  Value x = negated(op.getX()), y = negated(op.getY());
  if (!x && !y)
    return failure();
  Value quotient = DivOp::create(rewriter, op.getLoc(), x ? x : op.getX(), y ? y : op.getY());
  if (x && y)
    rewriter.replaceOp(op, quotient);
  else
    rewriter.replaceOpWithNewOp<NegOp>(op, quotient);
  return success();
}

// Powers that have a cheaper name.
static LogicalResult powOfNumber(PowOp op, PatternRewriter &rewriter) {
  std::optional<double> number = splatOf(op.getY());
  Value x = op.getX();
  if (!number)
    return failure();
  if (*number == 0)
    rewriter.replaceOp(op, splat(rewriter, op, 1));
  else if (*number == 2)
    rewriter.replaceOpWithNewOp<MulOp>(op, x, x);
  else if (*number == 3)
    rewriter.replaceOpWithNewOp<MulOp>(op, MulOp::create(rewriter, op.getLoc(), x, x), x);
  else if (*number == 0.5)
    rewriter.replaceOpWithNewOp<SqrtOp>(op, x);
  else if (*number == -0.5)
    rewriter.replaceOpWithNewOp<RsqrtOp>(op, x);
  else if (*number == -1)
    rewriter.replaceOpWithNewOp<DivOp>(op, splat(rewriter, op, 1), x);
  else
    return failure();
  return success();
}

//===--- Choices ----------------------------------------------------------------------------------------===//

// A choice within a choice by the same condition; a choice by a negated condition.
static LogicalResult selectOfSelect(SelectOp op, PatternRewriter &rewriter) {
  Value condition = op.getX();
  if (auto no = condition.getDefiningOp<NotOp>()) {
    rewriter.replaceOpWithNewOp<SelectOp>(op, no.getX(), op.getZ(), op.getY());
    return success();
  }
  auto yes = op.getY().getDefiningOp<SelectOp>(), no = op.getZ().getDefiningOp<SelectOp>();
  if (yes && yes.getX() == condition)
    rewriter.replaceOpWithNewOp<SelectOp>(op, condition, yes.getY(), op.getZ());
  else if (no && no.getX() == condition)
    rewriter.replaceOpWithNewOp<SelectOp>(op, condition, op.getY(), no.getZ());
  else
    return failure();
  return success();
}

//===--- Any elementwise op -----------------------------------------------------------------------------===//

namespace {
/// f(broadcast(a), broadcast(b), number) is broadcast(f(a, b, number)): less to compute, and a broadcast that
/// a later reduction undoes.
struct ElementwiseOfBroadcasts : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op, PatternRewriter &rewriter) const override {
    BroadcastOp first;
    for (Value operand : op->getOperands()) {
      auto broadcast = operand.getDefiningOp<BroadcastOp>();
      if (!broadcast && !splatOf(operand))
        return failure();
      if (!broadcast)
        continue;
      if (!first)
        first = broadcast;
      if (broadcast.getAxes() != first.getAxes())
        return failure();
    }
    if (!first)
      return failure();
    ArrayRef<int64_t> shape = cast<RankedTensorType>(first.getX().getType()).getShape();
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      if (auto broadcast = operand.getDefiningOp<BroadcastOp>())
        operands.push_back(broadcast.getX());
      else
        operands.push_back(ConstantOp::create(rewriter, op.getLoc(), withShape(operand.getType(), shape),
                                              *splatOf(operand)));
    }
    OperationState state(op.getLoc(), op->getName(), operands, withShape(op->getResult(0).getType(), shape),
                         op->getAttrs());
    Value small = rewriter.create(state)->getResult(0);
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op->getResult(0).getType(), small, first.getAxes());
    return success();
  }
};
} // namespace

void MlcDialect::getCanonicalizationPatterns(RewritePatternSet &set) const {
  set.add<ElementwiseOfBroadcasts>(getContext());
}

void AddOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *context) {
  set.add(addOfNegative);
  set.add(addOfSame);
  set.add(addOfPads);
}
void SubOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) { set.add(subOfNegative); }
void NegOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) { set.add(negOfArithmetic); }
void MulOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(mulOfNegative);
  set.add(mulOfScaled);
}
void DivOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) {
  set.add(divByPowerOfTwo);
  set.add(divOfNegative);
}
void PowOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) { set.add(powOfNumber); }
void SelectOp::getCanonicalizationPatterns(RewritePatternSet &set, MLIRContext *) { set.add(selectOfSelect); }

} // namespace mlc::ir
