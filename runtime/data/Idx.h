// IDX: the format of the MNIST family, plain or gzip.
#ifndef MLC_RUNTIME_DATA_IDX_H
#define MLC_RUNTIME_DATA_IDX_H

#include "runtime/data/Dataset.h"

namespace mlc {

/// Reads one file into one column. The first dimension of the file is the rows; the others must be the shape
/// of the field's row, dimensions of 1 aside. Elements convert to the field's dtype if it can hold them.
/// Nothing is allocated on the word of the header alone: memory grows as data arrive, up to what it promises,
/// and a file with more or less than that is an error. Errors: IO; BadData naming file, row and what is
/// wrong.
Expected<Column> readIdx(const std::string &path, const FieldSpec &field, Vocabulary &vocabulary, bool learn);

} // namespace mlc
#endif
