#include "compiler/model/Interpret.h"

#include "compiler/ad/CheckIndices.h"
#include "compiler/model/Phases.h"
#include "compiler/oracle/Compare.h"
#include "compiler/oracle/NanReplay.h"
#include "dialects/mlc/Roles.h"
#include "frontend/emit/Emit.h"

#include <cstring>

using namespace mlir;

namespace mlc::compiler {
namespace {

std::string textOf(llvm::Error error) { return llvm::toString(std::move(error)); }

const StateTensor *stateOf(func::FuncOp function, unsigned argument, const Manifest &manifest) {
  auto name = ir::stateOfArgument(function, argument);
  return name ? manifest.findState(name.getValue()) : nullptr;
}

} // namespace

std::vector<std::string> placesOf(Location location, const frontend::SourceManager &sources) {
  std::vector<std::string> places;
  location->walk([&](Location inner) {
    if (auto file = dyn_cast<FileLineColLoc>(inner)) {
      for (size_t i = 0; i < sources.size(); ++i)
        if (sources.get(i).name() == file.getFilename() &&
            sources.get(i).origin() == frontend::SourceOrigin::User)
          places.push_back(
              (file.getFilename().str() + ":" + Twine(file.getLine()) + ":" + Twine(file.getColumn())).str());
    }
    return WalkResult::advance();
  });
  return places;
}

std::string placeOf(Location location, const frontend::SourceManager &sources) {
  std::vector<std::string> places = placesOf(location, sources);
  return places.empty() ? "" : places.front();
}

Expected<std::unique_ptr<InterpretedStep>> InterpretedStep::create(const frontend::core::Program &program,
                                                                   const frontend::SourceManager &sources,
                                                                   int64_t rows, FunctionKind kind) {
  std::unique_ptr<InterpretedStep> result(new InterpretedStep);
  result->context = makeContext(result->errors);
  frontend::EmitOptions options;
  options.rows = rows;
  options.train = options.gradients = kind == FunctionKind::TrainStep;
  options.evaluate = kind == FunctionKind::EvalStep;
  options.predict = kind == FunctionKind::Predict;
  result->module = frontend::emit(program, options, sources, *result->context);
  if (!result->module)
    return Status::failed("a bug in mlc's emit phase; please report it with the model:\n" + result->errors);
  MLC_TRY(lowerToStepFunctions(*result->module, result->errors));
  const char *name = kind == FunctionKind::EvalStep  ? "eval_step"
                     : kind == FunctionKind::Predict ? "predict"
                                                     : "train_step";
  result->step = result->module->lookupSymbol<func::FuncOp>(name);
  result->gradientFunction = result->module->lookupSymbol<func::FuncOp>("gradients");
  return result;
}

Expected<std::vector<oracle::Tensor>> InterpretedStep::arguments(const Session &session,
                                                                 const ReplayedStep &replayed) {
  std::vector<oracle::Tensor> result;
  for (unsigned i = 0; i < step.getNumArguments(); ++i) {
    oracle::Tensor tensor(cast<RankedTensorType>(step.getArgument(i).getType()));
    const void *bytes = nullptr;
    int64_t size = 0;
    ir::RoleAttr role = ir::argumentRole(step, i);
    uint64_t stream[3] = {replayed.seed, replayed.update, replayed.row};
    if (const StateTensor *state = stateOf(step, i, session.manifest())) {
      session.read(*state, tensor.mutableData());
      result.push_back(tensor);
      continue;
    }
    if (StringAttr field = ir::nameIn(role, ir::RoleKind::Field)) {
      for (size_t f = 0; f < replayed.fields.size(); ++f)
        if (replayed.fields[f] == field.getValue()) {
          bytes = replayed.inputs[f].data();
          size = replayed.inputs[f].size();
        }
    } else if (ir::isOfKind(role, ir::RoleKind::Scalars)) {
      bytes = replayed.scalars.data();
      size = std::min<int64_t>(replayed.scalars.size() * sizeof(double), tensor.bytes());
    } else if (ir::isOfKind(role, ir::RoleKind::Stream)) {
      bytes = stream;
      size = sizeof stream;
    } else {
      size = 1; // nothing is known of it
    }
    if (!bytes && size)
      return Status::failed("argument " + std::to_string(i) + " of the step is not known to the interpreter");
    if (size)
      std::memcpy(tensor.mutableData(), bytes, std::min<int64_t>(size, tensor.bytes()));
    result.push_back(tensor);
  }
  return result;
}

Status explainOutside(const Session &session, FunctionKind id, const ReplayedStep &replayed,
                      const Status &stopped, const frontend::core::Program &program,
                      const frontend::SourceManager &sources) {
  auto failed = [&](const std::string &why) {
    return Status::badData(stopped.message() + "; finding it failed: " + why);
  };
  auto interpreted = InterpretedStep::create(program, sources, replayed.rows, id);
  if (!interpreted)
    return failed(interpreted.status().message());
  auto arguments = (*interpreted)->arguments(session, replayed);
  if (!arguments)
    return failed(arguments.status().message());
  llvm::Expected<std::optional<oracle::FirstOutside>> first =
      oracle::findFirstOutside((*interpreted)->function(), *arguments);
  if (!first)
    return failed(textOf(first.takeError()));
  if (!*first)
    return stopped;
  std::string text = "index " + std::to_string((*first)->index);
  bool isOfRow = (*first)->rows == replayed.rows && (*first)->row < int64_t(replayed.rowNumbers.size());
  if (isOfRow)
    text += " in row " + std::to_string(replayed.rowNumbers[(*first)->row]);
  text += " is outside 0 to " + std::to_string((*first)->bound - 1);
  if (std::string place = placeOf((*first)->location, sources); !place.empty())
    text += ", at " + place;
  return Status::badData(text + " (" + stopped.message() +
                         "); where an index may mean that there is none, look up another and leave the row "
                         "out, as in `cross_entropy(z, max(y, 0)) weight y >= 0`");
}

Status explainOutside(Trainer &trainer, const Session &session, const Divergence &divergence,
                      const Status &stopped, const frontend::core::Program &program,
                      const frontend::SourceManager &sources) {
  Expected<ReplayedStep> replayed = trainer.replay(divergence.update);
  if (!replayed)
    return Status::badData(stopped.message() + "; replaying the step failed: " + replayed.status().message());
  return explainOutside(session, FunctionKind::TrainStep, *replayed, stopped, program, sources);
}

/// By trainable parameter: which elements of it rounding decides (see Verification::undetermined).
static Expected<llvm::StringMap<std::vector<bool>>> undeterminedElements(InterpretedStep &interpreted,
                                                                         ArrayRef<oracle::Tensor> arguments) {
  llvm::Expected<std::vector<oracle::Tensor>> gradients = oracle::run(interpreted.gradients(), arguments);
  if (!gradients)
    return Status::failed("the oracle cannot run this step: " + textOf(gradients.takeError()));
  double largestOfAll = 0;
  for (const oracle::Tensor &gradient : *gradients)
    if (gradient.size())
      largestOfAll = std::max(largestOfAll, gradient.values().abs().maxCoeff());
  llvm::StringMap<std::vector<bool>> result;
  for (auto [i, gradient] : llvm::enumerate(*gradients)) {
    if (!gradient.size())
      continue;
    Eigen::ArrayXd sizes = gradient.values().abs();
    // Six times what rounding did to a gradient: in bench/parity, the worst compiled one is 5e-6 of its
    // tensor's largest element away from PyTorch's in f64.
    double bound = std::max(3e-5 * sizes.maxCoeff(), 1e-6 * largestOfAll);
    std::vector<bool> small(sizes.size());
    for (int64_t element = 0; element < sizes.size(); ++element)
      small[element] = sizes[element] < bound;
    result[ir::resultRole(interpreted.gradients(), i).getName().getValue()] = std::move(small);
  }
  return result;
}

/// The mask of the parameter that state `name` is or, as the optimizer's, belongs to.
static const std::vector<bool> *maskOf(const llvm::StringMap<std::vector<bool>> &masks,
                                       const frontend::core::Program &program, StringRef name) {
  for (const frontend::core::StateTensor &state : program.states)
    if (state.name == name) {
      auto found = masks.find(state.of >= 0 ? program.states[state.of].name : state.name);
      return found == masks.end() ? nullptr : &found->second;
    }
  return nullptr;
}

Expected<Verification> verifyStep(Session &session, const ReplayedStep &inputs,
                                  const frontend::core::Program &program,
                                  const frontend::SourceManager &sources) {
  auto interpreted = InterpretedStep::create(program, sources, inputs.rows);
  if (!interpreted)
    return interpreted.status();
  auto arguments = (*interpreted)->arguments(session, inputs);
  if (!arguments)
    return arguments.status();
  llvm::Expected<std::vector<oracle::Tensor>> expected = oracle::run((*interpreted)->function(), *arguments);
  if (!expected)
    return Status::failed("the oracle cannot run this step: " + textOf(expected.takeError()));

  std::vector<const void *> inputPointers;
  for (const std::vector<uint8_t> &input : inputs.inputs)
    inputPointers.push_back(input.data());
  StepResults given(session.manifest().figures);
  std::vector<void *> outputs = given.outputs(inputs.rows);
  CallPosition position{inputs.seed, inputs.update, 0};
  MLC_TRY(session.call(FunctionKind::TrainStep, inputs.rows, inputPointers, outputs, position,
                       inputs.scalars.data()));

  Verification verification;
  auto masks = undeterminedElements(**interpreted, *arguments);
  if (!masks)
    return masks.status();
  func::FuncOp step = (*interpreted)->function();
  for (unsigned i = 0; i < step.getNumResults(); ++i) {
    ir::RoleAttr role = ir::resultRole(step, i);
    if (ir::isOfKind(role, ir::RoleKind::Outside))
      continue; // the call would have failed
    const oracle::Tensor &reference = (*expected)[i];
    oracle::Tensor actual(reference.type());
    std::string name = role ? ir::stringifyRoleKind(role.getKind()).str() : "";
    if (StringAttr state = ir::nameIn(role, ir::RoleKind::State)) {
      name = state.str();
      session.read(*session.manifest().findState(name), actual.mutableData());
    } else {
      std::memcpy(actual.mutableData(), outputs[ir::isOfKind(role, ir::RoleKind::Ranked)], actual.bytes());
    }
    ++verification.tensors;
    verification.elements += actual.size();
    const std::vector<bool> *mask = maskOf(*masks, program, name);
    for (int64_t element = 0; mask && element < actual.size() && actual.size() == int64_t(mask->size());
         ++element)
      if ((*mask)[element]) {
        actual.set(element, reference.at(element));
        ++verification.undetermined;
      }
    if (auto mismatch = oracle::compare(reference, actual))
      verification.mismatches.push_back(name + ": " + mismatch->text());
  }
  return verification;
}

} // namespace mlc::compiler
