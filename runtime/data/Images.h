// Folders of pictures.
#ifndef MLC_RUNTIME_DATA_IMAGES_H
#define MLC_RUNTIME_DATA_IMAGES_H

#include "runtime/data/Dataset.h"

namespace mlc {

/// Lists the JPEG and PNG files (.jpg .jpeg .png in any case) of a folder; they are decoded when a batch
/// wants them, several at a time, and not kept. A folder of folders has a class in each, in the order of
/// their names as bytes; hidden ones and other files are passed over. Pictures and folders of pictures
/// without classes will do when no label is wanted.
///
/// Fields in order: the picture as [N, N, 3] or, in grey, [N, N, 1], made by decodePicture and squareOf; the
/// label, i32 or a category. Learning, the folders' names become the label's vocabulary; otherwise they are
/// looked up there, so that a split without some class numbers the others as training did.
/// `size`, if not 0, must be N. Errors: IO; BadData naming folder or file. What is in a file is seen when its
/// row is read.
Expected<Dataset> readImages(const std::vector<std::string> &paths, int64_t size,
                             const std::vector<FieldSpec> &fields, Vocabulary &vocabulary, bool learn);

} // namespace mlc
#endif
