// Text to syntax tree.
#pragma once

#include "frontend/syntax/Ast.h"
#include "frontend/syntax/Diagnostic.h"

namespace mlc::frontend {

/// Parses the whole source. Every error is reported to `diagnostics`; parsing goes on after each, and the
/// result holds the items that were understood. Any bytes are fine as input: no crash, stack and memory in
/// proportion.
Program parse(SourceId source, DiagnosticEngine &diagnostics);

} // namespace mlc::frontend
