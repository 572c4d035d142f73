// Files that are there whole or not at all, even when the power fails.
#ifndef MLC_RUNTIME_FILES_ATOMICFILE_H
#define MLC_RUNTIME_FILES_ATOMICFILE_H

#include "runtime/Status.h"
#include "runtime/files/Uninterrupted.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mlc {

/// close(2): 0, or -1 with errno. Linux has closed the file when a signal interrupts it.
int closeFile(int descriptor);

/// Writes all of it to an open file; `path` is for messages.
Status writeTo(int descriptor, std::string_view text, const std::string &path);
/// What was written to an open file is on the disk.
Status syncFile(int descriptor, const std::string &path);

/// A file being written; errors stick until finish. Removed again if finish is not reached.
class FileWriter {
public:
  /// Writes to `path` itself: what was there is gone.
  static Expected<FileWriter> create(const std::string &path);
  /// Writes beside `path`, under a name that nothing has, and takes its place in finish; the file keeps its
  /// permissions, and a link that leads to it stays one. Only regular files can be replaced.
  static Expected<FileWriter> replacing(const std::string &path);
  FileWriter(FileWriter &&other) noexcept;
  FileWriter &operator=(FileWriter &&) = delete;
  ~FileWriter();

  void write(const void *bytes, size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Everything is on the disk, or the file is gone, what it was to replace is still there and the status
  /// says why.
  Status finish();

private:
  FileWriter(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  std::string target_; ///< what it replaces; empty: nothing
  int descriptor_ = -1;
  Status status_;
};

/// Writes a file in place of the one at `path`, as FileWriter::replacing does. If anything fails, a full disk
/// for one, what was there before is still there. A device or a pipe there (/dev/stdout) is written to.
Status writeFileAtomically(const std::string &path, std::string_view text);

/// rename(2), then the folder is synced. A device or a pipe at `to` is not replaced: `from` is removed, and
/// the status says so.
Status renameFile(const std::string &from, const std::string &to);

/// Gives a file a second name, which is free; a copy on the disk where there are no hard links.
Status linkOrCopy(const std::string &from, const std::string &to);

/// Removes a file and syncs the folder; it is fine if there is none.
Status removeFile(const std::string &path);

/// Whether anything is there, a link that leads nowhere too. An error that hides the answer is one.
Expected<bool> isThere(const std::string &path);

/// Whether a folder is there, not a link to one. An error that hides the answer is one.
Expected<bool> isFolder(const std::string &path);

/// Makes a folder and those above it, as far as they are not there.
Status makeFolders(const std::string &path);

/// Removes a folder with everything in it; it is fine if there is none. Links are not followed.
Status removeFolder(const std::string &path);

/// What was changed in a folder is on the disk.
Status syncFolder(const std::string &path);

/// Cuts a file off; needs no room on a full disk.
Status truncateFile(const std::string &path, int64_t bytes);

/// The whole of a regular file, at most `mostBytes`.
Expected<std::string> readWholeFile(const std::string &path, int64_t mostBytes);

} // namespace mlc
#endif
