#include "frontend/syntax/Loader.h"
#include "frontend/syntax/Parser.h"

#include <algorithm>
#include <filesystem>
#include <map>

using namespace mlc::frontend;
namespace fs = std::filesystem;

namespace {

class Loader {
public:
  Loader(SourceManager &sources, DiagnosticEngine &diagnostics)
      : sources(sources), diagnostics(diagnostics) {}

  /// Appends the imports of the source, then itself; gives its index. `path` is canonical.
  std::size_t load(SourceId id, const fs::path &path) {
    open.push_back(path);
    LoadedFile file;
    file.program = parse(id, diagnostics);
    file.path = path.string();
    for (const ItemPtr &item : file.program.items)
      if (const auto *import = as<ImportItem>(*item))
        if (std::optional<std::size_t> index =
                loadImport(import->path, fs::path(sources.get(id).name()), path))
          file.imports.push_back(*index);
    open.pop_back();
    files.push_back(std::move(file));
    return files.size() - 1;
  }

  std::vector<LoadedFile> files;

private:
  static constexpr std::size_t maxFiles = 1000;
  static constexpr std::size_t maxDepth = 100;

  std::optional<std::size_t> loadImport(const StringLiteral &import, const fs::path &shownImporter,
                                        const fs::path &importer) {
    auto refuse = [&](DiagnosticCode code, const std::string &why) {
      return diagnostics.report(code, import.span, why);
    };
    fs::path wanted(import.text);
    if (import.text.empty() || import.text.find('\0') != std::string::npos || wanted.is_absolute()) {
      refuse(DiagnosticCode::E0123, "an import is a path relative to its file");
      return std::nullopt;
    }
    fs::path folder = importer.parent_path();
    std::error_code failed;
    fs::path path = fs::weakly_canonical(folder / wanted, failed);
    if (failed) {
      refuse(DiagnosticCode::E0123, "cannot import this file: " + systemError(failed.value()));
      return std::nullopt;
    }
    if (std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first != folder.end()) {
      refuse(DiagnosticCode::E0123, "an import stays inside the folder of its file");
      return std::nullopt;
    }
    if (std::find(open.begin(), open.end(), path) != open.end()) {
      refuse(DiagnosticCode::E0124,
             path == importer ? "this file imports itself" : "imports lead back to this file");
      return std::nullopt;
    }
    if (auto known = loaded.find(path); known != loaded.end())
      return known->second;
    if (sources.size() >= maxFiles || open.size() >= maxDepth) {
      refuse(DiagnosticCode::E0123, "too many imports");
      return std::nullopt;
    }
    SourceId id = 0;
    std::string error;
    if (!sources.addFile(path.string(), (shownImporter.parent_path() / wanted).string(), id, error)) {
      refuse(DiagnosticCode::E0123, "cannot import this file: " + error);
      return std::nullopt;
    }
    std::size_t index = load(id, path);
    loaded.emplace(path, index);
    return index;
  }

  SourceManager &sources;
  DiagnosticEngine &diagnostics;
  std::vector<fs::path> open;
  std::map<fs::path, std::size_t> loaded;
};

} // namespace

std::vector<LoadedFile> mlc::frontend::loadFile(const std::string &path, SourceManager &sources,
                                                DiagnosticEngine &diagnostics, std::string &error) {
  SourceId id = 0;
  if (!sources.addFile(path, path, id, error))
    return {};
  std::error_code failed;
  fs::path canonical = fs::canonical(path, failed);
  if (failed) {
    error = systemError(failed.value());
    return {};
  }
  Loader loader(sources, diagnostics);
  loader.load(id, canonical);
  return std::move(loader.files);
}

std::vector<LoadedFile> mlc::frontend::loadText(std::string name, std::string text, const std::string &path,
                                                SourceManager &sources, DiagnosticEngine &diagnostics) {
  std::error_code failed;
  fs::path canonical = fs::weakly_canonical(fs::absolute(path, failed), failed);
  Loader loader(sources, diagnostics);
  loader.load(sources.add(std::move(name), std::move(text)), failed ? fs::path(path) : canonical);
  return std::move(loader.files);
}
