// Definitions that no train block uses: checked as far as they can be.
#pragma once

#include "frontend/check/Program.h"
#include "frontend/syntax/Ast.h"
#include "frontend/syntax/Diagnostic.h"
#include "frontend/syntax/Loader.h"

#include <set>
#include <string>
#include <vector>

namespace mlc::frontend {

/// What was elaborated of a file beside its train blocks.
struct DefinitionReport {
  /// For each model: its name, its instances, parameters and states. Nothing else of a program is filled in.
  std::vector<core::Program> models;
  /// A definition that could not be checked, and why; `span` is its name.
  struct Unchecked {
    std::string kind, name, why;
    Span span;
  };
  std::vector<Unchecked> unchecked;
};

/// Checks what the last file defines, but for `used`, which was elaborated before, with the batch and the
/// precision of `settings`. The operands of a model say
/// all there is to know, so its body is checked as in a train block. Layers, functions, metrics and
/// optimizers that nothing calls are tried at a few sizes: what is wrong at all of them, whatever the sizes,
/// is an error; what fits none goes to the report. Data blocks and the constants of the file are evaluated.
DefinitionReport checkDefinitions(SourceManager &sources, const std::vector<LoadedFile> &files,
                                  std::set<const Callable *> used, const core::Settings &settings,
                                  DiagnosticEngine &diagnostics);

} // namespace mlc::frontend
