#include "runtime/data/Dataset.h"

#include <cstring>
#include <iterator>
#include <numeric>

namespace mlc {

template <int64_t size>
static Status copyRowsOf(const uint8_t *from, const int64_t *rows, int64_t count, uint8_t *to) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * size, from + rows[i] * size, size);
  return {};
}

Status Column::copyRows(const int64_t *rows, int64_t count, uint8_t *to) const {
  if (source)
    return source->read(rows, count, to);
  // Short rows, labels above all, as moves instead of calls.
  switch (rowBytes) {
  case 4:
    return copyRowsOf<4>(bytes.data(), rows, count, to);
  case 8:
    return copyRowsOf<8>(bytes.data(), rows, count, to);
  case 12:
    return copyRowsOf<12>(bytes.data(), rows, count, to);
  case 16:
    return copyRowsOf<16>(bytes.data(), rows, count, to);
  default:
    for (int64_t i = 0; i < count; ++i, to += rowBytes)
      std::memcpy(to, bytes.data() + rows[i] * rowBytes, static_cast<size_t>(rowBytes));
    return {};
  }
}

void Dataset::append(Dataset other) {
  for (size_t i = 0; i < columns.size(); ++i)
    columns[i].bytes.insert(columns[i].bytes.end(), other.columns[i].bytes.begin(),
                            other.columns[i].bytes.end());
  for (size_t i = 0; i < kept.size(); ++i)
    std::move(other.kept[i].values.begin(), other.kept[i].values.end(), std::back_inserter(kept[i].values));
  rows += other.rows;
  skipped += other.skipped;
}

void Dataset::dropSkipped() {
  std::vector<bool> drops(static_cast<size_t>(rows), false);
  for (const Column &column : columns)
    if (column.field.coding == Coding::Category && column.field.unknown == UnknownCategory::Skip)
      for (size_t at = 0; at < column.bytes.size(); at += sizeof(int32_t)) {
        int32_t code;
        std::memcpy(&code, column.bytes.data() + at, sizeof code);
        if (code == skippedCode)
          drops[at / static_cast<size_t>(column.rowBytes)] = true;
      }
  size_t left = 0;
  for (size_t row = 0; row < drops.size(); ++row) {
    if (drops[row])
      continue;
    for (Column &column : columns)
      if (!column.source && left != row)
        std::memcpy(column.bytes.data() + left * static_cast<size_t>(column.rowBytes),
                    column.bytes.data() + row * static_cast<size_t>(column.rowBytes),
                    static_cast<size_t>(column.rowBytes));
    for (KeptColumn &column : kept)
      if (left != row)
        column.values[left] = std::move(column.values[row]);
    ++left;
  }
  for (Column &column : columns)
    if (!column.source)
      column.bytes.resize(left * static_cast<size_t>(column.rowBytes));
  for (KeptColumn &column : kept)
    column.values.resize(left);
  skipped += rows - static_cast<int64_t>(left);
  rows = static_cast<int64_t>(left);
}

Rows Rows::all(std::shared_ptr<const Dataset> data) {
  Rows rows;
  rows.numbers.resize(static_cast<size_t>(data->rows));
  std::iota(rows.numbers.begin(), rows.numbers.end(), int64_t(0));
  rows.data = std::move(data);
  return rows;
}

} // namespace mlc
