#include "runtime/data/Csv.h"

#include "runtime/Date.h"
#include "runtime/Nearest.h"
#include "runtime/Number.h"
#include "runtime/data/CsvColumns.h"
#include "runtime/data/CsvRecords.h"
#include "runtime/data/Missing.h"
#include "runtime/data/Values.h"
#include "runtime/data/Words.h"

#include <algorithm>
#include <limits>

namespace mlc {

namespace {

/// A field, the columns that feed it, and where its values go.
struct Target {
  Column column;
  int64_t elements = 1; ///< of a row
  std::vector<size_t> sources;
  std::optional<CategoryEncoder> categories;
  std::optional<WordEncoder> words;
  std::vector<DatePart> parts;
  /// The first category that is more than declared, and its place.
  std::string tooMany, tooManyAt;

  const FieldSpec &field() const { return column.field; }
  /// Whether one value holds all elements of a row.
  bool isInOne() const { return sources.size() == 1 && !field().shape.empty(); }
};

/// What a value must be, for messages.
std::string wanted(DType dtype) {
  if (isFloat(dtype))
    return "a finite number";
  if (dtype == DType::Bool)
    return "0, 1, true or false";
  if (NumberRange range = rangeOf(dtype); range.highest < 1000)
    return "a whole number from " + printNumber(range.lowest) + " to " + printNumber(range.highest);
  return "a whole number that fits " + std::string(nameOf(dtype));
}

std::string excerpt(const std::string &text) { return text.size() <= 40 ? text : text.substr(0, 37) + "..."; }

constexpr const char *notUtf8 = "the text is not UTF-8; convert the file (iconv -f LATIN1 -t UTF-8)";

/// What is wrong with a missing value, or empty: then what stands for it was appended to the row.
std::string appendMissing(const std::string &text, Target &target, int64_t elements) {
  const FieldSpec &field = target.field();
  const bool isReal = isFloat(field.dtype);
  if (!isReal && field.coding == Coding::Number)
    return "a value is missing, and " + std::string(nameOf(field.dtype)) +
           " has none to stand for it (`f32?` has)";
  if (!field.optional)
    return whyMissing(excerpt(text));
  for (; elements > 0; --elements)
    if (isReal)
      (void)appendNumber(std::numeric_limits<double>::quiet_NaN(), target.column);
    else
      WordEncoder::appendNone(1, target.column); // a category's code for it is 0, too
  return {};
}

std::string appendCategory(const std::string &text, Target &target) {
  const FieldSpec &field = target.field();
  switch (target.categories->append(text, target.column)) {
  case CategoryEncoder::Result::Fine:
  case CategoryEncoder::Result::Skipped:
    break;
  case CategoryEncoder::Result::Missing:
    return appendMissing(text, target, 1);
  case CategoryEncoder::Result::TooMany:
    target.tooMany = "'" + excerpt(text) + "' is one category more than the " +
                     std::to_string(field.categories) + " declared";
    break;
  case CategoryEncoder::Result::Unknown:
    return "category '" + excerpt(text) +
           "' does not occur in the training data (`--unknown skip` leaves such " + "rows out" +
           (field.optional ? ", `--unknown missing` takes it for missing)" : ")");
  }
  return {};
}

std::string appendDate(const std::string &text, Target &target) {
  std::optional<DateTime> date = parseDate(text);
  if (!date)
    return "'" + excerpt(text) + "' is not a date such as 2024-03-01 or 2024-03-01T13:45:00";
  for (DatePart part : target.parts)
    (void)appendNumber(partOf(*date, part), target.column);
  return {};
}

/// Why a text is no number of the field.
std::string notANumber(const std::string &text, const FieldSpec &field) {
  std::string point = text;
  std::replace(point.begin(), point.end(), ',', '.');
  bool comma = point != text && parseF64(point);
  return "'" + excerpt(text) + "' is not " + wanted(field.dtype) +
         (comma ? "; the decimal mark is a point" : "");
}

/// Of a category whose code is looked up in something too short; what its code is, is known after the last
/// row.
std::string tooFewCodes(const std::string &text, const FieldSpec &field) {
  const std::string codes = std::to_string(std::max(field.categories, field.classes + 1));
  return "'" + excerpt(text) + "' has a code that the program has no place for: it looks codes of `" +
         field.name + "` up among " + std::to_string(field.classes) + ", and there are " + codes +
         "; write `one_hot(" + field.name + ", " + codes + ")`, or " + codes +
         " in the `embedding` or the scores of `cross_entropy`";
}

/// Appends one value; on failure gives what is wrong, without the place.
std::string appendValue(const std::string &text, Target &target) {
  const FieldSpec &field = target.field();
  if (field.coding != Coding::Number && field.coding != Coding::Date && !isUtf8(text))
    return notUtf8;
  if (target.categories) {
    if (std::string wrong = appendCategory(text, target); !wrong.empty())
      return wrong;
  } else if (field.coding == Coding::Number && !isFloat(field.dtype)) {
    // It cannot miss values, so that what is a number is one.
    if (!appendText(text, target.column))
      return isMissing(text, field) ? appendMissing(text, target, 1) : notANumber(text, field);
  } else if (isMissing(text, field)) {
    return appendMissing(text, target, target.parts.empty() ? 1 : target.elements);
  } else if (target.words) {
    target.words->appendWord(text, target.column);
  } else if (!target.parts.empty()) {
    return appendDate(text, target);
  } else if (!appendText(text, target.column)) {
    return notANumber(text, field);
  }
  int64_t last = static_cast<int64_t>(target.column.bytes.size()) / sizeOf(field.dtype) - 1;
  // Categories that are too many are counted first; the code of a row to skip is none.
  if (target.tooMany.empty() && field.unknown != UnknownCategory::Skip && !withinClasses(target.column, last))
    return field.coding == Coding::Category ? tooFewCodes(text, field)
                                            : excerpt(text) + outsideClasses(field.classes);
  return {};
}

/// Appends all elements of a row from one value that has them separated by blanks.
std::string appendVector(const std::string &text, Target &target) {
  if (!target.parts.empty())
    return appendValue(text, target);
  if (target.words) {
    if (!isUtf8(text) || isMissing(text, target.field()))
      return isUtf8(text) ? appendMissing(text, target, target.elements) : appendValue(text, target);
    target.words->appendText(text, target.column);
    return {};
  }
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
  if (count < target.elements && isFloat(dtype))
    return std::to_string(count) + (count == 1 ? " number" : " numbers") + ", and the field has " +
           std::to_string(target.elements);
  for (; count < target.elements; ++count)
    (void)appendNumber(0.0, target.column);
  return {};
}

/// The character that separates columns.
Expected<char> separatorOf(const std::string &path, const std::map<std::string, std::string> &options) {
  char separator = 0;
  for (const auto &[name, value] : options) {
    if (name != "separator")
      return Status::badData("the csv reader has no option '" + name + "'" + didYouMean(name, {"separator"}));
    if (value == "tab")
      separator = '\t';
    else if (value.size() == 1 && value != "\"" && value != "\n" && value != "\r")
      separator = value[0];
    else
      return Status::badData("the csv separator must be one character or `tab`, not '" + excerpt(value) +
                             "'");
  }
  auto endsWith = [&](std::string_view ending) {
    return path.size() >= ending.size() &&
           path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
  };
  if (separator == 0)
    separator = endsWith(".tsv") || endsWith(".tsv.gz") ? '\t' : ',';
  return separator;
}

struct OpenCsv {
  char separator;
  CsvRecords records; ///< from the header on
};

Expected<OpenCsv> openCsv(const std::string &path, const std::map<std::string, std::string> &options) {
  Expected<char> separator = separatorOf(path, options);
  if (!separator)
    return separator.status();
  Expected<InputFile> file = InputFile::open(path);
  if (!file)
    return file.status();
  return OpenCsv{*separator, CsvRecords(std::move(*file), *separator)};
}

Expected<std::vector<Target>> bind(const CsvColumns &columns, const std::vector<FieldSpec> &fields,
                                   Vocabulary &vocabulary, bool learn) {
  std::vector<Target> targets;
  targets.reserve(fields.size()); // encoders point into them
  for (const FieldSpec &field : fields) {
    Target &target = targets.emplace_back();
    target.column = Column::of(field);
    target.elements = *checkedProduct(field.shape);
    Expected<std::vector<size_t>> sources = columns.of(field);
    if (!sources)
      return sources.status();
    target.sources = std::move(*sources);
    for (const std::string &part : field.parts)
      if (std::optional<DatePart> known = datePartNamed(part))
        target.parts.push_back(*known);
    if (field.coding == Coding::Category)
      target.categories.emplace(target.field(), vocabulary, learn);
    if (field.coding == Coding::Vocabulary || field.coding == Coding::Hash)
      target.words.emplace(target.field(), vocabulary, learn);
  }
  return targets;
}

} // namespace

Expected<Dataset> readCsv(const std::string &path, const std::map<std::string, std::string> &options,
                          const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn,
                          const Keep &keep) {
  Expected<OpenCsv> csv = openCsv(path, options);
  if (!csv)
    return csv.status();
  CsvRecords &records = csv->records;
  std::vector<CsvRecords::Value> values;
  Expected<bool> more = records.next(values, false);
  if (!more)
    return more.status();
  if (!*more)
    return Status::badData("the file is empty; its first line must name the columns, " + path);
  const CsvColumns columns(values, csv->separator, path);
  Expected<std::vector<Target>> targets = bind(columns, fields, vocabulary, learn);
  if (!targets)
    return targets.status();

  Dataset dataset;
  std::vector<size_t> keptAt;
  auto checkKept = [&](const std::string &text, const std::string &name) {
    if (!keep.asUtf8 || isUtf8(text))
      return Status::ok();
    return Status::badData(notUtf8 + std::string(", or leave out --json: CSV passes bytes on as they are, ") +
                           path + " line " + std::to_string(records.line()) + ", column '" + name + "'");
  };
  for (const std::string &name : keep.columns) {
    FieldSpec column;
    column.name = name;
    Expected<std::vector<size_t>> at = columns.of(column);
    if (!at)
      return at.status();
    MLC_TRY(checkKept(name, name));
    keptAt.push_back((*at)[0]);
    dataset.kept.push_back({name, {}});
  }

  int64_t rows = 0;
  while (true) {
    more = records.next(values, /*keepEmpty=*/columns.size() == 1);
    if (!more)
      return more.status();
    if (!*more)
      break;
    auto place = [&] { return ", " + path + " line " + std::to_string(records.line()); };
    if (values.size() != columns.size())
      return Status::badData("too " + std::string(values.size() < columns.size() ? "few" : "many") +
                             " values (" + std::to_string(values.size()) + ", the header has " +
                             std::to_string(columns.size()) + ")" + place());
    for (Target &target : *targets)
      for (size_t source : target.sources) {
        const std::string &text = values[source].text;
        const bool fitted = target.tooMany.empty();
        std::string wrong = target.isInOne() ? appendVector(text, target) : appendValue(text, target);
        if (!wrong.empty()) {
          // Only the training split is sure to be a file that can be read again.
          bool isNumber =
              learn && target.field().coding == Coding::Number && !isMissing(text, target.field());
          return Status::badData(
              wrong + place() + ", column '" + columns.name(source) + "'" +
              (isNumber ? describeTextColumn(path, csv->separator, source, target.field()) : ""));
        }
        if (fitted && !target.tooMany.empty())
          target.tooManyAt = place() + ", column '" + columns.name(source) + "'";
      }
    for (size_t i = 0; i < keptAt.size(); ++i) {
      const std::string &text = values[keptAt[i]].text;
      MLC_TRY(checkKept(text, dataset.kept[i].name));
      dataset.kept[i].values.push_back(text);
    }
    ++rows;
  }
  dataset.rows = rows;
  for (Target &target : *targets) {
    if (!target.tooMany.empty())
      return Status::badData(target.tooMany + "; " + target.categories->remedy() + target.tooManyAt);
    if (target.categories)
      target.categories->finish(target.column);
    if (target.words)
      target.words->finish(target.column);
    dataset.columns.push_back(std::move(target.column));
  }
  return dataset;
}

Expected<int64_t> lineOfCsvRow(const std::string &path, const std::map<std::string, std::string> &options,
                               int64_t row) {
  Expected<OpenCsv> csv = openCsv(path, options);
  if (!csv)
    return csv.status();
  CsvRecords &records = csv->records;
  std::vector<CsvRecords::Value> values;
  size_t columns = 0;
  for (int64_t at = -1; at <= row; ++at) { // the header is before row 0
    Expected<bool> more = records.next(values, /*keepEmpty=*/columns == 1);
    if (!more)
      return more.status();
    if (!*more)
      return Status::badData("the file has no row " + std::to_string(row) + ", " + path);
    columns = std::max(columns, values.size());
  }
  return records.line();
}

} // namespace mlc
