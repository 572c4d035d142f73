// Where a data file named in a model is found.
#ifndef MLC_RUNTIME_DATA_DATAFILE_H
#define MLC_RUNTIME_DATA_DATAFILE_H

#include "runtime/Status.h"

#include <string>
#include <vector>

namespace mlc {

/// The path of data file `name` as a model text gives it: a relative path without `..`, so that a model that
/// somebody else wrote reads nothing outside the folders looked in. These are, first find wins:
///   with `dataFolder` (the command's --data): dataFolder/name, dataFolder/(last part of name), and no other;
///   without (empty): modelFolder/name, then name in one of `systemFolders` if it has a folder part
///   ("fashion-mnist/train-images-idx3-ubyte.gz", "common-licenses/GPL-3": what packages install to be read).
/// It may be a folder.
/// Errors: BadData for a name that leads elsewhere, IO with the places looked in when there is no such file.
Expected<std::string>
findDataFile(const std::string &name, const std::string &modelFolder, const std::string &dataFolder,
             const std::vector<std::string> &systemFolders = {"/usr/share/datasets", "/usr/share"});

} // namespace mlc

#endif
