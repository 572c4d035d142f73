// The scalar lowerings that MlcElementwise.td names: from operands, which are scalars or vectors, to arith
// and math.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

#include <type_traits>

namespace mlc::ir {

struct ScalarContext {
  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type type; // of the result
  mlir::Operation *op;
};

/// FloatOp where the result is of floats, IntOp where it is of integers; `void` where the op has no such
/// form.
template <typename FloatOp, typename IntOp = void>
mlir::Value lowerTo(ScalarContext context, mlir::ValueRange operands) {
  using OpOfFloats = std::conditional_t<std::is_void_v<FloatOp>, IntOp, FloatOp>;
  using OpOfInts = std::conditional_t<std::is_void_v<IntOp>, FloatOp, IntOp>;
  mlir::NamedAttrList none;
  if (llvm::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(context.type)))
    return OpOfFloats::create(context.builder, context.loc, mlir::TypeRange(context.type), operands, none);
  return OpOfInts::create(context.builder, context.loc, mlir::TypeRange(context.type), operands, none);
}

mlir::Value lowerIdentity(ScalarContext context, mlir::ValueRange operands);
mlir::Value lowerNeg(ScalarContext context, mlir::ValueRange operands);
mlir::Value lowerSign(ScalarContext context, mlir::ValueRange operands);
mlir::Value lowerNot(ScalarContext context, mlir::ValueRange operands);
mlir::Value lowerMax(ScalarContext context, mlir::ValueRange operands);
mlir::Value lowerMin(ScalarContext context, mlir::ValueRange operands);
mlir::Value lowerCompare(ScalarContext context, mlir::ValueRange operands);
mlir::Value lowerConvert(ScalarContext context, mlir::ValueRange operands);

} // namespace mlc::ir
