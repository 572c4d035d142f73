// From a model's text to a checked program.
#pragma once

#include "compiler/run/Observer.h"
#include "compiler/run/Settings.h"
#include "frontend/check/Definitions.h"
#include "frontend/check/Program.h"
#include "frontend/syntax/Diagnostic.h"
#include "frontend/syntax/Loader.h"
#include "frontend/syntax/Source.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlc::run {

/// Where a model's text is.
struct ModelText {
  std::string path;                     ///< of the file; what it imports and its data lie beside it
  std::optional<std::string> text = {}; ///< instead of what stands in the file, which need not be there
};

/// A model as text and as program. Does not move: the program's spans point into `sources`.
struct Loaded {
  frontend::SourceManager sources;
  std::vector<frontend::LoadedFile> files;
  std::unique_ptr<frontend::core::Program> program;
  std::vector<frontend::Settable> settable; ///< by --set

  /// The model's texts for a run folder: the first as "model.mlc", imports under their relative paths.
  std::vector<std::pair<std::string, std::string>> texts() const;
};

/// Reads a model and, if there is no train block in it, checks its definitions. `train` tells whether there
/// is one; without, the result has no program. The observer gets the diagnostics, unless there is a train
/// block: `load` finds them again. The status counts the errors.
Expected<std::unique_ptr<Loaded>> loadLibrary(const ModelText &model, bool &train,
                                              frontend::DefinitionReport &definitions, Observer &observer);

/// Reads and checks a model with settings; with `definitions`, also what its train block does not use. The
/// observer gets the diagnostics; the status counts the errors: of usage, if settings made one of them.
Expected<std::unique_ptr<Loaded>> load(const ModelText &model, const Settings &settings, Observer &observer,
                                       frontend::DefinitionReport *definitions = nullptr);

/// The train block that `model` names, by `train` or because it is the only one; empty if it does not say.
std::string trainBlockOf(const ModelText &model, const std::string &train);

} // namespace mlc::run
