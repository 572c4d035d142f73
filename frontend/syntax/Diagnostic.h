// Errors and warnings: their registry, their collection and how they are printed (LANGUAGE.md, "Errors").
#pragma once

#include "frontend/syntax/Source.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlc::frontend {

/// One enumerator per line of DiagnosticCodes.def.
enum class DiagnosticCode {
#define MLC_DIAGNOSTIC(code, title) code,
#include "frontend/syntax/DiagnosticCodes.def"
};

/// "E0207", as printed and as an entry of errors.md is called.
std::string_view codeName(DiagnosticCode code);
/// The one-line title of the registry.
std::string_view codeTitle(DiagnosticCode code);
/// Every registered code, in the order of the registry.
const std::vector<DiagnosticCode> &allDiagnosticCodes();
/// Codes that begin with W warn and do not stop a compilation.
bool isWarning(DiagnosticCode code);

/// "note: message", then the source line with `span` underlined.
struct DiagnosticNote {
  Span span;
  std::string message;
  std::string label;
};

/// Texts are lower case without a full stop. `label` stands beside the carets and may be empty.
struct Diagnostic {
  DiagnosticCode code;
  Span span;
  std::string message;
  std::string label;
  std::vector<DiagnosticNote> notes;
  std::vector<std::string> helps;
};

/// Adds to a diagnostic that was just reported: `diags.report(code, span, "...").label("...").help("...")`.
/// Valid until the next report.
class DiagnosticBuilder {
public:
  explicit DiagnosticBuilder(Diagnostic *diagnostic) : diagnostic(diagnostic) {}

  DiagnosticBuilder &label(std::string text);
  DiagnosticBuilder &note(Span span, std::string message, std::string label = {});
  DiagnosticBuilder &help(std::string text);

private:
  Diagnostic *diagnostic;
};

/// Collects diagnostics of one compilation. Memory is bounded: past `kept` errors only the count grows.
class DiagnosticEngine {
public:
  static constexpr std::size_t shownErrors = 20;

  explicit DiagnosticEngine(const SourceManager &sources) : sourceManager(sources) {}

  /// Records a diagnostic; the same code at the same span twice is recorded once.
  DiagnosticBuilder report(DiagnosticCode code, Span span, std::string message);

  /// Takes over what another engine of the same sources recorded.
  void add(const Diagnostic &diagnostic);
  /// Forgets everything.
  void clear();

  bool hasErrors() const { return errors != 0; }
  std::size_t errorCount() const { return errors; }
  std::size_t warningCount() const { return warnings; }
  const SourceManager &sources() const { return sourceManager; }

  /// What was recorded, by source and place; equal places keep the order of their reports.
  std::vector<const Diagnostic *> sorted() const;

  /// All of it as text, at most `shownErrors` errors and then how many more there are.
  std::string render(bool colour = false) const;
  /// One diagnostic as text, ending in a newline.
  std::string render(const Diagnostic &diagnostic, bool colour = false) const;

private:
  static constexpr std::size_t kept = 1000;

  const SourceManager &sourceManager;
  std::vector<Diagnostic> diagnostics;
  Diagnostic discarded{};
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

/// The candidate a misspelt `name` most likely means: small edit distance (swaps count one), earliest of
/// equals.
std::optional<std::string> didYouMean(std::string_view name, const std::vector<std::string> &candidates);

} // namespace mlc::frontend
