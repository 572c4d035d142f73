// From syntax trees to a core program: one train block, elaborated.
#pragma once

#include "frontend/Diagnostic.h"
#include "frontend/Loader.h"
#include "frontend/Program.h"

#include <memory>
#include <set>
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
/// `sources` are those of `diagnostics`; they gain the prelude and the texts of the overrides. `used` gets
/// the definitions that were elaborated.
std::unique_ptr<core::Program> check(SourceManager &sources, const std::vector<LoadedFile> &files,
                                     const std::string &trainName, const CheckOptions &options,
                                     DiagnosticEngine &diagnostics,
                                     std::set<const Callable *> *used = nullptr);

/// The train blocks of a file, in order.
std::vector<std::string> trainNames(const Program &file);

} // namespace mlc::frontend
