#include "compiler/run/Load.h"

#include "frontend/check/Check.h"

#include <filesystem>

using namespace mlc::frontend;

namespace mlc::run {
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

/// Tells what was found; the status is bad if there were errors: of usage, if the command line made them.
static Status tell(const std::string &model, const DiagnosticEngine &diagnostics, Observer &observer) {
  observer.onDiagnostics(diagnostics);
  if (!diagnostics.hasErrors())
    return Status::ok();
  std::string count = model + ": " + counted(diagnostics.errorCount(), "error");
  for (const Diagnostic *diagnostic : diagnostics.sorted())
    if (!isWarning(diagnostic->code) && isOfCommandLine(*diagnostic, diagnostics.sources()))
      return Status::usage(count + ", of --set");
  return Status::badData(count);
}

static Status readFiles(const ModelText &model, Loaded &loaded, DiagnosticEngine &diagnostics) {
  std::string error;
  loaded.files = model.text ? loadText(model.path, *model.text, model.path, loaded.sources, diagnostics)
                            : loadFile(model.path, loaded.sources, diagnostics, error);
  if (loaded.files.empty() && !diagnostics.hasErrors())
    return Status::io(model.path + ": " + error);
  return Status::ok();
}

Expected<std::unique_ptr<Loaded>> loadLibrary(const ModelText &model, bool &train,
                                              DefinitionReport &definitions, Observer &observer) {
  auto loaded = std::make_unique<Loaded>();
  DiagnosticEngine diagnostics(loaded->sources);
  MLC_TRY(readFiles(model, *loaded, diagnostics));
  train = diagnostics.hasErrors() || !trainNames(loaded->files.back().program).empty();
  if (train)
    return loaded;
  definitions = checkDefinitions(loaded->sources, loaded->files, {}, {}, diagnostics);
  MLC_TRY(tell(model.path, diagnostics, observer));
  return loaded;
}

Expected<std::unique_ptr<Loaded>> load(const ModelText &model, const Settings &settings, Observer &observer,
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
  MLC_TRY(tell(model.path, diagnostics, observer));
  loaded->settable = std::move(report.settable);
  if (!loaded->program)
    return Status::failed(model.path + " gave no program and no error: a bug in mlc, please report it");
  return loaded;
}

std::string trainBlockOf(const ModelText &model, const std::string &train) {
  Loaded loaded;
  DiagnosticEngine diagnostics(loaded.sources);
  if (!train.empty() || !readFiles(model, loaded, diagnostics).isOk() || diagnostics.hasErrors())
    return train;
  std::vector<std::string> names = trainNames(loaded.files.back().program);
  return names.size() == 1 ? names[0] : "";
}

} // namespace mlc::run
