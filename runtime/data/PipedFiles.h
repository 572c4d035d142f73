// Data that come through pipes.
#ifndef MLC_RUNTIME_DATA_PIPEDFILES_H
#define MLC_RUNTIME_DATA_PIPEDFILES_H

#include "runtime/Status.h"

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mlc {

/// What pipes deliver, read once and whole into memory that is a file to whoever reads it. Readers can then
/// seek and come back as they like, and know its size, which bounds what they believe. The memory belongs to
/// this object; who still reads rows needs it. For one thread.
class PipedFiles {
public:
  /// All pipes of one command together.
  static constexpr int64_t maxBytes = int64_t(1) << 30;

  /// `stop`, if given, ends the wait for a writer once it is not 0.
  explicit PipedFiles(const std::atomic<int> *stop = nullptr, int64_t most = maxBytes);
  ~PipedFiles();
  PipedFiles(const PipedFiles &) = delete;
  PipedFiles &operator=(const PipedFiles &) = delete;

  /// A path that readers can open for what the person calls `path`: "-" or "/dev/stdin" for standard input, a
  /// named pipe, a process substitution, a character device. What is none of these keeps its path, there or
  /// not. Waits for the writer to end. Usage for a pipe that is given twice, BadData for more than `most`
  /// bytes, IO if it cannot be read, Interrupted after `stop`.
  Expected<std::string> open(const std::string &path);

  /// `status`, its message with the person's names for the paths that `open` gave.
  Status named(const Status &status) const;

private:
  struct Piped {
    std::string name, path;
    int descriptor = -1;
  };
  Status spool(int from, const std::string &name, int to);

  const std::atomic<int> *stop_;
  int64_t left_;
  std::vector<Piped> piped_;
  std::set<std::pair<uint64_t, uint64_t>> read_; ///< device and number of the pipes that were read
};

} // namespace mlc
#endif
