// Folds and canonical forms of the ops that are not elementwise, and the rewrites of those that are.
#include "dialects/mlc/MlcOps.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace mlc::ir {

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (std::optional<double> number = splatOf(adaptor.getX()))
    return splatAttr(getType(), *number);
  return {};
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX()))
    return elements.reshape(getType());
  if (auto inner = getX().getDefiningOp<ReshapeOp>()) {
    getXMutable().assign(inner.getX());
    return getResult();
  }
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getX();
  if (std::optional<double> number = splatOf(adaptor.getX()))
    return splatAttr(getType(), *number);
  return {};
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  if (getAxes().empty())
    return getX();
  if (splatOf(adaptor.getX()))
    return adaptor.getX();
  auto inner = getX().getDefiningOp<ReverseOp>();
  return inner && inner.getAxes() == getAxes() ? inner.getX() : OpFoldResult();
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (std::optional<double> number = splatOf(adaptor.getX()))
    return splatAttr(getType(), *number);
  return {};
}

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  if (splatOf(adaptor.getX()) == 0)
    return splatAttr(getType(), 0);
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor) { return getXs().size() == 1 ? getXs()[0] : Value(); }

OpFoldResult ReduceOp::fold(FoldAdaptor) { return getAxes().empty() ? getX() : Value(); }

void AddOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void SubOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void MulOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void DivOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void PowOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void SelectOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void SliceOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void ReduceOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void ContractOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}
void ScanOp::getCanonicalizationPatterns(RewritePatternSet &, MLIRContext *) {}

} // namespace mlc::ir
