// Train blocks and their clauses. The words that begin a clause are names everywhere else.
#include "frontend/syntax/ForeignNames.h"
#include "frontend/syntax/ParserCore.h"

using namespace mlc::frontend;

ItemPtr ParserCore::parseTrain() {
  auto item = std::make_unique<TrainItem>();
  Span begin = take().span;
  if (!expectName(item->name, "a name for the training"))
    return nullptr;
  if (acceptWord("on")) {
    item->data.emplace();
    if (!expectName(*item->data, "the name of the data"))
      return nullptr;
  }
  bool good = parseBraced("a clause", false, [&] {
    ClausePtr clause = parseClause();
    if (!clause)
      return false;
    item->clauses.push_back(std::move(clause));
    return true;
  });
  if (!good)
    return nullptr;
  item->span = since(begin);
  return item;
}

ClausePtr ParserCore::parseClause() {
  Span begin = current.span;
  ClausePtr clause;
  if (is(TokenKind::Let)) {
    auto let = std::make_unique<LetClause>();
    if (parseBinding(let->binding))
      clause = std::move(let);
  } else if (is(TokenKind::Fn)) {
    auto fn = std::make_unique<FnClause>();
    if (parseInto(fn->function, CallableKind::Fn))
      clause = std::move(fn);
  } else {
    clause = parseClauseBody(is(TokenKind::Name) ? textOf(current) : std::string_view());
  }
  if (clause) {
    clause->keywordSpan = begin;
    clause->span = since(begin);
  }
  return clause;
}

/// The words that begin a clause, in the order of the documentation.
static const std::vector<std::string> &clauseWords() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all = {"let",       "fn",    "predict", "loss",   "metric",
                                    "optimizer", "group", "update",  "freeze", "from",
                                    "objective", "track", "best"};
    for (Setting setting : allSettings())
      all.emplace_back(spelling(setting));
    return all;
  }();
  return words;
}

static std::string listOfClauses() {
  std::string text;
  for (const std::string &word : clauseWords())
    text += (text.empty() ? "a line begins with one of " : ", ") + word;
  return text;
}

ClausePtr ParserCore::parseClauseBody(std::string_view keyword) {
  if (keyword == "predict")
    return parsePredict();
  if (keyword == "loss")
    return parseMeasure<LossClause>();
  if (keyword == "metric")
    return parseMeasure<MetricClause>();
  if (keyword == "optimizer")
    return parseOptimizer();
  if (keyword == "group")
    return parseGroup();
  if (keyword == "update")
    return parsePatterns<UpdateClause>();
  if (keyword == "freeze")
    return parsePatterns<FreezeClause>();
  if (keyword == "from")
    return parseFrom();
  if (keyword == "objective")
    return parseObjective();
  if (keyword == "track")
    return parseTrack();
  if (keyword == "best")
    return parseBest();
  if (std::optional<Setting> setting = settingKind(keyword))
    return parseSetting(*setting);
  DiagnosticBuilder report = error(DiagnosticCode::E0107, "expected a clause, found " + found());
  if (std::optional<std::string> help = foreignClauseHelp(keyword))
    report.help(*help);
  else if (is(TokenKind::Name) && following.kind == TokenKind::Assign)
    report.help("write `let " + std::string(keyword) + " = ...`");
  else if (std::optional<std::string> meant = didYouMean(keyword, clauseWords()))
    report.help("did you mean `" + *meant + "`?");
  else
    report.help(listOfClauses());
  return nullptr;
}

/// `[name =]`, before the value of a predict, loss or metric line.
bool ParserCore::parseFigureName(std::optional<Ident> &name) {
  if (atBreak || following.kind != TokenKind::Assign)
    return true;
  name.emplace();
  return expectName(*name, "a name") && expect(TokenKind::Assign, "after the name");
}

ClausePtr ParserCore::parsePredict() {
  auto clause = std::make_unique<PredictClause>();
  take();
  if (!parseFigureName(clause->name) || !parseInto(clause->value))
    return nullptr;
  if (acceptWord("given") && !parseNames(clause->given, "the name of an input"))
    return nullptr;
  return clause;
}

/// A loss or metric line.
template <typename T> ClausePtr ParserCore::parseMeasure() {
  auto clause = std::make_unique<T>();
  take();
  if (!parseFigureName(clause->name) || !parseInto(clause->value))
    return nullptr;
  if (acceptWord("weight") && !parseInto(clause->weight))
    return nullptr;
  return clause;
}

/// An update or freeze line.
template <typename T> ClausePtr ParserCore::parsePatterns() {
  auto clause = std::make_unique<T>();
  take();
  if (!parseStrings(clause->patterns, "with a pattern of parameter names"))
    return nullptr;
  return clause;
}

ClausePtr ParserCore::parseOptimizer() {
  auto clause = std::make_unique<OptimizerClause>();
  take();
  if (!expectName(clause->call.callee, "the name of an optimizer"))
    return nullptr;
  if (!accept(TokenKind::LParen)) {
    const std::string &name = clause->call.callee.text;
    error(DiagnosticCode::E0104, "expected `(` after the name of the optimizer, found " + found())
        .help("write `optimizer " + name + "()`, with hyper-parameters between the parentheses: `" + name +
              "(lr = 1e-3)`");
    return nullptr;
  }
  clause->call.hasParens = true;
  if (!parseArgs(clause->call.args, previousSpan))
    return nullptr;
  clause->call.span = since(clause->call.callee.span);
  return clause;
}

ClausePtr ParserCore::parseGroup() {
  auto clause = std::make_unique<GroupClause>();
  take();
  if (!parseStrings(clause->patterns, "with a pattern of parameter names") ||
      !expect(TokenKind::LParen, "and the group's hyper-parameters after the patterns"))
    return nullptr;
  if (!parseArgs(clause->args, previousSpan))
    return nullptr;
  return clause;
}

ClausePtr ParserCore::parseFrom() {
  auto clause = std::make_unique<FromClause>();
  take();
  if (!expectString(clause->file, "with the name of a file"))
    return nullptr;
  if (acceptWord("only") && !parseStrings(clause->only, "with a pattern of parameter names"))
    return nullptr;
  if (!is(TokenKind::LBrace))
    return clause;
  bool good = parseBraced("a rename", false, [&] {
    Rename rename;
    Span begin = current.span;
    if (!expectString(rename.theirs, "with a name in the file") ||
        !expect(TokenKind::Arrow, "after the name in the file") ||
        !expectString(rename.ours, "with a name of ours"))
      return false;
    if (acceptWord("as")) {
      rename.layout.emplace();
      if (!expectString(*rename.layout, "with an axis order"))
        return false;
    }
    rename.span = since(begin);
    clause->renames.push_back(std::move(rename));
    return true;
  });
  if (!good)
    return nullptr;
  return clause;
}

ClausePtr ParserCore::parseObjective() {
  if (tooDeep())
    return nullptr;
  Nested nested(nesting);
  auto clause = std::make_unique<ObjectiveClause>();
  take();
  if (!expectName(clause->name, "a name for the objective"))
    return nullptr;
  bool good = parseBraced("a clause", false, [&] {
    ClausePtr inner = parseClause();
    if (!inner)
      return false;
    clause->clauses.push_back(std::move(inner));
    return true;
  });
  if (!good)
    return nullptr;
  return clause;
}

ClausePtr ParserCore::parseTrack() {
  auto clause = std::make_unique<TrackClause>();
  take();
  if (!expectName(clause->follower, "the name of the model that follows") ||
      !expectWord("from", "and the model it follows") ||
      !expectName(clause->leader, "the name of the model it follows") ||
      !expect(TokenKind::LParen, "after the names of the models"))
    return nullptr;
  if (!parseArgs(clause->args, previousSpan))
    return nullptr;
  return clause;
}

ClausePtr ParserCore::parseBest() {
  auto clause = std::make_unique<BestClause>();
  take();
  clause->isMax = isWord("max");
  if (!clause->isMax && !isWord("min")) {
    error(DiagnosticCode::E0104, "expected `max` or `min` after `best`, found " + found());
    return nullptr;
  }
  take();
  if (!expectName(clause->figure, "the name of a metric or loss"))
    return nullptr;
  return clause;
}

ClausePtr ParserCore::parseSetting(Setting setting) {
  auto clause = std::make_unique<SettingClause>();
  take();
  clause->setting = setting;
  // The names of float types are types anywhere else.
  if (setting == Setting::Precision && is(TokenKind::Scalar)) {
    auto name = std::make_unique<NameExpr>();
    name->name = std::string(textOf(current));
    name->span = take().span;
    clause->value = finish(std::move(name), 0);
    return clause;
  }
  if (!parseInto(clause->value))
    return nullptr;
  return clause;
}
