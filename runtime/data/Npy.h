// The arrays of numpy: .npy files, and .npz archives of them.
#ifndef MLC_RUNTIME_DATA_NPY_H
#define MLC_RUNTIME_DATA_NPY_H

#include "runtime/data/Dataset.h"

namespace mlc {

/// Reads one .npy file (format 1, 2 or 3; plain or gzip) a field, in order. The first axis of an array is the
/// rows; the others must be the shape of the field's row, axes of 1 aside. Numbers (bool, int, uint, float of
/// any width, either byte order, either order of axes) convert to the field's dtype if it can hold them. The
/// header is parsed strictly; nothing in it is evaluated, and arrays of Python objects are refused.
/// Nothing is allocated on the word of a header: memory grows as data arrive.
Expected<Dataset> readNpy(const std::vector<std::string> &paths, const std::vector<FieldSpec> &fields,
                          Vocabulary &vocabulary, bool learn);

/// Reads the arrays of an .npz archive, stored or deflated. A field binds to the array it names (`=
/// "array"`), or else to the one of its own name; if no field finds one so, fields bind to the arrays in
/// order. Arrays that no field wants are not unpacked. Those that are may unpack to the size of the file and
/// 512 MiB.
Expected<Dataset> readNpz(const std::string &path, const std::vector<FieldSpec> &fields,
                          Vocabulary &vocabulary, bool learn);

} // namespace mlc
#endif
