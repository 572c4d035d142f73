#include "frontend/syntax/FormatTokens.h"

#include <algorithm>

using namespace mlc::frontend;

unsigned mlc::frontend::columnsOf(std::string_view text) {
  unsigned columns = 0;
  for (char c : text)
    columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return columns;
}

namespace {

/// Reads tokens with the lexer, and comments from what it skips.
class Reader {
public:
  Reader(SourceId source, const SourceManager &sources)
      : quiet(sources), lexer(source, quiet), text(sources.get(source).text()) {}

  std::vector<FormatToken> read() {
    for (Token token = lexer.next();; token = lexer.next()) {
      skipTo(token.span.begin);
      if (token.kind == TokenKind::End)
        return std::move(tokens);
      add(token.kind, false, token.span.end);
    }
  }

private:
  void skipTo(std::size_t end) {
    while (at < end) {
      if (text[at] == '\n') {
        ++line;
        ++newlines;
        column = blanks = 0;
        ++at;
      } else if (text[at] == '/') {
        std::size_t close = std::min(text.find('\n', at), end);
        std::size_t last = text.find_last_not_of(" \t\r", close - 1);
        add(TokenKind::End, true, last + 1);
        at = close;
      } else {
        unsigned width = text[at] == '\t' ? 8 - column % 8 : text[at] == ' ';
        column += width;
        blanks += width;
        ++at;
      }
    }
  }

  /// The text up to `end`.
  void add(TokenKind kind, bool isComment, std::size_t end) {
    FormatToken token;
    token.kind = kind;
    token.isComment = isComment;
    token.text = text.substr(at, end - at);
    token.line = line;
    token.column = column;
    token.blanks = blanks;
    token.breakBefore = newlines > 0 || tokens.empty();
    token.blankLineBefore = newlines > 1;
    tokens.push_back(token);
    column += columnsOf(token.text);
    newlines = blanks = 0;
    at = end;
  }

  DiagnosticEngine quiet;
  Lexer lexer;
  std::string_view text;
  std::vector<FormatToken> tokens;
  std::size_t at = 0;
  unsigned line = 1, column = 0, blanks = 0, newlines = 0;
};

/// Whether an operand may end with it.
bool endsOperand(const FormatToken &token) {
  return !token.isComment && !token.isWord && token.kind != TokenKind::Question &&
         canEndStatement(token.kind);
}

/// Fills in what depends on the tokens around.
class Annotator {
public:
  explicit Annotator(std::vector<FormatToken> &tokens) : tokens(tokens) {}

  void run() {
    const std::size_t none = tokens.size();
    std::size_t last = none; // the last token that is no comment
    bool newline = true;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      FormatToken &token = tokens[i];
      newline |= token.breakBefore;
      const FormatToken *before = last == none ? nullptr : &tokens[last];
      if (!token.isComment)
        token.beginsStatement = beginsStatement(before, token, newline);
      if (token.beginsStatement) {
        statements.back() = i;
        headDepth = beginsHead(token, i + 1 < tokens.size() ? &tokens[i + 1] : nullptr) ? open.size() + 1 : 0;
      } else if (inHead() && (token.is(TokenKind::Assign) || token.is(TokenKind::LBrace))) {
        headDepth = 0;
      }
      token.statement = statements.back();
      if (!open.empty() && !tokens[open.back()].is(TokenKind::LBrace))
        token.bracket = tokens[open.back()].kind;
      if (token.isComment)
        continue;
      bool isRemat = before && before->is(TokenKind::Name) && before->text == "remat" && !newline &&
                     (token.is(TokenKind::Name) || token.is(TokenKind::Scan));
      if (isRemat)
        tokens[last].isWord = true;
      token.isWord = token.is(TokenKind::Name) ? !isRemat && isWord(before, token) : isReason(token);
      token.isUnary =
          token.is(TokenKind::Minus) && (token.beginsStatement || !before || !endsOperand(*before));
      nest(i, before);
      last = i;
      newline = false;
    }
  }

private:
  bool beginsStatement(const FormatToken *before, const FormatToken &token, bool newline) const {
    if (!before)
      return true;
    bool inLines = open.empty() || tokens[open.back()].is(TokenKind::LBrace);
    if (before->is(TokenKind::LBrace))
      return !token.isClosing();
    // A `require` of a signature, on a line of its own.
    if (inHead() && token.is(TokenKind::Name) && token.text == "require")
      return false;
    return inLines && newline && canEndStatement(before->kind) && canBeginStatement(token.kind);
  }

  /// Whether the next tokens are a signature, up to its `=` or `{`.
  bool inHead() const { return headDepth == open.size() + 1; }

  /// `fn f`, `layer f`, `model f`, `metric f`, `optimizer f` begin one.
  static bool beginsHead(const FormatToken &token, const FormatToken *next) {
    bool isWord = token.text == "model" || token.text == "metric" || token.text == "optimizer";
    return next && next->is(TokenKind::Name) &&
           (token.is(TokenKind::Fn) || token.is(TokenKind::Layer) || (token.is(TokenKind::Name) && isWord));
  }

  /// Whether this is the `else` of a `require`.
  bool isReason(const FormatToken &token) const {
    bool ofChoice = !choices.empty() && choices.back().depth == open.size();
    return token.is(TokenKind::Else) && inHead() && !ofChoice;
  }

  /// Two operands never stand side by side, so the second of two names is a word of the grammar, unless the
  /// first is one: that which begins an item or a clause.
  bool isWord(const FormatToken *before, const FormatToken &token) const {
    // `track follower from leader (...)` is no call either.
    if (!token.beginsStatement)
      return endsOperand(*before) || (before->isWord && before->text == "from");
    if (open.empty())
      return true;
    std::string_view of = tokens[tokens[open.back()].statement].text;
    return of == "train" || of == "objective" || of == "data";
  }

  void nest(std::size_t i, const FormatToken *before) {
    FormatToken &token = tokens[i];
    if (token.is(TokenKind::If)) {
      std::size_t head = i;
      if (before && before->is(TokenKind::Else)) {
        head = before->head;
        choices.pop_back();
      }
      choices.push_back({open.size(), head});
    } else if (token.is(TokenKind::Scan)) {
      choices.push_back({open.size(), i});
    } else if (token.is(TokenKind::Else) && !token.isWord && !choices.empty()) {
      token.head = choices.back().head;
    }
    bool ofChoice = !choices.empty() && choices.back().depth == open.size();
    if (token.isOpening()) {
      token.head = ofChoice ? choices.back().head : token.statement;
      open.push_back(i);
      statements.push_back(i);
    } else if (token.isClosing() && !open.empty()) {
      std::size_t opening = open.back();
      open.pop_back();
      statements.pop_back();
      token.match = opening;
      token.statement = statements.back();
      tokens[opening].match = i;
      if (token.is(TokenKind::RBrace) && !choices.empty() && choices.back().depth == open.size() &&
          !elseFollows(i))
        choices.pop_back();
    }
  }

  bool elseFollows(std::size_t i) const {
    for (++i; i < tokens.size() && tokens[i].isComment;)
      ++i;
    return i < tokens.size() && tokens[i].is(TokenKind::Else);
  }

  /// An `if` or `scan` that waits for a block, and how many brackets were open at it.
  struct Choice {
    std::size_t depth, head;
  };
  std::vector<FormatToken> &tokens;
  std::vector<std::size_t> open;
  std::vector<std::size_t> statements{0};
  std::vector<Choice> choices;
  /// The number of open brackets, plus one, where a signature is read; 0 where none is.
  std::size_t headDepth = 0;
};

} // namespace

std::vector<FormatToken> mlc::frontend::formatTokens(SourceId source, const SourceManager &sources) {
  std::vector<FormatToken> tokens = Reader(source, sources).read();
  Annotator(tokens).run();
  return tokens;
}

unsigned mlc::frontend::blanksBetween(const FormatToken &left, const FormatToken &right) {
  if (right.isComment)
    return 2;
  bool afterOpening = left.is(TokenKind::LParen) || left.is(TokenKind::LBracket);
  if (afterOpening || left.isUnary || left.is(TokenKind::Caret))
    return 0;
  switch (right.kind) {
  case TokenKind::Comma:
  case TokenKind::Semicolon:
  case TokenKind::RParen:
  case TokenKind::RBracket:
  case TokenKind::Question:
  case TokenKind::Caret:
    return 0;
  case TokenKind::Colon:
    return left.is(TokenKind::Comma);
  case TokenKind::Ellipsis:
    return left.is(TokenKind::Name) ? 0 : 1;
  case TokenKind::LParen:
    return left.isWord ||
           !(left.is(TokenKind::Name) || left.is(TokenKind::Scalar) || left.is(TokenKind::RBracket));
  case TokenKind::LBracket:
    return !endsOperand(left) || left.is(TokenKind::String) || left.is(TokenKind::Number);
  case TokenKind::RBrace:
    return !left.is(TokenKind::LBrace);
  default:
    return !(left.is(TokenKind::Colon) && left.bracket == TokenKind::LBracket);
  }
}
