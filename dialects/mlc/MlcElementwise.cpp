// The elementwise ops: scalar lowerings, folding of constants, verification.
#include "dialects/mlc/Elementwise.h"
#include "dialects/mlc/Expr.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Syntax.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;

namespace mlc::ir {

//===--- Scalar lowerings -------------------------------------------------------------------------------===//

static bool isUnsigned(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isInteger(1) || element.isInteger(8);
}

static bool isFloat(Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); }

/// A scalar or vector of `type` that is `number` everywhere; exact numbers only.
static Value number(ScalarContext context, Type type, double number) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr value = isFloat(type) ? TypedAttr(FloatAttr::get(element, number))
                                  : TypedAttr(IntegerAttr::get(element, static_cast<int64_t>(number)));
  if (auto vector = dyn_cast<VectorType>(type))
    value = DenseElementsAttr::get(vector, value);
  return arith::ConstantOp::create(context.builder, context.loc, value);
}

static Value compare(ScalarContext context, StringRef predicate, Value x, Value y) {
  if (isFloat(x.getType())) {
    auto kind = llvm::StringSwitch<arith::CmpFPredicate>(predicate)
                    .Case("eq", arith::CmpFPredicate::OEQ)
                    .Case("ne", arith::CmpFPredicate::UNE)
                    .Case("lt", arith::CmpFPredicate::OLT)
                    .Case("le", arith::CmpFPredicate::OLE)
                    .Case("gt", arith::CmpFPredicate::OGT)
                    .Default(arith::CmpFPredicate::OGE);
    return arith::CmpFOp::create(context.builder, context.loc, kind, x, y);
  }
  bool isU = isUnsigned(x.getType());
  auto kind = llvm::StringSwitch<arith::CmpIPredicate>(predicate)
                  .Case("eq", arith::CmpIPredicate::eq)
                  .Case("ne", arith::CmpIPredicate::ne)
                  .Case("lt", isU ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt)
                  .Case("le", isU ? arith::CmpIPredicate::ule : arith::CmpIPredicate::sle)
                  .Case("gt", isU ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt)
                  .Default(isU ? arith::CmpIPredicate::uge : arith::CmpIPredicate::sge);
  return arith::CmpIOp::create(context.builder, context.loc, kind, x, y);
}

static Value select(ScalarContext context, Value condition, Value x, Value y) {
  return arith::SelectOp::create(context.builder, context.loc, condition, x, y);
}

Value lowerIdentity(ScalarContext, ValueRange operands) { return operands[0]; }

Value lowerNeg(ScalarContext context, ValueRange operands) {
  if (isFloat(context.type))
    return arith::NegFOp::create(context.builder, context.loc, operands[0]);
  return arith::SubIOp::create(context.builder, context.loc, number(context, context.type, 0), operands[0]);
}

Value lowerNot(ScalarContext context, ValueRange operands) {
  return arith::XOrIOp::create(context.builder, context.loc, operands[0], number(context, context.type, 1));
}

// A zero and a NaN are their own sign.
Value lowerSign(ScalarContext context, ValueRange operands) {
  Value x = operands[0], zero = number(context, context.type, 0);
  Value one = number(context, context.type, 1);
  Value rest = x;
  if (!isUnsigned(context.type))
    rest = select(context, compare(context, "lt", x, zero), number(context, context.type, -1), x);
  return select(context, compare(context, "gt", x, zero), one, rest);
}

// The larger, or a NaN if there is one: the first select keeps a NaN of x, the second one of y. LLVM drops
// the second when y is a constant, and the first is one instruction; llvm.maximum is several, for the sign of
// zero.
static Value lowerExtremum(ScalarContext context, ValueRange operands, StringRef predicate) {
  Value x = operands[0], y = operands[1];
  Value chosen = select(context, compare(context, predicate, x, y), y, x);
  if (!isFloat(context.type))
    return chosen;
  return select(context, compare(context, "ne", y, y), y, chosen);
}

Value lowerMax(ScalarContext context, ValueRange operands) { return lowerExtremum(context, operands, "le"); }
Value lowerMin(ScalarContext context, ValueRange operands) { return lowerExtremum(context, operands, "ge"); }

Value lowerCompare(ScalarContext context, ValueRange operands) {
  return compare(context, cast<CompareOp>(context.op).getPredicate(), operands[0], operands[1]);
}

/// A float as an integer: what lies in range is truncated, the rest saturates and a NaN is 0. fptosi and
/// fptoui are undefined outside the range, so they see clamped numbers only.
static Value saturateFloat(ScalarContext context, Value x) {
  unsigned width = getElementTypeOrSelf(context.type).getIntOrFloatBitWidth();
  bool isU = width == 8;
  double low = isU ? 0 : -std::ldexp(1, width - 1), bound = isU ? 256 : std::ldexp(1, width - 1);
  // The largest number of x's type below the bound.
  APFloat below(bound);
  bool inexact;
  below.convert(cast<FloatType>(getElementTypeOrSelf(x.getType())).getFloatSemantics(), APFloat::rmTowardZero,
                &inexact);
  below.next(/*nextDown=*/true);
  double high = below.convertToDouble();
  Value bottom = number(context, x.getType(), low), top = number(context, x.getType(), high);
  Value clamped = select(context, compare(context, "ge", x, bottom), x, bottom);
  clamped = select(context, compare(context, "le", clamped, top), clamped, top);
  Value integer;
  if (isU)
    integer = arith::FPToUIOp::create(context.builder, context.loc, context.type, clamped);
  else
    integer = arith::FPToSIOp::create(context.builder, context.loc, context.type, clamped);
  // The top float may be less than the top integer (f32 and i32).
  auto greatest = isU ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  TypedAttr most = IntegerAttr::get(getElementTypeOrSelf(context.type), greatest);
  if (auto vector = dyn_cast<VectorType>(context.type))
    most = DenseElementsAttr::get(vector, most);
  Value over = compare(context, "ge", x, number(context, x.getType(), bound));
  integer = select(context, over, arith::ConstantOp::create(context.builder, context.loc, most), integer);
  return select(context, compare(context, "ne", x, x), number(context, context.type, 0), integer);
}

static Value convertInteger(ScalarContext context, Value x) {
  OpBuilder &builder = context.builder;
  Type from = x.getType(), to = context.type;
  unsigned width = getElementTypeOrSelf(from).getIntOrFloatBitWidth();
  unsigned newWidth = getElementTypeOrSelf(to).getIntOrFloatBitWidth();
  if (newWidth > width) {
    if (isUnsigned(from))
      return arith::ExtUIOp::create(builder, context.loc, to, x);
    return arith::ExtSIOp::create(builder, context.loc, to, x);
  }
  double low = newWidth == 8 ? 0 : -std::ldexp(1, newWidth - 1);
  double high = newWidth == 8 ? 255 : std::ldexp(1, newWidth - 1) - 1;
  Value clamped = arith::MaxSIOp::create(builder, context.loc, x, number(context, from, low));
  clamped = arith::MinSIOp::create(builder, context.loc, clamped, number(context, from, high));
  return arith::TruncIOp::create(builder, context.loc, to, clamped);
}

Value lowerConvert(ScalarContext context, ValueRange operands) {
  OpBuilder &builder = context.builder;
  Value x = operands[0];
  Type from = getElementTypeOrSelf(x.getType()), to = getElementTypeOrSelf(context.type);
  if (from == to)
    return x;
  if (to.isInteger(1))
    return compare(context, "ne", x, number(context, x.getType(), 0));
  if (isFloat(from) && isFloat(to)) {
    if (to.getIntOrFloatBitWidth() > from.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(builder, context.loc, context.type, x);
    return arith::TruncFOp::create(builder, context.loc, context.type, x);
  }
  if (isFloat(from))
    return saturateFloat(context, x);
  if (isFloat(to)) {
    if (isUnsigned(from))
      return arith::UIToFPOp::create(builder, context.loc, context.type, x);
    return arith::SIToFPOp::create(builder, context.loc, context.type, x);
  }
  return convertInteger(context, x);
}

//===--- Verification and constants ---------------------------------------------------------------------===//

LogicalResult detail::verifyElementwise(Operation *op) {
  if (op->getNumResults() != 1 || op->getNumOperands() == 0)
    return op->emitOpError("must have operands and one result");
  auto result = cast<ShapedType>(op->getResult(0).getType());
  for (OpOperand &operand : op->getOpOperands())
    if (cast<ShapedType>(operand.get().getType()).getShape() != result.getShape())
      return op->emitOpError("operand ") << operand.getOperandNumber() << " is " << operand.get().getType()
                                         << " but the result is " << result << ": shapes must be equal";
  // The operands that carry the value have one element type; select's condition and convert are the
  // exceptions.
  if (isa<ConvertOp>(op))
    return success();
  unsigned first = isa<SelectOp>(op) ? 1 : 0;
  Type type = op->getOperand(first).getType();
  for (unsigned i = first + 1; i < op->getNumOperands(); ++i)
    if (op->getOperand(i).getType() != type)
      return op->emitOpError("operand ")
             << i << " is " << op->getOperand(i).getType() << " but operand " << first << " is " << type;
  return success();
}

/// Constants with more elements than this are left alone unless they are splats: folding must not make a
/// program grow.
constexpr int64_t maxFoldedElements = 256;

bool detail::isWithin(Attribute index, Attribute bound) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(index);
  std::optional<double> least = bound ? splatOf(bound) : std::nullopt;
  if (!elements || !least || (!elements.isSplat() && elements.getNumElements() > maxFoldedElements))
    return false;
  SmallVector<double> numbers =
      elements.isSplat() ? SmallVector<double>{*splatOf(elements)} : numbersOf(elements);
  return llvm::all_of(numbers, [&](double number) { return number >= 0 && number < *least; });
}

Attribute detail::foldElementwise(Operation *op, ArrayRef<Attribute> operands) {
  if (isa<WithinOp>(op))
    return {}; // a constant that is outside stays where it is seen
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<SmallVector<double>> numbers;
  bool allSplat = true;
  for (Attribute operand : operands) {
    auto elements = dyn_cast_or_null<DenseElementsAttr>(operand);
    if (!elements)
      return {};
    allSplat &= elements.isSplat();
  }
  if (type.getNumElements() == 0 || (!allSplat && type.getNumElements() > maxFoldedElements))
    return {};
  for (Attribute operand : operands) {
    auto elements = cast<DenseElementsAttr>(operand);
    if (allSplat)
      numbers.push_back({*splatOf(elements)});
    else
      numbers.push_back(numbersOf(elements));
  }
  auto elementwise = cast<ElementwiseOpInterface>(op);
  SmallVector<double> results;
  for (size_t i = 0, count = numbers.front().size(); i < count; ++i) {
    SmallVector<double, 3> arguments;
    for (ArrayRef<double> operand : numbers)
      arguments.push_back(operand[i]);
    results.push_back(elementwise.evaluate(arguments));
  }
  return elementsAttr(type, results);
}

//===--- Convert ----------------------------------------------------------------------------------------===//

Value ConvertOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands, Type type) {
  return lowerConvert({builder, loc, type, *this}, operands);
}

double ConvertOp::evaluate(ArrayRef<double> values) {
  Type element = getType().getElementType();
  return isa<FloatType>(element) ? values[0] : saturate(values[0], element.getIntOrFloatBitWidth());
}

Value ConvertOp::derivative(OpBuilder &builder, unsigned, Value d) {
  if (!isFloat(getX().getType()) || !isFloat(getType()))
    return {};
  return builder.createOrFold<ConvertOp>(getLoc(), getX().getType(), d);
}

/// Whether each number of the element type `from` is one of `to`.
static bool isExact(Type from, Type to) {
  if (from == to)
    return true;
  if (to.isInteger(1) || (isFloat(from) && !isFloat(to)))
    return false;
  if (isFloat(to))
    return isFloat(from) ? to.getIntOrFloatBitWidth() >= from.getIntOrFloatBitWidth()
                         : from.getIntOrFloatBitWidth() < cast<FloatType>(to).getFPMantissaWidth();
  return to.getIntOrFloatBitWidth() > from.getIntOrFloatBitWidth();
}

OpFoldResult ConvertOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (Attribute folded = detail::foldElementwise(*this, adaptor.getOperands()))
    return folded;
  // There and back without loss: the original; loss on the way stays where it is.
  auto inner = getX().getDefiningOp<ConvertOp>();
  if (!inner || !isExact(getElementTypeOrSelf(inner.getX().getType()), getElementTypeOrSelf(inner.getType())))
    return {};
  if (inner.getX().getType() == getType())
    return inner.getX();
  getXMutable().assign(inner.getX());
  return getResult();
}

} // namespace mlc::ir

using namespace mlc::ir;
#define GET_OP_CLASSES
#include "dialects/mlc/MlcElementwise.cpp.inc"
