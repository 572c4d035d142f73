// Annotate: what the kernel emitter says about a kernel goes onto its launches.
//
// Chunks, scratch and in-place pairs are functions of the kernel's text and the target. They are attributes
// of the launch so that scheduling, bufferisation and memory planning need no emitter.
#include "compiler/kernels/Kernel.h"
#include "compiler/step/Passes.h"
#include "dialects/step/StepDialect.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

struct AnnotatePass : PassWrapper<AnnotatePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AnnotatePass)
  explicit AnnotatePass(Target target) : target(std::move(target)) {}
  StringRef getArgument() const override { return "step-annotate"; }
  StringRef getDescription() const override {
    return "Write chunks, scratch and in-place pairs of kernels on their launches";
  }

  void runOnOperation() override {
    Builder builder(&getContext());
    llvm::StringMap<KernelInfo> infos;
    for (auto kernel : getOperation().getOps<func::FuncOp>()) {
      if (!kernel->hasAttr(step::kernelAttr))
        continue;
      FailureOr<KernelInfo> info = planKernel(kernel, target);
      if (failed(info))
        return signalPassFailure();
      infos[kernel.getName()] = *info;
    }
    getOperation().walk([&](step::LaunchOp launch) {
      auto found = infos.find(launch.getKernel());
      if (found == infos.end())
        return;
      const KernelInfo &info = found->second;
      SmallVector<int64_t> pairs;
      for (auto [input, output] : info.inPlace)
        pairs.append({input, output});
      launch.setChunks(info.chunks);
      launch.setScratch(info.scratchBytes);
      launch.setInPlace(pairs);
    });
  }

  Target target;
};

} // namespace

std::unique_ptr<Pass> compiler::createAnnotatePass(const Target &target) {
  return std::make_unique<AnnotatePass>(target);
}

void compiler::registerStepPasses() {
  registerPass([]() -> std::unique_ptr<Pass> { return createAnnotatePass(Target::host()); });
}
