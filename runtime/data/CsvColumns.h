// The columns of a CSV file: which ones make a field, and what a column looks like to whoever declared it
// otherwise.
#ifndef MLC_RUNTIME_DATA_CSVCOLUMNS_H
#define MLC_RUNTIME_DATA_CSVCOLUMNS_H

#include "runtime/data/CsvRecords.h"
#include "runtime/data/Dataset.h"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mlc {

/// A character as a program names it: `;`, or tab.
std::string spellSeparator(char separator);

class CsvColumns {
public:
  /// `header`: the file's first record; `path` and `separator` are for messages.
  CsvColumns(const std::vector<CsvRecords::Value> &header, char separator, std::string path);

  size_t size() const { return names_.size(); }
  const std::string &name(size_t column) const { return names_[column]; }
  /// The columns that make a field, in its order. Every failure says which columns there are or, where the
  /// header looks as if it were separated by something else, how to say so.
  Expected<std::vector<size_t>> of(const FieldSpec &field) const;

private:
  /// What to say of a header that is one column and looks like several, or empty.
  std::string otherSeparator() const;

  std::vector<std::string> names_;
  char separator_;
  std::string path_;
  std::unordered_map<std::string, size_t> positions_;
  std::unordered_set<std::string> repeated_;
};

/// What the column of a field of numbers is, if most of its values are none: "; the column holds 2 different
/// values: declare it as `category(2)`", or empty. Reads the file again.
std::string describeTextColumn(const std::string &path, char separator, size_t column,
                               const FieldSpec &field);

} // namespace mlc
#endif
