#include "runtime/data/Dataset.h"

#include <cstring>
#include <numeric>

namespace mlc {

Status Column::copyRows(const int64_t *rows, int64_t count, uint8_t *to) const {
  if (source)
    return source->read(rows, count, to);
  for (int64_t i = 0; i < count; ++i, to += rowBytes)
    std::memcpy(to, bytes.data() + rows[i] * rowBytes, static_cast<size_t>(rowBytes));
  return {};
}

Rows Rows::all(std::shared_ptr<const Dataset> data) {
  Rows rows;
  rows.numbers.resize(static_cast<size_t>(data->rows));
  std::iota(rows.numbers.begin(), rows.numbers.end(), int64_t(0));
  rows.data = std::move(data);
  return rows;
}

} // namespace mlc
