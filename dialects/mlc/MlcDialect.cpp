// The dialect's registration, and constants as numbers.
#include "dialects/mlc/MlcOps.h"

#include <cmath>
#include <limits>

using namespace mlir;

#include "dialects/mlc/MlcDialect.cpp.inc"

namespace mlc::ir {

void MlcDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "dialects/mlc/MlcElementwise.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/mlc/MlcOps.cpp.inc"
      >();
}

Operation *MlcDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, elements);
}

RankedTensorType withElement(Type type, Type element) {
  return RankedTensorType::get(cast<ShapedType>(type).getShape(), element);
}

RankedTensorType withShape(Type type, ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, getElementTypeOrSelf(type));
}

static bool isUnsigned(Type element) { return element.isInteger(1) || element.isInteger(8); }

static double numberOf(const APFloat &value) {
  APFloat copy = value;
  bool inexact;
  copy.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return copy.convertToDouble();
}

static APFloat floatOf(FloatType type, double number) {
  APFloat value(number);
  bool inexact;
  value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &inexact);
  return value;
}

static APInt integerOf(unsigned width, double number) {
  double value = saturate(number, width);
  if (width == 64 && value >= 0x1p63)
    return APInt::getSignedMaxValue(64);
  return APInt(width, static_cast<uint64_t>(static_cast<int64_t>(value)), false, /*implicitTrunc=*/true);
}

std::optional<double> splatOf(Attribute value) {
  auto elements = dyn_cast_or_null<DenseElementsAttr>(value);
  if (!elements || !elements.isSplat())
    return std::nullopt;
  Type element = elements.getElementType();
  if (isa<FloatType>(element))
    return numberOf(elements.getSplatValue<APFloat>());
  APInt integer = elements.getSplatValue<APInt>();
  return isUnsigned(element) ? integer.roundToDouble(false) : integer.roundToDouble(true);
}

std::optional<double> splatOf(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant ? splatOf(constant.getValue()) : std::nullopt;
}

DenseElementsAttr splatAttr(Type type, double number) {
  auto tensor = cast<RankedTensorType>(type);
  if (auto element = dyn_cast<FloatType>(tensor.getElementType()))
    return DenseElementsAttr::get(tensor, floatOf(element, number));
  return DenseElementsAttr::get(tensor, integerOf(tensor.getElementTypeBitWidth(), number));
}

SmallVector<double> numbersOf(DenseElementsAttr value) {
  SmallVector<double> numbers;
  Type element = value.getElementType();
  if (isa<FloatType>(element)) {
    for (const APFloat &number : value.getValues<APFloat>())
      numbers.push_back(numberOf(number));
  } else {
    for (const APInt &integer : value.getValues<APInt>())
      numbers.push_back(integer.roundToDouble(!isUnsigned(element)));
  }
  return numbers;
}

DenseElementsAttr elementsAttr(RankedTensorType type, ArrayRef<double> numbers) {
  if (auto element = dyn_cast<FloatType>(type.getElementType())) {
    SmallVector<APFloat> values;
    for (double number : numbers)
      values.push_back(floatOf(element, number));
    return DenseElementsAttr::get(type, values);
  }
  unsigned width = type.getElementTypeBitWidth();
  SmallVector<APInt> values;
  for (double number : numbers) {
    bool exact = saturate(number, width) == number && std::fabs(number) <= 0x1p53;
    if (!exact)
      return {};
    values.push_back(integerOf(width, number));
  }
  return DenseElementsAttr::get(type, values);
}

double saturate(double x, unsigned width) {
  if (width == 1)
    return x != 0;
  if (std::isnan(x))
    return 0;
  double low = width == 8 ? 0 : -std::ldexp(1, width - 1);
  double high = width == 8 ? 255 : width == 64 ? 0x1p63 : std::ldexp(1, width - 1) - 1;
  return std::fmin(std::fmax(std::trunc(x), low), high);
}

bool compareNumbers(StringRef predicate, double x, double y) {
  if (predicate == "eq")
    return x == y;
  if (predicate == "ne")
    return x != y;
  if (predicate == "lt")
    return x < y;
  if (predicate == "le")
    return x <= y;
  if (predicate == "gt")
    return x > y;
  return x >= y;
}

} // namespace mlc::ir
