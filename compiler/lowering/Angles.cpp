// sin and cos of f32.
//
// n is the integer next to |x| / (pi / 2) and r = |x| - n pi / 2, by Cody and Waite's reduction (Software
// Manual for the Elementary Functions, 1980, ch. 8) with pi / 2 in three parts of 24 bits, each taken away by
// a fused operation: the first is exact (|x| and the product are multiples of 2^-23, and what is left is less
// than one), so that r has all its digits as long as n does, and so has an r that is almost 0. A polynomial
// each for sin(r) and cos(r); the last two bits of n say which of them it is and with which sign. Where a
// program wants sin and cos of the same angle, everything but this choice is computed once.
//
// Of angles of more than 2^17, what the second step rounds shows in an r that is small: they would be off by
// more than two units (2.4 at 504847.6875). A vector that holds one goes through a loop, element by element,
// that calls libm in f64, where an f32 angle is small enough for a result that is right to the last bit of
// f32; the others keep what they have, so a result never depends on its neighbours.
//
// Coefficients as in Functions.cpp: 7e-9 for sin and 2e-10 for cos.
#include "compiler/lowering/Arithmetic.h"
#include "compiler/lowering/Functions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace mlc::compiler {
namespace {

constexpr double largest = 0x1p17;

/// sin, or cos, of angles up to `largest`; `size` is |x|.
template <bool isCos> Value ofModerate(Arithmetic &a, Value x, Value size) {
  Value rounded = a.fma(size, a.number(0x1.45f306p-1), a.number(a.rounder()));
  Value n = a.sub(rounded, a.number(a.rounder()));
  Value r = a.fma(n, a.number(-0x1.921fb4p0), size);
  r = a.fma(n, a.number(-0x1.4442d0p-24), r);
  r = a.fma(n, a.number(-0x1.846988p-48), r);
  Value z = a.mul(r, r);
  Value sine = a.fma(a.mul(r, z), a.polynomial({-0.16666648, 0.008331795, -0.00019468127}, z), r);
  Value cosine = a.fma(a.mul(z, z), a.polynomial({0.041666634, -0.0013886819, 2.4379182e-05}, z),
                       a.fma(z, a.number(-0.5), a.number(1)));
  Value quarter = a.bits(rounded);
  if (isCos)
    quarter = a.plus(quarter, a.integer(1));
  Type truth = a.build.getI1Type();
  if (auto vector = dyn_cast<VectorType>(a.type))
    truth = vector.clone(truth);
  Value isOdd = arith::TruncIOp::create(a.build, truth, quarter);
  Value sign = a.left(quarter, 30);
  if (!isCos)
    sign = a.exclusive(sign, a.bits(x));
  sign = a.both(sign, a.integer(int32_t(0x80000000)));
  return a.fromBits(a.exclusive(a.bits(a.select(isOdd, cosine, sine)), sign));
}

/// libm's function of f64, declared as one that is hardly ever called.
func::FuncOp declare(ModuleOp module, StringRef name) {
  if (auto known = module.lookupSymbol<func::FuncOp>(name))
    return known;
  auto builder = OpBuilder::atBlockBegin(module.getBody());
  Type number = builder.getF64Type();
  auto function =
      func::FuncOp::create(builder, module.getLoc(), name, builder.getFunctionType({number}, {number}));
  function.setPrivate();
  function->setAttr(LLVM::LLVMDialect::getReadnoneAttrName(), builder.getUnitAttr());
  function->setAttr("passthrough", builder.getStrArrayAttr({"cold", "nounwind", "willreturn"}));
  return function;
}

/// `function` of every element, by itself.
Value oneByOne(OpBuilder &builder, Location loc, func::FuncOp function, Value x) {
  auto ofOne = [&function](OpBuilder &inner, Location loc, Value element) -> Value {
    Value wide = arith::ExtFOp::create(inner, loc, inner.getF64Type(), element);
    wide = func::CallOp::create(inner, loc, function, wide).getResult(0);
    return arith::TruncFOp::create(inner, loc, inner.getF32Type(), wide);
  };
  auto vector = dyn_cast<VectorType>(x.getType());
  if (!vector)
    return ofOne(builder, loc, x);
  auto index = [&](int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); };
  auto loop = scf::ForOp::create(builder, loc, index(0), index(vector.getNumElements()), index(1), x,
                                 [&](OpBuilder &inner, Location loc, Value at, ValueRange carried) {
                                   Value element =
                                       vector::ExtractOp::create(inner, loc, carried[0], OpFoldResult(at));
                                   Value next = vector::InsertOp::create(
                                       inner, loc, ofOne(inner, loc, element), carried[0], OpFoldResult(at));
                                   scf::YieldOp::create(inner, loc, next);
                                 });
  return loop.getResult(0);
}

template <typename Op> struct ReplaceAngle : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    auto vector = dyn_cast<VectorType>(op.getType());
    if (!hasFunctionPattern(op) || (vector && vector.getRank() != 1))
      return failure();
    constexpr bool isCos = std::is_same_v<Op, math::CosOp>;
    func::FuncOp function = declare(op->template getParentOfType<ModuleOp>(), isCos ? "cos" : "sin");
    Arithmetic a(op, rewriter);
    Value x = op.getOperand(), size = a.abs(x);
    Value moderate = ofModerate<isCos>(a, x, size);
    Value isLarge = a.less(a.number(largest), size), any = isLarge;
    if (vector)
      any = vector::ReductionOp::create(a.build, vector::CombiningKind::OR, isLarge);
    auto branch = scf::IfOp::create(
        a.build, any,
        [&](OpBuilder &builder, Location loc) {
          Value large = oneByOne(builder, loc, function, x);
          Value chosen = arith::SelectOp::create(builder, loc, isLarge, large, moderate);
          scf::YieldOp::create(builder, loc, chosen);
        },
        [&](OpBuilder &builder, Location loc) { scf::YieldOp::create(builder, loc, moderate); });
    rewriter.replaceOp(op, branch.getResult(0));
    return success();
  }
};

} // namespace

void addAnglePatterns(RewritePatternSet &patterns) {
  // Before MLIR's, which take what is left alone here.
  patterns.add<ReplaceAngle<math::SinOp>, ReplaceAngle<math::CosOp>>(patterns.getContext(), /*benefit=*/2);
}

} // namespace mlc::compiler
