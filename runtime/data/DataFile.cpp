#include "runtime/data/DataFile.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace fs = std::filesystem;

mlc::Expected<std::string> mlc::findDataFile(const std::string &name, const std::string &modelFolder,
                                             const std::string &dataFolder,
                                             const std::vector<std::string> &systemFolders) {
  const fs::path path(name);
  const bool climbs = std::find(path.begin(), path.end(), fs::path("..")) != path.end();
  if (!path.has_filename() || path.is_absolute() || climbs)
    return Status::badData("data file '" + name +
                           "' must be a relative path without '..'; name the file only and give its folder "
                           "with --data DIR");

  std::vector<fs::path> places;
  if (!dataFolder.empty()) {
    places.push_back(fs::path(dataFolder) / path);
    if (path.has_parent_path())
      places.push_back(fs::path(dataFolder) / path.filename());
  } else {
    places.push_back(fs::path(modelFolder) / path);
    if (path.has_parent_path())
      for (const std::string &folder : systemFolders)
        places.push_back(fs::path(folder) / path);
  }
  std::string looked;
  for (const fs::path &place : places) {
    std::error_code error;
    if (fs::exists(place, error))
      return place.string();
    looked += (looked.empty() ? "'" : " or '") + place.string() + "'";
  }
  return Status::io("there is no data file " + looked + "; give its folder with --data DIR");
}
