// The records of a CSV file: what stands between separators and line ends.
#ifndef MLC_RUNTIME_DATA_CSVRECORDS_H
#define MLC_RUNTIME_DATA_CSVRECORDS_H

#include "runtime/data/InputFile.h"

#include <string>
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

} // namespace mlc
#endif
