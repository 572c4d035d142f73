// The recursive-descent parser behind Parser.h: tokens with line breaks made explicit, recovery, and one
// function per rule of the grammar. A function that returns null or false has reported its error; callers
// pass that on up to the nearest list of lines, which skips to where the next line can begin.
#pragma once

#include "frontend/syntax/Ast.h"
#include "frontend/syntax/Lexer.h"

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mlc::frontend {

class ParserCore {
public:
  ParserCore(SourceId source, DiagnosticEngine &diagnostics);

  Program parseProgram();

private:
  /// How deep brackets, blocks and prefixes may nest, and how high a tree may grow (long sums lean to the
  /// left). Both keep recursion over the tree, here and in every later walk, inside a small stack.
  static constexpr unsigned maxNesting = 128;
  static constexpr unsigned maxHeight = 500;

  //===-- Tokens (ParserCore.cpp)
  //------------------------------------------------------------------------------===//

  struct OpenBracket {
    TokenKind kind;
    Span span;
  };

  bool is(TokenKind kind) const { return !atBreak && current.kind == kind; }
  bool isWord(std::string_view word) const { return is(TokenKind::Name) && textOf(current) == word; }
  bool atEnd() const { return current.kind == TokenKind::End; }
  std::string_view textOf(const Token &token) const { return diagnostics.sources().text(token.span); }
  Token take();
  bool accept(TokenKind kind);
  bool acceptWord(std::string_view word);
  bool expect(TokenKind kind, const char *context);
  bool expectClosing(TokenKind kind, Span opening);
  bool expectWord(std::string_view word, const char *context);
  bool expectName(Ident &name, const char *what);
  bool expectString(StringLiteral &literal, const char *context);

  /// What stands where something else was expected, for a message, and where the carets go.
  bool lineEnded() const;
  std::string found() const;
  Span foundSpan() const;
  DiagnosticBuilder error(DiagnosticCode code, std::string message);
  DiagnosticBuilder errorAt(DiagnosticCode code, Span span, std::string message);
  Span since(Span begin) const {
    return join(begin, previousSpan.source == begin.source ? previousSpan : begin);
  }
  /// The text of a span on one line for a help, or nothing if it is long or spans lines.
  std::optional<std::string> quotable(Span span) const;

  //===-- Lists of lines
  //---------------------------------------------------------------------------------------===//

  /// `{ line NL line ... }`; each call of `line` parses one and returns false after an error. `what` names a
  /// line.
  bool parseBraced(const char *what, bool mayBeEmpty, const std::function<bool()> &line);
  bool finishLine(const char *what);
  void recover(std::size_t bracketLevel, Token lineBegin);
  void closeTo(std::size_t bracketLevel);
  void reportUnclosed(Span opening, TokenKind closing);
  bool looksLikeUnclosedBlock() const;
  std::uint32_t columnOf(const Token &token) const;

  struct Nested {
    explicit Nested(unsigned &depth) : depth(depth) { ++depth; }
    ~Nested() { --depth; }
    unsigned &depth;
  };
  bool tooDeep();

  //===-- Expressions (ParseExpr.cpp, ParseOperand.cpp)
  //--------------------------------------------------------===//

  ExprPtr parseExpr();
  bool parseInto(ExprPtr &expr) { return (expr = parseExpr()) != nullptr; }
  ExprPtr parseEither();
  ExprPtr parseBoth();
  ExprPtr parseTruth();
  ExprPtr parseSum();
  ExprPtr parseProduct();
  ExprPtr parseUnary();
  ExprPtr parsePostfix();
  ExprPtr parsePrimary();
  ExprPtr parseParens();
  ExprPtr parseList();
  ExprPtr parseIf();
  ExprPtr parseScan();
  ExprPtr parsePipe(ExprPtr head);
  bool parseStage(PipeExpr &pipe);
  void reportPipeHead(const Expr &head, Span pipeSpan);
  void reportAfterStage(const PipeExpr &pipe);
  bool parseSubscript(Subscript &subscript);
  bool parseMethod();
  bool acceptRemat();
  bool parseCall(Call &call);
  bool parseArgs(std::vector<Arg> &args, Span opening);
  void unescape(StringLiteral &literal) const;
  ExprPtr makeBinary(BinaryOp op, Span opSpan, ExprPtr left, ExprPtr right);
  ExprPtr finish(ExprPtr expr, unsigned height);

  //===-- Types, blocks, statements (ParseStmt.cpp) and items (ParseItem.cpp)
  //----------------------------------===//

  /// `isField`: of a field of a data block, for what is said of a name that is no type.
  bool parseType(TypeExpr &type, bool isField = false);
  bool parseParamType(Param &param);
  bool parseBlock(Block &block);
  StmtPtr parseStmt();
  StmtPtr parseDeclaration(bool isParam);
  bool parsePattern(Pattern &pattern);
  bool parseBinding(Binding &binding);
  bool parseNames(std::vector<Ident> &names, const char *what);
  bool parseStrings(std::vector<StringLiteral> &strings, const char *context);
  std::unique_ptr<Callable> parseCallable(CallableKind kind);
  bool parseInto(std::unique_ptr<Callable> &callable, CallableKind kind) {
    return (callable = parseCallable(kind)) != nullptr;
  }
  bool parseGenerics(std::vector<Generic> &generics);
  bool parseParams(std::vector<Param> &params, TokenKind stop);
  bool parseRequirements(std::vector<Requirement> &requirements);
  ItemPtr parseItem();
  bool parseMissing(DataItem &data);
  bool parseFieldType(Field &field);
  ItemPtr parseImport();
  ItemPtr parseLet();
  ItemPtr parseData();
  bool parseDatum(DataItem &data);
  ItemPtr parseDerivative();

  //===-- Train blocks (ParseTrain.cpp)
  //------------------------------------------------------------------------===//

  ItemPtr parseTrain();
  ClausePtr parseClause();
  ClausePtr parseClauseBody(std::string_view keyword);
  ClausePtr parsePredict();
  template <typename T> ClausePtr parseMeasure();
  template <typename T> ClausePtr parsePatterns();
  ClausePtr parseOptimizer();
  ClausePtr parseGroup();
  ClausePtr parseFrom();
  ClausePtr parseObjective();
  ClausePtr parseTrack();
  ClausePtr parseBest();
  ClausePtr parseSetting(Setting setting);
  bool parseFigureName(std::optional<Ident> &name);

  SourceId source;
  DiagnosticEngine &diagnostics;
  Lexer lexer;
  Token current, following;
  TokenKind previousKind = TokenKind::End;
  Span previousSpan;
  /// A line break that ends a statement stands before `current`.
  bool atBreak = false;
  /// Where the line that is being parsed begins.
  std::uint32_t lineStart = 0;
  std::vector<OpenBracket> brackets;
  /// How many of `brackets` are braces.
  std::size_t openBraces = 0;
  /// Where the last unclosed bracket was noticed: one report for each place.
  std::optional<std::uint32_t> unclosedAt;
  unsigned nesting = 0;
  /// The highest expression seen since the enclosing block began.
  unsigned highest = 0;
  std::unordered_map<std::string, unsigned> ordinals;
};

} // namespace mlc::frontend
