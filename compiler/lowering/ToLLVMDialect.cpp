// scf, arith, math, vector and func to the llvm dialect, in one conversion.
//
// Before it, f32 transcendental functions are replaced by polynomials, our own (Functions.h) or MLIR's, which
// stay in vectors; what has no polynomial (most of f64, pow) becomes an LLVM intrinsic or a libm call,
// element by element. docs/numerics.md says what each of them is good to.
#include "compiler/lowering/Functions.h"
#include "compiler/lowering/Lowering.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace mlc::compiler {

/// Functions whose polynomial in MLIR is good to a few units in the last place and passes NaN through: of sin
/// and cos within one turn, and absolutely.
static bool hasPolynomial(StringRef name) {
  return llvm::is_contained({math::TanhOp::getOperationName(), math::LogOp::getOperationName(),
                             math::SinOp::getOperationName(), math::CosOp::getOperationName()},
                            name);
}

static LogicalResult approximateFunctions(ModuleOp module) {
  bool any = false;
  module.walk([&](Operation *op) {
    if (hasPolynomial(op->getName().getStringRef()) || hasFunctionPattern(op))
      any = true;
  });
  if (!any)
    return success();
  RewritePatternSet patterns(module.getContext());
  addFunctionPatterns(patterns);
  populateMathPolynomialApproximationPatterns(patterns, hasPolynomial);
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  return applyPatternsGreedily(module, std::move(patterns), config);
}

LogicalResult lowerToLLVMDialect(ModuleOp module) {
  if (failed(approximateFunctions(module)))
    return failure();
  MLIRContext *context = module.getContext();
  LLVMTypeConverter types(context);
  RewritePatternSet patterns(context);
  populateSCFToControlFlowConversionPatterns(patterns);
  cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
  arith::populateArithToLLVMConversionPatterns(types, patterns);
  // erf alone has no intrinsic: the benefit makes intrinsics win where both exist.
  populateMathToLibmConversionPatterns(patterns, /*benefit=*/1);
  populateMathToLLVMConversionPatterns(types, patterns, /*approximateLog1p=*/false, /*benefit=*/2);
  ub::populateUBToLLVMConversionPatterns(types, patterns);
  vector::populateVectorBroadcastLoweringPatterns(patterns);
  populateVectorToLLVMConversionPatterns(types, patterns);
  populateFuncToLLVMConversionPatterns(types, patterns);
  LLVMConversionTarget target(*context);
  target.addLegalOp<ModuleOp>();
  return applyFullConversion(module, target, std::move(patterns));
}

} // namespace mlc::compiler
