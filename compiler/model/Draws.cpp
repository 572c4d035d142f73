// Reducing a step to its draws: the random ops become its results. A draw in the body of a scan becomes an
// output of the scan, and so on outwards. Nothing else is needed then, and canonical form drops it: carries,
// slices, the model.
#include "compiler/model/Draws.h"

#include "compiler/model/Phases.h"
#include "compiler/oracle/Oracle.h"
#include "compiler/passes/RunPasses.h"
#include "dialects/mlc/MlcOps.h"
#include "dialects/mlc/Roles.h"
#include "dialects/mlc/ScanEditor.h"
#include "frontend/emit/Emit.h"

#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace mlc::compiler {

using Sites = llvm::SetVector<int64_t, std::vector<int64_t>>;

/// The draws of `block` as values of it, in program order, those of each site once. A scan that draws is made
/// anew with all its draws at once, and only then are the values noted that it puts out.
static SmallVector<Value> drawsOf(Block &block, PatternRewriter &rewriter, Sites &sites) {
  SmallVector<Value> draws;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    // Gradients repeat draws under the same site.
    if (auto random = dyn_cast<ir::RandomOp>(op); random && sites.insert(random.getSite()))
      draws.push_back(random.getResult());
    auto scan = dyn_cast<ir::ScanOp>(op);
    if (!scan)
      continue;
    SmallVector<Value> inner = drawsOf(scan.getBody().front(), rewriter, sites);
    if (inner.empty())
      continue;
    rewriter.setInsertionPoint(scan);
    ir::ScanEditor editor(scan, rewriter);
    ir::ScanOp anew = editor.recreate(llvm::SmallBitVector(scan.getNumResults(), true), inner);
    llvm::append_range(draws, anew.getResults().take_back(inner.size()));
  }
  return draws;
}

std::vector<int64_t> reduceToDraws(func::FuncOp step) {
  PatternRewriter rewriter(step.getContext());
  Sites sites;
  Block &body = step.getBody().front();
  SmallVector<Value> draws = drawsOf(body, rewriter, sites);
  body.getTerminator()->setOperands(draws);
  step.setFunctionType(
      FunctionType::get(step.getContext(), step.getArgumentTypes(), ValueRange(draws).getTypes()));
  step.removeResAttrsAttr();
  return sites.takeVector();
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
  auto simplify = [](OpPassManager &passes) {
    passes.addPass(createStraightLineCanonicalizerPass());
    passes.addPass(createCSEPass());
  };
  if (mlir::failed(runPasses(*result->module, simplify)))
    return Status::failed("a bug in mlc; please report it with the model:\n" + result->errors);
  return result;
}

Expected<std::vector<Draw>> StepDraws::at(uint64_t seed, uint64_t update) {
  std::vector<oracle::Tensor> arguments;
  for (unsigned i = 0; i < step.getNumArguments(); ++i) {
    // Draws depend on the stream alone; what else the step takes is zero.
    arguments.emplace_back(cast<RankedTensorType>(step.getArgument(i).getType()));
    if (ir::isOfKind(ir::argumentRole(step, i), ir::RoleKind::Stream)) {
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
