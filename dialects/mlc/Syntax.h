// The pieces of assembly that ODS has no words for.
#pragma once

#include "mlir/IR/OpImplementation.h"

namespace mlc::ir {

/// A bare word for a string attribute: `mlc.reduce sum ...`.
mlir::ParseResult parseWord(mlir::OpAsmParser &parser, mlir::StringAttr &word);
void printWord(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::StringAttr word);

/// ` accumulate = f64` of an AccumulatingOpInterface; nothing where it is the operands' element type.
mlir::ParseResult parseAccumulation(mlir::OpAsmParser &parser, mlir::TypeAttr &accumulate);
void printAccumulation(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::TypeAttr accumulate);

/// One type for several values.
template <typename... Types> mlir::ParseResult parseSameTypes(mlir::OpAsmParser &parser, Types &...types) {
  mlir::Type type;
  if (parser.parseType(type))
    return mlir::failure();
  ((types = type), ...);
  return mlir::success();
}
template <typename... Types>
void printSameTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Type type, Types...) {
  printer << type;
}

/// The type of what is compared, or chosen; the i1 tensor of equal shape follows from it.
mlir::ParseResult parseCompareTypes(mlir::OpAsmParser &parser, mlir::Type &x, mlir::Type &y,
                                    mlir::Type &result);
void printCompareTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Type x, mlir::Type y,
                       mlir::Type result);
mlir::ParseResult parseSelectTypes(mlir::OpAsmParser &parser, mlir::Type &x, mlir::Type &y, mlir::Type &z,
                                   mlir::Type &result);
void printSelectTypes(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::Type x, mlir::Type y,
                      mlir::Type z, mlir::Type result);

/// "mk,kn->mn".
mlir::ParseResult parseEinsum(mlir::OpAsmParser &parser, mlir::DenseI64ArrayAttr &lhs,
                              mlir::DenseI64ArrayAttr &rhs, mlir::DenseI64ArrayAttr &out);
void printEinsum(mlir::OpAsmPrinter &printer, mlir::Operation *op, mlir::DenseI64ArrayAttr lhs,
                 mlir::DenseI64ArrayAttr rhs, mlir::DenseI64ArrayAttr out);

} // namespace mlc::ir
