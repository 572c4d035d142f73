#include "runtime/data/Dataset.h"

#include <numeric>

namespace mlc {

Rows Rows::all(std::shared_ptr<const Dataset> data) {
  Rows rows;
  rows.numbers.resize(static_cast<size_t>(data->rows));
  std::iota(rows.numbers.begin(), rows.numbers.end(), int64_t(0));
  rows.data = std::move(data);
  return rows;
}

} // namespace mlc
