// Rows, column by column, in the dtypes of the fields; constant once read. Most columns lie in memory; large
// ones, such as pictures in files, are made row by row when a batch wants them.
#ifndef MLC_RUNTIME_DATA_DATASET_H
#define MLC_RUNTIME_DATA_DATASET_H

#include "runtime/program/Manifest.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlc {

/// Makes the rows of a column when they are asked for.
class RowSource {
public:
  virtual ~RowSource() = default;
  /// Writes `count` rows, dense and in the order asked for, to `to`. May be called from several threads at
  /// once. A failure names the file.
  virtual Status read(const int64_t *rows, int64_t count, uint8_t *to) const = 0;
  /// A number that is another one, nearly always, when the rows are; see Fingerprint.
  virtual Expected<uint64_t> fingerprint() const = 0;
};

/// The values of one field: `rows` times the field's row, dense, or made by a source.
struct Column {
  FieldSpec field;
  int64_t rowBytes = 0;
  std::vector<uint8_t> bytes;
  std::shared_ptr<const RowSource> source = nullptr; ///< if set, `bytes` is empty

  /// An empty column for a field.
  static Column of(const FieldSpec &field) {
    return {field, checkedProduct(field.shape, sizeOf(field.dtype)).value_or(0), {}};
  }
  /// Writes `count` rows one after another to `to`; the numbers must be below the dataset's rows.
  Status copyRows(const int64_t *rows, int64_t count, uint8_t *to) const;
};

/// A column of a file as it stands there, to be passed on.
struct KeptColumn {
  std::string name;
  std::vector<std::string> values; ///< of each row
};

/// Which columns of a file are to be passed on.
struct Keep {
  std::vector<std::string> columns;
  bool asUtf8 = false; ///< what is no UTF-8 is an error, for JSON cannot say it
};

struct Dataset {
  int64_t rows = 0;
  std::vector<Column> columns;
  std::vector<KeptColumn> kept = {};
  int64_t skipped = 0; ///< rows that were left out by UnknownCategory::Skip
  /// Set when the rows are windows over one sequence: validation is then its tail, not rows chosen by the
  /// seed, and this many rows before the tail overlap it and go to neither part.
  std::optional<int64_t> overlap = std::nullopt;

  /// Adds the rows of another dataset of the same fields; both in memory.
  void append(Dataset other);
  /// Leaves out the rows with a category that skippedCode stands for.
  void dropSkipped();

  const Column *find(std::string_view field) const {
    for (const Column &column : columns)
      if (column.field.name == field)
        return &column;
    return nullptr;
  }
};

/// Some rows of a dataset, in order. Copies are cheap for the data, not for the list of rows.
struct Rows {
  std::shared_ptr<const Dataset> data;
  std::vector<int64_t> numbers; ///< each below data->rows

  int64_t size() const { return static_cast<int64_t>(numbers.size()); }
  /// All rows in file order.
  static Rows all(std::shared_ptr<const Dataset> data);
};

/// For each field with categories, its values in the order of their codes (from 0, or from 1 for an optional
/// field).
using Vocabulary = std::map<std::string, std::vector<std::string>>;

/// The code of a category of a row that is to be left out, while the row is read.
constexpr int32_t skippedCode = -1;

/// An upper bound on rows, so that numbers of rows times sizes never overflow.
constexpr int64_t maxRows = int64_t(1) << 40;

} // namespace mlc
#endif
