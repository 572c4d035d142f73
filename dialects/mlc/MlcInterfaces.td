// What the compiler asks of an op without knowing which it is.
#ifndef MLC_INTERFACES_TD
#define MLC_INTERFACES_TD

include "mlir/IR/OpBase.td"

def ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let cppNamespace = "::mlc::ir";
  let description = [{
    Each element of the one result is a function of the elements at the same place of the operands. All shapes are
    equal (verified here).
  }];
  let methods = [
    InterfaceMethod<[{
        The function in arith and math ops. `operands` are scalars of the element types, or vectors of one shape of
        such; `type` is the result's scalar or vector type.
      }], "::mlir::Value", "buildScalar",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::ValueRange":$operands,
           "::mlir::Type":$type)>,
    InterfaceMethod<[{
        The function on doubles. An i1 is 0 or 1, an i8 0 to 255. The caller rounds to the result's element type;
        an integer result that does not fit it is the caller's to wrap.
      }], "double", "evaluate", (ins "::llvm::ArrayRef<double>":$values)>,
    InterfaceMethod<[{
        `d`, a tensor like the result, times the partial derivative by operand `index`, in the operand's type. Null
        if the result does not depend smoothly on that operand: the derivative is zero everywhere. As an elementwise
        Jacobian is diagonal, this is the rule of reverse and forward mode alike.
      }], "::mlir::Value", "derivative",
      (ins "::mlir::OpBuilder &":$builder, "unsigned":$index, "::mlir::Value":$d)>,
  ];
  let verify = [{ return ::mlc::ir::detail::verifyElementwise($_op); }];
}

def AccumulatingOpInterface : OpInterface<"AccumulatingOpInterface"> {
  let cppNamespace = "::mlc::ir";
  let description = [{
    A sum of many terms, which has an optional attribute `accumulate`: the float type, at least as wide as the
    operands', in which products are made and added before the result is rounded (verified here). Without it that is
    the operands' element type, and long sums are added up as compiler/kernels/README.md says.
  }];
  let methods = [
    InterfaceMethod<"The attribute; null where it is not given.", "::mlir::TypeAttr", "getAccumulateAttr">,
    InterfaceMethod<"The element type of what is summed.", "::mlir::Type", "getSummedType", (ins), "",
      [{ return ::mlir::getElementTypeOrSelf($_op->getOperand(0).getType()); }]>,
    InterfaceMethod<"Whether sums are in another type than the operands'.", "bool", "accumulatesWider", (ins), "",
      [{ return $_op.getAccumulate() && *$_op.getAccumulate() != ::mlir::getElementTypeOrSelf($_op->getOperand(0).getType()); }]>,
  ];
  let verify = [{ return ::mlc::ir::detail::verifyAccumulation($_op); }];
}

def LinearOpInterface : OpInterface<"LinearOpInterface"> {
  let cppNamespace = "::mlc::ir";
  let description = [{
    The one result is linear in some operands, each taken alone: a contract is linear in both of its operands.
  }];
  let methods = [
    InterfaceMethod<"Whether the result is linear in operand `index` while the others are held.", "bool",
      "isLinearIn", (ins "unsigned":$index)>,
    InterfaceMethod<[{
        The transposed map: `cotangent` (a tensor like the result) taken back to a tensor like operand `index`, the
        other operands held. Only for operands the op is linear in.
      }], "::mlir::Value", "transpose",
      (ins "::mlir::OpBuilder &":$builder, "unsigned":$index, "::mlir::Value":$cotangent)>,
  ];
}

#endif
