// Putting values of a file into columns: numbers with their bounds, categories with their codes.
#ifndef MLC_RUNTIME_DATA_VALUES_H
#define MLC_RUNTIME_DATA_VALUES_H

#include "runtime/data/Dataset.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mlc {

/// Appends `value` in the column's dtype by the rules of writeNumber (runtime/Elements.h). False when the
/// dtype cannot hold it.
bool appendNumber(double value, Column &column);
bool appendNumber(int64_t value, Column &column);
bool appendNumber(uint64_t value, Column &column);

/// Appends the number that `text` spells; an f32 is rounded once from the decimal, an i64 is exact.
/// A bool may also be "true" or "false". False when it spells none, or none that fits, or not a finite one.
bool appendText(std::string_view text, Column &column);

/// Whether bytes are UTF-8: others would not come back from the files of a run as they were.
bool isUtf8(std::string_view text);

/// Whether element `index` of an integer column lies in [0, classes) of its field; true when there is no such
/// bound.
bool withinClasses(const Column &column, int64_t index);
/// For what is said of a code or label outside: " is outside the 3 classes of 'label', which count from 0 to
/// 2"; without a name the field is not named.
std::string outsideClasses(int64_t classes, const std::string &name = {});

/// Turns the values of a field with categories into codes.
///
/// Learning (the training split): codes are given in order of appearance and `finish` renumbers them by
/// sorted value (numerically when every value is a number, else by bytes) and notes the values in the
/// vocabulary. Otherwise values are looked up in the vocabulary: what was a value in training, by what the
/// program said then, is one. Codes start at 1 in optional fields, where 0 means missing.
class CategoryEncoder {
public:
  CategoryEncoder(const FieldSpec &field, Vocabulary &vocabulary, bool learn);

  enum class Result {
    Fine,
    Missing, ///< stands for a missing value; nothing was appended
    Skipped, ///< skippedCode was appended
    TooMany, ///< learning: the first value that is more than the field declares; go on, to count the others
    Unknown  ///< not a value of the training split; nothing was appended
  };
  /// Appends the code of `value` to the column.
  Result append(std::string_view value, Column &column);
  void appendMissing(Column &column);
  /// After TooMany: what the field must declare for all values so far, as "write `job: category(5)?`".
  std::string remedy() const;
  void finish(Column &column);

private:
  const FieldSpec &field_;
  Vocabulary &vocabulary_;
  bool learn_;
  int32_t first_;
  std::unordered_map<std::string, int32_t> codes_;
};

/// Fills one column with the numbers of a file, whatever the field is: they are converted to its dtype,
/// checked against its bounds, or encoded as categories.
class ColumnWriter {
public:
  /// `field` and `vocabulary` must live as long as the writer.
  ColumnWriter(const FieldSpec &field, Vocabulary &vocabulary, bool learn);

  /// Whether bytes may be copied as they are.
  bool copiesBytes() const { return field_.dtype == DType::U8 && field_.classes == 0 && !categories_; }
  void appendBytes(const uint8_t *bytes, int64_t count);
  /// Appends a value; `row` is for the message. Empty if that went well, else what is wrong, without the
  /// file.
  std::string append(double value, int64_t row);
  std::string append(int64_t value, int64_t row);
  std::string append(uint64_t value, int64_t row);
  /// The column, or what is wrong with it as a whole, without the file; the writer is empty then.
  Expected<Column> finish();

private:
  std::string putCategory(const std::string &name, int64_t row);
  std::string putMissing(const std::string &text, int64_t row);
  template <typename Number, typename Print> std::string putNumber(Number value, Print print, int64_t row);

  const FieldSpec &field_;
  Column column_;
  std::optional<CategoryEncoder> categories_;
  std::string tooMany_; ///< the first category that is
  int64_t elements_ = 0;
};

/// " (columns: 'a', 'b')", for messages; the first of many names, and the beginning of long ones.
std::string listed(const std::string &what, const std::vector<std::string> &names);
/// "[2, 3]".
std::string printShape(const std::vector<int64_t> &shape);
/// Whether two shapes are equal but for dimensions of 1.
bool sameShape(std::vector<int64_t> a, std::vector<int64_t> b);

} // namespace mlc
#endif
