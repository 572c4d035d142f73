#include "frontend/syntax/Diagnostic.h"

#include <algorithm>
#include <tuple>

using namespace mlc::frontend;

namespace {

struct CodeEntry {
  DiagnosticCode code;
  std::string_view name;
  std::string_view title;
};

constexpr CodeEntry registry[] = {
#define MLC_DIAGNOSTIC(code, title) {DiagnosticCode::code, #code, title},
#include "frontend/syntax/DiagnosticCodes.def"
};

// Terminal colours, as compilers use them.
constexpr std::string_view bold = "\x1b[1m", red = "\x1b[1;31m", yellow = "\x1b[1;33m", cyan = "\x1b[1;36m",
                           blue = "\x1b[1;34m", plain = "\x1b[0m";

class Painter {
public:
  Painter(std::string &out, bool colour) : out(out), colour(colour) {}
  void paint(std::string_view style, std::string_view text) {
    if (colour)
      out += style;
    out += text;
    if (colour)
      out += plain;
  }
  void write(std::string_view text) { out += text; }

private:
  std::string &out;
  bool colour;
};

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Text that may hold anything, fit for a terminal: one column for each code point, no control characters.
std::string printable(std::string_view text) {
  bool wellFormed = findInvalidUtf8(text) == std::string_view::npos;
  std::string out;
  for (char c : text) {
    unsigned char byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && !wellFormed)
      out += '?';
    else if (c == '\t')
      out += ' ';
    else
      out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return out;
}

/// A source line and where the carets stand in it, in columns from 0; long lines are cut around the carets.
struct Excerpt {
  std::string line;
  std::size_t caret = 0;
  std::size_t width = 1;
};

Excerpt excerpt(const Source &source, Span span, std::uint32_t lineNumber) {
  constexpr std::size_t longest = 160, before = 60;
  std::string_view line = source.line(lineNumber);
  std::size_t lineBegin = source.lineBegin(lineNumber);
  std::size_t from = std::min<std::size_t>(span.begin - lineBegin, line.size());
  // A span over several lines is underlined to the end of its first.
  std::size_t to = std::min<std::size_t>(std::max(span.end, span.begin) - lineBegin, line.size());
  std::size_t cutBegin = 0, cutEnd = line.size();
  if (line.size() > longest) {
    cutBegin = from > before ? from - before : 0;
    cutEnd = std::min(line.size(), cutBegin + longest);
    while (cutBegin > 0 && isContinuation(line[cutBegin]))
      --cutBegin;
    while (cutEnd < line.size() && isContinuation(line[cutEnd]))
      ++cutEnd;
  }
  auto columns = [&](std::size_t begin, std::size_t end) {
    return static_cast<std::size_t>(
        std::count_if(line.begin() + begin, line.begin() + end, [](char c) { return !isContinuation(c); }));
  };
  Excerpt result;
  std::string_view ellipsis = "...";
  result.line = (cutBegin ? std::string(ellipsis) : "") +
                printable(line.substr(cutBegin, cutEnd - cutBegin)) +
                (cutEnd < line.size() ? std::string(ellipsis) : "");
  while (!result.line.empty() && result.line.back() == ' ')
    result.line.pop_back();
  result.caret = columns(cutBegin, from) + (cutBegin ? ellipsis.size() : 0);
  to = std::min(to, cutEnd);
  result.width = std::max<std::size_t>(1, to > from ? columns(from, to) : 0);
  return result;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  // Optimal string alignment: insert, delete, replace, swap of neighbours.
  std::vector<std::size_t> older(b.size() + 1), old(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    old[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({old[j] + 1, row[j - 1] + 1, old[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], older[j - 2] + 1);
    }
    older.swap(old);
    old.swap(row);
  }
  return old[b.size()];
}

} // namespace

std::string_view mlc::frontend::codeName(DiagnosticCode code) {
  return registry[static_cast<std::size_t>(code)].name;
}

std::string_view mlc::frontend::codeTitle(DiagnosticCode code) {
  return registry[static_cast<std::size_t>(code)].title;
}

const std::vector<DiagnosticCode> &mlc::frontend::allDiagnosticCodes() {
  static const std::vector<DiagnosticCode> codes = [] {
    std::vector<DiagnosticCode> all;
    for (const CodeEntry &entry : registry)
      all.push_back(entry.code);
    return all;
  }();
  return codes;
}

bool mlc::frontend::isWarning(DiagnosticCode code) { return codeName(code).front() == 'W'; }

DiagnosticBuilder &DiagnosticBuilder::label(std::string text) {
  diagnostic->label = std::move(text);
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::note(Span span, std::string message, std::string label) {
  diagnostic->notes.push_back(DiagnosticNote{span, std::move(message), std::move(label)});
  return *this;
}

DiagnosticBuilder &DiagnosticBuilder::help(std::string text) {
  diagnostic->helps.push_back(std::move(text));
  return *this;
}

DiagnosticBuilder DiagnosticEngine::report(DiagnosticCode code, Span span, std::string message) {
  std::size_t &count = isWarning(code) ? warnings : errors;
  // Looking for duplicates stays cheap, as does the memory, whatever the input.
  bool keep = count < kept;
  for (std::size_t i = 0; keep && i < diagnostics.size(); ++i)
    if (const Diagnostic &other = diagnostics[i];
        other.code == code && other.span == span && other.message == message) {
      discarded = Diagnostic{};
      return DiagnosticBuilder(&discarded);
    }
  ++count;
  Diagnostic fresh{code, span, std::move(message), {}, {}, {}};
  if (!keep) {
    discarded = std::move(fresh);
    return DiagnosticBuilder(&discarded);
  }
  diagnostics.push_back(std::move(fresh));
  return DiagnosticBuilder(&diagnostics.back());
}

void DiagnosticEngine::add(const Diagnostic &diagnostic) {
  DiagnosticBuilder builder = report(diagnostic.code, diagnostic.span, diagnostic.message);
  builder.label(diagnostic.label);
  for (const DiagnosticNote &note : diagnostic.notes)
    builder.note(note.span, note.message, note.label);
  for (const std::string &help : diagnostic.helps)
    builder.help(help);
}

void DiagnosticEngine::clear() {
  diagnostics.clear();
  errors = warnings = 0;
}

std::vector<const Diagnostic *> DiagnosticEngine::sorted() const {
  std::vector<const Diagnostic *> result;
  result.reserve(diagnostics.size());
  for (const Diagnostic &diagnostic : diagnostics)
    result.push_back(&diagnostic);
  // The vector is contiguous, so addresses keep the order of the reports among equals.
  std::sort(result.begin(), result.end(), [](const Diagnostic *a, const Diagnostic *b) {
    return std::make_tuple(a->span.source, a->span.begin, a) <
           std::make_tuple(b->span.source, b->span.begin, b);
  });
  return result;
}

std::string DiagnosticEngine::render(bool colour) const {
  std::string out;
  std::size_t shown[2] = {0, 0};
  for (const Diagnostic *diagnostic : sorted())
    if (++shown[isWarning(diagnostic->code)] <= shownErrors)
      out += render(*diagnostic, colour);
  auto rest = [&](std::size_t count, const char *what) {
    if (count > shownErrors)
      out += std::to_string(count - shownErrors) + " more " + what + (count - shownErrors == 1 ? "" : "s") +
             " not shown\n";
  };
  rest(errors, "error");
  rest(warnings, "warning");
  return out;
}

std::string DiagnosticEngine::render(const Diagnostic &diagnostic, bool colour) const {
  std::string out;
  Painter painter(out, colour);
  bool warning = isWarning(diagnostic.code);
  // One gutter for the primary place and all notes.
  auto lineOf = [&](Span span) { return sourceManager.get(span.source).lineColumn(span.begin); };
  std::uint32_t highest = lineOf(diagnostic.span).line;
  for (const DiagnosticNote &note : diagnostic.notes)
    highest = std::max(highest, lineOf(note.span).line);
  std::size_t gutter = std::to_string(highest).size();

  auto place = [&](Span span) {
    LineColumn where = lineOf(span);
    painter.write(std::string(gutter, ' '));
    painter.paint(blue, "--> ");
    painter.write(printable(sourceManager.get(span.source).name()) + ":" + std::to_string(where.line) + ":" +
                  std::to_string(where.column) + "\n");
  };
  auto show = [&](Span span, const std::string &label, std::string_view style) {
    LineColumn where = lineOf(span);
    Excerpt shown = excerpt(sourceManager.get(span.source), span, where.line);
    std::string number = std::to_string(where.line);
    painter.paint(blue, std::string(gutter - number.size(), ' ') + number + " |");
    painter.write((shown.line.empty() ? "" : " ") + shown.line + "\n");
    painter.paint(blue, std::string(gutter, ' ') + " |");
    painter.write(std::string(shown.caret + 1, ' '));
    painter.paint(style, std::string(shown.width, '^') + (label.empty() ? "" : " " + label));
    painter.write("\n");
  };

  std::string_view style = warning ? yellow : red;
  painter.paint(style, (warning ? "warning[" : "error[") + std::string(codeName(diagnostic.code)) + "]");
  painter.paint(bold, ": " + diagnostic.message);
  painter.write("\n");
  place(diagnostic.span);
  show(diagnostic.span, diagnostic.label, style);
  for (const DiagnosticNote &note : diagnostic.notes) {
    painter.paint(cyan, "note");
    painter.write(": " + note.message + "\n");
    if (note.span.source != diagnostic.span.source)
      place(note.span);
    show(note.span, note.label, cyan);
  }
  for (const std::string &help : diagnostic.helps) {
    painter.paint(cyan, "help");
    painter.write(": " + help + "\n");
  }
  return out;
}

std::optional<std::string> mlc::frontend::didYouMean(std::string_view name,
                                                     const std::vector<std::string> &candidates) {
  // Names are short; a bound keeps a hostile one from costing its square.
  constexpr std::size_t longest = 64;
  if (name.empty() || name.size() > longest)
    return std::nullopt;
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string &candidate : candidates) {
    std::size_t shorter = std::min(name.size(), candidate.size());
    if (candidate.size() > longest || candidate == name ||
        std::max(name.size(), candidate.size()) - shorter >= best)
      continue;
    std::size_t distance = editDistance(name, candidate);
    // Nothing of a one-letter name would be left.
    if (distance < best && distance < name.size()) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}
