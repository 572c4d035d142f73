// mlc compile: the program after any phase. mlc check: what there is to know before data are read.
#include "compiler/model/Phases.h"
#include "compiler/run/Plan.h"
#include "compiler/run/Verify.h"
#include "compiler/tools/mlc/Requests.h"
#include "compiler/tools/mlc/Summary.h"
#include "compiler/tools/mlc/Terminal.h"
#include "frontend/syntax/AstPrinter.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace mlc::tool {
namespace {

/// Operations of a program that `mlc check` plans without being asked: more take seconds (bench/depth/run),
/// and a person who checks waits for it.
constexpr int64_t mostPlannedUnasked = 25000;

Status verify(const Options &options, const run::Loaded &loaded, compiler::JitProgram &jit) {
  Expected<run::Verified> verified =
      run::verify(loaded, jit, run::foldersOf(options.data, run::ModelText{options.model}), options.threads);
  if (!verified)
    return verified.status();
  const compiler::Verification *result = &verified->found;
  for (const std::string &mismatch : result->mismatches)
    say(fmt::format("  {}\n", mismatch));
  if (!result->mismatches.empty())
    return Status::failed(fmt::format("{} of {} tensors differ between compiled code and the interpreter",
                                      result->mismatches.size(), result->tensors));
  say(fmt::format("  verified: one step of {} rows, {} tensors with {} elements agree with the interpreter"
                  " ({} left out: rounding decides their gradients)\n",
                  verified->rows, result->tensors, grouped(result->elements - result->undetermined),
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
  Expected<std::unique_ptr<run::Loaded>> loaded = load(options);
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
  Teller teller;
  Expected<std::unique_ptr<run::Loaded>> library =
      run::loadLibrary({options.model}, train, definitions, teller);
  if (!library)
    return library.status();
  if (!train && options.settable)
    return Status::usage(options.model + " has no train block, and --set changes what one says");
  if (!train)
    return writeOutput(options.json ? definitionsJson(definitions)
                                    : options.model + ": no train block\n" +
                                          definitionsText(definitions, (*library)->sources));
  Expected<std::unique_ptr<run::Loaded>> loaded = load(options, &definitions);
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
  std::optional<run::PlannedTraining> plan;
  if (options.plan || options.verify || frontend::core::countOperations(program) <= mostPlannedUnasked) {
    Expected<run::PlannedTraining> planned = run::planTraining(**jit, manifest.train.batch, options.threads);
    if (!planned)
      return planned.status();
    plan = std::move(*planned);
  }
  std::string text = options.json ? summaryJson(program, manifest, plan ? &*plan : nullptr)
                                  : summaryText(program, manifest, plan ? &*plan : nullptr) +
                                        definitionsText(definitions, (*loaded)->sources);
  MLC_TRY(writeOutput(text));
  MLC_TRY(flushOutput());
  return options.verify ? verify(options, **loaded, **jit) : Status::ok();
}

} // namespace mlc::tool
