// From syntax trees to a core program: one train block, elaborated.
#pragma once

#include "frontend/Diagnostic.h"
#include "frontend/Loader.h"
#include "frontend/Program.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mlc::frontend {

struct CheckOptions {
  /// `--set NAME=VALUE`: a setting ("batch", "epochs", "seed"...) or an argument of the optimizer
  /// ("optimizer.lr"). The value is any expression of the language.
  std::vector<std::pair<std::string, std::string>> overrides;
};

/// Elaborates the train block called `trainName` (empty: the only one) of the last file, which is the program
/// itself as the loader gives it. Null after an error, which `diagnostics` holds; warnings are there too.
/// `sources` are those of `diagnostics`; they gain the prelude and the texts of the overrides.
std::unique_ptr<core::Program> check(SourceManager &sources, const std::vector<LoadedFile> &files,
                                     const std::string &trainName, const CheckOptions &options,
                                     DiagnosticEngine &diagnostics);

/// Every train block of the last file. A file without any is a library: its names are resolved, and that is
/// all.
std::vector<std::unique_ptr<core::Program>> checkAll(SourceManager &sources,
                                                     const std::vector<LoadedFile> &files,
                                                     const CheckOptions &options,
                                                     DiagnosticEngine &diagnostics);

/// What can be said of files without a train block: names and definitions. Nothing is elaborated, so shapes
/// are not looked at.
void checkDefinitions(SourceManager &sources, const std::vector<LoadedFile> &files,
                      DiagnosticEngine &diagnostics);

/// The train blocks of a file, in order.
std::vector<std::string> trainNames(const Program &file);

} // namespace mlc::frontend
