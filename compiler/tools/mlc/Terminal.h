// What standard error is: a terminal or not, in colour or not, how wide.
#pragma once

#include <cstddef>

namespace mlc::tool {

/// Whether a line can be drawn over: a terminal, and TERM does not say `dumb`.
bool canRedraw();
/// Whether escapes for colour are understood and wanted: likewise, and NO_COLOR is not set (no-color.org).
bool wantsColour();
/// Columns of the terminal; 80 if it does not say.
size_t terminalColumns();

} // namespace mlc::tool
