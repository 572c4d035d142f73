// What the formatter works on: the tokens of a file and its comments, with what each one is for.
#pragma once

#include "frontend/syntax/Lexer.h"

#include <string_view>
#include <vector>

namespace mlc::frontend {

/// A token or a comment (`isComment`; its kind means nothing).
struct FormatToken {
  TokenKind kind = TokenKind::End;
  bool isComment = false;
  std::string_view text;
  /// Where it stood: line from 1, column in code points from 0, blanks on its line before it.
  unsigned line = 1, column = 0, blanks = 0;
  /// It begins a line; one or more empty lines are before it.
  bool breakBefore = false, blankLineBefore = false;

  /// It begins a statement, clause, field or item.
  bool beginsStatement = false;
  /// A name that is a word of the grammar here: `loss`, `weight`, `in`. What follows it is no call. Or the
  /// `else` of a `require`.
  bool isWord = false;
  /// A minus sign with one operand.
  bool isUnary = false;
  /// The bracket it stands in, if that is no brace: `(` or `[`, where a colon is that of a slice.
  TokenKind bracket = TokenKind::End;
  /// Of a bracket: the other one of the pair.
  std::size_t match = 0;
  /// The token that begins the statement it stands in.
  std::size_t statement = 0;
  /// Of `{` and `else`: the token whose line a closing brace lines up with: `if`, or what begins the
  /// statement.
  std::size_t head = 0;

  bool isOpening() const {
    return !isComment &&
           (kind == TokenKind::LParen || kind == TokenKind::LBracket || kind == TokenKind::LBrace);
  }
  bool isClosing() const {
    return !isComment &&
           (kind == TokenKind::RParen || kind == TokenKind::RBracket || kind == TokenKind::RBrace);
  }
  bool is(TokenKind other) const { return !isComment && kind == other; }
};

/// The tokens of a source that parses, without the End.
std::vector<FormatToken> formatTokens(SourceId source, const SourceManager &sources);

/// How many blanks go between two neighbours on one line.
unsigned blanksBetween(const FormatToken &left, const FormatToken &right);

/// The number of columns that a text takes.
unsigned columnsOf(std::string_view text);

} // namespace mlc::frontend
