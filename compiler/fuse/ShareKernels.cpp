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
#include "llvm/ADT/SmallBitVector.h"
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

/// What a kernel is, without its name, places in the source and the numbers of its splats: equal for kernels
/// whose text is. Types and attributes are one in memory where they are equal, so their addresses stand for
/// them.
class Shape {
public:
  static std::string of(func::FuncOp kernel) {
    Shape shape;
    for (NamedAttribute attribute : kernel->getAttrs())
      if (attribute.getName() != SymbolTable::getSymbolAttrName())
        shape.add({word(attribute.getName()), word(attribute.getValue())});
    shape.add(kernel.getBody());
    return std::string(reinterpret_cast<const char *>(shape.words.data()),
                       shape.words.size() * sizeof(uintptr_t));
  }

private:
  template <typename T> static uintptr_t word(T unique) {
    return reinterpret_cast<uintptr_t>(unique.getAsOpaquePointer());
  }
  void add(std::initializer_list<uintptr_t> list) { words.insert(words.end(), list); }

  void add(Region &region) {
    add({region.getBlocks().size()});
    for (Block &block : region) {
      add({block.getNumArguments()});
      for (BlockArgument argument : block.getArguments())
        define(argument);
      for (Operation &op : block)
        add(op);
    }
  }

  void add(Operation &op) {
    auto constant = dyn_cast<ir::ConstantOp>(op);
    bool isSplat = constant && isa<SplatElementsAttr>(constant.getValue());
    add({word(op.getName()), isSplat ? 0 : word(op.getAttrDictionary()), op.getNumOperands(),
         op.getNumResults(), op.getNumRegions()});
    for (Value operand : op.getOperands())
      add({numbers.lookup(operand)});
    for (Value result : op.getResults())
      define(result);
    for (Region &region : op.getRegions())
      add(region);
  }

  void define(Value value) {
    numbers.try_emplace(value, numbers.size());
    add({word(value.getType())});
  }

  std::vector<uintptr_t> words;
  DenseMap<Value, uintptr_t> numbers;
};

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
    llvm::StringMap<char> shapes;
    for (auto kernel : getOperation().getOps<func::FuncOp>())
      if (kernel->hasAttr(step::kernelAttr))
        alike[shapes.try_emplace(Shape::of(kernel)).first->getKey()].push_back(kernel);
    for (auto &[shape, kernels] : alike)
      share(kernels, launches);
  }

  void share(ArrayRef<func::FuncOp> kernels, Launches &launches) {
    func::FuncOp kept = kernels.front();
    SmallVector<ir::ConstantOp> first = splatsOf(kept);
    llvm::SmallBitVector differs(first.size());
    for (func::FuncOp kernel : kernels)
      for (auto [i, splat] : llvm::enumerate(splatsOf(kernel)))
        if (splat.getValue() != first[i].getValue())
          differs.set(i);
    SmallVector<size_t> differing(differs.set_bits());
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
