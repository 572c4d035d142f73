// The prelude and a program's files, their names resolved, ready to be elaborated.
#pragma once

#include "frontend/check/Elaborator.h"
#include "frontend/syntax/Loader.h"

#include <deque>
#include <vector>

namespace mlc::frontend {

struct CheckSession {
  /// `files` must not be empty; the last is the program. The prelude's texts are added to `sources`.
  CheckSession(SourceManager &sources, const std::vector<LoadedFile> &files, DiagnosticEngine &diagnostics);

  std::deque<Program> preludePrograms;
  Elaborator elaborator;
};

} // namespace mlc::frontend
