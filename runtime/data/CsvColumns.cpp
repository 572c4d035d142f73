#include "runtime/data/CsvColumns.h"

#include "runtime/Date.h"
#include "runtime/Nearest.h"
#include "runtime/Number.h"
#include "runtime/data/Missing.h"
#include "runtime/data/Values.h"

#include <algorithm>

namespace mlc {
namespace {

/// A column with more different values is no category but text.
constexpr size_t mostCategories = 256;

std::string fileName(const std::string &path) { return path.substr(path.find_last_of('/') + 1); }

/// Whether nobody can name the path in a data block; see PipedFiles.h.
bool isPipe(const std::string &path) { return path.rfind("/proc/self/fd/", 0) == 0; }

} // namespace

std::string spellSeparator(char separator) { return separator == '\t' ? "tab" : std::string(1, separator); }

CsvColumns::CsvColumns(const std::vector<CsvRecords::Value> &header, char separator, std::string path)
    : separator_(separator), path_(std::move(path)) {
  for (const CsvRecords::Value &value : header) {
    if (!positions_.emplace(value.text, names_.size()).second)
      repeated_.insert(value.text);
    names_.push_back(value.text);
  }
}

std::string CsvColumns::otherSeparator() const {
  if (names_.size() != 1)
    return {};
  char best = 0;
  std::ptrdiff_t most = 0;
  for (char each : {';', '\t', ',', '|'})
    if (std::ptrdiff_t count = std::count(names_[0].begin(), names_[0].end(), each);
        each != separator_ && count > most) {
      best = each;
      most = count;
    }
  if (most == 0)
    return {};
  return "the header is one column where `" + spellSeparator(separator_) + "` separates columns, and " +
         std::to_string(most + 1) + " where `" + spellSeparator(best) + "` does: " +
         (isPipe(path_)
              ? "give `--separator \"" + spellSeparator(best) + "\"`, "
              : "write `csv(\"" + fileName(path_) + "\", separator = \"" + spellSeparator(best) + "\")`, ") +
         path_;
}

Expected<std::vector<size_t>> CsvColumns::of(const FieldSpec &field) const {
  std::vector<std::string> columns = field.columns;
  if (columns.empty())
    columns = {field.name};
  const int64_t elements = *checkedProduct(field.shape);
  // One column may hold all numbers of a field; without a name for it, more likely the names are missing. A
  // date and a text are in one column anyway.
  const bool isText = field.coding != Coding::Number && field.coding != Coding::Category;
  bool inOne = columns.size() == 1 && (isText || !field.columns.empty() || positions_.count(columns[0]));
  auto bad = [&](const std::string &what, const std::string &nearest = "") {
    std::string other = otherSeparator();
    return Status::badData(other.empty() ? what + ", " + path_ + listed("column", names_) + nearest : other);
  };
  if (!inOne && static_cast<int64_t>(columns.size()) != elements)
    return bad("field '" + field.name + "' needs " + std::to_string(elements) + " columns and names " +
               std::to_string(columns.size()) + "; write them after `=` in the data block");
  std::vector<size_t> found;
  for (const std::string &column : columns) {
    auto position = positions_.find(column);
    if (position == positions_.end())
      return bad("there is no column '" + column + "'", didYouMean(column, names_));
    if (repeated_.count(column))
      return bad("there are several columns '" + column + "'");
    found.push_back(position->second);
  }
  return found;
}

std::string describeTextColumn(const std::string &path, char separator, size_t column,
                               const FieldSpec &field) {
  Expected<InputFile> file = InputFile::open(path);
  if (!file)
    return {};
  CsvRecords records(std::move(*file), separator);
  std::vector<CsvRecords::Value> values;
  std::unordered_set<std::string> different;
  int64_t texts = 0, dates = 0, numbers = 0;
  bool misses = false;
  Expected<bool> more = records.next(values, false);
  const bool isOnly = values.size() == 1;
  while (more && *more) {
    more = records.next(values, isOnly);
    if (!more || !*more || column >= values.size())
      break;
    const std::string &text = values[column].text;
    if (isMissing(text, field)) {
      misses = true;
      continue;
    }
    parseF64(text) ? ++numbers : ++texts;
    dates += parseDate(text).has_value();
    if (different.size() <= mostCategories)
      different.insert(text);
  }
  if (!more || texts <= numbers)
    return {};
  const std::string mark = misses ? "?`" : "`";
  if (dates == texts)
    return "; the column holds dates: declare it as `date" + mark;
  if (different.size() > mostCategories)
    return "; the column holds text: `vocabulary(n)" + mark + " and `hash(n)" + mark +
           " make numbers of words";
  size_t codes = different.size() + (misses ? 1 : 0);
  return "; the column holds " + std::to_string(different.size()) +
         (different.size() == 1 ? " value" : " different values") + ": declare it as `category(" +
         std::to_string(codes) + ")" + mark;
}

} // namespace mlc
