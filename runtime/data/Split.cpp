#include "runtime/data/Split.h"

#include "runtime/data/Shuffle.h"

#include <algorithm>
#include <numeric>

namespace mlc {

SplitRows cutValidation(const Rows &all, double fraction, uint64_t seed) {
  int64_t rows = all.size();
  auto held = static_cast<int64_t>(fraction * static_cast<double>(rows));
  if (rows >= 2)
    held = std::clamp<int64_t>(held, fraction > 0 ? 1 : 0, rows - 1);
  else
    held = 0;
  if (all.data->overlap) {
    auto cut = all.numbers.end() - held;
    int64_t kept = std::max<int64_t>(rows - held - (held > 0 ? *all.data->overlap : 0), 0);
    return {{all.data, {all.numbers.begin(), all.numbers.begin() + kept}},
            {all.data, {cut, all.numbers.end()}}};
  }
  std::vector<int64_t> order(static_cast<size_t>(rows));
  std::iota(order.begin(), order.end(), int64_t(0));
  shuffle(order, seed, OrderUse::ValidationCut, 0);
  std::vector<bool> isHeld(static_cast<size_t>(rows), false);
  for (int64_t i = 0; i < held; ++i)
    isHeld[static_cast<size_t>(order[static_cast<size_t>(i)])] = true;
  SplitRows parts{{all.data, {}}, {all.data, {}}};
  for (int64_t i = 0; i < rows; ++i) {
    auto at = static_cast<size_t>(i);
    (isHeld[at] ? parts.validation : parts.train).numbers.push_back(all.numbers[at]);
  }
  return parts;
}

} // namespace mlc
