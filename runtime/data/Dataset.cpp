#include "runtime/data/Dataset.h"

#include <cstring>
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

Rows Rows::all(std::shared_ptr<const Dataset> data) {
  Rows rows;
  rows.numbers.resize(static_cast<size_t>(data->rows));
  std::iota(rows.numbers.begin(), rows.numbers.end(), int64_t(0));
  rows.data = std::move(data);
  return rows;
}

} // namespace mlc
