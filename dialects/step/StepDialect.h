// The step dialect: a training step as a straight list of kernel launches. See README.md.
#ifndef MLC_DIALECTS_STEP_STEPDIALECT_H
#define MLC_DIALECTS_STEP_STEPDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/step/StepDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/step/StepAttrs.h.inc"

#define GET_OP_CLASSES
#include "dialects/step/StepOps.h.inc"

namespace mlc::step {

/// Name of the unit attribute on functions that are kernels; a module may hold step functions and kernels.
inline constexpr llvm::StringLiteral kernelAttr = "step.kernel";

/// Name of the unit attribute on private functions that are bodies of loops: step functions that launches
/// with `loop` run.
inline constexpr llvm::StringLiteral bodyAttr = "step.body";

/// Bytes that a tensor or memref of static shape takes: row-major, dense, an i1 in one byte.
int64_t byteSize(mlir::ShapedType type);

} // namespace mlc::step
#endif
