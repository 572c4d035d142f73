// Memory that compiled code works on.
#ifndef MLC_RUNTIME_BUFFER_H
#define MLC_RUNTIME_BUFFER_H

#include "runtime/Status.h"

#include <cstdint>

namespace mlc {

/// Owns zeroed bytes, aligned to 64 and, from 2 MiB on, to 2 MiB with huge pages asked for (worth about a
/// quarter on kernels bound by memory bandwidth). Moves, does not copy.
class Buffer {
public:
  Buffer() = default;
  Buffer(Buffer &&other) noexcept { swap(other); }
  Buffer &operator=(Buffer &&other) noexcept {
    Buffer taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~Buffer();

  /// Fails, never throws, when `bytes` is negative, absurd or not to be had. `what` names the use in the
  /// message.
  static Expected<Buffer> allocate(int64_t bytes, const char *what);

  /// Bytes of all buffers of this process, at most so far: what was asked for, without what the system adds.
  static int64_t peakBytes();

  uint8_t *data() { return data_; }
  const uint8_t *data() const { return data_; }
  int64_t size() const { return size_; }

private:
  void swap(Buffer &other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(mapped_, other.mapped_);
  }

  uint8_t *data_ = nullptr;
  int64_t size_ = 0;
  int64_t mapped_ = 0; ///< bytes of the mapping, 0 if the memory is from the heap
};

} // namespace mlc
#endif
