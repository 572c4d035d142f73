#include "compiler/plan/Plan.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::compiler;

bool compiler::isStepFunction(func::FuncOp function) {
  return isEntry(function) || function->hasAttr(step::bodyAttr);
}

bool compiler::isEntry(func::FuncOp function) {
  return !function.isDeclaration() && function.isPublic() && !function->hasAttr(step::kernelAttr) &&
         !function->hasAttr(step::bodyAttr);
}

func::FuncOp compiler::bodyOf(step::LaunchOp launch) {
  if (!launch.getLoop())
    return {};
  return SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(launch, launch.getKernelAttr());
}

Value compiler::storageOf(Value value) {
  while (auto view = value.getDefiningOp<step::ViewOp>())
    value = view.getSource();
  return value;
}

std::vector<step::LaunchOp> compiler::launchesOf(func::FuncOp function) {
  std::vector<step::LaunchOp> launches;
  for (auto launch : function.getOps<step::LaunchOp>())
    launches.push_back(launch);
  return launches;
}

std::vector<BufferLife> compiler::livesOf(func::FuncOp function) {
  std::vector<BufferLife> lives;
  DenseMap<Value, size_t> numbers;
  for (auto buffer : function.getOps<step::BufferOp>()) {
    numbers[buffer.getResult()] = lives.size();
    lives.push_back({buffer, step::byteSize(cast<ShapedType>(buffer.getType()))});
  }
  for (auto [time, launch] : llvm::enumerate(launchesOf(function)))
    for (Value operand : launch->getOperands()) {
      auto found = numbers.find(storageOf(operand));
      if (found == numbers.end())
        continue;
      BufferLife &life = lives[found->second];
      if (life.first < 0)
        life.first = time;
      life.last = time;
    }
  return lives;
}

void compiler::registerPlanPasses() {
  registerPass(createDestinationsPass);
  registerPass(createSchedulePass);
  registerPass(createBufferizePass);
  registerPass(createVerifyInPlacePass);
  registerPass(createPlanMemoryPass);
  registerPass(createPrintPlanPass);
}
