#include "runtime/data/Csv.h"

#include "runtime/Nearest.h"
#include "runtime/data/Values.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace mlc {

int CsvRecords::get() {
  int c = peek();
  if (c >= 0)
    ++at_;
  if (c == '\n')
    ++line_;
  return c;
}

int CsvRecords::peek() {
  if (at_ == filled_) {
    buffer_.resize(size_t(1) << 16);
    Expected<size_t> got = file_.read(buffer_.data(), buffer_.size());
    if (!got) {
      failure_ = got.status();
      return -2;
    }
    at_ = 0;
    filled_ = *got;
    if (filled_ == 0)
      return -1;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

Status CsvRecords::bad(const std::string &what) const {
  return Status::badData(what + ", " + path() + " line " + std::to_string(recordLine_));
}

Expected<bool> CsvRecords::next(std::vector<Value> &values, bool keepEmpty) {
  if (!started_) {
    started_ = true;
    (void)peek();
    if (filled_ >= 3 && std::string_view(buffer_.data(), 3) == "\xef\xbb\xbf")
      at_ += 3;
  }
  if (!keepEmpty)
    for (int c = peek(); c == '\n' || c == '\r'; c = peek())
      (void)get();
  recordLine_ = line_;
  values.clear();
  if (peek() == -1)
    return false;
  while (true) {
    if (values.size() == maxValues)
      return bad("more than " + std::to_string(maxValues) + " values");
    values.emplace_back();
    Value &value = values.back();
    while (peek() != separator_ && (peek() == ' ' || peek() == '\t'))
      (void)get();
    if (peek() == '"') {
      value.quoted = true;
      (void)get();
      while (true) {
        int c = get();
        if (c == -2)
          return failure_;
        if (c == -1)
          return bad("a quote is opened and never closed");
        if (c == '"') {
          if (peek() != '"')
            break;
          (void)get();
        }
        if (value.text.size() == maxValueBytes)
          return bad("a value is longer than 1 MiB; is a quote missing?");
        value.text += static_cast<char>(c);
      }
      while (peek() != separator_ && (peek() == ' ' || peek() == '\t'))
        (void)get();
    }
    while (true) {
      int c = get();
      if (c == -2)
        return failure_;
      if (c == '\r' && peek() == '\n')
        c = get();
      if (c == -1 || c == '\n' || c == separator_) {
        while (!value.quoted && !value.text.empty() &&
               (value.text.back() == ' ' || value.text.back() == '\t'))
          value.text.pop_back();
        if (c != separator_)
          return true;
        break;
      }
      if (value.quoted)
        return bad("text follows a closing quote");
      if (c == '"')
        return bad("a quote in the middle of a value; quote the whole value and double the quotes in it");
      if (value.text.size() == maxValueBytes)
        return bad("a value is longer than 1 MiB");
      value.text += static_cast<char>(c);
    }
  }
}

namespace {

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
         });
}

bool isMissing(std::string_view text, bool number) {
  if (text.empty() || text == "?")
    return true;
  return number && (equalIgnoringCase(text, "na") || equalIgnoringCase(text, "n/a") ||
                    equalIgnoringCase(text, "nan") || equalIgnoringCase(text, "null"));
}

/// A field, the columns that feed it, and where its values go.
struct Target {
  Column column;
  int64_t elements = 1; ///< of a row
  std::vector<size_t> sources;
  std::optional<CategoryEncoder> categories;
};

/// What a value must be, for messages.
std::string wanted(DType dtype) {
  switch (dtype) {
  case DType::F32:
  case DType::F64:
    return "a finite number";
  case DType::U8:
    return "a whole number from 0 to 255";
  case DType::Bool:
    return "0, 1, true or false";
  default:
    return "a whole number that fits " + std::string(nameOf(dtype));
  }
}

std::string excerpt(const std::string &text) { return text.size() <= 40 ? text : text.substr(0, 37) + "..."; }

/// Appends one value; on failure gives what is wrong, without the place.
std::string appendValue(const std::string &text, Target &target) {
  const FieldSpec &field = target.column.field;
  if (isMissing(text, !target.categories)) {
    if (!field.optional)
      return "a value is missing (declare the field with `?` to permit that)";
    if (target.categories)
      target.categories->appendMissing(target.column);
    else if (field.dtype == DType::F32 || field.dtype == DType::F64)
      (void)appendNumber(std::numeric_limits<double>::quiet_NaN(), target.column);
    else
      return "a value is missing, and " + std::string(nameOf(field.dtype)) + " has none to stand for it";
    return {};
  }
  if (target.categories) {
    switch (target.categories->append(text, target.column)) {
    case CategoryEncoder::Result::Fine:
      break;
    case CategoryEncoder::Result::TooMany:
      return "'" + excerpt(text) + "' is one category more than the " + std::to_string(field.categories) +
             " declared" + (field.optional ? " (code 0 stands for missing)" : "");
    case CategoryEncoder::Result::Unknown:
      return "category '" + excerpt(text) + "' does not occur in the training data";
    }
  } else if (!appendText(text, target.column)) {
    return "'" + excerpt(text) + "' is not " + wanted(field.dtype);
  }
  int64_t last = static_cast<int64_t>(target.column.bytes.size()) / sizeOf(field.dtype) - 1;
  if (!withinClasses(target.column, last))
    return "label " + excerpt(text) + outsideClasses(field.classes);
  return {};
}

/// Appends all elements of a row from one value that has them separated by blanks.
std::string appendVector(const std::string &text, Target &target) {
  int64_t count = 0;
  for (size_t at = text.find_first_not_of(' '); at != std::string::npos;) {
    size_t end = std::min(text.find(' ', at), text.size());
    if (++count > target.elements)
      return "more than " + std::to_string(target.elements) + " numbers";
    if (std::string wrong = appendValue(text.substr(at, end - at), target); !wrong.empty())
      return wrong;
    at = text.find_first_not_of(' ', end);
  }
  DType dtype = target.column.field.dtype;
  if (count < target.elements && (dtype == DType::F32 || dtype == DType::F64))
    return std::to_string(count) + (count == 1 ? " number" : " numbers") + ", and the field has " +
           std::to_string(target.elements);
  for (; count < target.elements; ++count)
    (void)appendNumber(0.0, target.column);
  return {};
}

} // namespace

Expected<Dataset> readCsv(const std::string &path, const std::map<std::string, std::string> &options,
                          const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn) {
  char separator = ',';
  for (const auto &[name, value] : options) {
    if (name != "separator")
      return Status::badData("the csv reader has no option '" + name + "'" + didYouMean(name, {"separator"}));
    if (value.size() != 1 || value == "\"" || value == "\n" || value == "\r")
      return Status::badData("the csv separator must be one character, not '" + excerpt(value) + "'");
    separator = value[0];
  }
  Expected<InputFile> file = InputFile::open(path);
  if (!file)
    return file.status();
  CsvRecords records(std::move(*file), separator);
  std::vector<CsvRecords::Value> values;
  Expected<bool> more = records.next(values, false);
  if (!more)
    return more.status();
  if (!*more)
    return Status::badData("the file is empty; its first line must name the columns, " + path);

  std::vector<std::string> header;
  std::unordered_map<std::string, size_t> positions;
  std::unordered_set<std::string> repeated;
  for (const CsvRecords::Value &value : values) {
    if (!positions.emplace(value.text, header.size()).second)
      repeated.insert(value.text);
    header.push_back(value.text);
  }
  std::vector<Target> targets;
  targets.reserve(fields.size());
  for (const FieldSpec &field : fields) {
    Target &target =
        targets.emplace_back(Target{Column::of(field), *checkedProduct(field.shape), {}, std::nullopt});
    std::vector<std::string> columns = field.columns;
    if (columns.empty())
      columns = {field.name};
    // One column may hold all numbers of a field; without a name for it, more likely the names are missing.
    bool inOne = columns.size() == 1 && (!field.columns.empty() || positions.count(columns[0]));
    if (!inOne && static_cast<int64_t>(columns.size()) != target.elements)
      return Status::badData("field '" + field.name + "' needs " + std::to_string(target.elements) +
                             " columns and names " + std::to_string(columns.size()) +
                             "; write them after `=` in the data block");
    for (const std::string &column : columns) {
      auto found = positions.find(column);
      if (found == positions.end())
        return Status::badData("there is no column '" + column + "', " + path + didYouMean(column, header));
      if (repeated.count(column))
        return Status::badData("there are several columns '" + column + "', " + path);
      target.sources.push_back(found->second);
    }
    if (field.categories > 0)
      target.categories.emplace(target.column.field, vocabulary, learn);
  }

  int64_t rows = 0;
  while (true) {
    more = records.next(values, /*keepEmpty=*/header.size() == 1);
    if (!more)
      return more.status();
    if (!*more)
      break;
    std::string place = ", " + path + " line " + std::to_string(records.line());
    if (values.size() != header.size())
      return Status::badData("too " + std::string(values.size() < header.size() ? "few" : "many") +
                             " values (" + std::to_string(values.size()) + ", the header has " +
                             std::to_string(header.size()) + ")" + place);
    for (Target &target : targets)
      for (size_t source : target.sources)
        if (std::string wrong = target.sources.size() == 1 && target.elements != 1
                                    ? appendVector(values[source].text, target)
                                    : appendValue(values[source].text, target);
            !wrong.empty())
          return Status::badData(wrong + place + ", column '" + header[source] + "'");
    ++rows;
  }
  Dataset dataset;
  dataset.rows = rows;
  for (Target &target : targets) {
    if (target.categories)
      target.categories->finish(target.column);
    dataset.columns.push_back(std::move(target.column));
  }
  return dataset;
}

} // namespace mlc
