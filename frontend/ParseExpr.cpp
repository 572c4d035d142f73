// Expressions, from the loosest binding to the tightest.
#include "frontend/ParserCore.h"

#include <algorithm>
#include <cmath>

using namespace mlc::frontend;

namespace {

std::optional<BinaryOp> comparison(TokenKind kind) {
  switch (kind) {
  case TokenKind::Equal:
    return BinaryOp::Eq;
  case TokenKind::NotEqual:
    return BinaryOp::Ne;
  case TokenKind::Less:
    return BinaryOp::Lt;
  case TokenKind::LessEqual:
    return BinaryOp::Le;
  case TokenKind::Greater:
    return BinaryOp::Gt;
  case TokenKind::GreaterEqual:
    return BinaryOp::Ge;
  default:
    return std::nullopt;
  }
}

/// Anything but an operator outside parentheses may head a pipe.
bool isPostfix(const Expr &expr) {
  return expr.parenthesized || (expr.kind != ExprKind::Unary && expr.kind != ExprKind::Binary);
}

} // namespace

/// Counts the node in, and refuses trees too high for the walks that follow.
ExprPtr ParserCore::finish(ExprPtr expr, unsigned height) {
  expr->height = height + 1;
  highest = std::max(highest, expr->height);
  if (expr->height <= maxHeight)
    return expr;
  errorAt(DiagnosticCode::E0118, expr->span, "this expression has too many parts")
      .help("give a part of it a name with `let`");
  return nullptr;
}

ExprPtr ParserCore::makeBinary(BinaryOp op, Span opSpan, ExprPtr left, ExprPtr right) {
  auto binary = std::make_unique<BinaryExpr>();
  unsigned height = std::max(left->height, right->height);
  binary->span = join(left->span, right->span);
  binary->op = op;
  binary->opSpan = opSpan;
  binary->left = std::move(left);
  binary->right = std::move(right);
  return finish(std::move(binary), height);
}

ExprPtr ParserCore::parseExpr() {
  if (tooDeep())
    return nullptr;
  Nested nested(nesting);
  if (is(TokenKind::Pipe))
    return parsePipe(nullptr);
  ExprPtr expr = parseEither();
  if (expr && is(TokenKind::Pipe))
    return parsePipe(std::move(expr));
  return expr;
}

ExprPtr ParserCore::parsePipe(ExprPtr head) {
  auto pipe = std::make_unique<PipeExpr>();
  Span begin = head ? head->span : current.span;
  Span firstPipe = current.span;
  pipe->head = std::move(head);
  unsigned height = pipe->head ? pipe->head->height : 0;
  while (accept(TokenKind::Pipe)) {
    if (!parseStage(*pipe))
      return nullptr;
    for (const Arg &arg : pipe->stages.back().args)
      height = std::max(height, arg.value->height);
  }
  pipe->span = since(begin);
  bool badHead = pipe->head && !isPostfix(*pipe->head);
  if (badHead)
    reportPipeHead(*pipe->head, firstPipe);
  switch (current.kind) {
  case TokenKind::Plus:
  case TokenKind::Minus:
  case TokenKind::Star:
  case TokenKind::Slash:
  case TokenKind::At:
  case TokenKind::Caret:
  case TokenKind::And:
  case TokenKind::Or:
  case TokenKind::LBracket:
  case TokenKind::LParen:
  case TokenKind::Equal:
  case TokenKind::NotEqual:
  case TokenKind::Less:
  case TokenKind::LessEqual:
  case TokenKind::Greater:
  case TokenKind::GreaterEqual:
    if (atBreak)
      break;
    if (!badHead)
      reportAfterStage(*pipe);
    return nullptr;
  default:
    break;
  }
  return finish(std::move(pipe), height);
}

bool ParserCore::parseStage(PipeExpr &pipe) {
  Call stage;
  if (is(TokenKind::Scalar)) {
    DiagnosticBuilder cast = error(DiagnosticCode::E0115, found() + " is a type, not a stage");
    if (std::optional<std::string> head =
            pipe.head && pipe.stages.empty() ? quotable(pipe.head->span) : std::nullopt)
      cast.help("write `" + std::string(textOf(current)) + "(" + *head + ")`");
    return false;
  }
  if (!expectName(stage.callee, "the name of a stage after `|>`"))
    return false;
  if (!parseCall(stage))
    return false;
  pipe.stages.push_back(std::move(stage));
  return true;
}

/// `x + x |> f`: a pipe takes one operand, so it must be said which.
void ParserCore::reportPipeHead(const Expr &head, Span pipeSpan) {
  const Expr *operand = &head;
  std::string_view op;
  while (!isPostfix(*operand)) {
    if (const auto *binary = as<BinaryExpr>(*operand)) {
      op = spelling(binary->op);
      operand = binary->right.get();
    } else {
      const auto &unary = cast<UnaryExpr>(*operand);
      op = spelling(unary.op);
      operand = unary.operand.get();
    }
  }
  DiagnosticBuilder report =
      errorAt(DiagnosticCode::E0110, pipeSpan, "a pipe after `" + std::string(op) + "` needs parentheses");
  report.label("its head is a single operand");
  Span whole = since(head.span);
  std::optional<std::string> before = quotable(Span{source, head.span.begin, operand->span.begin});
  std::optional<std::string> piped = quotable(since(operand->span));
  if (quotable(whole) && before && piped)
    report.help("write `" + *before + "(" + *piped + ")`");
}

void ParserCore::reportAfterStage(const PipeExpr &pipe) {
  bool call = current.kind == TokenKind::LParen;
  DiagnosticBuilder report =
      error(DiagnosticCode::E0111, "nothing but `|>` follows a pipe stage, found " + found());
  std::optional<std::string> text = quotable(pipe.span);
  if (pipe.head && text && !call)
    report.help(
        "write `(" + *text + ")" +
        (current.kind == TokenKind::LBracket ? "[...]`" : " " + std::string(textOf(current)) + " ...`"));
}

ExprPtr ParserCore::parseEither() {
  ExprPtr left = parseBoth();
  while (left && is(TokenKind::Or)) {
    Span op = take().span;
    ExprPtr right = parseBoth();
    left = right ? makeBinary(BinaryOp::Or, op, std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr ParserCore::parseBoth() {
  ExprPtr left = parseTruth();
  while (left && is(TokenKind::And)) {
    Span op = take().span;
    ExprPtr right = parseTruth();
    left = right ? makeBinary(BinaryOp::And, op, std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr ParserCore::parseTruth() {
  if (is(TokenKind::Not)) {
    if (tooDeep())
      return nullptr;
    Nested nested(nesting);
    auto unary = std::make_unique<UnaryExpr>();
    unary->op = UnaryOp::Not;
    unary->opSpan = take().span;
    unary->operand = parseTruth();
    if (!unary->operand)
      return nullptr;
    unary->span = join(unary->opSpan, unary->operand->span);
    unsigned height = unary->operand->height;
    return finish(std::move(unary), height);
  }
  ExprPtr left = parseSum();
  if (!left)
    return nullptr;
  // `x <-1` is read as an arrow; only a statement may hold one, and has taken it already.
  if (is(TokenKind::LeftArrow)) {
    bool spaceAfter = current.span.end != following.span.begin;
    DiagnosticBuilder arrow =
        error(DiagnosticCode::E0113, spaceAfter
                                         ? "`<-` rebinds a name at the beginning of a statement, nothing else"
                                         : "`<-` rebinds a name and begins no comparison");
    std::optional<std::string> text = quotable(left->span);
    if (following.kind == TokenKind::Number && text && !spaceAfter)
      arrow.help("write `" + *text + " < -" + std::string(textOf(following)) + "`");
    return nullptr;
  }
  std::optional<BinaryOp> op = atBreak ? std::nullopt : comparison(current.kind);
  if (!op)
    return left;
  Span opSpan = take().span;
  ExprPtr right = parseSum();
  if (!right)
    return nullptr;
  Span middle = right->span;
  ExprPtr compared = makeBinary(*op, opSpan, std::move(left), std::move(right));
  if (compared && !atBreak && comparison(current.kind)) {
    Span second = take().span;
    ExprPtr third = parseSum();
    DiagnosticBuilder chain = errorAt(DiagnosticCode::E0112, second, "comparisons do not chain");
    chain.note(opSpan, "the first one is here");
    if (third)
      if (std::optional<std::string> whole = quotable(join(compared->span, third->span)))
        if (std::optional<std::string> rest = quotable(join(middle, third->span)))
          chain.help("write `" + std::string(diagnostics.sources().text(compared->span)) + " and " + *rest +
                     "`");
    return nullptr;
  }
  return compared;
}

ExprPtr ParserCore::parseSum() {
  ExprPtr left = parseProduct();
  while (left && (is(TokenKind::Plus) || is(TokenKind::Minus))) {
    BinaryOp op = is(TokenKind::Plus) ? BinaryOp::Add : BinaryOp::Sub;
    Span opSpan = take().span;
    ExprPtr right = parseProduct();
    left = right ? makeBinary(op, opSpan, std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr ParserCore::parseProduct() {
  ExprPtr left = parseUnary();
  while (left && (is(TokenKind::Star) || is(TokenKind::Slash) || is(TokenKind::At))) {
    BinaryOp op = is(TokenKind::Star)    ? BinaryOp::Mul
                  : is(TokenKind::Slash) ? BinaryOp::Div
                                         : BinaryOp::MatMul;
    Span opSpan = take().span;
    ExprPtr right = parseUnary();
    left = right ? makeBinary(op, opSpan, std::move(left), std::move(right)) : nullptr;
  }
  return left;
}

ExprPtr ParserCore::parseUnary() {
  if (is(TokenKind::Minus)) {
    if (tooDeep())
      return nullptr;
    Nested nested(nesting);
    auto unary = std::make_unique<UnaryExpr>();
    unary->opSpan = take().span;
    unary->operand = parseUnary();
    if (!unary->operand)
      return nullptr;
    unary->span = join(unary->opSpan, unary->operand->span);
    unsigned height = unary->operand->height;
    return finish(std::move(unary), height);
  }
  ExprPtr base = parsePostfix();
  if (!base || !is(TokenKind::Caret))
    return base;
  if (tooDeep())
    return nullptr;
  Nested nested(nesting);
  Span opSpan = take().span;
  ExprPtr exponent = parseUnary();
  return exponent ? makeBinary(BinaryOp::Pow, opSpan, std::move(base), std::move(exponent)) : nullptr;
}

ExprPtr ParserCore::parsePostfix() {
  ExprPtr base = parsePrimary();
  while (base && is(TokenKind::LBracket)) {
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
