// mlc compile: the program after any phase. mlc check: what there is to know before data are read.
#include "compiler/model/Interpret.h"
#include "compiler/model/Phases.h"
#include "compiler/tools/mlc/Load.h"
#include "compiler/tools/mlc/Terminal.h"
#include "frontend/syntax/AstPrinter.h"
#include "runtime/data/Reader.h"

#include <fmt/format.h>

#include <optional>

namespace mlc::tool {
namespace {

/// Operations of a program that `mlc check` plans without being asked: more take seconds (bench/depth/run),
/// and a person who checks waits for it.
constexpr int64_t mostPlannedUnasked = 25000;

/// The first training batch in file order, as the oracle and compiled code both take it.
Expected<ReplayedStep> firstBatch(const Manifest &manifest, const TrainingData &data) {
  ReplayedStep step;
  step.seed = manifest.train.seed;
  step.rows = std::min<int64_t>(manifest.train.batch, data.train.size());
  if (step.rows == 0)
    return Status::badData("the training split has no rows");
  const FunctionSpec *function = manifest.findFunction(FunctionKind::TrainStep);
  for (const Port &port : function->inputs) {
    const Column *column = data.train.data->find(port.name);
    std::vector<uint8_t> bytes(step.rows * column->rowBytes);
    MLC_TRY(column->copyRows(data.train.numbers.data(), step.rows, bytes.data()));
    step.fields.push_back(port.name);
    step.inputs.push_back(std::move(bytes));
  }
  evaluateScalars(manifest.scalars, {0, 1}, step.scalars);
  return step;
}

Status verify(const Options &options, Loaded &loaded, compiler::JitProgram &jit) {
  const Manifest &manifest = jit.manifest();
  Expected<TrainingData> data = readTrainingData(manifest, foldersOf(options));
  if (!data)
    return data.status();
  Expected<std::unique_ptr<Session>> session = Session::create(jit, options.threads);
  if (!session)
    return session.status();
  MLC_TRY((*session)->initialise(manifest.train.seed));
  Expected<ReplayedStep> step = firstBatch(manifest, *data);
  if (!step)
    return step.status();
  Expected<compiler::Verification> result =
      compiler::verifyStep(**session, *step, *loaded.program, loaded.sources);
  if (!result)
    return result.status();
  for (const std::string &mismatch : result->mismatches)
    say(fmt::format("  {}\n", mismatch));
  if (!result->mismatches.empty())
    return Status::failed(fmt::format("{} of {} tensors differ between compiled code and the interpreter",
                                      result->mismatches.size(), result->tensors));
  say(fmt::format("  verified: one step of {} rows, {} tensors with {} elements agree with the interpreter"
                  " ({} left out: rounding decides their gradients)\n",
                  step->rows, result->tensors, grouped(result->elements - result->undetermined),
                  grouped(result->undetermined)));
  return Status::ok();
}

} // namespace

Status runCompile(const Options &options) {
  if (options.emit == "ast") {
    frontend::SourceManager sources;
    frontend::DiagnosticEngine diagnostics(sources);
    std::string error;
    std::vector<frontend::LoadedFile> files = frontend::loadFile(options.model, sources, diagnostics, error);
    if (files.empty() && !diagnostics.hasErrors())
      return Status::io(options.model + ": " + error);
    std::fputs(diagnostics.render(wantsColour()).c_str(), stderr);
    if (!options.function.empty())
      return Status::usage(
          "one function alone can be printed after mlc, grad, step, fuse and kernels, not after ast");
    if (!files.empty())
      MLC_TRY(writeResult(options, files, frontend::printAst(files.back().program)));
    return diagnostics.hasErrors() ? Status::badData(options.model + " does not parse") : Status::ok();
  }
  Expected<std::unique_ptr<Loaded>> loaded = load(options);
  if (!loaded)
    return loaded.status();
  llvm::Expected<compiler::Target> target = compiler::Target::named(options.target);
  if (!target)
    return Status::usage("--target: " + llvm::toString(target.takeError()));
  std::string text;
  llvm::raw_string_ostream stream(text);
  MLC_TRY(compiler::printPhase(*(*loaded)->program, (*loaded)->sources, options.emit, options.function,
                               *target, stream));
  return writeResult(options, (*loaded)->files, text);
}

Status runCheck(const Options &options) {
  bool train = false;
  frontend::DefinitionReport definitions;
  Expected<std::unique_ptr<Loaded>> library = loadLibrary(options, train, definitions);
  if (!library)
    return library.status();
  if (!train && options.settable)
    return Status::usage(options.model + " has no train block, and --set changes what one says");
  if (!train)
    return writeOutput(options.json ? definitionsJson(definitions)
                                    : options.model + ": no train block\n" +
                                          definitionsText(definitions, (*library)->sources));
  Expected<std::unique_ptr<Loaded>> loaded = load(options, &definitions);
  if (!loaded)
    return loaded.status();
  if (options.settable)
    return writeOutput(options.json ? settableJson((*loaded)->settable)
                                    : settableText((*loaded)->settable, (*loaded)->sources));
  const frontend::core::Program &program = *(*loaded)->program;
  auto jit = compiler::JitProgram::create(program, (*loaded)->sources, options.threads);
  if (!jit)
    return jit.status();
  const Manifest &manifest = (*jit)->manifest();
  std::optional<PlannedTraining> plan;
  if (options.plan || options.verify || frontend::core::countOperations(program) <= mostPlannedUnasked) {
    Expected<compiler::TrainingPlan> planned = (*jit)->planTraining(manifest.train.batch);
    if (!planned)
      return planned.status();
    plan = {manifest.train.batch, planned->step,
            planMemory(manifest, manifest.train.batch, options.threads, planned->arenaBytes,
                       planned->scratchBytes)};
  }
  std::string text = options.json ? summaryJson(program, manifest, plan ? &*plan : nullptr)
                                  : summaryText(program, manifest, plan ? &*plan : nullptr) +
                                        definitionsText(definitions, (*loaded)->sources);
  MLC_TRY(writeOutput(text));
  MLC_TRY(flushOutput());
  return options.verify ? verify(options, **loaded, **jit) : Status::ok();
}

} // namespace mlc::tool
