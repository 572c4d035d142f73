// The formatter keeps the line breaks of the author, who knows what belongs together, and decides the rest:
//
// 1. A block that is more than one line has its braces at the ends of lines.
// 2. Each line gets its indentation from the brackets and the statement that it continues. If it is then too
//    long, it is broken: a block into lines, else where brackets nest least and operators bind loosest, as
//    far right as it goes.
// 3. Text that was moved right to stand below or above other text stays lined up with it.
//
// Each step gives the same again for what it gave, so formatting twice is formatting once.
#include "frontend/syntax/Format.h"

#include "frontend/syntax/FormatTokens.h"
#include "frontend/syntax/Parser.h"

#include <algorithm>
#include <limits>

using namespace mlc::frontend;

namespace {

constexpr unsigned widest = 120;
constexpr unsigned blockIndent = 2, continuationIndent = 2, bracketIndent = 4;

class Formatter {
public:
  explicit Formatter(std::vector<FormatToken> tokens)
      : tokens(std::move(tokens)), indents(this->tokens.size()), columns(this->tokens.size()) {}

  std::string run() {
    openBlocks();
    for (std::size_t begin = 0; begin < tokens.size();) {
      std::vector<Level> before = levels;
      // As far as it takes to see where to break it, then all of it.
      std::size_t end = layLine(begin, 8 * widest);
      while (breakLine(begin, end)) {
        levels = before;
        end = layLine(begin, 8 * widest);
      }
      levels = before;
      end = layLine(begin, std::numeric_limits<unsigned>::max());
      lines.push_back({begin, end});
      begin = end;
    }
    lineUp();
    return print();
  }

private:
  struct Level {
    unsigned inner, closing; ///< where lines in the bracket begin, and one that begins with its end
  };
  struct Line {
    std::size_t begin, end;
  };

  /// A block that holds a line break has one after `{` and one before `}`.
  void openBlocks() {
    std::vector<std::pair<std::size_t, bool>> open; // brackets, and whether there was a break in them
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].breakBefore && !open.empty())
        open.back().second = true;
      if (tokens[i].isOpening()) {
        open.emplace_back(i, false);
      } else if (tokens[i].isClosing() && !open.empty()) {
        auto [opening, broken] = open.back();
        open.pop_back();
        if (broken && tokens[i].is(TokenKind::RBrace))
          openBlock(opening);
        if (broken && !open.empty())
          open.back().second = true;
      }
    }
  }

  void openBlock(std::size_t opening) {
    if (!tokens[opening + 1].isComment)
      tokens[opening + 1].breakBefore = true;
    tokens[tokens[opening].match].breakBefore = true;
  }

  unsigned indentOf(std::size_t i) const {
    const FormatToken &token = tokens[i];
    unsigned inner = levels.empty() ? 0 : levels.back().inner;
    if (token.isComment) {
      std::size_t next = i;
      while (next < tokens.size() && tokens[next].isComment)
        ++next;
      return next == tokens.size() || tokens[next].isClosing() ? inner : indentOf(next);
    }
    if (token.isClosing())
      return levels.back().closing;
    if (token.is(TokenKind::Else) && !token.isWord)
      return indents[token.head];
    // The brace below a signature that takes several lines.
    if (token.is(TokenKind::LBrace) && token.head == token.statement)
      return indents[token.statement];
    bool continues = token.bracket == TokenKind::End && !token.beginsStatement;
    return continues ? indents[token.statement] + continuationIndent : inner;
  }

  /// Places the tokens of the line that begins at `begin`, up to column `limit`; returns where it stopped.
  std::size_t layLine(std::size_t begin, unsigned limit) {
    unsigned indent = indentOf(begin), column = indent;
    std::size_t i = begin;
    for (; i < tokens.size() && (i == begin || (!tokens[i].breakBefore && column <= limit)); ++i) {
      const FormatToken &token = tokens[i];
      if (i != begin)
        column += blanksBetween(tokens[i - 1], token);
      indents[i] = indent;
      columns[i] = column;
      column += columnsOf(token.text);
      if (token.is(TokenKind::LBrace)) {
        unsigned base = indents[token.head];
        levels.push_back({base + blockIndent, base});
      } else if (token.isOpening()) {
        bool hangs = i + 1 < tokens.size() && tokens[i + 1].breakBefore;
        levels.push_back({indent + (hangs ? blockIndent : bracketIndent), indent});
      } else if (token.isClosing()) {
        levels.pop_back();
      }
    }
    return i;
  }

  unsigned endColumn(std::size_t i) const { return columns[i] + columnsOf(tokens[i].text); }

  /// If the line is too long and there is a place for it, adds a break to it.
  bool breakLine(std::size_t begin, std::size_t end) {
    std::size_t last = end - 1;
    if (tokens[last].isComment)
      --last; // comments are as long as they are
    if (last + 1 == begin || endColumn(last) <= widest)
      return false;
    int depth = 0, best = std::numeric_limits<int>::max();
    std::size_t at = 0;
    for (std::size_t i = begin; i <= last; ++i) {
      if (i > begin && endColumn(i - 1) <= widest) {
        int rank = rankOf(i, endColumn(last) - columns[i]);
        if (rank >= 0 && depth * ranks + rank <= best) {
          best = depth * ranks + rank;
          at = i;
        }
      }
      // A block is broken before anything as deep is.
      bool isBlock = tokens[i].is(TokenKind::LBrace) && tokens[i].match > i + 1 &&
                     !tokens[i + 1].breakBefore && !tokens[i + 1].isComment;
      if (isBlock && depth * ranks <= best) {
        best = depth * ranks - 1;
        at = i + 1;
      }
      depth += tokens[i].isOpening() - (tokens[i].isClosing() ? 1 : 0);
    }
    if (at == 0)
      return false;
    if (!tokens[at - 1].is(TokenKind::LBrace)) {
      tokens[at].breakBefore = true;
      return true;
    }
    // All blocks of an `if`, not one.
    std::size_t head = tokens[at - 1].head;
    for (std::size_t i = begin; i < end; ++i)
      if (tokens[i].is(TokenKind::LBrace) && tokens[i].head == head && tokens[i].match > i + 1)
        openBlock(i);
    return true;
  }

  static constexpr int ranks = 10;

  /// How well a line breaks before a token, 0 best; negative: not at all. `rest` columns would go on the new
  /// line.
  int rankOf(std::size_t i, unsigned rest) const {
    const FormatToken &left = tokens[i - 1], &right = tokens[i];
    if (right.isComment)
      return -1;
    if (right.isWord && (right.text == "require" || right.is(TokenKind::Else)))
      return 0;
    bool opens = left.isOpening();
    switch (right.kind) {
    case TokenKind::Arrow:
      return 1;
    case TokenKind::Pipe:
      return opens || left.is(TokenKind::Comma) || left.is(TokenKind::Assign) ? -1 : 2;
    default:
      break;
    }
    switch (left.kind) {
    case TokenKind::Comma:
    case TokenKind::Semicolon:
      return 0;
    case TokenKind::Assign:
      if (left.bracket != TokenKind::End)
        return -1; // of an argument
      // The value on a line of its own, if that is enough.
      return rest + indents[left.statement] + continuationIndent <= widest ? 0 : 2 * ranks - 1;
    case TokenKind::Or:
      return 3;
    case TokenKind::And:
      return 4;
    case TokenKind::Equal:
    case TokenKind::NotEqual:
    case TokenKind::Less:
    case TokenKind::LessEqual:
    case TokenKind::Greater:
    case TokenKind::GreaterEqual:
      return 5;
    case TokenKind::Plus:
    case TokenKind::Minus:
      return left.isUnary ? -1 : 6;
    case TokenKind::Star:
    case TokenKind::Slash:
    case TokenKind::At:
      return 7;
    default:
      return -1;
    }
  }

  /// What people line up: comments, pipes, arrows, `=`, braces, and what follows the words of clauses. Others
  /// stand in one column by accident.
  int lineUpClass(const Line &line, std::size_t i) const {
    if (tokens[i].isComment)
      return 1;
    for (TokenKind kind : {TokenKind::Pipe, TokenKind::Arrow, TokenKind::Assign, TokenKind::LBrace})
      if (tokens[i].kind == kind)
        return 2 + static_cast<int>(kind);
    return i == line.begin + 1 && tokens[line.begin].isWord ? 2 : 0;
  }

  /// Tokens alike of neighbouring lines that stood in one column, one of them moved there by more blanks than
  /// it needs, are moved to one column again.
  void lineUp() {
    std::vector<std::size_t> groups(tokens.size()); // a forest; 0 is itself
    auto find = [&](std::size_t i) {
      while (groups[i] != i)
        i = groups[i] = groups[groups[i]];
      return i;
    };
    for (std::size_t i = 0; i < tokens.size(); ++i)
      groups[i] = i;
    auto moved = [&](std::size_t i) { return tokens[i].blanks > blanksBetween(tokens[i - 1], tokens[i]); };
    for (std::size_t number = 1; number < lines.size(); ++number) {
      const Line &above = lines[number - 1], &below = lines[number];
      if (tokens[above.begin].line + 1 != tokens[below.begin].line)
        continue;
      std::size_t i = above.begin + 1, j = below.begin + 1;
      while (i < above.end && j < below.end) {
        if (tokens[i].column == tokens[j].column) {
          int alike = lineUpClass(above, i);
          if (alike != 0 && alike == lineUpClass(below, j) && (moved(i) || moved(j)))
            groups[find(j)] = find(i);
          ++i, ++j;
        } else if (tokens[i].column < tokens[j].column) {
          ++i;
        } else {
          ++j;
        }
      }
    }
    // Columns only grow, and a group is never both left and right of another.
    std::vector<unsigned> target = columns;
    for (bool changed = true; changed;) {
      changed = false;
      for (const Line &line : lines) {
        unsigned shift = 0;
        for (std::size_t i = line.begin; i < line.end; ++i) {
          unsigned &wanted = target[find(i)];
          unsigned column = columns[i] + shift;
          if (column < wanted) {
            shift += wanted - column;
          } else if (column > wanted) {
            wanted = column;
            changed = true;
          }
        }
      }
    }
    for (const Line &line : lines)
      for (std::size_t i = line.begin; i < line.end; ++i)
        columns[i] = target[find(i)];
  }

  std::string print() const {
    std::string out;
    for (const Line &line : lines) {
      const FormatToken &first = tokens[line.begin];
      bool afterBrace = line.begin > 0 && tokens[line.begin - 1].is(TokenKind::LBrace);
      if (first.blankLineBefore && line.begin > 0 && !afterBrace && !first.is(TokenKind::RBrace))
        out += '\n';
      unsigned column = 0;
      for (std::size_t i = line.begin; i < line.end; ++i) {
        out.append(columns[i] - column, ' ');
        out += tokens[i].text;
        column = columns[i] + columnsOf(tokens[i].text);
      }
      out += '\n';
    }
    return out;
  }

  std::vector<FormatToken> tokens;
  /// By token: indentation of its line, and its column.
  std::vector<unsigned> indents, columns;
  std::vector<Level> levels;
  std::vector<Line> lines;
};

} // namespace

std::optional<std::string> mlc::frontend::format(SourceId source, DiagnosticEngine &diagnostics) {
  parse(source, diagnostics);
  if (diagnostics.hasErrors())
    return std::nullopt;
  return Formatter(formatTokens(source, diagnostics.sources())).run();
}
