// Calls of the system that a signal may interrupt.
#ifndef MLC_RUNTIME_FILES_UNINTERRUPTED_H
#define MLC_RUNTIME_FILES_UNINTERRUPTED_H

#include <cerrno>

namespace mlc {

/// Repeats a system call that gives -1 on failure for as long as signals interrupt it.
template <typename Call> auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR)
    result = call();
  return result;
}

} // namespace mlc

#endif // MLC_RUNTIME_FILES_UNINTERRUPTED_H
