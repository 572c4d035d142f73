// The mlc dialect for whoever reads or builds its ops.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <optional>

#include "dialects/mlc/MlcDialect.h.inc"

namespace mlc::ir {

using mlir::RankedTensorType;

/// `type` with another element type.
RankedTensorType withElement(mlir::Type type, mlir::Type element);
/// `type` with another shape.
RankedTensorType withShape(mlir::Type type, llvm::ArrayRef<int64_t> shape);

/// The number every element of a constant attribute is, if they are all one. i1 and i8 are read unsigned.
std::optional<double> splatOf(mlir::Attribute value);
/// As splatOf, through a value that a constant op defines.
std::optional<double> splatOf(mlir::Value value);
inline bool isSplat(mlir::Attribute value, double number) { return value && splatOf(value) == number; }
inline bool isSplat(mlir::Value value, double number) { return splatOf(value) == number; }

/// A splat of `number` in the tensor type `type`, rounded (to integers: truncated and saturated).
mlir::DenseElementsAttr splatAttr(mlir::Type type, double number);

/// The elements of a constant as doubles, row-major. i1 and i8 are read unsigned.
llvm::SmallVector<double> numbersOf(mlir::DenseElementsAttr value);

/// The constant of `type` with these elements, one for each place or one for all. Null if an integer type
/// cannot hold one of them exactly.
mlir::DenseElementsAttr elementsAttr(RankedTensorType type, llvm::ArrayRef<double> numbers);

/// Whether `x predicate y`; the predicate is one of compare's words.
bool compareNumbers(llvm::StringRef predicate, double x, double y);

/// `x` as an integer (bool, u8, i32, i64) holds it: truncated, saturated, NaN as 0. `width` in bits; 1 and 8
/// are unsigned.
double saturate(double x, unsigned width);

namespace detail {
llvm::LogicalResult verifyElementwise(mlir::Operation *op);
llvm::LogicalResult verifyAccumulation(mlir::Operation *op);
/// The result if all operands are constants and it is small or a splat; else null.
mlir::Attribute foldElementwise(mlir::Operation *op, llvm::ArrayRef<mlir::Attribute> operands);
/// Whether `index` and `bound` are constants and each element lies in [0, bound).
bool isWithin(mlir::Attribute index, mlir::Attribute bound);
} // namespace detail

} // namespace mlc::ir

#include "dialects/mlc/MlcInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/mlc/MlcElementwise.h.inc"
#define GET_OP_CLASSES
#include "dialects/mlc/MlcOps.h.inc"
