#include "frontend/syntax/ParserCore.h"
#include "frontend/syntax/Parser.h"

#include <algorithm>

using namespace mlc::frontend;

Program mlc::frontend::parse(SourceId source, DiagnosticEngine &diagnostics) {
  const Source &text = diagnostics.sources().get(source);
  Program empty;
  empty.source = source;
  auto refuse = [&](std::size_t offset, const char *message) {
    std::uint32_t place = static_cast<std::uint32_t>(offset);
    diagnostics.report(DiagnosticCode::E0122, Span{source, place, place}, message);
    return std::move(empty);
  };
  if (text.truncated())
    return refuse(0, "this file is larger than 16 MiB");
  if (std::size_t nul = text.text().find('\0'); nul != std::string_view::npos)
    return refuse(nul, "this is not a text file: a NUL byte");
  if (std::size_t bad = findInvalidUtf8(text.text()); bad != std::string_view::npos)
    return refuse(bad, "this is not a text file: not UTF-8");
  return ParserCore(source, diagnostics).parseProgram();
}

ParserCore::ParserCore(SourceId source, DiagnosticEngine &diagnostics)
    : source(source), diagnostics(diagnostics), lexer(source, diagnostics) {
  previousSpan = Span{source, 0, 0};
  current = lexer.next();
  following = lexer.next();
}

/// Moves on by one token and finds out whether a statement ends before the next.
Token ParserCore::take() {
  Token taken = current;
  switch (taken.kind) {
  case TokenKind::LParen:
  case TokenKind::LBracket:
  case TokenKind::LBrace:
    openBraces += taken.kind == TokenKind::LBrace;
    brackets.push_back({taken.kind, taken.span});
    break;
  case TokenKind::RParen:
  case TokenKind::RBracket:
  case TokenKind::RBrace:
    if (!brackets.empty())
      closeTo(brackets.size() - 1);
    break;
  default:
    break;
  }
  if (taken.kind != TokenKind::End) {
    previousKind = taken.kind;
    previousSpan = taken.span;
  }
  current = following;
  following = lexer.next();
  bool breaksEnd = brackets.empty() || brackets.back().kind == TokenKind::LBrace;
  atBreak =
      breaksEnd && current.newlineBefore && canEndStatement(previousKind) && canBeginStatement(current.kind);
  return taken;
}

/// Forgets the brackets that were opened past `bracketLevel`.
void ParserCore::closeTo(std::size_t bracketLevel) {
  while (brackets.size() > bracketLevel) {
    openBraces -= brackets.back().kind == TokenKind::LBrace;
    brackets.pop_back();
  }
}

bool ParserCore::accept(TokenKind kind) {
  if (!is(kind))
    return false;
  take();
  return true;
}

bool ParserCore::acceptWord(std::string_view word) {
  if (!isWord(word))
    return false;
  take();
  return true;
}

/// Where more of a line was expected, the first token of the next line is not what went wrong.
bool ParserCore::lineEnded() const {
  bool breaksEnd = brackets.empty() || brackets.back().kind == TokenKind::LBrace;
  return atBreak || (breaksEnd && !atEnd() && current.newlineBefore && current.span.begin != lineStart);
}

std::string ParserCore::found() const {
  if (lineEnded())
    return "the end of the line";
  if (atEnd())
    return "the end of the file";
  constexpr std::size_t longest = 40;
  std::string_view text = textOf(current);
  if (text.size() <= longest)
    return (current.kind == TokenKind::String ? "the string " : "") + ("`" + std::string(text) + "`");
  return std::string(spelling(current.kind));
}

Span ParserCore::foundSpan() const { return lineEnded() || atEnd() ? endOf(previousSpan) : current.span; }

DiagnosticBuilder ParserCore::errorAt(DiagnosticCode code, Span span, std::string message) {
  return diagnostics.report(code, span, std::move(message));
}

DiagnosticBuilder ParserCore::error(DiagnosticCode code, std::string message) {
  return errorAt(code, foundSpan(), std::move(message));
}

std::optional<std::string> ParserCore::quotable(Span span) const {
  std::string_view text = diagnostics.sources().text(span);
  if (text.empty() || text.size() > 80 || text.find_first_of("\n\r") != std::string_view::npos)
    return std::nullopt;
  return std::string(text);
}

bool ParserCore::expect(TokenKind kind, const char *context) {
  if (accept(kind))
    return true;
  error(DiagnosticCode::E0104,
        "expected `" + std::string(spelling(kind)) + "` " + context + ", found " + found());
  return false;
}

void ParserCore::reportUnclosed(Span opening, TokenKind closing) {
  if (unclosedAt == current.span.begin)
    return;
  unclosedAt = current.span.begin;
  DiagnosticBuilder report =
      errorAt(DiagnosticCode::E0109, opening,
              "this `" + std::string(diagnostics.sources().text(opening)) + "` is not closed");
  if (!atEnd())
    report.note(current.span, "expected `" + std::string(spelling(closing)) + "` before this");
}

/// The closing bracket of `opening`, where a comma would have been right too.
bool ParserCore::expectClosing(TokenKind kind, Span opening) {
  if (accept(kind))
    return true;
  // On a new line and able to begin a statement: most likely the bracket was forgotten further up.
  if (atEnd() || (current.newlineBefore && canBeginStatement(current.kind))) {
    reportUnclosed(opening, kind);
    return false;
  }
  error(DiagnosticCode::E0104, "expected `,` or `" + std::string(spelling(kind)) + "`, found " + found())
      .note(opening, "in the list that begins here");
  return false;
}

bool ParserCore::expectWord(std::string_view word, const char *context) {
  if (acceptWord(word))
    return true;
  error(DiagnosticCode::E0104, "expected `" + std::string(word) + "` " + context + ", found " + found());
  return false;
}

bool ParserCore::expectName(Ident &name, const char *what) {
  if (is(TokenKind::Name)) {
    name.text = std::string(textOf(current));
    name.span = take().span;
    return true;
  }
  if (!atBreak && isReserved(current.kind))
    error(DiagnosticCode::E0115,
          found() + (current.kind == TokenKind::Scalar ? " is a type" : " is a reserved word") +
              ", not a name")
        .label(std::string("expected ") + what);
  else
    error(DiagnosticCode::E0104, std::string("expected ") + what + ", found " + found());
  return false;
}

bool ParserCore::expectString(StringLiteral &literal, const char *context) {
  if (!is(TokenKind::String)) {
    error(DiagnosticCode::E0104, std::string("expected a string ") + context + ", found " + found());
    return false;
  }
  literal.span = take().span;
  unescape(literal);
  return true;
}

std::uint32_t ParserCore::columnOf(const Token &token) const {
  const Source &text = diagnostics.sources().get(source);
  return text.lineColumn(token.span.begin).column;
}

bool ParserCore::tooDeep() {
  if (nesting < maxNesting)
    return false;
  error(DiagnosticCode::E0118, "nested too deeply: more than " + std::to_string(maxNesting) + " levels")
      .help("give a part of it a name with `let`");
  return true;
}

/// At the first column, a word and a name that can only begin an item: a block further up was not closed.
bool ParserCore::looksLikeUnclosedBlock() const {
  if (!current.newlineBefore || current.kind != TokenKind::Name)
    return false;
  std::string_view word = textOf(current);
  bool begins = word == "model" || word == "data" || word == "train" || word == "derivative"
                    ? following.kind == TokenKind::Name
                    : word == "import" && following.kind == TokenKind::String;
  return begins && !following.newlineBefore && columnOf(current) == 1;
}

bool ParserCore::finishLine(const char *what) {
  if (atBreak) {
    atBreak = false;
    return true;
  }
  if (is(TokenKind::RBrace) || atEnd())
    return true;
  error(DiagnosticCode::E0108, std::string("expected a new line after ") + what + ", found " + found());
  return false;
}

bool ParserCore::parseBraced(const char *what, bool mayBeEmpty, const std::function<bool()> &line) {
  if (!expect(TokenKind::LBrace, (std::string("before ") + what).c_str()))
    return false;
  Span opening = previousSpan;
  std::size_t level = brackets.size();
  bool any = false;
  bool good = true;
  while (!is(TokenKind::RBrace)) {
    if (atEnd() || looksLikeUnclosedBlock()) {
      reportUnclosed(opening, TokenKind::RBrace);
      closeTo(level - 1);
      // The line that follows begins an item.
      atBreak = !atEnd();
      return false;
    }
    any = true;
    Token lineBegin = current;
    lineStart = current.span.begin;
    if (!line() || !finishLine(what)) {
      good = false;
      recover(level, lineBegin);
    }
  }
  Span closing = take().span;
  if (!any && !mayBeEmpty) {
    errorAt(DiagnosticCode::E0117, join(opening, closing),
            std::string("expected ") + what + " between the braces");
    return false;
  }
  return good;
}

/// Skips to where the next line can begin: after a line break outside all brackets that the failed line
/// opened, or at the brace that ends the block. Moves past `lineBegin`, where the failed line began, unless
/// that is the brace.
void ParserCore::recover(std::size_t bracketLevel, Token lineBegin) {
  std::uint32_t column = columnOf(lineBegin);
  std::size_t outerBraces = 0;
  for (std::size_t i = 0; i < std::min(bracketLevel, brackets.size()); ++i)
    outerBraces += brackets[i].kind == TokenKind::LBrace;
  for (; !atEnd(); take()) {
    bool innerBrace = openBraces > outerBraces;
    bool atLevel = brackets.size() <= bracketLevel;
    if (current.kind == TokenKind::RBrace) {
      if (!innerBrace)
        break;
      while (brackets.back().kind != TokenKind::LBrace)
        brackets.pop_back();
    } else if (current.kind == TokenKind::RParen || current.kind == TokenKind::RBracket) {
      TokenKind opening = current.kind == TokenKind::RParen ? TokenKind::LParen : TokenKind::LBracket;
      // take() pops whatever is on top, so a stray one is given something to pop.
      if (atLevel || brackets.back().kind != opening)
        brackets.push_back({opening, current.span});
    } else if (current.newlineBefore && canBeginStatement(current.kind) && current.span != lineBegin.span) {
      // Brackets left open: a line that begins no deeper than the failed one, or with a declaring word, is
      // new.
      bool declares = current.kind == TokenKind::Let || current.kind == TokenKind::Param ||
                      current.kind == TokenKind::State;
      // Between items, only a word as far left as the failed item can begin the next.
      bool begins = bracketLevel > 0 || current.kind == TokenKind::Name || current.kind == TokenKind::Let ||
                    current.kind == TokenKind::Fn || current.kind == TokenKind::Layer;
      if (bracketLevel == 0)
        begins = begins && columnOf(current) <= column;
      if (!begins)
        continue;
      if (atLevel || (!innerBrace && (declares || columnOf(current) <= column)) || looksLikeUnclosedBlock())
        break;
    }
  }
  closeTo(bracketLevel);
  atBreak = false;
}

Program ParserCore::parseProgram() {
  Program program;
  program.source = source;
  while (!atEnd()) {
    Token lineBegin = current;
    lineStart = current.span.begin;
    ordinals.clear();
    if (current.kind == TokenKind::RBrace) {
      error(DiagnosticCode::E0106, "expected an item, found `}`").label("no `{` is open here");
      take();
      atBreak = false;
      continue;
    }
    ItemPtr item = parseItem();
    bool good = item != nullptr;
    if (good)
      program.items.push_back(std::move(item));
    if (good && !atBreak && !atEnd() && current.kind != TokenKind::RBrace) {
      good = false;
      error(DiagnosticCode::E0108, "expected a new line after an item, found " + found());
    }
    atBreak = false;
    if (!good)
      recover(0, lineBegin);
  }
  return program;
}
