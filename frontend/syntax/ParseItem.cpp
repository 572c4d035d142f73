// Everything with a signature, and every item but a train block.
#include "frontend/syntax/ForeignNames.h"
#include "frontend/syntax/ParserCore.h"

using namespace mlc::frontend;

std::unique_ptr<Callable> ParserCore::parseCallable(CallableKind kind) {
  auto callable = std::make_unique<Callable>();
  callable->kind = kind;
  Span begin = take().span;
  std::string what(spelling(kind));
  if (!expectName(callable->name, ("the name of the " + what).c_str()))
    return nullptr;
  if (is(TokenKind::LBracket)) {
    if (kind == CallableKind::Model) {
      error(DiagnosticCode::E0104, "expected `(`, found `[`").label("a model has no generics");
      return nullptr;
    }
    if (!parseGenerics(callable->generics))
      return nullptr;
  }
  if (!expect(TokenKind::LParen, ("after the name of the " + what).c_str()))
    return nullptr;
  Span opening = previousSpan;
  if (!is(TokenKind::RParen) && !is(TokenKind::Semicolon) &&
      !parseParams(callable->operands, TokenKind::Semicolon))
    return nullptr;
  if (accept(TokenKind::Semicolon) && !is(TokenKind::RParen) &&
      !parseParams(callable->hypers, TokenKind::RParen))
    return nullptr;
  if (!expectClosing(TokenKind::RParen, opening))
    return nullptr;
  bool mayHaveResult = kind != CallableKind::Optimizer && kind != CallableKind::Metric;
  if (mayHaveResult && accept(TokenKind::Arrow)) {
    callable->result.emplace();
    if (!parseType(*callable->result))
      return nullptr;
  }
  if (!parseRequirements(callable->requirements))
    return nullptr;
  callable->headSpan = since(begin);
  if (kind == CallableKind::Fn && accept(TokenKind::Assign)) {
    auto statement = std::make_unique<ExprStmt>();
    if (!parseInto(statement->value))
      return nullptr;
    statement->span = statement->value->span;
    callable->isExpressionBody = true;
    callable->body.span = statement->span;
    callable->body.height = statement->value->height;
    callable->body.stmts.push_back(std::move(statement));
  } else if (!is(TokenKind::LBrace)) {
    error(DiagnosticCode::E0104, "expected the body of the " + what +
                                     (kind == CallableKind::Fn ? ", `=` or `{`" : ", `{`") + ", found " +
                                     found());
    return nullptr;
  } else if (!parseBlock(callable->body)) {
    return nullptr;
  }
  callable->span = since(begin);
  return callable;
}

bool ParserCore::parseGenerics(std::vector<Generic> &generics) {
  Span opening = take().span;
  do {
    Generic generic;
    Span begin = current.span;
    if (!expectName(generic.name, "the name of a dim"))
      return false;
    generic.isPack = accept(TokenKind::Ellipsis);
    generic.span = since(begin);
    generics.push_back(std::move(generic));
  } while (accept(TokenKind::Comma));
  return expectClosing(TokenKind::RBracket, opening);
}

/// A type, words, or `dim or "word"`.
bool ParserCore::parseParamType(Param &param) {
  if (!is(TokenKind::String)) {
    param.type.emplace();
    if (!parseType(*param.type))
      return false;
    if (param.type->kind != TypeExpr::Kind::Dim || !accept(TokenKind::Or))
      return true;
  }
  do {
    param.words.emplace_back();
    if (!expectString(param.words.back(), "that may be given"))
      return false;
  } while (accept(TokenKind::Or));
  return true;
}

/// Up to `stop` or the `)`.
bool ParserCore::parseParams(std::vector<Param> &params, TokenKind stop) {
  do {
    Param param;
    Span begin = current.span;
    if (!expectName(param.name, "the name of a parameter"))
      return false;
    if (accept(TokenKind::Colon) && !parseParamType(param))
      return false;
    if (accept(TokenKind::Assign) && !parseInto(param.initial))
      return false;
    param.span = since(begin);
    params.push_back(std::move(param));
  } while (accept(TokenKind::Comma));
  if (is(TokenKind::Semicolon) && stop != TokenKind::Semicolon) {
    error(DiagnosticCode::E0104, "expected `,` or `)`, found `;`").label("a signature has one `;`");
    return false;
  }
  return true;
}

/// They may stand on lines of their own: until the body comes, no statement begins.
bool ParserCore::parseRequirements(std::vector<Requirement> &requirements) {
  while (current.kind == TokenKind::Name && textOf(current) == "require") {
    Requirement requirement;
    Span begin = take().span;
    if (!parseInto(requirement.condition))
      return false;
    if (accept(TokenKind::Else)) {
      requirement.reason.emplace();
      if (!expectString(*requirement.reason, "after `else`: the reason"))
        return false;
    }
    requirement.span = since(begin);
    requirements.push_back(std::move(requirement));
  }
  return true;
}

ItemPtr ParserCore::parseItem() {
  auto callable = [&](CallableKind kind) -> ItemPtr {
    auto item = std::make_unique<CallableItem>();
    if (!parseInto(item->callable, kind))
      return nullptr;
    item->span = item->callable->span;
    return item;
  };
  switch (current.kind) {
  case TokenKind::Let:
    return parseLet();
  case TokenKind::Layer:
    return callable(CallableKind::Layer);
  case TokenKind::Fn:
    return callable(CallableKind::Fn);
  default:
    break;
  }
  if (isWord("import"))
    return parseImport();
  if (isWord("data"))
    return parseData();
  if (isWord("model"))
    return callable(CallableKind::Model);
  if (isWord("optimizer"))
    return callable(CallableKind::Optimizer);
  if (isWord("metric"))
    return callable(CallableKind::Metric);
  if (isWord("derivative"))
    return parseDerivative();
  if (isWord("train"))
    return parseTrain();
  DiagnosticBuilder report = error(DiagnosticCode::E0106, "expected an item, found " + found());
  report.label("one of import, let, data, model, layer, fn, optimizer, metric, derivative, train");
  if (!is(TokenKind::Name))
    return nullptr;
  if (std::optional<std::string> help = foreignWordHelp(textOf(current)))
    report.help(*help);
  else if (std::optional<std::string> meant =
               didYouMean(textOf(current), {"import", "let", "data", "model", "layer", "fn", "optimizer",
                                            "metric", "derivative", "train"}))
    report.help("did you mean `" + *meant + "`?");
  return nullptr;
}

ItemPtr ParserCore::parseImport() {
  auto item = std::make_unique<ImportItem>();
  Span begin = take().span;
  if (!is(TokenKind::String)) {
    DiagnosticBuilder report =
        error(DiagnosticCode::E0104, "expected a string after `import`, found " + found());
    report.help("other files are imported, `import \"other.mlc\"`; what mlc has needs no import");
    return nullptr;
  }
  expectString(item->path, "after `import`");
  item->span = since(begin);
  return item;
}

ItemPtr ParserCore::parseLet() {
  auto item = std::make_unique<LetItem>();
  if (!parseBinding(item->binding))
    return nullptr;
  item->span = item->binding.span;
  if (item->binding.pattern.isTuple || item->binding.type) {
    errorAt(DiagnosticCode::E0104, item->binding.type ? item->binding.type->span : item->binding.pattern.span,
            "a `let` outside of blocks binds one name to a number, without a type");
    return nullptr;
  }
  return item;
}

ItemPtr ParserCore::parseData() {
  auto data = std::make_unique<DataItem>();
  Span begin = take().span;
  if (!expectName(data->name, "the name of the data"))
    return nullptr;
  if (!parseBraced("a field or reader", true, [&] { return parseDatum(*data); }))
    return nullptr;
  data->span = since(begin);
  return data;
}

bool ParserCore::parseDatum(DataItem &data) {
  Span begin = current.span;
  if (following.kind != TokenKind::Colon) {
    if (isWord("missing") && following.kind == TokenKind::String)
      return parseMissing(data);
    Reader reader;
    reader.splitSpan = begin;
    if (isWord("train")) {
      reader.split = Split::Train;
    } else if (isWord("validation")) {
      reader.split = Split::Validation;
    } else if (isWord("test")) {
      reader.split = Split::Test;
    } else {
      DiagnosticBuilder report =
          error(DiagnosticCode::E0104, "expected a reader or a field, found " + found());
      report.label("`train`, `validation` or `test` and a reader, `name: type`, or `missing \"TEXT\"`");
      return false;
    }
    take();
    if (!parseInto(reader.reader))
      return false;
    reader.span = since(begin);
    data.readers.push_back(std::move(reader));
    return true;
  }
  Field field;
  if (!expectName(field.name, "the name of a field"))
    return false;
  take();
  Span typeBegin = current.span;
  if (!parseFieldType(field))
    return false;
  field.mayMiss = accept(TokenKind::Question);
  field.typeSpan = since(typeBegin);
  if (accept(TokenKind::Assign) && !parseStrings(field.columns, "that names a column"))
    return false;
  field.span = since(begin);
  data.fields.push_back(std::move(field));
  return true;
}

bool ParserCore::parseMissing(DataItem &data) {
  MissingTexts missing;
  missing.span = take().span;
  if (!parseStrings(missing.texts, "that stands for a missing value"))
    return false;
  if (data.missing) {
    errorAt(DiagnosticCode::E0104, missing.span, "`missing` is given twice")
        .note(data.missing->span, "first here");
    return false;
  }
  data.missing = std::move(missing);
  return true;
}

bool ParserCore::parseFieldType(Field &field) {
  if (isWord("date")) {
    field.coding = Coding::Date;
    take();
    if (!is(TokenKind::LParen))
      return true;
    Span opening = take().span;
    return parseNames(field.parts, "a part of a date") && expectClosing(TokenKind::RParen, opening);
  }
  for (Coding coding : {Coding::Category, Coding::Vocabulary, Coding::Hash})
    if (isWord(spelling(coding)) && following.kind == TokenKind::LParen) {
      field.coding = coding;
      take();
      Span opening = take().span;
      if (!parseInto(field.categories) || !expectClosing(TokenKind::RParen, opening))
        return false;
      if (coding == Coding::Category || !is(TokenKind::LBracket))
        return true;
      opening = take().span;
      return parseInto(field.words) && expectClosing(TokenKind::RBracket, opening);
    }
  field.type.emplace();
  return parseType(*field.type, true);
}

ItemPtr ParserCore::parseDerivative() {
  auto item = std::make_unique<DerivativeItem>();
  Span begin = take().span;
  if (!expectName(item->function, "the name of a function") ||
      !expect(TokenKind::LParen, "after the name of the function"))
    return nullptr;
  Span opening = previousSpan;
  if (!parseNames(item->operands, "the name of an operand") || !expectClosing(TokenKind::RParen, opening) ||
      !expectWord("by", "and a name for the cotangent") ||
      !expectName(item->cotangent, "a name for the cotangent"))
    return nullptr;
  bool good = parseBraced("a `let` or a part", false, [&] {
    Span partBegin = current.span;
    if (is(TokenKind::Let)) {
      item->bindings.emplace_back();
      return parseBinding(item->bindings.back());
    }
    Cotangent part;
    if (!expectName(part.name, "`let` or the name of an operand") ||
        !expect(TokenKind::Assign, "after the name of the operand") || !parseInto(part.value))
      return false;
    part.span = since(partBegin);
    item->parts.push_back(std::move(part));
    item->bindingsBefore.push_back(item->bindings.size());
    return true;
  });
  if (!good)
    return nullptr;
  item->span = since(begin);
  return item;
}
