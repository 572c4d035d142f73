// Expressions, from the loosest binding to the tightest: pipes and operators.
#include "frontend/syntax/ParserCore.h"

#include <algorithm>

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
  stage.isRemat = acceptRemat();
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
  while (is(TokenKind::Dot))
    if (!parseMethod())
      return false;
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
  std::optional<std::string> all = quotable(head.span), stages = quotable(since(pipeSpan));
  if (quotable(whole) && before && piped && all && stages)
    report.help("write `" + *before + "(" + *piped + ")`, or `(" + *all + ") " + *stages + "`");
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
