// Random programs as step functions, some of their inputs state that results update: fusion, schedule,
// in-place updates and memory plan against the oracle.
#include "test/unit/oracle/RandomProgram.h"
#include "test/unit/step/StepProgram.h"

#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"

using namespace mlir;
using namespace mlc;
using namespace mlc::test;

namespace {

/// Makes results update inputs of their type, as many as there are: state must then be read before it is
/// overwritten, wherever that is.
void makeState(func::FuncOp function) {
  Builder builder(function.getContext());
  std::vector<bool> taken(function.getNumResults());
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    for (unsigned k = 0; k < function.getNumResults(); ++k) {
      if (taken[k] || function.getResultTypes()[k] != function.getArgumentTypes()[i])
        continue;
      auto role = ir::RoleAttr::get(builder.getContext(), ir::RoleKind::State,
                                    builder.getStringAttr("state_" + std::to_string(i)));
      function.setArgAttr(i, ir::roleAttr, role);
      function.setResultAttr(k, ir::roleAttr, role);
      taken[k] = true;
      break;
    }
}

class RandomStep : public testing::TestWithParam<int> {};

TEST_P(RandomStep, AgreesWithTheOracle) {
  DialectRegistry registry;
  compiler::registerStepCompilerDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  RandomProgramOptions options;
  options.ops = 24;
  options.sizes = {1, 2, 3, 5, 8, 17};
  options.maxElements = 600;
  func::FuncOp function = addRandomProgram(*module, GetParam(), Float32Type::get(&context), options);
  function.setPublic();
  makeState(function);
  StepProgram program(*module);
  program.compareAll("random", GetParam(), {1e-4, 1e-4, 1e-4});
  if (HasFailure())
    function.print(llvm::errs());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomStep, testing::Range(1, 41));

} // namespace
