#include "runtime/data/Values.h"

#include "runtime/Elements.h"
#include "runtime/Number.h"

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
  switch (column.field.dtype) {
  case DType::F32: {
    std::optional<float> value = parseF32(text);
    if (!value || !std::isfinite(*value))
      return false;
    append(*value, column);
    return true;
  }
  case DType::I64:
    if (std::optional<int64_t> value = parseI64(text)) {
      append(*value, column);
      return true;
    }
    break;
  case DType::Bool:
    if (text == "true" || text == "false") {
      append(static_cast<uint8_t>(text == "true"), column);
      return true;
    }
    break;
  default:
    break;
  }
  std::optional<double> value = parseF64(text);
  return value && std::isfinite(*value) && appendNumber(*value, column);
}

std::string outsideClasses(int64_t classes, const std::string &name) {
  return " is outside the " + std::to_string(classes) + " classes" +
         (name.empty() ? "" : " of '" + name + "'") + ", which count from 0 to " +
         std::to_string(classes - 1);
}

bool withinClasses(const Column &column, int64_t index) {
  if (column.field.classes == 0)
    return true;
  int64_t value = 0;
  switch (column.field.dtype) {
  case DType::I32:
    value = elementAt<int32_t>(column, index);
    break;
  case DType::I64:
    value = elementAt<int64_t>(column, index);
    break;
  case DType::U8:
  case DType::Bool:
    value = elementAt<uint8_t>(column, index);
    break;
  default:
    return true;
  }
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
  if (!learn_)
    return Result::Unknown;
  int64_t code = first_ + static_cast<int64_t>(codes_.size());
  if (code >= field_.categories)
    return Result::TooMany;
  codes_.emplace(value, static_cast<int32_t>(code));
  mlc::append(static_cast<int32_t>(code), column);
  return Result::Fine;
}

void CategoryEncoder::appendMissing(Column &column) { mlc::append(int32_t(0), column); }

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
  if (field.categories > 0)
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
    return putCategory(print(value), place());
  if (!appendNumber(value, column_))
    return "field '" + field_.name + "' (" + std::string(nameOf(field_.dtype)) + ") cannot hold " + place();
  if (!withinClasses(column_, elements_++))
    return "label " + place() + outsideClasses(field_.classes, field_.name);
  return {};
}

std::string ColumnWriter::append(double value, int64_t row) {
  auto print = [](double number) { return printNumber(number); };
  if (std::isfinite(value) || categories_)
    return putNumber(value, print, row);
  const bool isFloat = field_.dtype == DType::F32 || field_.dtype == DType::F64;
  if (std::isnan(value) && isFloat) {
    if (field_.optional)
      return putNumber(value, print, row);
    return "a value is missing: nan in row " + std::to_string(row) + " of field '" + field_.name +
           "' (declare the field with `?` to permit that)";
  }
  return "field '" + field_.name + "' (" + std::string(nameOf(field_.dtype)) + ") cannot hold " +
         print(value) + " in row " + std::to_string(row);
}

std::string ColumnWriter::append(int64_t value, int64_t row) {
  return putNumber(value, [](int64_t number) { return std::to_string(number); }, row);
}

std::string ColumnWriter::append(uint64_t value, int64_t row) {
  return putNumber(value, [](uint64_t number) { return std::to_string(number); }, row);
}

std::string ColumnWriter::append(std::string_view name, int64_t row) {
  return putCategory(name, "'" + std::string(name) + "' in row " + std::to_string(row));
}

std::string ColumnWriter::putCategory(std::string_view name, const std::string &place) {
  switch (categories_->append(name, column_)) {
  case CategoryEncoder::Result::TooMany:
    return "more than " + std::to_string(field_.categories) + " categories: " + place;
  case CategoryEncoder::Result::Unknown:
    return "a category that the training data does not have: " + place;
  case CategoryEncoder::Result::Fine:
    break;
  }
  return {};
}

Column ColumnWriter::finish() {
  if (categories_)
    categories_->finish(column_);
  return std::move(column_);
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
