#include "runtime/data/Missing.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace mlc {
namespace {

/// docs/language.md names them, too.
constexpr std::array<std::string_view, 5> standard = {"?", "na", "n/a", "nan", "null"};

bool equalsLower(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == y; });
}

} // namespace

bool isMissing(std::string_view text, const FieldSpec &field) {
  if (text.empty())
    return true;
  if (field.missing)
    return std::find(field.missing->begin(), field.missing->end(), text) != field.missing->end();
  return text.size() <= 4 && std::any_of(standard.begin(), standard.end(),
                                         [&](std::string_view each) { return equalsLower(text, each); });
}

bool isMissingNumber(std::string_view text, const FieldSpec &field) {
  bool canMiss = isFloat(field.dtype);
  return canMiss && field.missing && isMissing(text, field);
}

std::string whyMissing(std::string_view text) {
  if (text.empty())
    return "a value is missing (declare the field with `?` to permit that)";
  return "a value is missing: '" + std::string(text) +
         "' stands for that (declare the field with `?` to permit it, or say otherwise with a line "
         "`missing` in the data block)";
}

} // namespace mlc
