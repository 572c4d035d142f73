// A file and all it imports.
#pragma once

#include "frontend/syntax/Ast.h"
#include "frontend/syntax/Diagnostic.h"

#include <string>
#include <vector>

namespace mlc::frontend {

/// One file of a program. `imports` are indices into the list it stands in, one for each import that could be
/// read, in written order.
struct LoadedFile {
  Program program;
  /// Where it lies: absolute, without symbolic links. Relative paths of its readers start in this file's
  /// folder.
  std::string path;
  std::vector<std::size_t> imports;
};

/// Parses the file at `path` and whatever it imports, each file once; a file comes after all it imports, so
/// the file itself is last. An import is relative to its file and stays inside that file's folder tree,
/// symbolic links resolved. What cannot be read, or leads back to itself, is reported at the import. If
/// `path` itself cannot be read, the result is empty and `error` says why (lower case, no full stop, without
/// the path). `sources` are those of `diagnostics`. Files are shown as `path`, or its folder and the import's
/// path.
std::vector<LoadedFile> loadFile(const std::string &path, SourceManager &sources,
                                 DiagnosticEngine &diagnostics, std::string &error);

/// The same for a text that lies, or could lie, at `path`; it is not read from there. It is shown as `name`.
std::vector<LoadedFile> loadText(std::string name, std::string text, const std::string &path,
                                 SourceManager &sources, DiagnosticEngine &diagnostics);

} // namespace mlc::frontend
