// Bytes to tokens.
#pragma once

#include "frontend/syntax/Diagnostic.h"

namespace mlc::frontend {

enum class TokenKind : std::uint8_t {
  End,
  Name,
  Number,
  String,
  Scalar, // float f32 f64 i32 u8 bool
  // Reserved words. All other words of the grammar are names outside the one place where they mean something.
  Let,
  Fn,
  Layer,
  Param,
  State,
  If,
  Else,
  And,
  Or,
  Not,
  Scan,
  True,
  False,
  LParen,
  RParen,
  LBracket,
  RBracket,
  LBrace,
  RBrace,
  Comma,
  Semicolon,
  Colon,
  Question,
  Ellipsis,
  Dot, // no part of the grammar: methods of other languages
  Assign,
  Arrow,     // ->
  LeftArrow, // <-
  Pipe,      // |>
  Plus,
  Minus,
  Star,
  Slash,
  At,
  Caret,
  Equal,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Less,
  Greater
};

struct Token {
  TokenKind kind = TokenKind::End;
  /// The first token of its line.
  bool newlineBefore = false;
  Span span;
  /// Of a Number.
  double number = 0;
};

/// As it is written between backquotes in a message: "|>", "let"; a description for names, numbers and
/// strings.
std::string_view spelling(TokenKind kind);
/// Words that cannot name anything: the reserved words and the scalar types.
bool isReserved(TokenKind kind);
/// Whether a statement may end after, or begin with, this token: a line break between two such ends a
/// statement.
bool canEndStatement(TokenKind kind);
bool canBeginStatement(TokenKind kind);

/// Hands out the tokens of one source, in order, then End forever. Reports what is no token and goes on after
/// it.
class Lexer {
public:
  Lexer(SourceId source, DiagnosticEngine &diagnostics);

  Token next();

private:
  bool skipSpace();
  void skipBlockComment();
  Token make(TokenKind kind, std::size_t length);
  Token lexWord();
  Token lexNumber();
  Token lexString(char quote);
  bool lexForeign(Token &token);
  void reportDotted(const Token &word, std::string_view text);
  void reportStray();
  char at(std::size_t offset) const;
  Span spanFrom(std::size_t begin) const;

  SourceId source;
  DiagnosticEngine &diagnostics;
  std::string_view text;
  std::size_t position = 0;
};

} // namespace mlc::frontend
