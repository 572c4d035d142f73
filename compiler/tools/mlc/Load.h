// From a path on the command line to a checked program.
#pragma once

#include "compiler/model/JitProgram.h"
#include "compiler/tools/mlc/Command.h"
#include "compiler/tools/mlc/Settings.h"
#include "compiler/tools/mlc/Summary.h"
#include "frontend/check/Definitions.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Diagnostic.h"
#include "frontend/syntax/Loader.h"
#include "frontend/syntax/Source.h"
#include "runtime/checkpoint/RunFolder.h"
#include "runtime/train/Evaluate.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mlc::tool {

/// A model as text and as program. Does not move: the program's spans point into `sources`.
struct Loaded {
  frontend::SourceManager sources;
  std::vector<frontend::LoadedFile> files;
  std::unique_ptr<frontend::core::Program> program;
  std::vector<frontend::Settable> settable; ///< by --set

  /// The model's texts for a run folder: the first as "model.mlc", imports under their relative paths.
  std::vector<std::pair<std::string, std::string>> texts() const;
};

/// Reads options.model and, if there is no train block in it, checks its definitions. `train` tells whether
/// there is one; without, the result has no program. Diagnostics go to stderr; the status counts the errors.
Expected<std::unique_ptr<Loaded>> loadLibrary(const Options &options, bool &train,
                                              frontend::DefinitionReport &definitions);

/// Reads and checks a model with settings; with `definitions`, also what its train block does not use.
/// Diagnostics go to stderr; the status counts the errors.
Expected<std::unique_ptr<Loaded>> load(const std::string &model, const Settings &settings,
                                       frontend::DefinitionReport *definitions = nullptr);
/// With the settings of the command line.
Expected<std::unique_ptr<Loaded>> load(const Options &options,
                                       frontend::DefinitionReport *definitions = nullptr);

/// Writes what a model was turned into to options.out, or to standard output if that is empty. None of the
/// model's own `files` is replaced by it.
Status writeResult(const Options &options, const std::vector<frontend::LoadedFile> &files,
                   const std::string &text);

/// The train block that `model` names, by `train` or because it is the only one; empty if it does not say.
std::string trainBlockOf(const std::string &model, const std::string &train);

/// What --unknown says; a usage error where `Missing` has no code in any of the fields with categories.
Expected<UnknownCategory> unknownOf(const Options &options, const std::vector<FieldSpec> &fields);
/// Says how many rows of `what` --unknown skip left out, if there are any.
void saySkipped(const Dataset &dataset, const std::string &what);

/// A run that is ready to be called.
struct LoadedRun {
  std::unique_ptr<RunFolder> folder;
  std::unique_ptr<Loaded> loaded;
  std::unique_ptr<compiler::JitProgram> program;
  std::unique_ptr<Session> session;
  std::vector<double> scalars; ///< after the updates the model has seen
  bool best = false;           ///< whether it is the best model, not the last
};

/// Opens the run folder options.model, compiles its model and loads its weights: those of options.checkpoint,
/// by default the best if there was validation data to choose it by, else the last.
Expected<LoadedRun> loadRun(const Options &options);

/// How a call of the run's functions says which index was out of range. `run` outlives it.
ExplainOutside explainerOf(const LoadedRun &run);

} // namespace mlc::tool
