#include "compiler/plan/StateLayout.h"

#include "compiler/plan/Plan.h"
#include "dialects/mlc/Roles.h"
#include "frontend/emit/EmitTypes.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

const StatePlace *StateLayout::find(llvm::StringRef name) const {
  for (const StatePlace &place : places)
    if (place.name == name)
      return &place;
  return nullptr;
}

llvm::StringMap<const StatePlace *> StateLayout::byName() const {
  llvm::StringMap<const StatePlace *> index;
  for (const StatePlace &place : places)
    index.try_emplace(place.name, &place);
  return index;
}

FailureOr<StateLayout> compiler::planState(ModuleOp module) {
  StateLayout layout;
  llvm::StringMap<size_t> numbers;
  auto add = [&](func::FuncOp function, StringAttr name, Type type) -> LogicalResult {
    if (!name)
      return success();
    auto shaped = cast<ShapedType>(type);
    std::optional<DType> dtype = frontend::dtypeOf(shaped.getElementType());
    if (!dtype)
      return function.emitError("state '")
             << name.getValue() << "' has elements of type " << shaped.getElementType();
    auto [entry, isNew] = numbers.try_emplace(name.getValue(), layout.places.size());
    if (!isNew) {
      const StatePlace &known = layout.places[entry->second];
      if (known.dtype == *dtype && ArrayRef<int64_t>(known.shape) == shaped.getShape())
        return success();
      return function.emitError("state '")
             << name.getValue() << "' is " << type << " here and of another type in another function";
    }
    int64_t bytes = step::byteSize(shaped);
    layout.places.push_back({name.str(), *dtype, shaped.getShape().vec(), layout.bytes, bytes});
    layout.bytes += llvm::alignTo(bytes, 64);
    return success();
  };
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!isStepFunction(function))
      continue;
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      if (failed(add(function, ir::stateOfArgument(function, i), type)))
        return failure();
    for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
      if (failed(add(function, ir::stateOfResult(function, i), type)))
        return failure();
  }
  return layout;
}
