// Where a data file named in a model is found.
#ifndef MLC_RUNTIME_DATA_DATAFILE_H
#define MLC_RUNTIME_DATA_DATAFILE_H

#include "runtime/Status.h"

#include <string>

namespace mlc {

/// The path of data file `name` as a model text gives it: a relative path without `..`, so that a model that
/// somebody else wrote reads nothing outside the folders looked in. These are, first find wins:
///   with `dataFolder` (the command's --data): dataFolder/name, dataFolder/(last part of name), and no other;
///   without (empty): modelFolder/name, then `systemFolder`/name if the name has a folder part
///   ("fashion-mnist/train-images-idx3-ubyte.gz": packaged data sets are installed so).
/// Errors: BadData for a name that leads elsewhere, IO with the places looked in when there is no such file.
Expected<std::string> findDataFile(const std::string &name, const std::string &modelFolder,
                                   const std::string &dataFolder,
                                   const std::string &systemFolder = "/usr/share/datasets");

} // namespace mlc

#endif
