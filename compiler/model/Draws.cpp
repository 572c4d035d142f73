// Reducing a step to its draws: the random ops become its results. A draw in the body of a scan becomes an
// output of the scan, and so on outwards. Nothing else is needed then, and canonical form drops it: carries,
// slices, the model.
#include "compiler/model/Draws.h"

#include "compiler/model/Phases.h"
#include "compiler/oracle/Oracle.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/ScanEditor.h"
#include "frontend/Emit.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace mlc::compiler {

/// What `value` is at the level of the function, every scan around it putting it out.
static Value atTopLevel(Value value, PatternRewriter &rewriter) {
  while (auto scan = dyn_cast<ir::ScanOp>(value.getDefiningOp()->getParentOp())) {
    rewriter.setInsertionPoint(scan);
    ir::ScanEditor editor(scan, rewriter);
    value = editor.recreate(llvm::SmallBitVector(scan.getNumResults(), true), value).getResults().back();
  }
  return value;
}

std::vector<int64_t> reduceToDraws(func::FuncOp step) {
  SmallVector<Value> draws;
  std::vector<int64_t> sites;
  llvm::DenseSet<int64_t> seen;
  // Gradients repeat draws under the same site.
  step.walk([&](ir::RandomOp op) {
    if (!seen.insert(op.getSite()).second)
      return;
    draws.push_back(op.getResult());
    sites.push_back(op.getSite());
  });
  PatternRewriter rewriter(step.getContext());
  Operation *terminator = step.getBody().front().getTerminator();
  for (Value &draw : draws)
    draw = atTopLevel(draw, rewriter);
  terminator->setOperands(draws);
  step.setFunctionType(
      FunctionType::get(step.getContext(), step.getArgumentTypes(), ValueRange(draws).getTypes()));
  step.removeResAttrsAttr();
  return sites;
}

Expected<std::unique_ptr<StepDraws>> StepDraws::create(const frontend::core::Program &program,
                                                       const frontend::SourceManager &sources, int64_t rows) {
  std::unique_ptr<StepDraws> result(new StepDraws);
  result->context = makeContext(result->errors);
  frontend::EmitOptions options;
  options.rows = rows;
  options.train = true;
  result->module = frontend::emit(program, options, sources, *result->context);
  if (!result->module)
    return Status::failed("a bug in mlc's emit phase; please report it with the model:\n" + result->errors);
  MLC_TRY(lowerToStepFunctions(*result->module, result->errors));
  result->step = result->module->lookupSymbol<func::FuncOp>("train_step");
  for (int64_t site : reduceToDraws(result->step)) {
    auto known = llvm::find_if(program.randomSites,
                               [&](const frontend::core::RandomSite &each) { return each.key == site; });
    result->names.push_back(known == program.randomSites.end() ? "site " + std::to_string(site)
                                                               : known->name);
  }
  PassManager simplify(result->context.get());
  simplify.addPass(createCanonicalizerPass());
  simplify.addPass(createCSEPass());
  if (mlir::failed(simplify.run(*result->module)))
    return Status::failed("a bug in mlc; please report it with the model:\n" + result->errors);
  return result;
}

Expected<std::vector<Draw>> StepDraws::at(uint64_t seed, uint64_t update) {
  std::vector<oracle::Tensor> arguments;
  for (unsigned i = 0; i < step.getNumArguments(); ++i) {
    // Draws depend on the stream alone; what else the step takes is zero.
    arguments.emplace_back(cast<RankedTensorType>(step.getArgument(i).getType()));
    auto role = step.getArgAttrOfType<StringAttr>(i, "mlc.role");
    if (role && role.getValue() == "stream") {
      uint64_t stream[3] = {seed, update, 0};
      std::memcpy(arguments.back().mutableData(), stream, sizeof stream);
    }
  }
  llvm::Expected<std::vector<oracle::Tensor>> values = oracle::run(step, arguments);
  if (!values)
    return Status::failed("the oracle cannot draw this step's numbers: " +
                          llvm::toString(values.takeError()));
  std::vector<Draw> draws;
  for (auto [name, value] : llvm::zip_equal(names, *values))
    draws.push_back({name, value});
  return draws;
}

} // namespace mlc::compiler
