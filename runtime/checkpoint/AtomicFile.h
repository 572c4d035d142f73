// Files that are there whole or not at all, even when the power fails.
#ifndef MLC_RUNTIME_CHECKPOINT_ATOMICFILE_H
#define MLC_RUNTIME_CHECKPOINT_ATOMICFILE_H

#include "runtime/Status.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mlc {

/// A file being written; errors stick until finish. Removed again if finish is not reached.
class FileWriter {
public:
  static Expected<FileWriter> create(const std::string &path);
  FileWriter(FileWriter &&other) noexcept;
  FileWriter &operator=(FileWriter &&) = delete;
  ~FileWriter();

  void write(const void *bytes, size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Everything is on the disk, or the file is gone and the status says why.
  Status finish();

private:
  FileWriter(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_ = -1;
  Status status_;
};

/// Writes path + ".tmp", syncs it, renames it to path and syncs the folder. If anything fails, a full disk
/// for one, what was at `path` before is still there. A device or a pipe there (/dev/stdout) is written to.
Status writeFileAtomically(const std::string &path, std::string_view text);

/// rename(2), then the folder is synced. A device or a pipe at `to` is not replaced: `from` is removed, and
/// the status says so.
Status renameFile(const std::string &from, const std::string &to);

/// Removes a file and syncs the folder; it is fine if there is none.
Status removeFile(const std::string &path);

/// The whole of a regular file, at most `mostBytes`.
Expected<std::string> readWholeFile(const std::string &path, int64_t mostBytes);

} // namespace mlc
#endif
