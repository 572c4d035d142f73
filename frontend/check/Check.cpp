#include "frontend/check/Check.h"

#include "frontend/check/CheckSession.h"
#include "frontend/check/Overrides.h"
#include "frontend/check/Prelude.h"
#include "frontend/check/Resolve.h"
#include "frontend/check/TrainBlock.h"
#include "frontend/syntax/Parser.h"

#include <algorithm>
#include <set>

namespace mlc::frontend {

std::vector<std::string> trainNames(const Program &file) {
  std::vector<std::string> names;
  for (const ItemPtr &item : file.items)
    if (const auto *train = as<TrainItem>(*item))
      names.push_back(train->name.text);
  return names;
}

static const Ident *nameOf(const Item &item) {
  switch (item.kind) {
  case ItemKind::Let:
    return &cast<LetItem>(item).binding.pattern.names[0];
  case ItemKind::Data:
    return &cast<DataItem>(item).name;
  case ItemKind::Callable:
    return &cast<CallableItem>(item).callable->name;
  case ItemKind::Train:
    return &cast<TrainItem>(item).name;
  case ItemKind::Import:
  case ItemKind::Derivative:
    break;
  }
  return nullptr;
}

/// The names of a file. Files of the prelude share one File.
static void addItems(File &file, const Program &ast, DiagnosticEngine &diagnostics) {
  for (const ItemPtr &item : ast.items) {
    if (const auto *derivative = as<DerivativeItem>(*item)) {
      auto [entry, added] = file.derivatives.emplace(derivative->function.text, derivative);
      if (!added)
        diagnostics
            .report(DiagnosticCode::E0302, derivative->function.span,
                    "`" + derivative->function.text + "` has two derivatives")
            .note(entry->second->function.span, "first here");
      continue;
    }
    // Train blocks have names of their own: a run is not called.
    const Ident *name = nameOf(*item);
    if (!name || item->kind == ItemKind::Train)
      continue;
    auto [entry, added] = file.items.emplace(name->text, item.get());
    if (!added)
      diagnostics.report(DiagnosticCode::E0302, name->span, "`" + name->text + "` is defined twice")
          .note(nameOf(*entry->second)->span, "first here");
  }
  for (const auto &[name, derivative] : file.derivatives) {
    auto entry = file.items.find(name);
    const CallableItem *function = entry == file.items.end() ? nullptr : as<CallableItem>(*entry->second);
    if (!function || function->callable->kind != CallableKind::Fn)
      diagnostics.report(DiagnosticCode::E0312, derivative->function.span,
                         "there is no fn `" + name + "` in this file to derive");
  }
}

static File &addFile(Elaborator &elaborator, bool isPrelude) {
  File &file = elaborator.files.emplace_back();
  file.isPrelude = isPrelude;
  file.scope = std::make_shared<Scope>();
  file.scope->file = &file;
  return file;
}

static const TrainItem *findTrain(Elaborator &elaborator, const Program &ast, const std::string &name) {
  const TrainItem *found = nullptr;
  std::vector<std::string> names = trainNames(ast);
  for (const ItemPtr &item : ast.items)
    if (const auto *train = as<TrainItem>(*item)) {
      if (!name.empty() && train->name.text == name && found) {
        elaborator
            .report(DiagnosticCode::E0302, train->name.span, "two train blocks are called `" + name + "`")
            .note(found->name.span, "first here");
        return nullptr;
      }
      if (name.empty() || train->name.text == name)
        found = train;
    }
  bool ambiguous = name.empty() && names.size() > 1;
  if (found && !ambiguous)
    return found;
  std::string list;
  for (const std::string &each : names)
    list += (list.empty() ? "" : ", ") + each;
  Span start{ast.source, 0, 0};
  DiagnosticBuilder builder =
      elaborator.report(DiagnosticCode::E0401, ambiguous ? found->name.span : start,
                        names.empty() ? "there is no `train` block in this file"
                        : ambiguous   ? "which train block? there are " + list
                                      : "there is no train block `" + name + "`: there are " + list);
  if (ambiguous)
    builder.help("choose one, as in `--train " + names.front() + "`");
  else if (std::optional<std::string> meant = didYouMean(name, names))
    builder.help("did you mean `" + *meant + "`?");
  return nullptr;
}

CheckSession::CheckSession(SourceManager &sources, const std::vector<LoadedFile> &files,
                           DiagnosticEngine &diagnostics)
    : elaborator(diagnostics) {
  File &prelude = addFile(elaborator, true);
  elaborator.prelude = &prelude;
  for (const PreludeFile &text : preludeFiles()) {
    SourceId source = sources.add(text.name, text.text, SourceOrigin::Prelude);
    preludePrograms.push_back(parse(source, diagnostics));
    addItems(prelude, preludePrograms.back(), diagnostics);
  }
  std::vector<File *> own;
  for (const LoadedFile &loaded : files) {
    File &file = addFile(elaborator, false);
    file.ast = &loaded.program;
    addItems(file, loaded.program, diagnostics);
    for (size_t import : loaded.imports)
      file.imports.push_back(own[import]);
    own.push_back(&file);
  }
  elaborator.root = own.back();
  for (File &file : elaborator.files) {
    auto add = [&](File *place) {
      for (const auto &[name, item] : place->items)
        file.visible.try_emplace(name, place, item);
    };
    add(&file);
    for (File *import : file.imports)
      add(import);
    if (!file.isPrelude)
      add(&prelude);
  }
  for (File *file : own)
    resolveNames(elaborator, *file);
}

static std::string textOf(Span span, const SourceManager &sources) {
  return std::string(sources.get(span.source).text().substr(span.begin, span.end - span.begin));
}

std::unique_ptr<core::Program> check(SourceManager &sources, const std::vector<LoadedFile> &files,
                                     const std::string &trainName, const CheckOptions &options,
                                     DiagnosticEngine &diagnostics, CheckReport *report) {
  if (files.empty() || diagnostics.hasErrors())
    return nullptr;
  CheckSession session(sources, files, diagnostics);
  Elaborator &elaborator = session.elaborator;
  const TrainItem *train = findTrain(elaborator, files.back().program, trainName);
  if (!train || diagnostics.hasErrors())
    return nullptr;
  Overrides overrides;
  if (!overrides.parse(sources, options.overrides, diagnostics, *elaborator.root, train->name.span))
    return nullptr;
  auto program = std::make_unique<core::Program>();
  elaborator.overrides = &overrides;
  TrainBlock block(elaborator, *train, *program, overrides);
  bool good = block.run() && overrides.checkRead(diagnostics, train->name.text);
  if (report) {
    report->settable = block.settable();
    for (const auto &[name, expr] : elaborator.settable)
      report->settable.push_back({name, "", expr->span});
    for (Settable &each : report->settable)
      if (each.span)
        each.value = textOf(*each.span, sources);
    report->used = std::move(elaborator.elaborated);
  }
  return good ? std::move(program) : nullptr;
}

} // namespace mlc::frontend
