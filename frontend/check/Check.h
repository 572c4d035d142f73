// From syntax trees to a core program: one train block, elaborated.
#pragma once

#include "frontend/check/Program.h"
#include "frontend/syntax/Diagnostic.h"
#include "frontend/syntax/Loader.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mlc::frontend {

struct CheckOptions {
  /// `--set NAME=VALUE`, as Overrides reads it.
  std::vector<std::pair<std::string, std::string>> overrides;
};

/// What `--set` can change in a program, and what it is.
struct Settable {
  std::string name, value;
  std::optional<Span> span; ///< of the value; nothing if it is a default of the language
};

struct CheckReport {
  std::set<const Callable *> used; ///< the definitions that were elaborated
  std::vector<Settable> settable;
};

/// Elaborates the train block called `trainName` (empty: the only one) of the last file, which is the program
/// itself as the loader gives it. Null after an error, which `diagnostics` holds; warnings are there too.
/// `sources` are those of `diagnostics`; they gain the prelude and the texts of the overrides.
std::unique_ptr<core::Program> check(SourceManager &sources, const std::vector<LoadedFile> &files,
                                     const std::string &trainName, const CheckOptions &options,
                                     DiagnosticEngine &diagnostics, CheckReport *report = nullptr);

/// The train blocks of a file, in order.
std::vector<std::string> trainNames(const Program &file);

} // namespace mlc::frontend
