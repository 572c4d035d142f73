// `from "file" only "pattern" { "theirs" -> "ours" as "o i -> i o" }` and `freeze "pattern"`: which tensors
// begin with values of other files, and which do not learn.
//
// A rename is read from right to left: a tensor of ours that matches its right side, captures and all, is
// "theirs" with the captures filled in. So it is known while checking what each tensor is called in the file.
#include "frontend/check/TrainBlock.h"

#include <algorithm>
#include <set>

namespace mlc::frontend {

namespace {
/// A name with captures: "layer{s}.0.conv{k}.weight". Literals and captures in turn.
struct NamePattern {
  struct Part {
    std::string text;
    bool isCapture = false;
  };
  std::vector<Part> parts;
  /// From this part on no capture stands for what an earlier part captured.
  size_t free = 0;

  bool has(const std::string &capture) const {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const Part &part) { return part.isCapture && part.text == capture; });
  }
};

using Captures = std::map<std::string, std::string>;
} // namespace

static std::optional<NamePattern> parseName(Elaborator &elaborator, const StringLiteral &literal) {
  NamePattern result;
  auto wrong = [&](const std::string &message) {
    elaborator.fail(DiagnosticCode::E0425, literal.span, message);
    return std::nullopt;
  };
  const std::string &text = literal.text;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '}')
      return wrong("a `}` without its `{`");
    if (text[at] != '{') {
      size_t end = std::min(text.find_first_of("{}", at), text.size());
      result.parts.push_back({text.substr(at, end - at), false});
      at = end;
      continue;
    }
    size_t end = text.find_first_of("{}", at + 1);
    if (end == std::string::npos || text[end] != '}')
      return wrong("a `{` without its `}`");
    std::string name = text.substr(at + 1, end - at - 1);
    if (name.empty())
      return wrong("a capture has a name: `{k}`");
    if (!result.parts.empty() && result.parts.back().isCapture)
      return wrong("two captures side by side cannot be told apart");
    result.parts.push_back({name, true});
    at = end + 1;
  }
  if (result.parts.empty())
    return wrong("a name is not empty");
  std::set<std::string> seen;
  for (size_t i = 0; i < result.parts.size(); ++i)
    if (result.parts[i].isCapture && !seen.insert(result.parts[i].text).second)
      result.free = i + 1;
  return result;
}

/// Places at which parts of a pattern were tried in vain.
using Tried = std::set<std::pair<size_t, size_t>>;

/// A capture is one or more characters of one part of a path. The same capture twice is the same text.
static bool matchName(const NamePattern &pattern, size_t part, const std::string &text, size_t at,
                      Captures &captures, Tried &tried) {
  if (part == pattern.parts.size())
    return at == text.size();
  // Unless a capture comes again later, what follows does not depend on what was captured before.
  if (part >= pattern.free && !tried.emplace(part, at).second)
    return false;
  const NamePattern::Part &next = pattern.parts[part];
  auto literal = [&](const std::string &wanted) {
    return text.compare(at, wanted.size(), wanted) == 0 &&
           matchName(pattern, part + 1, text, at + wanted.size(), captures, tried);
  };
  if (!next.isCapture)
    return literal(next.text);
  auto known = captures.find(next.text);
  if (known != captures.end())
    return literal(known->second);
  for (size_t end = at + 1; end <= text.size() && text[end - 1] != '.'; ++end) {
    captures[next.text] = text.substr(at, end - at);
    if (matchName(pattern, part + 1, text, end, captures, tried))
      return true;
  }
  captures.erase(next.text);
  return false;
}

static std::string fill(const NamePattern &pattern, const Captures &captures) {
  std::string name;
  for (const NamePattern::Part &part : pattern.parts)
    name += part.isCapture ? captures.at(part.text) : part.text;
  return name;
}

/// "o i h w -> h w i o": for each axis of ours, the axis of theirs.
static std::optional<std::vector<int64_t>> parseLayout(Elaborator &elaborator, const StringLiteral &literal) {
  std::vector<std::string> sides[2];
  int side = 0;
  std::string word;
  auto end = [&] {
    if (word == "->")
      ++side;
    else if (!word.empty() && side < 2)
      sides[side].push_back(word);
    word.clear();
  };
  for (char c : literal.text)
    if (c == ' ')
      end();
    else
      word += c;
  end();
  std::vector<std::string> left = sides[0], right = sides[1];
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  if (side != 1 || left != right || left.empty() ||
      std::adjacent_find(left.begin(), left.end()) != left.end()) {
    elaborator
        .report(DiagnosticCode::E0426, literal.span,
                "an order of axes names each axis once on both sides: `\"o i -> i o\"`")
        .label("left is what the file has, right what the parameter has");
    return std::nullopt;
  }
  std::vector<int64_t> order;
  for (const std::string &name : sides[1])
    order.push_back(std::find(sides[0].begin(), sides[0].end(), name) - sides[0].begin());
  return order;
}

namespace {
/// A rename, parsed.
struct Rule {
  const Rename *rename = nullptr;
  NamePattern theirs, ours;
  std::vector<int64_t> order; // empty: as it is
  bool used = false;
  /// What keeps it from the tensor `kept`, if it matches one: an earlier rename, or `only`.
  const Rule *shadow = nullptr;
  bool isLeftOut = false;
  std::string kept;
};
} // namespace

static bool parseRules(Elaborator &elaborator, const FromClause &clause, std::vector<Rule> &rules) {
  for (const Rename &rename : clause.renames) {
    std::optional<NamePattern> theirs = parseName(elaborator, rename.theirs);
    std::optional<NamePattern> ours = parseName(elaborator, rename.ours);
    if (!theirs || !ours)
      return false;
    for (const auto &[from, to, span] : {std::make_tuple(&*theirs, &*ours, rename.theirs.span),
                                         std::make_tuple(&*ours, &*theirs, rename.ours.span)})
      for (const NamePattern::Part &part : from->parts)
        if (part.isCapture && !to->has(part.text)) {
          elaborator.report(DiagnosticCode::E0425, span, "`{" + part.text + "}` stands on one side only")
              .label("what it captures on one side it is on the other");
          return false;
        }
    Rule rule;
    rule.rename = &rename;
    rule.theirs = std::move(*theirs);
    rule.ours = std::move(*ours);
    if (rename.layout) {
      std::optional<std::vector<int64_t>> order = parseLayout(elaborator, *rename.layout);
      if (!order)
        return false;
      rule.order = std::move(*order);
    }
    rules.push_back(std::move(rule));
  }
  return true;
}

static bool isImported(const core::StateTensor &state) {
  return state.role == core::StateTensor::Param || state.role == core::StateTensor::State;
}

void TrainBlock::noMatch(Span span, const std::string &pattern) {
  // One that exists is no misspelling.
  PathPatterns wanted;
  wanted.add(pattern);
  for (const core::StateTensor &state : elaborator.states)
    if (state.role == core::StateTensor::Param && wanted.matchesAny(state.name)) {
      elaborator.report(DiagnosticCode::E0410, span, "the pattern matches no parameter that is learned here")
          .label("`" + state.name + "` is frozen, or no loss of this block reaches it");
      return;
    }
  std::vector<std::string> names(elaborator.instancePaths.begin(), elaborator.instancePaths.end());
  for (const core::StateTensor &state : elaborator.states)
    if (isImported(state))
      names.push_back(state.name);
  DiagnosticBuilder builder =
      elaborator.report(DiagnosticCode::E0410, span, "the pattern matches no parameter");
  if (std::optional<std::string> meant = didYouMean(pattern, names))
    builder.help("did you mean `\"" + *meant + "\"`?");
}

/// Notes which tensors a rename would take if none before it did, and `only` left it any.
static void noteShadowed(std::vector<Rule> &rules, const std::string &name, const Rule *taken) {
  for (Rule &rule : rules) {
    Captures captures;
    Tried tried;
    if (&rule == taken || rule.used || !rule.kept.empty() ||
        !matchName(rule.ours, 0, name, 0, captures, tried))
      continue;
    rule.kept = name;
    rule.shadow = taken;
    rule.isLeftOut = !taken;
  }
}

/// Of a rename that applies to nothing: why.
static void reportIdle(Elaborator &elaborator, const FromClause &clause, const Rule &rule) {
  DiagnosticBuilder builder =
      elaborator.report(DiagnosticCode::E0431, rule.rename->ours.span, "this rename applies to nothing");
  if (rule.isLeftOut) {
    builder.label("`only` leaves out `" + rule.kept + "`");
    builder.note(clause.only.front().span, "what is taken from the file");
    return;
  }
  builder.label("an earlier one takes `" + rule.kept + "`");
  builder.note(rule.shadow->rename->ours.span, "the first that matches counts");
  builder.help("put the rename of the fewer names first");
}

bool TrainBlock::imports() {
  Elaborator &e = elaborator;
  std::map<int, Span> filled;
  for (const ClausePtr &each : item.clauses) {
    const auto *clause = as<FromClause>(*each);
    if (!clause)
      continue;
    core::Import import;
    import.file = clause->file.text;
    import.span = clause->file.span;
    std::vector<Rule> rules;
    if (!parseRules(e, *clause, rules))
      return false;
    std::vector<bool> used(clause->only.size(), false);
    PathPatterns only;
    for (const StringLiteral &pattern : clause->only)
      only.add(pattern.text);
    for (size_t i = 0; i < e.states.size(); ++i) {
      const core::StateTensor &state = e.states[i];
      bool isWanted = clause->only.empty();
      if (isImported(state))
        for (size_t pattern : only.matching(state.name))
          isWanted = used[pattern] = true;
      if (!isImported(state))
        continue;
      if (!isWanted) {
        noteShadowed(rules, state.name, nullptr);
        continue;
      }
      core::Import::Tensor tensor{int(i), state.name, {}};
      for (Rule &rule : rules) {
        Captures captures;
        Tried tried;
        if (!matchName(rule.ours, 0, state.name, 0, captures, tried))
          continue;
        rule.used = true;
        if (!rule.order.empty() && rule.order.size() != state.type.shape.size()) {
          e.report(DiagnosticCode::E0426, rule.rename->layout->span,
                   "the order is one of " + std::to_string(rule.order.size()) + " axes, and `" + state.name +
                       "` is " + e.text(state.type))
              .note(state.span, "declared here");
          return false;
        }
        tensor.theirs = fill(rule.theirs, captures);
        tensor.order = rule.order;
        noteShadowed(rules, state.name, &rule);
        break;
      }
      auto [entry, added] = filled.emplace(int(i), each->keywordSpan);
      if (!added) {
        e.report(DiagnosticCode::E0427, each->keywordSpan, "`" + state.name + "` comes from two files")
            .note(entry->second, "first here")
            .help("say what each gives: `from ... only \"...\"`");
        return false;
      }
      import.tensors.push_back(std::move(tensor));
    }
    for (size_t p = 0; p < used.size(); ++p)
      if (!used[p]) {
        noMatch(clause->only[p].span, clause->only[p].text);
        return false;
      }
    for (const Rule &rule : rules)
      if (!rule.used) {
        if (rule.kept.empty())
          noMatch(rule.rename->ours.span, rule.rename->ours.text);
        else
          reportIdle(e, *clause, rule);
        return false;
      }
    program.imports.push_back(std::move(import));
  }
  return true;
}

void TrainBlock::collectFrozen() {
  for (const ClausePtr &clause : item.clauses)
    if (const auto *freeze = as<FreezeClause>(*clause))
      for (const StringLiteral &pattern : freeze->patterns)
        elaborator.frozen.add(pattern.text);
}

/// After the forward phase, which meets everything there is.
bool TrainBlock::checkFrozen() {
  std::vector<bool> used(elaborator.frozen.size(), false);
  auto use = [&](const std::string &path) {
    for (size_t pattern : elaborator.frozen.matching(path))
      used[pattern] = true;
  };
  if (!used.empty()) {
    for (const std::string &path : elaborator.instancePaths)
      use(path);
    for (const core::StateTensor &state : elaborator.states)
      if (isImported(state))
        use(state.name);
  }
  size_t next = 0;
  for (const ClausePtr &clause : item.clauses)
    if (const auto *freeze = as<FreezeClause>(*clause))
      for (const StringLiteral &pattern : freeze->patterns)
        if (!used[next++]) {
          noMatch(pattern.span, pattern.text);
          return false;
        }
  return true;
}

bool Elaborator::isFrozen(const std::string &path) const {
  return !path.empty() && !frozen.empty() && frozen.matchesAny(path);
}

} // namespace mlc::frontend
