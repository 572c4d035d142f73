// mlc fmt: programs in the one layout.
#include "compiler/tools/mlc/Command.h"
#include "compiler/tools/mlc/Terminal.h"
#include "frontend/syntax/Format.h"
#include "frontend/syntax/Source.h"
#include "runtime/files/AtomicFile.h"

#include <cstdio>

namespace mlc::tool {
namespace {

Expected<std::string> readStandardInput() {
  std::string text;
  char buffer[4096];
  while (size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) {
    text.append(buffer, count);
    if (text.size() > frontend::Source::maxBytes)
      return Status::badData("standard input holds more than a program can");
  }
  return text;
}

/// A text before and after.
struct Formatted {
  std::string before, after;
};

/// Of the file, or of standard input if there is no name.
Expected<Formatted> formatted(const std::string &file) {
  frontend::SourceManager sources;
  frontend::DiagnosticEngine diagnostics(sources);
  frontend::SourceId source = 0;
  if (file.empty()) {
    Expected<std::string> text = readStandardInput();
    if (!text)
      return text.status();
    source = sources.add("standard input", std::move(*text));
  } else {
    std::string error;
    if (!sources.addFile(file, file, source, error))
      return Status::io(file + ": " + error);
  }
  std::optional<std::string> after = frontend::format(source, diagnostics);
  if (after)
    return Formatted{std::string(sources.get(source).text()), std::move(*after)};
  std::fputs(diagnostics.render(wantsColour()).c_str(), stderr);
  return Status::badData(sources.get(source).name() + " does not parse and is left as it is");
}

} // namespace

Status runFmt(const Options &options) {
  std::vector<std::string> files = options.inputs;
  if (files.empty() && options.inPlace)
    return Status::usage("-i takes files");
  if (files.empty())
    files.emplace_back();
  size_t others = 0;
  Status status;
  for (const std::string &file : files) {
    Expected<Formatted> text = formatted(file);
    if (!text) { // the other files all the same
      if (!status.isOk())
        std::fprintf(stderr, "mlc: %s\n", status.message().c_str());
      status = text.status();
      continue;
    }
    bool differs = text->before != text->after;
    others += differs;
    if (options.checkOnly) {
      if (differs)
        MLC_TRY(writeOutput((file.empty() ? "standard input" : file) + "\n"));
    } else if (!options.inPlace) {
      MLC_TRY(writeOutput(text->after));
    } else if (differs) {
      MLC_TRY(writeFileAtomically(file, text->after));
    }
  }
  MLC_TRY(flushOutput());
  if (status.isOk() && options.checkOnly && others > 0)
    return Status::failed(std::to_string(others) + " of " + std::to_string(files.size()) +
                          (files.size() == 1 ? " file is" : " files are") +
                          " laid out otherwise; `mlc fmt -i` formats them");
  return status;
}

} // namespace mlc::tool
