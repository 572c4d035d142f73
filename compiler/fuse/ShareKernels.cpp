// Share kernels: equal kernels become one.
//
// Two kernels are equal if their text is, without names and places in the source. Kernels whose text differs
// in the numbers of splat constants only (the decay rates of two groups of an optimizer, the widths of two
// dropouts) are made equal: the constants that differ among them become arguments of one number each, and the
// launches bring the number. Constants in which all of them agree stay inside, where they fold.
//
// The first of equal kernels in the module stays, so names do not depend on hashing.
#include "compiler/fuse/Fuse.h"

#include "compiler/plan/Plan.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/step/StepDialect.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

#include <map>

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

namespace {

SmallVector<ir::ConstantOp> splatsOf(func::FuncOp kernel) {
  SmallVector<ir::ConstantOp> splats;
  for (auto constant : kernel.getOps<ir::ConstantOp>())
    if (isa<SplatElementsAttr>(constant.getValue()))
      splats.push_back(constant);
  return splats;
}

/// The text of a kernel without its name and without the numbers of its splats.
std::string shapeText(func::FuncOp kernel) {
  auto clone = cast<func::FuncOp>(kernel->clone());
  clone.setName("kernel");
  for (auto constant : splatsOf(clone))
    constant->setAttr("value", ir::splatAttr(constant.getType(), 0));
  std::string text;
  llvm::raw_string_ostream out(text);
  clone->print(out, OpPrintingFlags().useLocalScope());
  clone->erase();
  return text;
}

using Launches = std::map<std::string, SmallVector<step::LaunchOp>>;

/// Makes the splats numbered in `lift` arguments, in front of no other: they come last among the inputs.
void liftSplats(func::FuncOp kernel, ArrayRef<size_t> lift, Launches &launches) {
  SmallVector<ir::ConstantOp> splats = splatsOf(kernel);
  Block &body = kernel.getBody().front();
  for (size_t i : lift) {
    ir::ConstantOp splat = splats[i];
    auto number = RankedTensorType::get({}, cast<RankedTensorType>(splat.getType()).getElementType());
    auto value = cast<SplatElementsAttr>(splat.getValue()).resizeSplat(number);
    for (step::LaunchOp launch : launches[kernel.getName().str()]) {
      OpBuilder builder(launch);
      launch.getInputsMutable().append(
          step::ConstantOp::create(builder, splat.getLoc(), number, value).getResult());
    }
    BlockArgument argument = body.addArgument(number, splat.getLoc());
    OpBuilder builder(splat);
    Value replacement = argument;
    if (splat.getType() != number)
      replacement = ir::BroadcastOp::create(builder, splat.getLoc(), splat.getType(), argument,
                                            builder.getDenseI64ArrayAttr({}));
    splat.replaceAllUsesWith(replacement);
    splat.erase();
  }
  // Attributes of arguments grow with them.
  kernel.setType(FunctionType::get(kernel.getContext(), body.getArgumentTypes(), kernel.getResultTypes()));
}

struct ShareKernelsPass : PassWrapper<ShareKernelsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ShareKernelsPass)
  StringRef getArgument() const override { return "mlc-share-kernels"; }
  StringRef getDescription() const override {
    return "Make equal kernels one, and constants in which they differ arguments";
  }

  void runOnOperation() override {
    Launches launches;
    getOperation().walk([&](step::LaunchOp launch) { launches[launch.getKernel().str()].push_back(launch); });
    llvm::MapVector<StringRef, SmallVector<func::FuncOp>> alike;
    llvm::StringMap<char> texts;
    for (auto kernel : getOperation().getOps<func::FuncOp>())
      if (kernel->hasAttr(step::kernelAttr))
        alike[texts.try_emplace(shapeText(kernel)).first->getKey()].push_back(kernel);
    for (auto &[text, kernels] : alike)
      share(kernels, launches);
  }

  void share(ArrayRef<func::FuncOp> kernels, Launches &launches) {
    func::FuncOp kept = kernels.front();
    SmallVector<ir::ConstantOp> first = splatsOf(kept);
    SmallVector<size_t> differing;
    for (size_t i = 0; i < first.size(); ++i)
      if (llvm::any_of(kernels,
                       [&](func::FuncOp k) { return splatsOf(k)[i].getValue() != first[i].getValue(); }))
        differing.push_back(i);
    for (func::FuncOp kernel : kernels)
      liftSplats(kernel, differing, launches);
    for (func::FuncOp kernel : kernels.drop_front()) {
      for (step::LaunchOp launch : launches[kernel.getName().str()])
        launch.setKernel(kept.getName());
      kernel.erase();
    }
  }
};

} // namespace

std::unique_ptr<Pass> compiler::createShareKernelsPass() { return std::make_unique<ShareKernelsPass>(); }
