// From syntax trees to a core program: one train block, elaborated.
#pragma once

#include "frontend/Diagnostic.h"
#include "frontend/Modules.h"
#include "frontend/Program.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mlc::frontend {

struct CheckOptions {
  /// `--set NAME=VALUE`: a setting ("batch", "epochs", "seed"...) or an argument of the optimizer ("optimizer.lr"). The
  /// value is any expression of the language.
  std::vector<std::pair<std::string, std::string>> overrides;
};

/// Elaborates the train block called `trainName` (empty: the only one) of the first module. Null after an error, which
/// `diagnostics` holds; warnings are there too. `sources` gains the prelude and the texts of the overrides.
std::unique_ptr<core::Program> check(SourceManager &sources, const Modules &modules, const std::string &trainName,
                                     const CheckOptions &options, DiagnosticEngine &diagnostics);

/// The train blocks of the first module, in order.
std::vector<std::string> trainNames(const Modules &modules);

} // namespace mlc::frontend
