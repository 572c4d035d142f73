// What the arguments and results of step functions are (Mlc_RoleAttr), as it is read and written.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

#include "dialects/mlc/MlcEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/mlc/MlcAttrs.h.inc"

namespace mlc::ir {

/// Name of the RoleAttr of an argument or result.
inline constexpr llvm::StringLiteral roleAttr = "mlc.role";

/// Null where none is given.
inline RoleAttr argumentRole(mlir::FunctionOpInterface function, unsigned argument) {
  return function.getArgAttrOfType<RoleAttr>(argument, roleAttr);
}
inline RoleAttr resultRole(mlir::FunctionOpInterface function, unsigned result) {
  return function.getResultAttrOfType<RoleAttr>(result, roleAttr);
}

inline bool isOfKind(RoleAttr role, RoleKind kind) { return role && role.getKind() == kind; }
/// The name that a role of that kind has; null for another role, or none.
inline mlir::StringAttr nameIn(RoleAttr role, RoleKind kind) {
  return isOfKind(role, kind) ? role.getName() : mlir::StringAttr();
}

/// The name of the state that an argument is; null if it is none.
inline mlir::StringAttr stateOfArgument(mlir::FunctionOpInterface function, unsigned argument) {
  return nameIn(argumentRole(function, argument), RoleKind::State);
}
/// The name of the state that a result updates; null if it does not.
inline mlir::StringAttr stateOfResult(mlir::FunctionOpInterface function, unsigned result) {
  return nameIn(resultRole(function, result), RoleKind::State);
}
/// The name of the field that an argument is; null if it is none.
inline mlir::StringAttr fieldOfArgument(mlir::FunctionOpInterface function, unsigned argument) {
  return nameIn(argumentRole(function, argument), RoleKind::Field);
}

/// Whether the caller gives such an argument as one of its inputs.
inline bool isInput(RoleAttr role) {
  return !role || role.getKind() == RoleKind::Input || role.getKind() == RoleKind::Field ||
         role.getKind() == RoleKind::Sums;
}

} // namespace mlc::ir
