#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlc::step;

#include "dialects/step/StepDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/step/StepAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/step/StepOps.cpp.inc"

void StepDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/step/StepAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/step/StepOps.cpp.inc"
      >();
}

int64_t mlc::step::byteSize(ShapedType type) {
  unsigned bits = type.getElementTypeBitWidth();
  return type.getNumElements() * ((bits + 7) / 8);
}

static bool sameShapeAndElement(Type a, Type b) {
  auto x = cast<ShapedType>(a), y = cast<ShapedType>(b);
  return x.getShape() == y.getShape() && x.getElementType() == y.getElementType();
}

/// Buffers are row-major and dense, always.
static LogicalResult verifyDense(Operation *op, Type type) {
  if (auto memref = dyn_cast<MemRefType>(type))
    if (!memref.getLayout().isIdentity())
      return op->emitOpError("takes dense row-major buffers only, not ") << type;
  return success();
}

//===--- launch -----------------------------------------------------------------------------------------===//

bool LaunchOp::allowsInPlace(unsigned input, unsigned output) {
  ArrayRef<int64_t> pairs = getInPlace();
  for (size_t i = 0; i + 1 < pairs.size(); i += 2)
    if (pairs[i] == input && pairs[i + 1] == output)
      return true;
  return false;
}

/// Checks what `loop` says of the operands' leading axes.
static LogicalResult verifyLoop(LaunchOp launch, LoopAttr loop) {
  int64_t inputs = launch.getInputs().size(), outputs = launch.getOutputs().size();
  if (loop.getSteps() < 1 || loop.getCarries() < 0 || loop.getSlices() < 0 ||
      loop.getCarries() + loop.getSlices() > inputs || loop.getCarries() > outputs)
    return launch.emitOpError("has a loop of ")
           << loop.getSteps() << " steps, " << loop.getCarries() << " carries and " << loop.getSlices()
           << " slices over " << inputs << " inputs and " << outputs << " outputs";
  auto leading = [](Value value) {
    auto type = cast<ShapedType>(value.getType());
    return type.getRank() == 0 ? -1 : type.getDimSize(0);
  };
  for (int64_t i = 0; i < inputs; ++i)
    if (loop.movesInput(i) && leading(launch.getInputs()[i]) != loop.getSteps())
      return launch.emitOpError("slice ") << i << " has not " << loop.getSteps() << " steps";
  for (int64_t i = 0; i < outputs; ++i) {
    int64_t places = leading(launch.getOutputs()[i]);
    bool fits = loop.isCarry(i) ? places == loop.getSteps() + 1 || places == LoopAttr::ringPlaces
                                : places == loop.getSteps();
    if (!fits)
      return launch.emitOpError("output ")
             << i << " has " << places << " places for " << loop.getSteps() << " steps";
  }
  return success();
}

LogicalResult LaunchOp::verify() {
  bool tensors = false, buffers = false;
  for (Type type : getOperandTypes()) {
    (isa<TensorType>(type) ? tensors : buffers) = true;
    if (failed(verifyDense(*this, type)))
      return failure();
  }
  if (tensors && buffers)
    return emitOpError("mixes tensors and memrefs");
  if (getOutputs().empty())
    return emitOpError("has no outputs");
  if (tensors) {
    if (getNumResults() != getOutputs().size())
      return emitOpError("has ") << getOutputs().size() << " outputs but " << getNumResults() << " results";
    for (auto [output, result] : llvm::zip_equal(getOutputs(), getResults()))
      if (output.getType() != result.getType())
        return emitOpError("writes ") << output.getType() << " but returns " << result.getType();
  } else if (getNumResults() != 0) {
    return emitOpError("over memrefs has no results");
  }
  if (getLoop() && failed(verifyLoop(*this, *getLoop())))
    return failure();
  ArrayRef<int64_t> pairs = getInPlace();
  if (pairs.size() % 2)
    return emitOpError("in_place is a list of pairs");
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (pairs[i] < 0 || pairs[i] >= (int64_t)getInputs().size() || pairs[i + 1] < 0 ||
        pairs[i + 1] >= (int64_t)getOutputs().size())
      return emitOpError("in_place names input ") << pairs[i] << " and output " << pairs[i + 1] << " of "
                                                  << getInputs().size() << " and " << getOutputs().size();
    auto input = cast<ShapedType>(getInputs()[pairs[i]].getType());
    auto output = cast<ShapedType>(getOutputs()[pairs[i + 1]].getType());
    if (byteSize(input) != byteSize(output))
      return emitOpError("in_place pairs buffers of different size: ") << input << " and " << output;
  }
  return success();
}

/// A tensor or memref without its axis 0.
static Type withoutLeading(Type type) {
  auto shaped = cast<ShapedType>(type);
  return shaped.clone(shaped.getShape().drop_front());
}

Type LaunchOp::inputOfStep(unsigned i, Type type) {
  return getLoop() && getLoop()->movesInput(i) ? withoutLeading(type) : type;
}

Type LaunchOp::outputOfStep(Type type) { return getLoop() ? withoutLeading(type) : type; }

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("launches ") << getKernelAttr() << ", which is not a function of this module";
  if (getLoop() && !kernel->hasAttr(bodyAttr))
    return emitOpError("loops over ") << getKernelAttr() << ", which is not a " << bodyAttr;
  // A body that is bufferised has its results among its arguments, after the inputs.
  size_t inputs = getInputs().size(), outputs = getOutputs().size();
  SmallVector<Type> takes(kernel.getArgumentTypes()), gives(kernel.getResultTypes());
  if (getLoop() && gives.empty() && takes.size() == inputs + outputs) {
    gives.assign(takes.begin() + inputs, takes.end());
    takes.truncate(inputs);
  } else if (getLoop() && takes.size() == inputs + outputs && gives.size() == outputs) {
    takes.truncate(inputs);
  }
  if (takes.size() != inputs || gives.size() != outputs)
    return emitOpError("has ") << inputs << " inputs and " << outputs << " outputs, but the kernel "
                               << getKernelAttr() << " takes " << takes.size() << " and gives "
                               << gives.size();
  for (auto [i, want, have] : llvm::enumerate(takes, getInputs().getTypes()))
    if (!isa<ShapedType>(want) || !sameShapeAndElement(want, inputOfStep(i, have)))
      return emitOpError("input ") << i << " is " << have << ", but the kernel takes " << want;
  for (auto [i, want, have] : llvm::enumerate(gives, getOutputs().getTypes()))
    if (!isa<ShapedType>(want) || !sameShapeAndElement(want, outputOfStep(have)))
      return emitOpError("output ") << i << " is " << have << ", but the kernel gives " << want;
  return success();
}

void LaunchOp::getEffects(SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  for (OpOperand &operand : getInputsMutable())
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  for (OpOperand &operand : getOutputsMutable())
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
}

//===--- constant ---------------------------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  if (!sameShapeAndElement(getValue().getType(), getType()))
    return emitOpError("value is ") << getValue().getType() << " but result is " << getType();
  return verifyDense(*this, getType());
}

//===--- stream -----------------------------------------------------------------------------------------===//

LogicalResult StreamOp::verify() {
  auto type = cast<ShapedType>(getType());
  if (type.getShape() != ArrayRef<int64_t>{3} || !type.getElementType().isInteger(64))
    return emitOpError("is made of three i64, not of ") << type;
  return verifyDense(*this, type);
}

//===--- view -------------------------------------------------------------------------------------------===//

LogicalResult ViewOp::verify() {
  auto source = cast<ShapedType>(getSource().getType()), result = cast<ShapedType>(getType());
  if (isa<TensorType>(source) != isa<TensorType>(result))
    return emitOpError("turns ") << source << " into " << result;
  if (source.getElementType() != result.getElementType())
    return emitOpError("cannot view ") << source.getElementType() << " as " << result.getElementType();
  if ((int64_t)getOffset() > source.getNumElements() - result.getNumElements())
    return emitOpError("takes ") << result.getNumElements() << " elements from number " << getOffset()
                                 << " on, but the source has " << source.getNumElements();
  if (failed(verifyDense(*this, source)))
    return failure();
  return verifyDense(*this, result);
}

OpFoldResult ViewOp::fold(FoldAdaptor) {
  if (getSource().getType() == getType())
    return getSource(); // the verifier leaves only offset 0
  if (auto inner = getSource().getDefiningOp<ViewOp>()) {
    setOffset(getOffset() + inner.getOffset());
    getSourceMutable().assign(inner.getSource());
    return getResult();
  }
  return {};
}
