// Types, blocks and statements.
#include "frontend/syntax/ForeignNames.h"
#include "frontend/syntax/ParserCore.h"

#include <algorithm>

using namespace mlc::frontend;

bool ParserCore::parseType(TypeExpr &type, bool isField) {
  if (tooDeep())
    return false;
  Nested nested(nesting);
  Span begin = current.span;
  if (is(TokenKind::Scalar)) {
    type.kind = TypeExpr::Kind::Tensor;
    type.scalar = *scalarKind(textOf(take()));
    if (is(TokenKind::LBracket)) {
      Span opening = take().span;
      do {
        DimExpr dim;
        Span dimBegin = current.span;
        if (is(TokenKind::Name) && following.kind == TokenKind::Ellipsis) {
          Token name = take();
          take();
          dim.pack = Ident{std::string(textOf(name)), name.span};
        } else if (!parseInto(dim.value)) {
          return false;
        }
        dim.span = since(dimBegin);
        type.dims.push_back(std::move(dim));
      } while (accept(TokenKind::Comma));
      if (!expectClosing(TokenKind::RBracket, opening))
        return false;
    }
  } else if (acceptWord("dim")) {
    type.kind = TypeExpr::Kind::Dim;
  } else if (accept(TokenKind::Fn)) {
    type.kind = TypeExpr::Kind::Fn;
  } else if (is(TokenKind::LParen)) {
    type.kind = TypeExpr::Kind::Tuple;
    Span opening = take().span;
    do {
      type.elements.emplace_back();
      if (!parseType(type.elements.back()))
        return false;
    } while (accept(TokenKind::Comma));
    if (!expectClosing(TokenKind::RParen, opening))
      return false;
    if (type.elements.size() < 2) {
      errorAt(DiagnosticCode::E0116, since(begin), "a tuple type has at least two elements");
      return false;
    }
  } else {
    DiagnosticBuilder report = error(DiagnosticCode::E0116, "expected a type, found " + found());
    if (is(TokenKind::Name)) {
      std::string_view name = textOf(current);
      if (std::optional<std::string> help = foreignTypeHelp(name, isField))
        report.help(*help);
      else if (std::optional<std::string> meant = didYouMean(name, {"float",
#define MLC_LANGUAGE_TYPE(id, name, ...) name,
#include "runtime/ElementTypes.def"
                                                                    "dim"}))
        report.help("did you mean `" + *meant + "`?");
    }
    return false;
  }
  type.span = since(begin);
  return true;
}

bool ParserCore::parseBlock(Block &block) {
  if (tooDeep())
    return false;
  Nested nested(nesting);
  unsigned outer = highest;
  highest = 0;
  Span begin = current.span;
  bool good = parseBraced("a statement", false, [&] {
    StmtPtr statement = parseStmt();
    if (!statement)
      return false;
    block.stmts.push_back(std::move(statement));
    return true;
  });
  block.span = since(begin);
  block.height = highest;
  highest = std::max(highest, outer);
  return good;
}

StmtPtr ParserCore::parseStmt() {
  Span begin = current.span;
  switch (current.kind) {
  case TokenKind::Let: {
    auto let = std::make_unique<LetStmt>();
    if (!parseBinding(let->binding))
      return nullptr;
    let->span = let->binding.span;
    return let;
  }
  case TokenKind::Fn: {
    auto fn = std::make_unique<FnStmt>();
    if (!parseInto(fn->function, CallableKind::Fn))
      return nullptr;
    fn->span = fn->function->span;
    return fn;
  }
  case TokenKind::Layer: {
    auto layer = std::make_unique<LayerInstanceStmt>();
    take();
    if (!expectName(layer->name, "a name for the layer"))
      return nullptr;
    if (is(TokenKind::LParen) || is(TokenKind::LBracket)) {
      error(DiagnosticCode::E0104, "expected `=` after the name of a layer, found " + found())
          .label("a layer is declared outside of blocks; inside, `layer name = ...` names an instance");
      return nullptr;
    }
    if (!expect(TokenKind::Assign, "after the name of a layer") || !parseInto(layer->value))
      return nullptr;
    layer->span = since(begin);
    return layer;
  }
  case TokenKind::Param:
  case TokenKind::State:
    return parseDeclaration(current.kind == TokenKind::Param);
  default:
    break;
  }
  if (is(TokenKind::Name) && following.kind == TokenKind::LeftArrow) {
    auto rebind = std::make_unique<RebindStmt>();
    Token name = take();
    rebind->name = Ident{std::string(textOf(name)), name.span};
    rebind->arrowSpan = take().span;
    // `x <-1`: a space before and none after is how a comparison with a negative is written.
    bool spaceBefore = name.span.end != rebind->arrowSpan.begin;
    if (spaceBefore && rebind->arrowSpan.end == current.span.begin) {
      DiagnosticBuilder arrow = errorAt(DiagnosticCode::E0113, rebind->arrowSpan,
                                        "`<-` reads as an arrow, and its spaces as a comparison");
      if (is(TokenKind::Number) || is(TokenKind::Name)) {
        std::string value(textOf(current));
        arrow.help("write `" + rebind->name.text + " < -" + value + "` to compare, `" + rebind->name.text +
                   " <- " + value + "` to rebind");
      }
    }
    if (!parseInto(rebind->value))
      return nullptr;
    rebind->span = since(begin);
    return rebind;
  }
  // `return x`, `for i ...`: a word and a value are no statement.
  bool isWordAndValue = is(TokenKind::Name) && !following.newlineBefore &&
                        (following.kind == TokenKind::Name || following.kind == TokenKind::Number);
  if (isWordAndValue)
    if (std::optional<std::string> help = foreignWordHelp(textOf(current))) {
      error(DiagnosticCode::E0105, "expected a statement, found " + found()).help(*help);
      return nullptr;
    }
  auto statement = std::make_unique<ExprStmt>();
  if (!parseInto(statement->value))
    return nullptr;
  if (is(TokenKind::Assign)) {
    // `a := 1` has had its error.
    if (textOf(current) != "=")
      return nullptr;
    DiagnosticBuilder report = error(DiagnosticCode::E0108, "`=` does not assign in a statement");
    if (const auto *name = as<NameExpr>(*statement->value))
      report.help("write `let " + name->name + " = ...` for a new name, `" + name->name +
                  " <- ...` to rebind a state or carry");
    return nullptr;
  }
  statement->span = since(begin);
  return statement;
}

StmtPtr ParserCore::parseDeclaration(bool isParam) {
  auto parse = [&](auto statement, const char *what) -> StmtPtr {
    Span begin = take().span;
    if (!expectName(statement->name, what) || !expect(TokenKind::Colon, "and a type after the name") ||
        !parseType(statement->type) || !expect(TokenKind::Assign, "and an initial value after the type") ||
        !parseInto(statement->initial))
      return nullptr;
    statement->span = since(begin);
    return statement;
  };
  if (isParam)
    return parse(std::make_unique<ParamStmt>(), "the name of a param");
  return parse(std::make_unique<StateStmt>(), "the name of a state");
}

bool ParserCore::parseNames(std::vector<Ident> &names, const char *what) {
  do {
    names.emplace_back();
    if (!expectName(names.back(), what))
      return false;
  } while (accept(TokenKind::Comma));
  return true;
}

bool ParserCore::parseStrings(std::vector<StringLiteral> &strings, const char *context) {
  do {
    strings.emplace_back();
    if (!expectString(strings.back(), context))
      return false;
  } while (accept(TokenKind::Comma));
  return true;
}

bool ParserCore::parsePattern(Pattern &pattern) {
  Span begin = current.span;
  if (is(TokenKind::LParen)) {
    Span opening = take().span;
    pattern.isTuple = true;
    if (!parseNames(pattern.names, "a name") || !expectClosing(TokenKind::RParen, opening))
      return false;
  } else {
    pattern.names.emplace_back();
    if (!expectName(pattern.names.back(), "a name"))
      return false;
  }
  pattern.span = since(begin);
  return true;
}

bool ParserCore::parseBinding(Binding &binding) {
  Span begin = take().span;
  if (!parsePattern(binding.pattern))
    return false;
  if (accept(TokenKind::Colon)) {
    binding.type.emplace();
    if (!parseType(*binding.type))
      return false;
  }
  if (!expect(TokenKind::Assign, "after the name of a `let`") || !parseInto(binding.value))
    return false;
  binding.span = since(begin);
  return true;
}
