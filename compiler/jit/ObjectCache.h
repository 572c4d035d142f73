// Compiled kernels on disk, by content.
#ifndef MLC_COMPILER_JIT_OBJECTCACHE_H
#define MLC_COMPILER_JIT_OBJECTCACHE_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlc::compiler {

/// A folder of objects, each under a key that says everything the object depends on. Never an error: what
/// cannot be read or written, is damaged, or does not fit, is as if it were not there. Any number of
/// processes and threads may use one folder at once.
class ObjectCache {
public:
  /// `folder` is made on the first store. Empty: nothing is found and nothing kept.
  explicit ObjectCache(std::string folder) : folder(std::move(folder)) {}

  /// $XDG_CACHE_HOME/mlc or ~/.cache/mlc; empty if there is neither.
  static std::string defaultFolder();

  /// The object under `key` (letters and digits), if it is there and whole.
  std::optional<std::string> find(llvm::StringRef key) const;

  void store(llvm::StringRef key, llvm::StringRef object) const;

  /// Removes the objects that were not used for longest, until the folder holds less than a gigabyte; looks
  /// at the folder at most once in twenty minutes, over all processes.
  void prune() const;

private:
  std::string pathOf(llvm::StringRef key) const;

  std::string folder;
};

} // namespace mlc::compiler

#endif
