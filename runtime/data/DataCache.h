// Data sets that take long to decode, kept on disk as they are in memory.
#ifndef MLC_RUNTIME_DATA_DATACACHE_H
#define MLC_RUNTIME_DATA_DATACACHE_H

#include "runtime/cache/DiskCache.h"
#include "runtime/data/Dataset.h"

#include <optional>
#include <string>
#include <vector>

namespace mlc {

/// What one call of a reader gives, by everything that it depends on: the files (which they are, their sizes
/// and times to the nanosecond), the fields, the reader's options, the vocabulary it looks values up in, and
/// this build of mlc.
class DataCache {
public:
  /// `kind`, `options`, `fields`, `vocabulary` and `learn` as for readFiles. Nothing is found or kept for
  /// files smaller than `leastBytes` together, for those that changed within the last `leastAge` seconds
  /// (they may change again in the same tick of the file system's clock), and for what takes more than a
  /// quarter of the cache.
  DataCache(DiskCache cache, const std::string &kind, const std::vector<std::string> &paths,
            const std::map<std::string, std::string> &options, const std::vector<FieldSpec> &fields,
            const Vocabulary &vocabulary, bool learn, int64_t leastBytes = int64_t(1) << 20,
            int64_t leastAge = 2);

  /// The rows, if they were kept; `vocabulary` becomes what the reader would have learnt.
  std::optional<Dataset> find(Vocabulary &vocabulary) const;
  /// Keeps what the reader gave, unless some of it is made on demand.
  void store(const Dataset &dataset, const Vocabulary &vocabulary) const;

private:
  DiskCache cache_;
  const std::vector<FieldSpec> &fields_;
  std::string identity_; ///< empty: nothing is found or kept
  std::string key_;
};

} // namespace mlc
#endif
