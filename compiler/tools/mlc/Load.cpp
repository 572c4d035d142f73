#include "compiler/tools/mlc/Load.h"

#include "compiler/model/Interpret.h"
#include "compiler/tools/mlc/Resume.h"
#include "compiler/tools/mlc/Terminal.h"
#include "frontend/check/Check.h"
#include "frontend/check/SelectPredictions.h"
#include "runtime/Nearest.h"
#include "runtime/files/AtomicFile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

using namespace mlc::frontend;

namespace mlc::tool {
namespace {

std::string counted(size_t number, const std::string &noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

} // namespace

std::vector<std::pair<std::string, std::string>> Loaded::texts() const {
  std::vector<std::pair<std::string, std::string>> result;
  if (files.empty())
    return result;
  auto text = [&](const LoadedFile &file) { return std::string(sources.get(file.program.source).text()); };
  result.emplace_back("model.mlc", text(files.back()));
  auto folder = std::filesystem::path(files.back().path).parent_path();
  for (size_t i = 0; i + 1 < files.size(); ++i)
    result.emplace_back(std::filesystem::path(files[i].path).lexically_relative(folder).string(),
                        text(files[i]));
  return result;
}

/// Whether it is about a --set, not about the model.
static bool isOfCommandLine(const Diagnostic &diagnostic, const SourceManager &sources) {
  return diagnostic.code == DiagnosticCode::E0417 ||
         sources.get(diagnostic.span.source).name().rfind("--set ", 0) == 0;
}

/// Prints what was found; the status is bad if there were errors: of usage, if the command line made them.
static Status printDiagnostics(const std::string &model, const DiagnosticEngine &diagnostics) {
  std::fputs(diagnostics.render(wantsColour()).c_str(), stderr);
  if (!diagnostics.hasErrors())
    return Status::ok();
  std::string count = model + ": " + counted(diagnostics.errorCount(), "error");
  for (const Diagnostic *diagnostic : diagnostics.sorted())
    if (!isWarning(diagnostic->code) && isOfCommandLine(*diagnostic, diagnostics.sources()))
      return Status::usage(count + ", of --set");
  return Status::badData(count);
}

static Status readFiles(const std::string &model, Loaded &loaded, DiagnosticEngine &diagnostics) {
  std::string error;
  loaded.files = loadFile(model, loaded.sources, diagnostics, error);
  if (loaded.files.empty() && !diagnostics.hasErrors())
    return Status::io(model + ": " + error);
  return Status::ok();
}

Expected<std::unique_ptr<Loaded>> loadLibrary(const Options &options, bool &train,
                                              DefinitionReport &definitions) {
  auto loaded = std::make_unique<Loaded>();
  DiagnosticEngine diagnostics(loaded->sources);
  MLC_TRY(readFiles(options.model, *loaded, diagnostics));
  train = diagnostics.hasErrors() || !trainNames(loaded->files.back().program).empty();
  if (train)
    return loaded;
  definitions = checkDefinitions(loaded->sources, loaded->files, {}, {}, diagnostics);
  MLC_TRY(printDiagnostics(options.model, diagnostics));
  return loaded;
}

Expected<std::unique_ptr<Loaded>> load(const Options &options, DefinitionReport *definitions) {
  Expected<Settings> settings = Settings::ofCommand(options);
  return settings ? load(options.model, *settings, definitions) : settings.status();
}

Expected<std::unique_ptr<Loaded>> load(const std::string &model, const Settings &settings,
                                       DefinitionReport *definitions) {
  auto loaded = std::make_unique<Loaded>();
  DiagnosticEngine diagnostics(loaded->sources);
  MLC_TRY(readFiles(model, *loaded, diagnostics));
  CheckReport report;
  if (!diagnostics.hasErrors())
    loaded->program = check(loaded->sources, loaded->files, settings.train(), settings.checkOptions(),
                            diagnostics, &report);
  if (definitions && loaded->program)
    *definitions =
        checkDefinitions(loaded->sources, loaded->files, report.used, loaded->program->settings, diagnostics);
  MLC_TRY(printDiagnostics(model, diagnostics));
  loaded->settable = std::move(report.settable);
  if (!loaded->program)
    return Status::failed(model + " gave no program and no error: a bug in mlc, please report it");
  return loaded;
}

Status writeResult(const Options &options, const std::vector<LoadedFile> &files, const std::string &text) {
  if (options.out.empty()) {
    MLC_TRY(writeOutput(text));
    return flushOutput();
  }
  for (const LoadedFile &file : files) {
    std::error_code error; // neither need be there
    if (std::filesystem::equivalent(file.path, options.out, error))
      return Status::usage(options.out + " is the model itself; name another file with -o");
  }
  return writeFileAtomically(options.out, text);
}

std::string trainBlockOf(const std::string &model, const std::string &train) {
  Loaded loaded;
  DiagnosticEngine diagnostics(loaded.sources);
  if (!train.empty() || !readFiles(model, loaded, diagnostics).isOk() || diagnostics.hasErrors())
    return train;
  std::vector<std::string> names = trainNames(loaded.files.back().program);
  return names.size() == 1 ? names[0] : "";
}

/// Leaves the `predict` lines that --only names.
static Status selectLines(const Options &options, core::Program &program) {
  const std::vector<std::string> known = program.predictNames;
  for (const std::string &name : options.only)
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string all;
      for (const std::string &each : known)
        all += (all.empty() ? "" : ", ") + each;
      return Status::usage(options.model + " has no line `predict " + name + "`" +
                           (all.empty() ? "" : " (it has " + all + ")") + mlc::didYouMean(name, known));
    }
  selectPredictions(program, options.only);
  return Status::ok();
}

Expected<LoadedRun> loadRun(const Options &options) {
  LoadedRun run;
  Expected<RunFolder> folder = RunFolder::open(options.model, /*toResume=*/false);
  if (!folder)
    return folder.status();
  run.folder = std::make_unique<RunFolder>(std::move(*folder));
  warn(run.folder->note());

  Expected<std::string> text = run.folder->modelFile();
  if (!text)
    return text.status();
  Expected<std::unique_ptr<Loaded>> loaded = load(*text, Settings::ofRun(run.folder->config()));
  if (!loaded)
    return loaded.status();
  run.loaded = std::move(*loaded);
  if (!options.only.empty())
    MLC_TRY(selectLines(options, *run.loaded->program));
  auto program = compiler::JitProgram::create(*run.loaded->program, run.loaded->sources, options.threads);
  if (!program)
    return program.status();
  run.program = std::move(*program);
  MLC_TRY(run.folder->checkProgram(run.program->manifest()));
  MLC_TRY(checkOwnProgram(*run.folder, run.program->manifest()));
  auto session = Session::create(*run.program, options.threads);
  if (!session)
    return session.status();
  run.session = std::move(*session);

  const DataSpec &data = run.folder->config().manifest.data;
  bool validated = data.validation || data.validationFraction > 0;
  Expected<bool> hasBest = run.folder->hasBest();
  if (!hasBest)
    return hasBest.status();
  run.best = options.checkpoint == "best" || (options.checkpoint.empty() && validated && *hasBest);
  if (run.best && !*hasBest)
    return Status::usage(options.model + " has no best checkpoint yet: it is written after the first epoch");
  Expected<uint64_t> updates = run.folder->loadModel(*run.session, run.best);
  if (!updates)
    return updates.status();
  auto step = static_cast<double>(*updates);
  evaluateScalars(run.program->manifest().scalars, {step, step}, run.scalars);
  return run;
}

ExplainOutside explainerOf(const LoadedRun &run) {
  return [&run](FunctionKind id, const ReplayedStep &step) {
    std::string what = id == FunctionKind::Predict ? "in a prediction" : "in an evaluation";
    return compiler::explainOutside(*run.session, id, step, Status::badData(what), *run.loaded->program,
                                    run.loaded->sources);
  };
}

Expected<UnknownCategory> unknownOf(const Options &options, const std::vector<FieldSpec> &fields) {
  if (options.unknown != "missing")
    return options.unknown == "skip" ? UnknownCategory::Skip : UnknownCategory::Error;
  const FieldSpec *strict = nullptr;
  for (const FieldSpec &field : fields) {
    if (field.coding != Coding::Category)
      continue;
    if (field.optional)
      return UnknownCategory::Missing; // in the others a value that training has not seen is an error
    strict = &field;
  }
  if (!strict)
    return UnknownCategory::Missing;
  return Status::usage("--unknown missing has no code to stand for it in `" + strict->name +
                       "`, which is no `category(" + std::to_string(strict->categories) +
                       ")?`; --unknown skip leaves such rows out");
}

void saySkipped(const Dataset &dataset, const std::string &what) {
  if (dataset.skipped > 0)
    say(fmt::format("{} {}{} left out: a category that training has not seen\n", dataset.skipped,
                    dataset.skipped == 1 ? "row" : "rows", what + (dataset.skipped == 1 ? " was" : " were")));
}

} // namespace mlc::tool
