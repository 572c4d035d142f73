// The settings of a train block and its data block.
#include "frontend/check/ProgramPrinter.h"
#include "frontend/check/TrainBlock.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

namespace mlc::frontend {

std::optional<Number> clipBound(Elaborator &elaborator, const Value &value, Span span) {
  if (value.isError())
    return std::nullopt;
  if (value.kind != Value::Number || (value.number.known() && !(*value.number.known() > 0))) {
    elaborator.fail(DiagnosticCode::E0405, span, "`clip_norm` is a number above 0");
    return std::nullopt;
  }
  return elaborator.atRunTime(value.number, span, "`clip_norm`");
}

/// What other frameworks call a precision of 16 bits, or a mixed one.
static bool isOf16Bits(std::string_view name) {
  constexpr std::string_view names[] = {"bf16", "bfloat16", "f16",           "fp16",           "float16",
                                        "half", "mixed",    "mixed_float16", "mixed_bfloat16", "amp"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// What a name of another framework says, as help; empty if it says nothing.
static std::string precisionMeant(std::string_view name) {
  for (std::string_view single : {"fp32", "float32", "float", "single", "full"})
    if (name == single)
      return "write `precision f32`, or leave the line out";
  for (std::string_view twofold : {"fp64", "float64", "double"})
    if (name == twofold)
      return "write `precision f64`";
  return {};
}

bool TrainBlock::settings() {
  Env env{elaborator.root->scope, "", ""};
  std::map<Setting, std::pair<const Expr *, Span>> given;
  bool good = true;
  for (const ClausePtr &clause : item.clauses) {
    const auto *setting = as<SettingClause>(*clause);
    if (!setting)
      continue;
    auto [entry, added] =
        given.emplace(setting->setting, std::make_pair(setting->value.get(), clause->keywordSpan));
    if (!added) {
      elaborator
          .report(DiagnosticCode::E0405, clause->keywordSpan,
                  "`" + std::string(spelling(setting->setting)) + "` is set twice")
          .note(entry->second.second, "first here");
      good = false;
    }
  }
  auto find = [&](Setting setting) -> const Expr * {
    if (const Expr *expr = overrides.find(std::string(spelling(setting))))
      return expr;
    auto entry = given.find(setting);
    return entry == given.end() ? nullptr : entry->second.first;
  };
  auto wrong = [&](Setting setting, const Expr &expr, const std::string &wanted,
                   const std::string &help = "") {
    DiagnosticBuilder builder = elaborator.report(DiagnosticCode::E0405, expr.span,
                                                  "`" + std::string(spelling(setting)) + "` is " + wanted);
    if (!help.empty())
      builder.help(help);
    good = false;
  };
  auto number = [&](Setting setting, const std::string &wanted, double least, double most,
                    bool whole) -> std::optional<double> {
    const Expr *expr = find(setting);
    if (!expr)
      return std::nullopt;
    Value value = elaborator.expression(*expr, env);
    if (value.isError()) {
      good = false;
      return std::nullopt;
    }
    std::optional<double> known = value.kind == Value::Number ? value.number.known() : std::nullopt;
    if (!known || !(*known >= least) || !(*known <= most) || (whole && *known != std::floor(*known))) {
      wrong(setting, *expr, wanted);
      return std::nullopt;
    }
    return known;
  };
  core::Settings &settings = program.settings;
  const double large = 1e15;
  if (auto value = number(Setting::Batch, "a number of rows, 1 or more", 1, 1 << 24, true))
    settings.batch = int64_t(*value);
  if (auto value = number(Setting::Epochs, "a number of epochs, 0 or more", 0, large, true))
    settings.epochs = int64_t(*value);
  if (auto value = number(Setting::Steps, "a number of updates, 0 or more", 0, large, true))
    settings.steps = int64_t(*value);
  if (overrides.find("epochs") && !overrides.find("steps"))
    settings.steps.reset(); // how long is said anew
  if (auto value = number(Setting::Seed, "a non-negative integer", 0, 9e15, true))
    settings.seed = uint64_t(*value);
  if (auto value =
          number(Setting::Validation, "a share of the training data, from 0 to below 1", 0, 0.999999, false))
    settings.validation = *value;
  if (auto value = number(Setting::Accumulate, "a number of batches, 1 or more", 1, 1e6, true))
    settings.accumulate = int64_t(*value);
  if (auto value = number(Setting::Patience, "a number of epochs, 1 or more", 1, large, true))
    settings.patience = int64_t(*value);
  if (const Expr *expr = find(Setting::Precision)) {
    const auto *name = as<NameExpr>(*expr);
    settings.precision = name ? name->name : "";
    if (isOf16Bits(settings.precision)) {
      elaborator
          .report(DiagnosticCode::E0424, expr->span,
                  "mlc computes in f32 or f64, not in `" + settings.precision + "`")
          .help("leave the line out, which is `precision f32`; a smaller `batch`, and `remat` before large "
                "layers, take less memory; `from` reads weights that are BF16 or F16 in their file");
      good = false;
    } else if (nameOf(settings.computeType()) != settings.precision) {
      wrong(Setting::Precision, *expr, "f32 or f64", precisionMeant(settings.precision));
    }
  }
  if (const Expr *expr = find(Setting::Every))
    wrong(Setting::Every, *expr, "a line of an `objective`");
  if (const Expr *expr = find(Setting::ClipNorm)) {
    clipNorm = clipBound(elaborator, elaborator.expression(*expr, env), expr->span);
    good &= clipNorm.has_value();
    if (clipNorm)
      settings.numbers["clip_norm"] = core::print(clipNorm->expr());
  }
  elaborator.computeType = settings.computeType();
  elaborator.batchRows = settings.batch * settings.accumulate; // a step computes them together
  return good && !elaborator.diagnostics.hasErrors();
}

std::vector<Settable> TrainBlock::settable() const {
  std::map<Setting, Span> said;
  for (const ClausePtr &clause : item.clauses)
    if (const auto *setting = as<SettingClause>(*clause))
      said.emplace(setting->setting, setting->value->span);
  std::vector<Settable> result;
  auto add = [&](Setting setting, std::string otherwise) {
    std::string name(spelling(setting));
    auto place = said.find(setting);
    if (const Expr *expr = overrides.find(name))
      result.push_back({name, "", expr->span});
    else if (place != said.end())
      result.push_back({name, "", place->second});
    else
      result.push_back({name, std::move(otherwise), std::nullopt});
  };
  const core::Settings settings;
  add(Setting::Batch, std::to_string(settings.batch));
  // Both say how long: the one that counts.
  if (program.settings.steps)
    add(Setting::Steps, "");
  else
    add(Setting::Epochs, std::to_string(settings.epochs));
  add(Setting::Seed, std::to_string(settings.seed));
  add(Setting::Validation, "0");
  add(Setting::Accumulate, std::to_string(settings.accumulate));
  add(Setting::ClipNorm, "none");
  add(Setting::Patience, "none");
  add(Setting::Precision, settings.precision);
  for (const auto &[name, span] : hypers)
    result.push_back({name, "", span});
  return result;
}

//===-- Data ---------------------------------------------------------------------------------------===//

/// The parts of a date, which runtime/Date.h makes; the first five are what a day has.
bool TrainBlock::dateParts(const Field &field, core::Field &result) {
  static const std::vector<std::string> known = {"year", "month",  "day",    "weekday", "day_of_year",
                                                 "hour", "minute", "second", "days"};
  result.coding = "date";
  result.type.dtype = elaborator.computeType;
  result.parts.assign(known.begin(), known.begin() + 5);
  if (!field.parts.empty())
    result.parts.clear();
  for (const Ident &part : field.parts) {
    if (std::find(known.begin(), known.end(), part.text) == known.end()) {
      DiagnosticBuilder builder =
          elaborator.report(DiagnosticCode::E0404, part.span, "a date has no part `" + part.text + "`");
      builder.label("year, month, day, weekday, day_of_year, hour, minute, second, days");
      if (std::optional<std::string> meant = didYouMean(part.text, known))
        builder.help("did you mean `" + *meant + "`?");
      return false;
    }
    result.parts.push_back(part.text);
  }
  if (field.parts.size() != 1)
    result.type.shape = {Dim(int64_t(result.parts.size()))};
  if (field.columns.size() > 1) {
    elaborator.fail(DiagnosticCode::E0404, field.columns[1].span, "a date stands in one column");
    return false;
  }
  return true;
}

/// category(n), vocabulary(n) and hash(n), the last two maybe with a number of words.
bool TrainBlock::codes(const Field &field, Env &env, core::Field &result) {
  std::string word(spelling(field.coding));
  // As many as runtime/data/Words.h needs.
  int64_t least = field.coding == Coding::Vocabulary ? 3 : field.coding == Coding::Hash ? 2 : 1;
  const char *why = field.coding == Coding::Vocabulary
                        ? "a vocabulary has 3 codes or more: no word, an unknown one, a known one"
                    : field.coding == Coding::Hash ? "a hash has 2 codes or more: no word, and one"
                                                   : "a category has 1 or more values";
  std::optional<int64_t> count = elaborator.wholeNumber(elaborator.expression(*field.categories, env),
                                                        field.categories->span, "a " + word + " count");
  if (!count)
    return false;
  if (*count < least || *count > 1 << 24) {
    elaborator.fail(DiagnosticCode::E0404, field.typeSpan, why);
    return false;
  }
  result.coding = word;
  result.categories = *count;
  result.type.dtype = DType::I32;
  if (!field.words)
    return true;
  std::optional<int64_t> words = elaborator.wholeNumber(elaborator.expression(*field.words, env),
                                                        field.words->span, "a number of words");
  if (!words)
    return false;
  if (*words < 1 || *words > 1 << 24) {
    elaborator.fail(DiagnosticCode::E0404, field.words->span, "a text is one word or more");
    return false;
  }
  result.type.shape = {Dim(*words)};
  return true;
}

bool TrainBlock::field(const Field &field, Env &env, std::map<std::string, Span> &fieldSpans) {
  core::Field result;
  result.name = field.name.text;
  result.span = field.name.span;
  result.optional = field.mayMiss;
  if (auto [other, isNew] = fieldSpans.emplace(result.name, result.span); !isNew) {
    elaborator
        .report(DiagnosticCode::E0302, field.name.span, "the field `" + result.name + "` is declared twice")
        .note(other->second, "first here");
    return false;
  }
  auto wrong = [&](const std::string &message) {
    elaborator.fail(DiagnosticCode::E0404, field.typeSpan, message);
    return false;
  };
  if (field.coding == Coding::Date) {
    if (!dateParts(field, result))
      return false;
  } else if (field.categories) {
    if (!codes(field, env, result))
      return false;
  } else {
    std::optional<TensorType> type = elaborator.resolve(*field.type, env);
    if (!type)
      return false;
    for (const Dim &dim : type->shape)
      if (!dim.constant())
        return wrong("a field is one row: `batch` is added in `train`");
    if (field.mayMiss && !isFloat(type->dtype))
      return wrong("only floats, dates, categories and words may miss values");
    result.type = *type;
  }
  for (const StringLiteral &column : field.columns)
    result.columns.push_back(column.text);
  int64_t rows = product(result.type.shape).at(1);
  if (rows == 0)
    return wrong("a field is one number or more, and " + elaborator.text(result.type) + " has none");
  if (result.columns.size() > 1 && (result.type.shape.size() != 1 || int64_t(result.columns.size()) != rows))
    return wrong(std::to_string(result.columns.size()) + " columns make a vector of that size, and this is " +
                 elaborator.text(result.type));
  program.fields.push_back(std::move(result));
  return true;
}

bool TrainBlock::data() {
  const DataItem *data = nullptr;
  std::vector<std::string> names;
  for (const auto &[name, each] : elaborator.root->items)
    if (const auto *node = as<DataItem>(*each)) {
      names.push_back(name);
      if (item.data ? name == item.data->text : true)
        data = node;
    }
  if (!data && item.data)
    for (File *import : elaborator.root->imports) {
      auto entry = import->items.find(item.data->text);
      if (entry != import->items.end() && entry->second->kind == ItemKind::Data) {
        data = as<DataItem>(*entry->second);
      }
    }
  if (!data || (!item.data && names.size() != 1)) {
    DiagnosticBuilder builder =
        elaborator.report(DiagnosticCode::E0402, item.data ? item.data->span : item.name.span,
                          item.data       ? "unknown data block `" + item.data->text + "`"
                          : names.empty() ? "there is no data block"
                                          : "which data? write `train " + item.name.text + " on NAME`");
    if (item.data)
      if (std::optional<std::string> meant = didYouMean(item.data->text, names))
        builder.help("did you mean `" + *meant + "`?");
    return false;
  }
  program.dataName = data->name.text;
  elaborator.dataName = program.dataName;
  bool good = true;
  Env env{elaborator.root->scope, "", ""};
  std::map<std::string, Span> fieldSpans;
  for (const Field &each : data->fields)
    good &= field(each, env, fieldSpans);
  if (data->missing)
    for (core::Field &each : program.fields) {
      each.missing.emplace();
      for (const StringLiteral &text : data->missing->texts)
        each.missing->push_back(text.text);
    }
  for (const core::Field &each : program.fields)
    fieldPlaces.emplace_back(each.span.source, each.span.begin);
  std::sort(fieldPlaces.begin(), fieldPlaces.end());
  if (data->fields.empty()) {
    elaborator.fail(DiagnosticCode::E0402, data->name.span, "the data block has no fields");
    return false;
  }
  for (const Reader &each : data->readers) {
    core::Reader result;
    for (const auto &[split, other] : program.splits)
      if (split == spelling(each.split)) {
        elaborator.report(DiagnosticCode::E0403, each.splitSpan, "`" + split + "` is given twice")
            .note(other.span, "first here");
        good = false;
      }
    if (reader(each, result))
      program.splits.emplace_back(std::string(spelling(each.split)), std::move(result));
    else
      good = false;
  }
  bool hasTrain = std::any_of(data->readers.begin(), data->readers.end(),
                              [](const Reader &each) { return each.split == Split::Train; });
  if (!hasTrain) {
    elaborator.fail(DiagnosticCode::E0403, data->name.span, "the data block has no `train` reader");
    good = false;
  }
  good = good && schema();
  elaborator.fields = program.fields;
  return good;
}

} // namespace mlc::frontend
