// Matrices whose columns lie in panels, as compiled code keeps some weights: [k, n] as [n / panel][k][panel].
#ifndef MLC_RUNTIME_PANELS_H
#define MLC_RUNTIME_PANELS_H

#include <cstdint>

namespace mlc {

/// A matrix of `rows` by `columns` elements of `elementBytes` bytes in panels of `panel` columns, which
/// divides `columns`.
struct PanelShape {
  int64_t rows, columns, panel, elementBytes;
};

/// Writes `count` rows, from row `first` on, one after the other to `to`.
void rowsFromPanels(const PanelShape &shape, const uint8_t *panels, int64_t first, int64_t count,
                    uint8_t *to);

/// Takes all rows, one after the other, from `from`. The two do not overlap.
void panelsFromRows(const PanelShape &shape, const uint8_t *from, uint8_t *panels);

} // namespace mlc
#endif
