// What tells whether data are still those that a run began with.
#ifndef MLC_RUNTIME_DATA_FINGERPRINT_H
#define MLC_RUNTIME_DATA_FINGERPRINT_H

#include "runtime/data/Dataset.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mlc {

/// Of the rows of a split as they were read, so that a file may be packed, moved or named anew.
struct Fingerprint {
  std::vector<std::string> files; ///< as the model names them, for messages
  int64_t rows = 0;
  /// By field: of all its values. Of pictures that are decoded when they are wanted, of their names and
  /// sizes.
  std::map<std::string, uint64_t> fields;
};

/// Reads each column once, at the speed of memory. IO error when files have gone meanwhile.
Expected<Fingerprint> fingerprintOf(const Dataset &dataset, const ReaderSpec &reader);

/// What differs, such as "points.csv had 40 rows and has 41", or empty.
std::string differenceOf(const Fingerprint &was, const Fingerprint &is);
/// By split; nothing is said of one that was not known.
std::string differenceOf(const std::map<std::string, Fingerprint> &was,
                         const std::map<std::string, Fingerprint> &is, const std::string &split);

} // namespace mlc
#endif
