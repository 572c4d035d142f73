// CSV as RFC 4180 has it, with a header line, plain or gzip.
#ifndef MLC_RUNTIME_DATA_CSV_H
#define MLC_RUNTIME_DATA_CSV_H

#include "runtime/data/Dataset.h"
#include "runtime/data/InputFile.h"

#include <string>
#include <string_view>
#include <vector>

namespace mlc {

/// Splits a stream into records. Quotes protect separators, line ends and doubled quotes; lines end with LF
/// or CRLF, the last one may do without; a UTF-8 byte order mark is skipped; blanks around unquoted values
/// are dropped.
class CsvRecords {
public:
  struct Value {
    std::string text;
    bool quoted = false;
  };
  /// Longer values are refused, so that a lost quote cannot swallow a file.
  static constexpr size_t maxValueBytes = size_t(1) << 20;
  static constexpr size_t maxValues = size_t(1) << 16;

  CsvRecords(InputFile file, char separator) : file_(std::move(file)), separator_(separator) {}

  /// Reads the next record into `values`; false at the end. Empty lines are passed over unless `keepEmpty`,
  /// when they are a record with one empty value.
  Expected<bool> next(std::vector<Value> &values, bool keepEmpty);

  /// Number of the line on which the last record began, from 1.
  int64_t line() const { return recordLine_; }
  const std::string &path() const { return file_.path(); }

private:
  /// The next byte, or -1 at the end, or -2 on an error kept in failure_.
  int get();
  int peek();
  Status bad(const std::string &what) const;

  InputFile file_;
  char separator_;
  std::vector<char> buffer_;
  size_t at_ = 0, filled_ = 0;
  bool started_ = false;
  int64_t line_ = 1, recordLine_ = 1;
  Status failure_;
};

/// Reads the fields from the columns they name. A field of several elements that names one column finds them
/// there separated by blanks; of integers, those that are missing at the end are 0. `options` may hold
/// "separator" (one character). A value is missing if it is empty or `?`, for numbers also NA, N/A, NaN or
/// null in any case; that is an error unless the field is optional. Errors name file, line and column.
Expected<Dataset> readCsv(const std::string &path, const std::map<std::string, std::string> &options,
                          const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn);

} // namespace mlc
#endif
