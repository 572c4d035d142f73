#include "frontend/syntax/Lexer.h"
#include "frontend/syntax/ForeignNames.h"

#include <algorithm>
#include <charconv>
#include <iterator>

using namespace mlc::frontend;

namespace {

struct Word {
  std::string_view text;
  TokenKind kind;
};

constexpr Word reservedWords[] = {
    {"let", TokenKind::Let},     {"fn", TokenKind::Fn},        {"layer", TokenKind::Layer},
    {"param", TokenKind::Param}, {"state", TokenKind::State},  {"if", TokenKind::If},
    {"else", TokenKind::Else},   {"and", TokenKind::And},      {"or", TokenKind::Or},
    {"not", TokenKind::Not},     {"scan", TokenKind::Scan},    {"true", TokenKind::True},
    {"false", TokenKind::False}, {"float", TokenKind::Scalar},
#define MLC_LANGUAGE_TYPE(id, name, ...) {name, TokenKind::Scalar},
#include "runtime/ElementTypes.def"
};

// Longest first: the lexer takes the first that fits.
constexpr Word symbols[] = {
    {"...", TokenKind::Ellipsis}, {"->", TokenKind::Arrow},        {"<-", TokenKind::LeftArrow},
    {"|>", TokenKind::Pipe},      {"==", TokenKind::Equal},        {"!=", TokenKind::NotEqual},
    {"<=", TokenKind::LessEqual}, {">=", TokenKind::GreaterEqual}, {"(", TokenKind::LParen},
    {")", TokenKind::RParen},     {"[", TokenKind::LBracket},      {"]", TokenKind::RBracket},
    {"{", TokenKind::LBrace},     {"}", TokenKind::RBrace},        {",", TokenKind::Comma},
    {";", TokenKind::Semicolon},  {":", TokenKind::Colon},         {"?", TokenKind::Question},
    {"=", TokenKind::Assign},     {"+", TokenKind::Plus},          {"-", TokenKind::Minus},
    {"*", TokenKind::Star},       {"/", TokenKind::Slash},         {"@", TokenKind::At},
    {"^", TokenKind::Caret},      {"<", TokenKind::Less},          {">", TokenKind::Greater},
    {".", TokenKind::Dot}};

// What people bring from elsewhere, and the token to go on with after the error.
struct Foreign {
  std::string_view text;
  TokenKind meant;
  std::string_view help;
};

constexpr Foreign foreignOperators[] = {
    {"&&", TokenKind::And, "write `and`"},
    {"||", TokenKind::Or, "write `or`"},
    {"**", TokenKind::Caret, "write `^`"},
    {"+=", TokenKind::LeftArrow, "write `name <- name + value`"},
    {"-=", TokenKind::LeftArrow, "write `name <- name - value`"},
    {"*=", TokenKind::LeftArrow, "write `name <- name * value`"},
    {"/=", TokenKind::LeftArrow, "write `name <- name / value`"},
    {":=", TokenKind::Assign, "write `let name = value`, or `name <- value` for a state"},
    {"=>", TokenKind::Arrow, ""},
    {"!", TokenKind::Not, "write `not`"},
    {"%", TokenKind::Slash, "write `a - b * floor(a / b)`"},
    {"&", TokenKind::And, "write `and`"},
    {"|", TokenKind::Or, "write `or`, or `|>` for a pipe"}};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordBegin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isWord(char c) { return isWordBegin(c) || isDigit(c); }
bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool isAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

} // namespace

std::string_view mlc::frontend::spelling(TokenKind kind) {
  for (const Word &word : reservedWords)
    if (word.kind == kind && kind != TokenKind::Scalar)
      return word.text;
  for (const Word &symbol : symbols)
    if (symbol.kind == kind)
      return symbol.text;
  switch (kind) {
  case TokenKind::Name:
    return "a name";
  case TokenKind::Number:
    return "a number";
  case TokenKind::String:
    return "a string";
  case TokenKind::Scalar:
    return "a scalar type";
  default:
    return "the end of the file";
  }
}

bool mlc::frontend::isReserved(TokenKind kind) {
  return kind >= TokenKind::Scalar && kind <= TokenKind::False;
}

bool mlc::frontend::canEndStatement(TokenKind kind) {
  switch (kind) {
  case TokenKind::Name:
  case TokenKind::Number:
  case TokenKind::String:
  case TokenKind::Scalar:
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::RParen:
  case TokenKind::RBracket:
  case TokenKind::RBrace:
  case TokenKind::Question:
    return true;
  default:
    return false;
  }
}

bool mlc::frontend::canBeginStatement(TokenKind kind) {
  switch (kind) {
  case TokenKind::Name:
  case TokenKind::Number:
  case TokenKind::String:
  case TokenKind::Scalar:
  case TokenKind::Let:
  case TokenKind::Fn:
  case TokenKind::Layer:
  case TokenKind::Param:
  case TokenKind::State:
  case TokenKind::If:
  case TokenKind::Not:
  case TokenKind::Scan:
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::LParen:
  case TokenKind::LBracket:
  case TokenKind::Minus:
    return true;
  default:
    return false;
  }
}

Lexer::Lexer(SourceId source, DiagnosticEngine &diagnostics)
    : source(source), diagnostics(diagnostics), text(diagnostics.sources().get(source).text()) {
  // A byte order mark, as some editors write it.
  if (text.substr(0, 3) == "\xEF\xBB\xBF")
    position = 3;
}

char Lexer::at(std::size_t offset) const {
  return position + offset < text.size() ? text[position + offset] : '\0';
}

Span Lexer::spanFrom(std::size_t begin) const {
  return Span{source, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(position)};
}

Token Lexer::make(TokenKind kind, std::size_t length) {
  Token token;
  token.kind = kind;
  std::size_t begin = position;
  position += length;
  token.span = spanFrom(begin);
  return token;
}

void Lexer::skipBlockComment() {
  std::size_t begin = position;
  std::size_t close = text.find("*/", position + 2);
  position += 2;
  diagnostics.report(DiagnosticCode::E0121, spanFrom(begin), "`/*` does not begin a comment")
      .help("begin each line of it with `//`");
  position = close == std::string_view::npos ? text.size() : close + 2;
}

/// Skips blanks and comments; true if a line ended among them.
bool Lexer::skipSpace() {
  bool newline = position == 0;
  while (position < text.size()) {
    char c = text[position];
    if (c == '\n') {
      newline = true;
      ++position;
    } else if (c == ' ' || c == '\t' || (c == '\r' && (at(1) == '\n' || position + 1 == text.size()))) {
      ++position;
    } else if (c == '/' && at(1) == '/') {
      std::size_t end = text.find('\n', position);
      position = end == std::string_view::npos ? text.size() : end;
    } else if (c == '/' && at(1) == '*') {
      skipBlockComment();
    } else {
      break;
    }
  }
  return newline;
}

Token Lexer::next() {
  bool newline = false;
  while (true) {
    newline |= skipSpace();
    if (position >= text.size()) {
      Token end = make(TokenKind::End, 0);
      end.newlineBefore = true;
      return end;
    }
    char c = text[position];
    Token token;
    if (isWordBegin(c)) {
      token = lexWord();
    } else if (isDigit(c) || (c == '.' && isDigit(at(1)))) {
      token = lexNumber();
    } else if (c == '"' || c == '\'') {
      token = lexString(c);
    } else if (!lexForeign(token)) {
      const Word *found = nullptr;
      for (const Word &symbol : symbols)
        if (text.compare(position, symbol.text.size(), symbol.text) == 0 &&
            (symbol.kind != TokenKind::Dot || isWordBegin(at(1)))) {
          found = &symbol;
          break;
        }
      if (!found) {
        reportStray();
        continue;
      }
      token = make(found->kind, found->text.size());
    }
    token.newlineBefore = newline;
    return token;
  }
}

Token Lexer::lexWord() {
  std::size_t length = 1;
  while (isWord(at(length)))
    ++length;
  std::string_view word = text.substr(position, length);
  // `nn.Linear`, `x.view`: one word, for one error.
  std::size_t dotted = length;
  while (at(dotted) == '.' && isWordBegin(at(dotted + 1)))
    for (++dotted; isWord(at(dotted));)
      ++dotted;
  if (dotted != length) {
    Token token = make(TokenKind::Name, dotted);
    reportDotted(token, text.substr(token.span.begin, dotted));
    return token;
  }
  for (const Word &reserved : reservedWords)
    if (reserved.text == word)
      return make(reserved.kind, length);
  return make(TokenKind::Name, length);
}

void Lexer::reportDotted(const Token &word, std::string_view name) {
  DiagnosticBuilder error =
      diagnostics.report(DiagnosticCode::E0101, word.span, "the language does not use `.`");
  error.label("there are no modules and no methods");
  // A table of names is gone through: past what is shown that is no use.
  if (diagnostics.errorCount() > DiagnosticEngine::shownErrors)
    return;
  std::vector<std::string> helps = foreignHelps(name);
  // A field that is a date is most likely meant; which of its elements follows from how it is declared.
  const std::string owner(name.substr(0, name.find('.')));
  const std::string_view part = name.substr(owner.size() + 1);
  static constexpr std::string_view parts[] = {"year", "month",  "day",    "weekday", "day_of_year",
                                               "hour", "minute", "second", "days"};
  if (helps.empty() && std::find(std::begin(parts), std::end(parts), part) != std::end(parts)) {
    const bool isFirst = part == "year";
    helps.push_back("a date is a vector of its parts in the order of its declaration: of `" + owner +
                    ": date(year, " + (isFirst ? "month" : std::string(part)) + ")`, `" + owner +
                    (isFirst ? "[:, 0]" : "[:, 1]") + "` is the " + std::string(part) +
                    "; `date` alone has year, month, day, weekday, day_of_year");
  }
  if (helps.empty())
    helps.push_back("a function is called by its name alone, `f(x)`, or as a stage, `x |> f`");
  for (std::string &help : helps)
    error.help(std::move(help));
}

Token Lexer::lexNumber() {
  std::size_t length = 0;
  auto digits = [&] {
    std::size_t begin = length;
    while (isDigit(at(length)))
      ++length;
    return length != begin;
  };
  bool whole = digits();
  std::string help;
  if (!whole)
    help = "write a digit before the point";
  // `1...` is a number and an ellipsis; `1.` and `1.x` are mistakes.
  if (at(length) == '.' && !(at(length + 1) == '.' && at(length + 2) == '.')) {
    ++length;
    if (!digits())
      help = "write a digit after the point";
  }
  bool wellFormed = help.empty();
  if (wellFormed && (at(length) == 'e' || at(length) == 'E')) {
    ++length;
    if (at(length) == '+' || at(length) == '-')
      ++length;
    wellFormed = digits();
  }
  std::size_t valueLength = length;
  while (isWord(at(length)))
    ++length;
  wellFormed &= length == valueLength;
  Token token = make(TokenKind::Number, length);
  std::string_view spelt = text.substr(token.span.begin, length);
  if (!wellFormed) {
    DiagnosticBuilder error = diagnostics.report(DiagnosticCode::E0102, token.span,
                                                 quoted(spelt.substr(0, 40)) + " is not a number");
    if (!help.empty())
      error.help(help);
    else
      error.label("numbers are decimal, and a name does not begin with a digit");
    return token;
  }
  std::from_chars_result result = std::from_chars(spelt.data(), spelt.data() + spelt.size(), token.number);
  if (result.ec != std::errc())
    diagnostics.report(DiagnosticCode::E0102, token.span, "a number outside the range of f64");
  return token;
}

Token Lexer::lexString(char quote) {
  std::size_t begin = position;
  std::size_t length = 1;
  bool bad = false;
  auto mistake = [&](std::size_t offset, std::string message) {
    if (bad)
      return;
    bad = true;
    std::uint32_t place = static_cast<std::uint32_t>(begin + offset);
    diagnostics.report(DiagnosticCode::E0103, Span{source, place, place + 1}, std::move(message));
  };
  while (position + length < text.size() && at(length) != '\n' && at(length) != quote) {
    if (at(length) == '\\')
      mistake(length, "a string has no escapes");
    else if (isControl(at(length)) && !(at(length) == '\r' && at(length + 1) == '\n'))
      mistake(length, "a control character in a string");
    ++length;
  }
  bool closed = position + length < text.size() && at(length) == quote;
  while (!closed && length > 1 && at(length - 1) == '\r')
    --length;
  Token token = make(TokenKind::String, length + (closed ? 1 : 0));
  if (!closed)
    diagnostics.report(DiagnosticCode::E0103, Span{source, token.span.begin, token.span.begin + 1},
                       "this string does not end on its line");
  else if (quote == '\'')
    diagnostics.report(DiagnosticCode::E0103, token.span, "a string stands in double quotes")
        .help("write `\"" + std::string(text.substr(begin + 1, length - 1)) + "\"`");
  return token;
}

bool Lexer::lexForeign(Token &token) {
  for (const Foreign &foreign : foreignOperators) {
    if (text.compare(position, foreign.text.size(), foreign.text) != 0)
      continue;
    char after = at(foreign.text.size());
    // `!=`, `|>` and `2*-1` style neighbours are ours.
    if ((foreign.text == "!" && after == '=') || (foreign.text == "|" && after == '>'))
      continue;
    // `a /= b` yes, `a ==` is handled by the table of symbols; `x*=` followed by `=` would be `* ==`.
    if (foreign.text.size() == 2 && foreign.text[1] == '=' && after == '=')
      continue;
    token = make(foreign.meant, foreign.text.size());
    DiagnosticBuilder error =
        diagnostics.report(DiagnosticCode::E0121, token.span, "there is no operator " + quoted(foreign.text));
    if (!foreign.help.empty())
      error.help(std::string(foreign.help));
    return true;
  }
  return false;
}

/// Skips a run of bytes that belong to no token, with one error for all of it.
void Lexer::reportStray() {
  std::size_t begin = position;
  char first = text[position];
  if (first == '#') {
    ++position;
    diagnostics.report(DiagnosticCode::E0101, spanFrom(begin), "`#` does not begin a comment")
        .help("write `//`");
    std::size_t end = text.find('\n', position);
    position = end == std::string_view::npos ? text.size() : end;
    return;
  }
  ++position;
  if (isControl(first)) {
    diagnostics.report(DiagnosticCode::E0101, spanFrom(begin), "a control character outside a comment");
    return;
  }
  if (isAscii(first)) {
    diagnostics.report(DiagnosticCode::E0101, spanFrom(begin),
                       "the language does not use " + quoted(std::string_view(&text[begin], 1)));
    return;
  }
  while (position < text.size() && !isAscii(text[position]))
    ++position;
  diagnostics.report(DiagnosticCode::E0101, spanFrom(begin), "only ASCII outside comments and strings");
}
