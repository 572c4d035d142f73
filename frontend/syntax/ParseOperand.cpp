// Operands: names, literals, calls, subscripts, and all that brings brackets of its own.
#include "frontend/syntax/ForeignNames.h"
#include "frontend/syntax/ParserCore.h"

#include <algorithm>
#include <cmath>

using namespace mlc::frontend;

ExprPtr ParserCore::parsePostfix() {
  ExprPtr base = parsePrimary();
  while (base && (is(TokenKind::LBracket) || is(TokenKind::Dot))) {
    if (is(TokenKind::Dot)) {
      if (!parseMethod())
        return nullptr;
      continue;
    }
    auto index = std::make_unique<IndexExpr>();
    Span opening = take().span;
    unsigned height = base->height;
    do {
      Subscript subscript;
      if (!parseSubscript(subscript))
        return nullptr;
      for (const ExprPtr *part : {&subscript.at, &subscript.begin, &subscript.end, &subscript.step})
        height = std::max(height, *part ? (*part)->height : 0);
      index->subscripts.push_back(std::move(subscript));
    } while (accept(TokenKind::Comma));
    if (!expectClosing(TokenKind::RBracket, opening))
      return nullptr;
    index->span = since(base->span);
    index->base = std::move(base);
    base = finish(std::move(index), height);
  }
  if (base && is(TokenKind::LParen)) {
    error(DiagnosticCode::E0120, "only a name can be called");
    return nullptr;
  }
  return base;
}

/// `f(x).view(3)`: reported, and read as if it were not there.
bool ParserCore::parseMethod() {
  Span dot = take().span;
  std::string name(textOf(current));
  DiagnosticBuilder report =
      errorAt(DiagnosticCode::E0101, join(dot, current.span), "the language does not use `.`");
  report.label("there are no methods");
  bool isShown = diagnostics.errorCount() <= DiagnosticEngine::shownErrors;
  std::vector<std::string> helps = isShown ? foreignHelps(name) : std::vector<std::string>();
  if (helps.empty())
    helps.push_back("a function is called by its name alone, `" + name + "(x)`, or as a stage, `x |> " +
                    name + "`");
  for (std::string &help : helps)
    report.help(std::move(help));
  take();
  std::vector<Arg> args;
  Span opening = current.span;
  return !accept(TokenKind::LParen) || parseArgs(args, opening);
}

bool ParserCore::parseSubscript(Subscript &subscript) {
  Span begin = current.span;
  if (accept(TokenKind::Ellipsis)) {
    subscript.kind = Subscript::Kind::Ellipsis;
    subscript.span = begin;
    return true;
  }
  auto ends = [&] { return is(TokenKind::Colon) || is(TokenKind::Comma) || is(TokenKind::RBracket); };
  ExprPtr first;
  if (!is(TokenKind::Colon) && !parseInto(first))
    return false;
  if (!accept(TokenKind::Colon)) {
    subscript.at = std::move(first);
    subscript.span = since(begin);
    return true;
  }
  subscript.kind = Subscript::Kind::Slice;
  subscript.begin = std::move(first);
  if (!ends() && !parseInto(subscript.end))
    return false;
  if (accept(TokenKind::Colon) && !parseInto(subscript.step))
    return false;
  subscript.span = since(begin);
  return true;
}

ExprPtr ParserCore::parsePrimary() {
  if (atBreak) {
    error(DiagnosticCode::E0105, "expected an expression, found " + found());
    return nullptr;
  }
  if (Span begin = current.span; acceptRemat()) {
    ExprPtr expr = parsePrimary();
    auto *call = expr && expr->kind == ExprKind::Call ? static_cast<CallExpr *>(expr.get()) : nullptr;
    if (auto *scan = expr && expr->kind == ExprKind::Scan ? static_cast<ScanExpr *>(expr.get()) : nullptr)
      scan->isRemat = true;
    else if (call && !call->cast)
      call->call.isRemat = true;
    else if (expr)
      errorAt(DiagnosticCode::E0105, expr->span, "expected a call or a scan after `remat`");
    if (expr)
      expr->span = since(begin);
    return expr;
  }
  switch (current.kind) {
  case TokenKind::Number: {
    auto number = std::make_unique<NumberExpr>();
    number->text = std::string(textOf(current));
    number->value = current.number;
    number->isFraction = std::floor(number->value) != number->value;
    number->span = take().span;
    return finish(std::move(number), 0);
  }
  case TokenKind::True:
  case TokenKind::False: {
    auto truth = std::make_unique<BoolExpr>();
    truth->value = current.kind == TokenKind::True;
    truth->span = take().span;
    return finish(std::move(truth), 0);
  }
  case TokenKind::String: {
    auto string = std::make_unique<StringExpr>();
    StringLiteral literal;
    literal.span = take().span;
    unescape(literal);
    string->value = std::move(literal.text);
    string->span = literal.span;
    return finish(std::move(string), 0);
  }
  case TokenKind::Name:
  case TokenKind::Scalar: {
    bool isCast = current.kind == TokenKind::Scalar;
    Token token = take();
    if (!is(TokenKind::LParen)) {
      if (isCast) {
        errorAt(DiagnosticCode::E0115, token.span,
                "`" + std::string(textOf(token)) + "` is a type, not a value");
        return nullptr;
      }
      auto name = std::make_unique<NameExpr>();
      name->name = std::string(textOf(token));
      name->span = token.span;
      return finish(std::move(name), 0);
    }
    auto call = std::make_unique<CallExpr>();
    call->call.callee = Ident{std::string(textOf(token)), token.span};
    if (isCast)
      call->cast = scalarKind(textOf(token));
    if (!parseCall(call->call))
      return nullptr;
    unsigned height = 0;
    for (const Arg &arg : call->call.args)
      height = std::max(height, arg.value->height);
    call->span = call->call.span;
    return finish(std::move(call), height);
  }
  case TokenKind::LParen:
    return parseParens();
  case TokenKind::LBracket:
    return parseList();
  case TokenKind::If:
    return parseIf();
  case TokenKind::Scan:
    return parseScan();
  default:
    break;
  }
  DiagnosticBuilder report = error(DiagnosticCode::E0105, "expected an expression, found " + found());
  if (current.kind == TokenKind::Plus)
    report.help("a number has no `+` sign");
  else if (previousKind == TokenKind::Comma &&
           (current.kind == TokenKind::RParen || current.kind == TokenKind::RBracket))
    report.help("drop the last comma");
  return nullptr;
}

ExprPtr ParserCore::parseParens() {
  Span opening = take().span;
  ExprPtr first = parseExpr();
  if (!first)
    return nullptr;
  if (!is(TokenKind::Comma)) {
    if (!expectClosing(TokenKind::RParen, opening))
      return nullptr;
    first->span = since(opening);
    first->parenthesized = true;
    return first;
  }
  auto tuple = std::make_unique<TupleExpr>();
  unsigned height = first->height;
  tuple->elements.push_back(std::move(first));
  while (accept(TokenKind::Comma)) {
    ExprPtr element = parseExpr();
    if (!element)
      return nullptr;
    height = std::max(height, element->height);
    tuple->elements.push_back(std::move(element));
  }
  if (!expectClosing(TokenKind::RParen, opening))
    return nullptr;
  tuple->span = since(opening);
  return finish(std::move(tuple), height);
}

ExprPtr ParserCore::parseList() {
  auto list = std::make_unique<ListExpr>();
  Span opening = take().span;
  unsigned height = 0;
  do {
    ExprPtr element = parseExpr();
    if (!element)
      return nullptr;
    height = std::max(height, element->height);
    list->elements.push_back(std::move(element));
  } while (accept(TokenKind::Comma));
  if (!expectClosing(TokenKind::RBracket, opening))
    return nullptr;
  list->span = since(opening);
  return finish(std::move(list), height);
}

ExprPtr ParserCore::parseIf() {
  if (tooDeep())
    return nullptr;
  Nested nested(nesting);
  auto choice = std::make_unique<IfExpr>();
  choice->ifSpan = take().span;
  choice->condition = parseExpr();
  if (!choice->condition || !parseBlock(choice->then))
    return nullptr;
  if (!accept(TokenKind::Else)) {
    errorAt(DiagnosticCode::E0119, choice->ifSpan, "this `if` has no `else`")
        .label("both branches give a value")
        .note(foundSpan(), "expected `else { ... }` here");
    return nullptr;
  }
  if (is(TokenKind::If)) {
    ExprPtr inner = parseIf();
    if (!inner)
      return nullptr;
    auto statement = std::make_unique<ExprStmt>();
    statement->span = inner->span;
    choice->otherwise.span = inner->span;
    choice->otherwise.height = inner->height;
    statement->value = std::move(inner);
    choice->otherwise.stmts.push_back(std::move(statement));
  } else if (!parseBlock(choice->otherwise)) {
    return nullptr;
  }
  choice->span = since(choice->ifSpan);
  unsigned height = std::max({choice->condition->height, choice->then.height, choice->otherwise.height});
  return finish(std::move(choice), height);
}

ExprPtr ParserCore::parseScan() {
  if (tooDeep())
    return nullptr;
  Nested nested(nesting);
  auto scan = std::make_unique<ScanExpr>();
  scan->scanSpan = take().span;
  if (!parsePattern(scan->pattern) || !expectWord("in", "after the names of a scan") ||
      !parseInto(scan->sequence) || !expectWord("along", "and an axis after what is scanned"))
    return nullptr;
  constexpr double largestAxis = 1000;
  if (!is(TokenKind::Number) || current.number > largestAxis ||
      textOf(current).find_first_not_of("0123456789") != std::string_view::npos) {
    error(DiagnosticCode::E0104, "expected the number of an axis after `along`, found " + found());
    return nullptr;
  }
  scan->axis = static_cast<std::int64_t>(current.number);
  scan->axisSpan = take().span;
  if (!expectWord("carry", "after the axis of a scan"))
    return nullptr;
  // Everything inside counts, the dims of the carries' types too.
  unsigned outer = std::max(highest, scan->sequence->height);
  highest = scan->sequence->height;
  do {
    Carry carry;
    Span begin = current.span;
    if (!expectName(carry.name, "the name of a carry") ||
        !expect(TokenKind::Colon, "after the name of a carry") || !parseType(carry.type) ||
        !expect(TokenKind::Assign, "and the initial value of the carry") || !parseInto(carry.initial))
      return nullptr;
    carry.span = since(begin);
    scan->carries.push_back(std::move(carry));
  } while (accept(TokenKind::Comma));
  if (!parseBlock(scan->body))
    return nullptr;
  scan->span = since(scan->scanSpan);
  unsigned height = highest;
  highest = std::max(highest, outer);
  return finish(std::move(scan), height);
}

/// The word `remat`, if what it is said of follows on its line. Anywhere else `remat` is a name.
bool ParserCore::acceptRemat() {
  bool isSaid = isWord("remat") && !following.newlineBefore &&
                (following.kind == TokenKind::Name || following.kind == TokenKind::Scan);
  if (isSaid)
    take();
  return isSaid;
}

/// After the callee: the arguments, if there are parentheses.
bool ParserCore::parseCall(Call &call) {
  call.ordinal = ++ordinals[call.callee.text];
  if (is(TokenKind::LParen)) {
    Span opening = take().span;
    call.hasParens = true;
    if (!parseArgs(call.args, opening))
      return false;
  }
  call.span = since(call.callee.span);
  return true;
}

/// After the `(` at `opening`, up to and with the `)`.
bool ParserCore::parseArgs(std::vector<Arg> &args, Span opening) {
  if (accept(TokenKind::RParen))
    return true;
  while (true) {
    Arg arg;
    Span begin = current.span;
    if (following.kind == TokenKind::Assign && !is(TokenKind::RParen)) {
      Ident name;
      if (!expectName(name, "the name of a parameter"))
        return false;
      arg.name = std::move(name);
      take();
    }
    if (!parseInto(arg.value))
      return false;
    arg.span = since(begin);
    args.push_back(std::move(arg));
    if (is(TokenKind::Semicolon)) {
      error(DiagnosticCode::E0114, "no `;` in a call").help("separate the arguments by commas");
      take();
      continue;
    }
    if (!accept(TokenKind::Comma))
      return expectClosing(TokenKind::RParen, opening);
  }
}

/// The text between the quotes; there are no escapes. A string that did not close has had its error.
void ParserCore::unescape(StringLiteral &literal) const {
  std::string_view text = diagnostics.sources().text(literal.span);
  char quote = text.front();
  text.remove_prefix(1);
  if (!text.empty() && text.back() == quote)
    text.remove_suffix(1);
  literal.text = std::string(text);
}
