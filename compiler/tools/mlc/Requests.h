// What the command's options ask of the room that does the work, and what is said meanwhile.
#pragma once

#include "compiler/run/OpenRun.h"
#include "compiler/run/Predict.h"
#include "compiler/run/Train.h"
#include "compiler/tools/mlc/Command.h"

#include <string>
#include <vector>

namespace mlc::tool {

/// Writes what it is told to standard error.
class Teller : public run::Observer {
public:
  void onDiagnostics(const frontend::DiagnosticEngine &diagnostics) override;
  void onNote(const std::string &text) override { say(text); }
  void onWarning(const std::string &text) override { warn(text); }
};

run::GivenSettings settingsOf(const Options &options);
UnknownCategory unknownOf(const Options &options);
run::TrainRequest trainRequestOf(const Options &options);
run::OpenRequest openRequestOf(const Options &options);
run::PredictRequest predictRequestOf(const Options &options);

/// Reads and checks options.model with the settings of the command line. Diagnostics go to stderr.
Expected<std::unique_ptr<run::Loaded>> load(const Options &options,
                                            frontend::DefinitionReport *definitions = nullptr);

/// Writes what a model was turned into to options.out, or to standard output if that is empty. None of the
/// model's own `files` is replaced by it.
Status writeResult(const Options &options, const std::vector<frontend::LoadedFile> &files,
                   const std::string &text);

} // namespace mlc::tool
