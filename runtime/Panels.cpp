#include "runtime/Panels.h"

#include <cstring>

namespace mlc {

void rowsFromPanels(const PanelShape &shape, const uint8_t *panels, int64_t first, int64_t count,
                    uint8_t *to) {
  int64_t bytes = shape.panel * shape.elementBytes;
  for (int64_t row = first; row < first + count; ++row)
    for (int64_t p = 0; p < shape.columns / shape.panel; ++p, to += bytes)
      std::memcpy(to, panels + (p * shape.rows + row) * bytes, static_cast<size_t>(bytes));
}

void panelsFromRows(const PanelShape &shape, const uint8_t *from, uint8_t *panels) {
  int64_t bytes = shape.panel * shape.elementBytes;
  for (int64_t row = 0; row < shape.rows; ++row)
    for (int64_t p = 0; p < shape.columns / shape.panel; ++p, from += bytes)
      std::memcpy(panels + (p * shape.rows + row) * bytes, from, static_cast<size_t>(bytes));
}

} // namespace mlc
