#include "frontend/check/Overrides.h"

#include "frontend/syntax/Parser.h"

#include <set>
#include <string_view>

namespace mlc::frontend {

static constexpr std::string_view optimizerPrefix = "optimizer.";

/// Whether code depends on the setting: the others say how long and from what a run learns.
static bool isCompiledIn(const std::string &name) {
  static const std::set<std::string> ofRun = {"epochs", "steps", "seed", "validation", "patience"};
  return ofRun.count(name) == 0;
}

/// The value of `let value = ...`; null if the text says something else.
static const Expr *valueOf(const Program &program) {
  const LetItem *let = program.items.size() == 1 ? as<LetItem>(*program.items[0]) : nullptr;
  return let ? let->binding.value.get() : nullptr;
}

/// The value of the one setting of a train block; null likewise.
static const Expr *settingOf(const Program &program) {
  const TrainItem *train = program.items.size() == 1 ? as<TrainItem>(*program.items[0]) : nullptr;
  const SettingClause *setting =
      train && train->clauses.size() == 1 ? as<SettingClause>(*train->clauses[0]) : nullptr;
  return setting ? setting->value.get() : nullptr;
}

/// The values of a person's files that a name may stand for, by these names: lets, and defaults of models and
/// layers.
static std::map<std::string, const Expr *> namedValues(const File &root) {
  std::map<std::string, const Expr *> result;
  for (const auto &[name, found] : root.visible) {
    if (found.first->isPrelude)
      continue;
    if (const auto *let = as<LetItem>(*found.second)) {
      result.emplace(name, let->binding.value.get());
    } else if (const auto *item = as<CallableItem>(*found.second)) {
      const Callable &callable = *item->callable;
      if (callable.kind == CallableKind::Model || callable.kind == CallableKind::Layer)
        for (const Param &param : callable.hypers)
          if (param.initial)
            result.emplace(name + "." + param.name.text, param.initial.get());
    }
  }
  return result;
}

bool Overrides::parse(SourceManager &sources, const std::vector<std::pair<std::string, std::string>> &given,
                      DiagnosticEngine &diagnostics, const File &root, Span place) {
  std::map<std::string, const Expr *> named;
  if (!given.empty())
    named = namedValues(root);
  for (const auto &[name, text] : given) {
    bool isOptimizer = name.compare(0, optimizerPrefix.size(), optimizerPrefix) == 0;
    auto value = named.find(name);
    bool isSetting = settingKind(name).has_value();
    if (!isOptimizer && !isSetting && value == named.end()) {
      std::vector<std::string> known = {"batch",      "epochs",    "steps",    "seed",         "validation",
                                        "accumulate", "clip_norm", "patience", "optimizer.lr", "precision"};
      for (const auto &each : named)
        known.push_back(each.first);
      DiagnosticBuilder builder =
          diagnostics.report(DiagnosticCode::E0417, place, "`--set " + name + "` is nothing to set");
      if (std::optional<std::string> meant = didYouMean(name, known))
        builder.help("did you mean `" + *meant + "`?");
      else
        builder.help("`mlc check --settable` lists what can be set");
      return false;
    }
    if (isOptimizer && !values.count(name))
      ofOptimizer.push_back(name.substr(optimizerPrefix.size()));
    // A precision is a word of its clause, and no value elsewhere.
    bool isPrecision = name == "precision";
    std::string whole = isPrecision ? "train set { precision " + text + " }\n" : "let value = " + text + "\n";
    SourceId source = sources.add("--set " + name, whole,
                                  isCompiledIn(name) ? SourceOrigin::User : SourceOrigin::RunSetting);
    programs.push_back(frontend::parse(source, diagnostics));
    if (diagnostics.hasErrors())
      return false;
    const Expr *expr = isPrecision ? settingOf(programs.back()) : valueOf(programs.back());
    if (!expr) {
      diagnostics.report(DiagnosticCode::E0417, Span{source, 0, 0}, "`--set` takes one value");
      return false;
    }
    values[name] = expr;
    if (!isOptimizer && !isSetting)
      defaults[value->second] = {name, expr, value->second->span, false, std::nullopt};
  }
  return true;
}

const Expr *Overrides::find(const std::string &name) const {
  auto entry = values.find(name);
  return entry == values.end() ? nullptr : entry->second;
}

Overrides::Replaced *Overrides::replaced(const Expr &initial) {
  auto entry = defaults.find(&initial);
  return entry == defaults.end() ? nullptr : &entry->second;
}

const Expr *Overrides::insteadOf(const Expr &initial) {
  Replaced *found = replaced(initial);
  if (!found)
    return nullptr;
  found->read = true;
  return found->value;
}

void Overrides::noteGiven(const Expr &initial, Span call) {
  if (Replaced *found = replaced(initial); found && !found->given)
    found->given = call;
}

bool Overrides::checkRead(DiagnosticEngine &diagnostics, const std::string &block) const {
  for (const auto &entry : defaults) {
    const Replaced &each = entry.second;
    if (each.read)
      continue;
    DiagnosticBuilder builder =
        diagnostics.report(DiagnosticCode::E0417, each.given.value_or(each.place),
                           "`--set " + each.name + "` changes nothing in `train " + block + "`");
    builder.label(each.given ? "it is given here, which counts" : "nothing there reads this");
    return false;
  }
  return true;
}

} // namespace mlc::frontend
