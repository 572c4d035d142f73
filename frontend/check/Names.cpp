// Scopes: what a name stands for, and what to say of one that stands for nothing.
#include "frontend/check/Elaborator.h"
#include "frontend/check/Overrides.h"
#include "frontend/syntax/ForeignNames.h"

#include <algorithm>

namespace mlc::frontend {

Variable *Elaborator::find(Env &env, const std::string &name) const {
  for (Scope *scope = env.scope.get(); scope; scope = scope->parent.get()) {
    auto entry = scope->names.find(name);
    if (entry != scope->names.end())
      return &entry->second;
  }
  return nullptr;
}

static File *fileOf(const Env &env) {
  for (Scope *scope = env.scope.get(); scope; scope = scope->parent.get())
    if (scope->file)
      return scope->file;
  return nullptr;
}

/// The file that declares `name`, as seen from `file`.
static std::pair<File *, const Item *> findItem(File *file, const std::string &name) {
  if (!file)
    return {nullptr, nullptr};
  auto found = file->visible.find(name);
  return found == file->visible.end() ? std::pair<File *, const Item *>() : found->second;
}

static const char *const specialNames[] = {"training",          "batch",    "step", "total_steps", "epoch",
                                           "validation_figure", "grad_norm"};

Elaborator::~Elaborator() {
  for (const std::shared_ptr<Scope> &scope : scopes)
    scope->names.clear();
}

void Elaborator::forget() {
  states.clear();
  statesByPath.clear();
  stateFirstSite.clear();
  callees.clear();
  calleesByKey.clear();
  calleesOpen.clear();
  randomSites.clear();
  instances.clear();
  instancePaths.clear();
  fields.clear();
  frames.clear();
  currentPath.clear();
  blamed = Value();
  leastRows = {};
}

std::shared_ptr<Scope> Elaborator::newScope(std::shared_ptr<Scope> parent) {
  scopes.push_back(std::make_shared<Scope>());
  scopes.back()->parent = std::move(parent);
  return scopes.back();
}

std::shared_ptr<Scope> Elaborator::copyOf(const Scope &scope) {
  scopes.push_back(std::make_shared<Scope>(scope));
  return scopes.back();
}

bool Elaborator::isKnown(const std::string &name, Env &env) const {
  File *file = fileOf(env);
  const Builtin *builtin = findBuiltin(name);
  return find(env, name) || findItem(file, name).second || (builtin && !builtin->preludeOnly) ||
         std::find(std::begin(specialNames), std::end(specialNames), name) != std::end(specialNames);
}

std::vector<std::string> Elaborator::namesInScope(Env &env, bool ownOnly) const {
  std::vector<std::string> names;
  for (Scope *scope = env.scope.get(); scope; scope = scope->parent.get())
    for (const auto &entry : scope->names)
      names.push_back(entry.first);
  File *file = fileOf(env);
  auto addItems = [&](File *from) {
    for (const auto &entry : from->items)
      names.push_back(entry.first);
  };
  if (file) {
    addItems(file);
    for (File *import : file->imports)
      addItems(import);
    if (prelude && file != prelude && !ownOnly)
      addItems(prelude);
  }
  if (ownOnly)
    return names;
  for (const Builtin &builtin : builtins())
    if (!builtin.preludeOnly)
      names.push_back(builtin.name);
  names.insert(names.end(), std::begin(specialNames), std::end(specialNames));
  return names;
}

/// The operand of `callee` whose axes are the pack `pack`, if a number was given for it, which has none.
static const Param *numberFor(const Scope &scope, const std::string &pack) {
  for (const Param &param : scope.callee->operands) {
    auto given = scope.names.find(param.name.text);
    bool isNumber = given != scope.names.end() &&
                    (given->second.value.kind == Value::Number || given->second.value.kind == Value::Truth);
    if (isNumber && param.type &&
        std::any_of(param.type->dims.begin(), param.type->dims.end(),
                    [&](const DimExpr &dim) { return dim.pack && dim.pack->text == pack; }))
      return &param;
  }
  return nullptr;
}

DiagnosticBuilder Elaborator::unknownName(const std::string &name, Span span, Env &env, bool isCalled) {
  for (const Scope *scope = env.scope.get(); scope; scope = scope->parent.get())
    if (const Param *param = scope->callee ? numberFor(*scope, name) : nullptr) {
      Env callee = env;
      return report(DiagnosticCode::E0218, span,
                    "`" + param->name.text + "` of `" + scope->callee->name.text + "` is " +
                        typeText(*param->type, callee, scope->callee->generics) + ", and this is " +
                        describe(scope->names.at(param->name.text).value));
    }
  DiagnosticBuilder builder = report(DiagnosticCode::E0301, span, "unknown name `" + name + "`");
  // Each looks at all names there are: past what is shown that is no use.
  if (diagnostics.errorCount() > DiagnosticEngine::shownErrors)
    return builder;
  std::vector<std::string> foreign = isCalled ? foreignHelps(name) : std::vector<std::string>();
  // `normalize` is no misspelt `normal`; a name of the program may be misspelt all the same.
  if (std::optional<std::string> meant = didYouMean(name, namesInScope(env, !foreign.empty())))
    builder.help("did you mean `" + *meant + "`?");
  for (std::string &help : foreign)
    builder.help(std::move(help));
  return builder;
}

void Elaborator::helpBeside(DiagnosticBuilder &builder, const std::string &name) const {
  if (diagnostics.errorCount() > DiagnosticEngine::shownErrors)
    return;
  for (std::string &help : foreignHelpsBeside(name))
    builder.help(std::move(help));
}

/// The updates of an objective that takes part in one of `every`, from those of the whole.
static Number updatesOf(Number updates, int64_t every) {
  if (every == 1)
    return updates;
  return *Number::apply("floor", {*Number::apply("div", {std::move(updates), Number(double(every))})});
}

bool Elaborator::checkFollowsFigures(const std::string &what, Span span) {
  if (!validates) {
    fail(DiagnosticCode::E0301, span, what + " is there in the numbers of an optimizer only");
    return false;
  }
  if (!*validates)
    report(DiagnosticCode::E0433, span,
           what + " follows the figure of the validation rows, and there are none")
        .help("keep a part of the training rows out with `validation 0.1` in the train block, or name a "
              "`validation` file in the data block");
  return *validates;
}

Value Elaborator::lookup(const std::string &name, Span span, Env &env, bool isCalled) {
  if (Variable *variable = find(env, name))
    return variable->value;
  File *file = fileOf(env);
  if (auto [place, item] = findItem(file, name); item) {
    if (const auto *callable = as<CallableItem>(*item)) {
      Function function;
      function.declaration = callable->callable.get();
      function.scope = place->scope;
      auto derivative = place->derivatives.find(name);
      if (derivative != place->derivatives.end())
        function.derivative = derivative->second;
      return Value::ofFunction(std::move(function));
    }
    if (const auto *let = as<LetItem>(*item)) {
      // Once: what is made of another twice, and so on, would be evaluated without end.
      auto key = std::make_tuple(item, phase && phase->training(), every);
      if (auto known = fileLets.find(key); known != fileLets.end())
        return known->second;
      if (evaluating.size() > 100 || !evaluating.insert(item).second)
        return fail(DiagnosticCode::E0307, span,
                    "`" + name + "` is defined by itself, or by too many others");
      const Expr *given = overrides ? overrides->insteadOf(*let->binding.value) : nullptr;
      if (!place->isPrelude)
        settable[name] = given ? given : let->binding.value.get();
      Env outer{given ? root->scope : place->scope, "", ""};
      Value value = expression(given ? *given : *let->binding.value, outer);
      evaluating.erase(item);
      if (value.kind == Value::Tensor)
        return fail(DiagnosticCode::E0218, let->binding.value->span,
                    "a `let` of a file holds a number, a string or a list, and this is a tensor");
      if (!value.isError())
        fileLets.emplace(key, value);
      return value;
    }
    return fail(DiagnosticCode::E0301, span, "`" + name + "` is no value here",
                item->kind == ItemKind::Data ? "a data block" : "a train block");
  }
  if (const Builtin *builtin = findBuiltin(name))
    if (!builtin->preludeOnly || (file && file->isPrelude)) {
      Function function;
      function.kind = Function::BuiltIn;
      function.builtin = builtin;
      return Value::ofFunction(std::move(function));
    }
  if (name == "training")
    return Value::truth(phase && phase->training() && !isFrozen(env.path));
  // The result of a metric is computed once, after the last batch.
  bool isOfSteps = name == "batch" || name == "step" || name == "total_steps";
  if (isOfSteps && phase && phase->kind == Phase::Figures)
    return Value::absent();
  if (name == "batch")
    return Value::of(Number::size(Dim::batch()));
  if (name == "step")
    return Value::of(updatesOf(Number::step(), every));
  if (name == "total_steps")
    return Value::of(updatesOf(Number::totalSteps(), every));
  if (name == "epoch")
    return validates
               ? Value::of(Number::epoch())
               : fail(DiagnosticCode::E0301, span, "`epoch` is there in the numbers of an optimizer only");
  if (name == "validation_figure")
    return checkFollowsFigures("`validation_figure`", span) ? Value::of(Number::validationFigure()) : Value();
  if (name == "grad_norm") {
    if (gradNorm)
      return gradNorm(span);
    return fail(DiagnosticCode::E0301, span, "`grad_norm` is there in an optimizer only");
  }
  unknownName(name, span, env, isCalled);
  return Value();
}

} // namespace mlc::frontend
