// Which weights lie in panels of columns instead of row by row.
#pragma once

#include "frontend/check/Program.h"

#include <cstdint>
#include <vector>

namespace mlc::compiler {

/// Columns of a panel, for each of the program's state tensors; 0 where it lies row by row.
///
/// In panels lie f32 parameters [k, n] that products x w alone read, outside of loops, and in training for at
/// most `mostRows` rows; with them what optimizers keep of them in their shape. More rows pay for copying
/// panels themselves, and their gradients, long sums, come faster row by row (docs/performance.md).
std::vector<int64_t> panelsOf(const frontend::core::Program &program);

} // namespace mlc::compiler
