// The verifier of roles: kind, name and type go together.
#include "dialects/mlc/Roles.h"

#include "dialects/mlc/MlcOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "dialects/mlc/MlcEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/mlc/MlcAttrs.cpp.inc"

namespace mlc::ir {

void MlcDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/mlc/MlcAttrs.cpp.inc"
      >();
}

namespace {

/// What holds of a kind.
struct Rule {
  bool ofArguments, ofResults, hasName;
  const char *type; ///< what it must be, or null: any
  bool (*fits)(ShapedType);
};

bool isFloats(ShapedType type, int64_t rank) {
  return type.getElementType().isF64() && type.getRank() == rank;
}

Rule ruleOf(RoleKind kind) {
  auto vector = [](ShapedType type) { return isFloats(type, 1); };
  switch (kind) {
  case RoleKind::Input:
  case RoleKind::Output:
    return {true, false, false, nullptr, nullptr};
  case RoleKind::State:
    return {true, true, true, nullptr, nullptr};
  case RoleKind::Field:
    return {true, false, true, nullptr, nullptr};
  case RoleKind::Scalars:
    return {true, false, false, "f64 of rank 1", vector};
  case RoleKind::Stream:
    return {true, false, false, "three i64", [](ShapedType type) {
              return type.getElementType().isInteger(64) && type.getShape() == ArrayRef<int64_t>{3};
            }};
  case RoleKind::Sums:
    return {true, true, false, "f64 of rank 1", vector};
  case RoleKind::Ranked:
    return {false, true, false, "f64 of rank 2", [](ShapedType type) { return isFloats(type, 2); }};
  case RoleKind::Figures:
    return {false, true, false, "f64 of rank 1", vector};
  case RoleKind::Prediction:
    return {false, true, true, nullptr, nullptr};
  case RoleKind::Gradient:
    return {false, true, true, "floats",
            [](ShapedType type) { return isa<FloatType>(type.getElementType()); }};
  case RoleKind::Outside:
    return {false, true, false, "one f64",
            [](ShapedType type) { return isFloats(type, 1) && type.getDimSize(0) == 1; }};
  }
  llvm_unreachable("a kind without a rule");
}

LogicalResult verifyRole(Operation *op, bool isResult, unsigned index, Type type, NamedAttribute attribute) {
  if (attribute.getName() != roleAttr)
    return success();
  auto fail = [&] { return op->emitError(isResult ? "result " : "argument ") << index << ": "; };
  auto role = dyn_cast<RoleAttr>(attribute.getValue());
  if (!role)
    return fail() << roleAttr << " is a #mlc.role, not " << attribute.getValue();
  StringRef kind = stringifyRoleKind(role.getKind());
  Rule rule = ruleOf(role.getKind());
  if (!(isResult ? rule.ofResults : rule.ofArguments))
    return fail() << "a role '" << kind << "' is none of " << (isResult ? "results" : "arguments");
  bool hasName = role.getName() && !role.getName().getValue().empty();
  if (hasName != rule.hasName)
    return fail() << "a role '" << kind << "' has " << (rule.hasName ? "a" : "no") << " name";
  auto shaped = dyn_cast<ShapedType>(type);
  if (rule.fits && (!shaped || !shaped.hasStaticShape() || !rule.fits(shaped)))
    return fail() << "a role '" << kind << "' is of " << rule.type << ", not " << type;
  return success();
}

} // namespace

LogicalResult MlcDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argument,
                                                   NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  return !function ? success()
                   : verifyRole(op, false, argument, function.getArgumentTypes()[argument], attribute);
}

LogicalResult MlcDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned result,
                                                      NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  return !function ? success() : verifyRole(op, true, result, function.getResultTypes()[result], attribute);
}

} // namespace mlc::ir
