// mlc-opt: reads IR as text, runs passes, prints what is left. Every phase of the compiler is a pass here.
#include "compiler/ad/Autodiff.h"
#include "compiler/fuse/Fuse.h"
#include "compiler/plan/Plan.h"
#include "compiler/step/Passes.h"
#include "compiler/step/StepCompiler.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/step/StepDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlc::ir::MlcDialect, mlc::step::StepDialect, mlir::arith::ArithDialect,
                  mlir::cf::ControlFlowDialect, mlir::func::FuncDialect, mlir::LLVM::LLVMDialect,
                  mlir::math::MathDialect, mlir::memref::MemRefDialect, mlir::scf::SCFDialect,
                  mlir::tensor::TensorDialect, mlir::vector::VectorDialect>();
  mlc::compiler::registerStepCompilerDialects(registry);
  mlir::registerTransformsPasses();
  mlc::compiler::registerAutodiffPasses();
  mlc::compiler::registerFusePasses();
  mlc::compiler::registerPlanPasses();
  mlc::compiler::registerStepPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "mlc optimizer driver\n", registry));
}
