// A text as windows of bytes.
#ifndef MLC_RUNTIME_DATA_TEXT_H
#define MLC_RUNTIME_DATA_TEXT_H

#include "runtime/data/Dataset.h"

namespace mlc {

/// Reads a file, plain or gzip, once; row r is the window that begins at byte r * stride. Windows are cut
/// when a batch wants them, so they cost no memory whatever the stride.
///
/// Fields, all of one length T and of dtype i32 or u8: the window; the window one byte later. The rows are
/// those whose windows lie in the text whole. `stride` 0 means T: windows that do not overlap.
/// Errors: IO; BadData naming the file when it is shorter than one row or has bytes that are no class of the
/// field.
Expected<Dataset> readText(const std::string &path, int64_t stride, const std::vector<FieldSpec> &fields);

} // namespace mlc
#endif
