#include "frontend/syntax/Ast.h"

using namespace mlc::frontend;

namespace {

// In the order of the enumerators.
struct SpelledScalar {
  std::string_view text;
  ScalarKind kind;
};
constexpr SpelledScalar scalars[] = {
    {"float", ScalarKind::Float},
#define MLC_LANGUAGE_TYPE(id, name, ...) {name, ScalarKind::id},
#include "runtime/ElementTypes.def"
};

struct SpelledSetting {
  std::string_view text;
  Setting setting;
};
constexpr SpelledSetting settings[] = {{"batch", Setting::Batch},           {"epochs", Setting::Epochs},
                                       {"steps", Setting::Steps},           {"seed", Setting::Seed},
                                       {"validation", Setting::Validation}, {"clip_norm", Setting::ClipNorm},
                                       {"accumulate", Setting::Accumulate}, {"precision", Setting::Precision},
                                       {"every", Setting::Every},           {"patience", Setting::Patience}};

} // namespace

std::string_view mlc::frontend::spelling(ScalarKind kind) {
  return scalars[static_cast<std::size_t>(kind)].text;
}

std::optional<ScalarKind> mlc::frontend::scalarKind(std::string_view spelling) {
  for (const SpelledScalar &scalar : scalars)
    if (scalar.text == spelling)
      return scalar.kind;
  return std::nullopt;
}

std::string_view mlc::frontend::spelling(UnaryOp op) { return op == UnaryOp::Neg ? "-" : "not"; }

std::string_view mlc::frontend::spelling(BinaryOp op) {
  constexpr std::string_view texts[] = {"+",  "-",  "*",  "/", "@",  "^", "and",
                                        "or", "==", "!=", "<", "<=", ">", ">="};
  return texts[static_cast<std::size_t>(op)];
}

std::string_view mlc::frontend::spelling(CallableKind kind) {
  constexpr std::string_view texts[] = {"model", "layer", "fn", "optimizer", "metric"};
  return texts[static_cast<std::size_t>(kind)];
}

std::string_view mlc::frontend::spelling(Split split) {
  constexpr std::string_view texts[] = {"train", "test", "validation"};
  return texts[static_cast<std::size_t>(split)];
}

std::string_view mlc::frontend::spelling(Coding coding) {
  constexpr std::string_view texts[] = {"number", "category", "vocabulary", "hash", "date"};
  return texts[static_cast<std::size_t>(coding)];
}

std::string_view mlc::frontend::spelling(Setting setting) {
  return settings[static_cast<std::size_t>(setting)].text;
}

std::optional<Setting> mlc::frontend::settingKind(std::string_view spelling) {
  for (const SpelledSetting &entry : settings)
    if (entry.text == spelling)
      return entry.setting;
  return std::nullopt;
}

std::vector<Setting> mlc::frontend::allSettings() {
  std::vector<Setting> all;
  for (const SpelledSetting &entry : settings)
    all.push_back(entry.setting);
  return all;
}
