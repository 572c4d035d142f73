#include "compiler/passes/RunPasses.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace mlc::compiler {

GreedyRewriteConfig straightLine() {
  GreedyRewriteConfig config;
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  return config;
}

std::unique_ptr<Pass> createStraightLineCanonicalizerPass() {
  return createCanonicalizerPass(straightLine().setUseTopDownTraversal());
}

LogicalResult runPasses(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build) {
#ifdef NDEBUG
  constexpr bool isEachVerified = false;
#else
  constexpr bool isEachVerified = true;
#endif
  PassManager passes(module.getContext());
  passes.enableVerifier(isEachVerified);
  build(passes);
  if (failed(passes.run(module)))
    return failure();
  return isEachVerified ? success() : verify(module);
}

} // namespace mlc::compiler
