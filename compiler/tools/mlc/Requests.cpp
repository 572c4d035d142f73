#include "compiler/tools/mlc/Requests.h"

#include "compiler/tools/mlc/Terminal.h"
#include "runtime/files/AtomicFile.h"

#include <filesystem>

namespace mlc::tool {

void Teller::onDiagnostics(const frontend::DiagnosticEngine &diagnostics) {
  warn(diagnostics.render(wantsColour()));
}

run::GivenSettings settingsOf(const Options &options) {
  return {options.train, options.sets, options.epochs,    options.steps,
          options.batch, options.seed, options.saveEvery, options.logEvery};
}

UnknownCategory unknownOf(const Options &options) {
  return options.unknown == "missing" ? UnknownCategory::Missing
         : options.unknown == "skip"  ? UnknownCategory::Skip
                                      : UnknownCategory::Error;
}

run::TrainRequest trainRequestOf(const Options &options) {
  run::TrainRequest request;
  request.model.path = options.model;
  request.given = settingsOf(options);
  request.unsets = options.unsets;
  request.out = options.out;
  request.data = options.data;
  request.threads = options.threads;
  request.resume = options.resume;
  request.overwrite = options.overwrite;
  request.unknown = unknownOf(options);
  request.profiled = options.profile.has_value();
  request.stop = options.stop;
  return request;
}

run::OpenRequest openRequestOf(const Options &options) {
  run::OpenRequest request;
  request.folder = options.model;
  request.threads = options.threads;
  request.checkpoint = options.checkpoint == "best"   ? run::Checkpoint::Best
                       : options.checkpoint == "last" ? run::Checkpoint::Last
                                                      : run::Checkpoint::Usual;
  request.only = options.only;
  return request;
}

run::PredictRequest predictRequestOf(const Options &options) {
  run::PredictRequest request;
  request.inputs = options.inputs;
  request.keep = options.keep;
  request.separator = options.separator;
  request.names = options.names;
  request.unknown = unknownOf(options);
  request.seed = options.seed;
  request.format = options.json ? PredictFormat::JsonLines : PredictFormat::Csv;
  request.stop = options.stop;
  return request;
}

Expected<std::unique_ptr<run::Loaded>> load(const Options &options, frontend::DefinitionReport *definitions) {
  Expected<run::Settings> settings = run::Settings::of(settingsOf(options));
  if (!settings)
    return settings.status();
  Teller teller;
  return run::load({options.model}, *settings, teller, definitions);
}

Status writeResult(const Options &options, const std::vector<frontend::LoadedFile> &files,
                   const std::string &text) {
  if (options.out.empty()) {
    MLC_TRY(writeOutput(text));
    return flushOutput();
  }
  for (const frontend::LoadedFile &file : files) {
    std::error_code error; // neither need be there
    if (std::filesystem::equivalent(file.path, options.out, error))
      return Status::usage(options.out + " is the model itself; name another file with -o");
  }
  return writeFileAtomically(options.out, text);
}

} // namespace mlc::tool
