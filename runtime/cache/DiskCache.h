// What can be made again, kept on disk: objects of kernels, compiled programs, converted data.
#ifndef MLC_RUNTIME_CACHE_DISKCACHE_H
#define MLC_RUNTIME_CACHE_DISKCACHE_H

#include "runtime/Status.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlc {

/// A folder of entries, each under a key that says everything the entry depends on. Never an error: what
/// cannot be read or written, is damaged, or does not fit, is as if it were not there; so is all of a folder
/// that is another user's, or that others may write to, for what is in it is run. Any number of processes and
/// threads of one user may use one folder at once.
class DiskCache {
public:
  /// `folder` is made on the first store. Empty, or a limit of 0: nothing is found and nothing kept.
  explicit DiskCache(std::string folder, int64_t limit = usualLimit)
      : folder_(limit > 0 ? std::move(folder) : std::string()), limit_(limit) {}

  /// The person's cache: in $XDG_CACHE_HOME/mlc or ~/.cache/mlc, of at most $MLC_CACHE_SIZE.
  static DiskCache ofUser();
  /// Where that is; empty if there is neither.
  static std::string userFolder();
  /// $MLC_CACHE_SIZE in bytes, or the usual limit. Usage error when it says no size.
  static Expected<int64_t> userLimit();

  /// Where the `part`th part, of `bytes` bytes, is to be read to; null: it is not what was expected, and the
  /// entry counts as not there.
  using Place = std::function<uint8_t *(size_t part, int64_t bytes)>;
  /// The place of a part that is read to a string: `text`, made `bytes` long.
  static uint8_t *placeIn(std::string &text, int64_t bytes) {
    text.resize(static_cast<size_t>(bytes));
    return reinterpret_cast<uint8_t *>(text.data());
  }
  /// Reads the parts of the entry under `key` (letters, digits, '-'). False if it is not there or not whole;
  /// what was read until then is to be dropped.
  bool find(std::string_view key, const Place &place) const;
  /// An entry of one part.
  std::optional<std::string> find(std::string_view key) const;

  /// Keeps an entry. One larger than half the limit is not kept.
  void store(std::string_view key, const std::vector<std::string_view> &parts) const;
  void store(std::string_view key, std::string_view bytes) const {
    store(key, std::vector<std::string_view>{bytes});
  }

  /// Removes what was not used for longest until the folder holds no more than the limit. To be called after
  /// stores: in between the folder may hold more.
  void prune() const;

  int64_t limit() const { return limit_; }

  static constexpr int64_t usualLimit = int64_t(1) << 30;

private:
  std::string folder_;
  int64_t limit_;
};

/// Names the build of the program or shared library that the function or constant at `address` is part of: in
/// a library that is the library, whatever program it is loaded into. What one build keeps is not used by
/// another. It is the linker's build id, or a checksum of the file if it has none; "unknown" if `address` is
/// in neither.
std::string buildIdentity(const void *address);

/// 64 bits that change when any bit of the bytes does, nearly always; no defence against intent.
uint64_t checksumOf(const void *bytes, int64_t count);

} // namespace mlc
#endif
