// The one layout of a program's text.
#pragma once

#include "frontend/syntax/Diagnostic.h"

#include <optional>
#include <string>

namespace mlc::frontend {

/// The text of a source as `mlc fmt` writes it; formatted text stays as it is. Blanks and indentation are
/// made anew; lines that are too long are broken; line breaks of the author stay, as do columns lined up over
/// neighbouring lines, every comment, and single empty lines. The tokens are the same, and so is the tree.
/// Nothing, and an error in `diagnostics`, if the source does not parse.
std::optional<std::string> format(SourceId source, DiagnosticEngine &diagnostics);

} // namespace mlc::frontend
