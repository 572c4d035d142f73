// Rows in memory, column by column, in the dtypes of the fields; constant once read.
#ifndef MLC_RUNTIME_DATA_DATASET_H
#define MLC_RUNTIME_DATA_DATASET_H

#include "runtime/Manifest.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlc {

/// The values of one field: `rows` times the field's row, dense.
struct Column {
  FieldSpec field;
  int64_t rowBytes = 0;
  std::vector<uint8_t> bytes;

  /// An empty column for a field.
  static Column of(const FieldSpec &field) {
    return {field, checkedProduct(field.shape, sizeOf(field.dtype)).value_or(0), {}};
  }
  const uint8_t *row(int64_t i) const { return bytes.data() + i * rowBytes; }
};

struct Dataset {
  int64_t rows = 0;
  std::vector<Column> columns;

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

/// An upper bound on rows, so that numbers of rows times sizes never overflow.
constexpr int64_t maxRows = int64_t(1) << 40;

} // namespace mlc
#endif
