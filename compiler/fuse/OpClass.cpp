#include "compiler/fuse/OpClass.h"

#include "compiler/kernels/Kernel.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

ArrayRef<int64_t> compiler::shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

std::optional<int64_t> compiler::viewOffset(Operation *op) {
  if (isa<ir::ReshapeOp, ir::BarrierOp>(op))
    return 0;
  auto slice = dyn_cast<ir::SliceOp>(op);
  if (!slice || llvm::any_of(slice.getStrides(), [](int64_t stride) { return stride != 1; }))
    return std::nullopt;
  // Consecutive if, after the first axis of which the result has more than one place, all axes are whole.
  ArrayRef<int64_t> from = shapeOf(slice.getX()), to = shapeOf(slice.getResult());
  bool whole = false;
  int64_t offset = 0;
  for (auto [start, source, result] : llvm::zip_equal(slice.getStarts(), from, to)) {
    if (whole && source != result)
      return std::nullopt;
    whole |= result != 1;
    offset = offset * source + start;
  }
  return offset;
}

Value compiler::viewedBy(Value value) {
  for (Operation *op = value.getDefiningOp(); op && viewOffset(op); op = value.getDefiningOp())
    value = op->getOperand(0);
  return value;
}

static bool isRowReduction(ArrayRef<int64_t> axes, int64_t rank) {
  for (auto [i, axis] : llvm::enumerate(axes))
    if (axis != rank - (int64_t)axes.size() + (int64_t)i)
      return false;
  return true;
}

/// Whether `value`, made of the buffer `source`, is read by products alone, and read there by them.
static bool isReadByProducts(Value value, Value source) {
  return !value.use_empty() && llvm::all_of(value.getUsers(), [&](Operation *user) {
    if (isa<ir::ReshapeOp>(user))
      return isReadByProducts(user->getResult(0), source);
    SmallVector<Value> inMemory{source};
    llvm::copy_if(user->getOperands(), std::back_inserter(inMemory),
                  [&](Value operand) { return operand != value; });
    return isProductOf(user, inMemory);
  });
}

OpClass compiler::classOf(Operation *op) {
  if (viewOffset(op))
    return OpClass::View;
  if (isa<ir::ConstantOp, ir::IotaOp, ir::BroadcastOp>(op))
    return OpClass::Cheap;
  if (isa<ir::ElementwiseOpInterface>(op)) {
    if (cast<RankedTensorType>(op->getResult(0).getType()).getNumElements() == 1)
      return op->hasAttr(storedAttr) ? OpClass::Pointwise : OpClass::Cheap;
    // Pictures stay bytes in memory; whoever reads them converts.
    if (auto convert = dyn_cast<ir::ConvertOp>(op))
      if (cast<RankedTensorType>(convert.getX().getType()).getElementType().isInteger(8) &&
          isa<BlockArgument>(viewedBy(convert.getX())))
        return OpClass::Cheap;
    return OpClass::Pointwise;
  }
  if (isa<ir::RandomOp>(op))
    return OpClass::Pointwise;
  if ((isa<ir::SliceOp>(op) || op->hasAttr(stridedAttr)) &&
      isReadByProducts(op->getResult(0), op->getOperand(0)))
    return OpClass::Strided;
  if (isa<ir::TransposeOp, ir::ReverseOp, ir::SliceOp, ir::PadOp, ir::ConcatOp, ir::GatherOp>(op))
    return OpClass::IndexMap;
  if (auto reduce = dyn_cast<ir::ReduceOp>(op))
    return isRowReduction(reduce.getAxes(), shapeOf(reduce.getX()).size()) ? OpClass::RowReduction
                                                                           : OpClass::ColumnReduction;
  if (auto argmax = dyn_cast<ir::ArgmaxOp>(op))
    return isRowReduction({(int64_t)argmax.getAxis()}, shapeOf(argmax.getX()).size())
               ? OpClass::RowReduction
               : OpClass::ColumnReduction;
  return OpClass::Anchor;
}

bool compiler::isStrided(Value value) {
  Operation *op = viewedBy(value).getDefiningOp();
  return op && classOf(op) == OpClass::Strided;
}

SmallVector<Value> compiler::buffersOf(Operation *product) {
  return llvm::map_to_vector(product->getOperands(), [](Value operand) {
    return isStrided(operand) ? viewedBy(operand).getDefiningOp()->getOperand(0) : operand;
  });
}

bool compiler::isRemade(Value value) {
  Operation *op = viewedBy(value).getDefiningOp();
  if (!op || classOf(op) != OpClass::Cheap)
    return false;
  // Data that are not all one number are read-only memory of the program.
  auto constant = dyn_cast<ir::ConstantOp>(op);
  return !constant || isa<SplatElementsAttr>(constant.getValue());
}
