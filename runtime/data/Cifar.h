// The binary files of CIFAR-10 and CIFAR-100.
#ifndef MLC_RUNTIME_DATA_CIFAR_H
#define MLC_RUNTIME_DATA_CIFAR_H

#include "runtime/data/Dataset.h"

namespace mlc {

/// Reads the records of all files, in order, plain or gzip. A record is a label byte (CIFAR-10), or a coarse
/// and a fine one (CIFAR-100), and 3072 bytes of picture: 32 rows of 32 for red, then green, then blue. Which
/// of the two a file is follows from its size, a multiple of 3073 or of 3074 bytes; all must be the same.
///
/// Fields in order: the picture as [32, 32, 3], channels last; the label (CIFAR-100: the fine one), or with
/// three fields the coarse and the fine label. Fields after those that are given may be left out.
/// Errors: IO; BadData naming file, record and what is wrong.
Expected<Dataset> readCifar(const std::vector<std::string> &paths, const std::vector<FieldSpec> &fields,
                            Vocabulary &vocabulary, bool learn);

} // namespace mlc
#endif
