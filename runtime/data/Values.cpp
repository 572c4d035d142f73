#include "runtime/data/Values.h"

#include "runtime/Elements.h"
#include "runtime/Number.h"
#include "runtime/data/Missing.h"
#include "runtime/data/Words.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace mlc {
namespace {

template <typename T> void append(T value, Column &column) {
  size_t at = column.bytes.size();
  column.bytes.resize(at + sizeof(T));
  std::memcpy(column.bytes.data() + at, &value, sizeof(T));
}

template <typename Number> bool appendAs(Number value, Column &column) {
  size_t at = column.bytes.size();
  column.bytes.resize(at + static_cast<size_t>(sizeOf(column.field.dtype)));
  if (writeNumber(value, column.field.dtype, column.bytes.data() + at))
    return true;
  column.bytes.resize(at);
  return false;
}

template <typename T> T elementAt(const Column &column, int64_t index) {
  T value;
  std::memcpy(&value, column.bytes.data() + static_cast<size_t>(index) * sizeof(T), sizeof(T));
  return value;
}

} // namespace

bool appendNumber(double value, Column &column) { return appendAs(value, column); }
bool appendNumber(int64_t value, Column &column) { return appendAs(value, column); }
bool appendNumber(uint64_t value, Column &column) { return appendAs(value, column); }

bool appendText(std::string_view text, Column &column) {
  const DType dtype = column.field.dtype;
  if (dtype == DType::F32) { // rounded once, from decimal
    std::optional<float> value = parseF32(text);
    if (!value || !std::isfinite(*value))
      return false;
    append(*value, column);
    return true;
  }
  if (dtype == DType::Bool && (text == "true" || text == "false"))
    return appendNumber(int64_t(text == "true"), column);
  if (!isFloat(dtype))
    if (std::optional<int64_t> value = parseI64(text))
      return appendNumber(*value, column);
  std::optional<double> value = parseF64(text);
  return value && std::isfinite(*value) && appendNumber(*value, column);
}

std::string outsideClasses(int64_t classes, const std::string &name) {
  return " is outside the " + std::to_string(classes) + " classes" +
         (name.empty() ? "" : " of '" + name + "'") + ", which count from 0 to " +
         std::to_string(classes - 1);
}

bool isUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    auto first = static_cast<unsigned char>(text[i++]);
    if (first < 0x80)
      continue;
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4)
      return false;
    // What is longer than it need be, half of a pair, and what lies beyond the last plane.
    unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    for (; more > 0; --more, low = 0x80, high = 0xBF, ++i)
      if (i == text.size() || static_cast<unsigned char>(text[i]) < low ||
          static_cast<unsigned char>(text[i]) > high)
        return false;
  }
  return true;
}

bool withinClasses(const Column &column, int64_t index) {
  if (column.field.classes == 0)
    return true;
  if (isFloat(column.field.dtype))
    return true;
  int64_t value = visitDType(column.field.dtype, [&](auto element) {
    return static_cast<int64_t>(elementAt<typename decltype(element)::Type>(column, index));
  });
  return value >= 0 && value < column.field.classes;
}

CategoryEncoder::CategoryEncoder(const FieldSpec &field, Vocabulary &vocabulary, bool learn)
    : field_(field), vocabulary_(vocabulary), learn_(learn), first_(field.optional ? 1 : 0) {
  if (learn)
    return;
  int32_t code = first_;
  for (const std::string &value : vocabulary[field.name])
    codes_.emplace(value, code++);
}

CategoryEncoder::Result CategoryEncoder::append(std::string_view value, Column &column) {
  auto known = codes_.find(std::string(value));
  if (known != codes_.end()) {
    mlc::append(known->second, column);
    return Result::Fine;
  }
  if (isMissing(value, field_))
    return Result::Missing;
  if (!learn_ && field_.unknown == UnknownCategory::Error)
    return Result::Unknown;
  if (!learn_) {
    const bool skips = field_.unknown == UnknownCategory::Skip;
    mlc::append(skips ? skippedCode : int32_t(0), column);
    return skips ? Result::Skipped : Result::Fine;
  }
  int64_t code = first_ + static_cast<int64_t>(codes_.size());
  codes_.emplace(value, static_cast<int32_t>(code));
  mlc::append(static_cast<int32_t>(code), column);
  return code == field_.categories ? Result::TooMany : Result::Fine;
}

void CategoryEncoder::appendMissing(Column &column) { mlc::append(int32_t(0), column); }

std::string CategoryEncoder::remedy() const {
  int64_t codes = first_ + static_cast<int64_t>(codes_.size());
  std::string mark = field_.optional ? "?" : "";
  std::string zero = first_ ? " (code 0 stands for missing)" : "";
  if (codes > mostCodes)
    return "write `" + field_.name + ": hash(1000)" + mark + "`";
  return "write `" + field_.name + ": category(" + std::to_string(codes) + ")" + mark + "`" + zero +
         (codes > 256 ? ", or `hash(n)` or `vocabulary(n)` for words" : "");
}

void CategoryEncoder::finish(Column &column) {
  if (!learn_)
    return;
  std::vector<std::string> values;
  bool numeric = true;
  for (const auto &entry : codes_) {
    values.push_back(entry.first);
    std::optional<double> number = parseF64(entry.first);
    numeric = numeric && number && !std::isnan(*number);
  }
  std::sort(values.begin(), values.end(), [&](const std::string &a, const std::string &b) {
    if (numeric) {
      double x = *parseF64(a), y = *parseF64(b);
      if (x != y)
        return x < y;
    }
    return a < b;
  });
  std::vector<int32_t> renumbered(codes_.size() + static_cast<size_t>(first_), 0);
  for (size_t i = 0; i < values.size(); ++i)
    renumbered[static_cast<size_t>(codes_[values[i]])] = first_ + static_cast<int32_t>(i);
  auto count = static_cast<int64_t>(column.bytes.size() / sizeof(int32_t));
  for (int64_t i = 0; i < count; ++i) {
    int32_t code = renumbered[static_cast<size_t>(elementAt<int32_t>(column, i))];
    std::memcpy(column.bytes.data() + static_cast<size_t>(i) * sizeof code, &code, sizeof code);
  }
  vocabulary_[field_.name] = std::move(values);
}

ColumnWriter::ColumnWriter(const FieldSpec &field, Vocabulary &vocabulary, bool learn)
    : field_(field), column_(Column::of(field)) {
  if (field.coding == Coding::Category)
    categories_.emplace(field_, vocabulary, learn);
}

void ColumnWriter::appendBytes(const uint8_t *bytes, int64_t count) {
  column_.bytes.insert(column_.bytes.end(), bytes, bytes + count);
  elements_ += count;
}

template <typename Number, typename Print>
std::string ColumnWriter::putNumber(Number value, Print print, int64_t row) {
  auto place = [&] { return print(value) + " in row " + std::to_string(row); };
  if (categories_)
    return putCategory(print(value), row);
  if (field_.missing)
    if (std::string text = print(value); isMissingNumber(text, field_))
      return putMissing(text, row);
  if (!appendNumber(value, column_))
    return "field '" + field_.name + "' (" + std::string(nameOf(field_.dtype)) + ") cannot hold " + place();
  if (!withinClasses(column_, elements_++))
    return place() + outsideClasses(field_.classes, field_.name);
  return {};
}

std::string ColumnWriter::putMissing(const std::string &text, int64_t row) {
  if (!field_.optional)
    return "a value is missing: " + text + " in row " + std::to_string(row) + " of field '" + field_.name +
           "' (declare the field with `?` to permit that)";
  if (categories_)
    categories_->appendMissing(column_);
  else
    (void)appendNumber(std::numeric_limits<double>::quiet_NaN(), column_);
  ++elements_;
  return {};
}

std::string ColumnWriter::append(double value, int64_t row) {
  auto print = [](double number) { return printNumber(number); };
  const bool isReal = isFloat(field_.dtype);
  // There is no other use for it, whatever the list says.
  if (std::isnan(value) && (isReal || categories_))
    return putMissing("nan", row);
  if (std::isfinite(value) || categories_)
    return putNumber(value, print, row);
  return "field '" + field_.name + "' (" + std::string(nameOf(field_.dtype)) + ") cannot hold " +
         print(value) + " in row " + std::to_string(row);
}

std::string ColumnWriter::append(int64_t value, int64_t row) {
  return putNumber(value, [](int64_t number) { return std::to_string(number); }, row);
}

std::string ColumnWriter::append(uint64_t value, int64_t row) {
  return putNumber(value, [](uint64_t number) { return std::to_string(number); }, row);
}

std::string ColumnWriter::putCategory(const std::string &name, int64_t row) {
  auto place = [&] { return name + " in row " + std::to_string(row); };
  switch (categories_->append(name, column_)) {
  case CategoryEncoder::Result::Missing:
    return putMissing(name, row);
  case CategoryEncoder::Result::TooMany:
    tooMany_ = "more than " + std::to_string(field_.categories) + " categories: " + place();
    break;
  case CategoryEncoder::Result::Unknown:
    return "a category that the training data does not have: " + place();
  case CategoryEncoder::Result::Fine:
  case CategoryEncoder::Result::Skipped:
    break;
  }
  return {};
}

Expected<Column> ColumnWriter::finish() {
  if (!tooMany_.empty())
    return Status::badData(tooMany_ + "; " + categories_->remedy());
  if (categories_)
    categories_->finish(column_);
  return std::move(column_);
}

std::string listed(const std::string &what, const std::vector<std::string> &names) {
  constexpr size_t mostNames = 24, mostLetters = 40;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), mostNames); ++i)
    text +=
        (i ? ", '" : "'") + names[i].substr(0, mostLetters) + (names[i].size() > mostLetters ? "...'" : "'");
  if (names.size() > mostNames)
    text += " and " + std::to_string(names.size() - mostNames) + " more";
  return names.empty() ? "" : " (" + what + (names.size() == 1 ? ": " : "s: ") + text + ")";
}

std::string printShape(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

bool sameShape(std::vector<int64_t> a, std::vector<int64_t> b) {
  for (std::vector<int64_t> *shape : {&a, &b})
    shape->erase(std::remove(shape->begin(), shape->end(), 1), shape->end());
  return a == b;
}

} // namespace mlc
