#include "runtime/Buffer.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace mlc {
namespace {

constexpr int64_t hugePage = int64_t(2) << 20;
constexpr int64_t mostBytes = int64_t(1) << 46;

std::atomic<int64_t> liveBytes{0}, mostBytesLive{0};

void count(int64_t bytes) {
  int64_t live = liveBytes += bytes;
  int64_t most = mostBytesLive;
  while (live > most && !mostBytesLive.compare_exchange_weak(most, live))
    ;
}

/// Maps a multiple of 2 MiB at an address of 2 MiB, or returns null.
uint8_t *mapHuge(int64_t bytes) {
  void *raw = mmap(nullptr, static_cast<size_t>(bytes + hugePage), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED)
    return nullptr;
  auto start = reinterpret_cast<uintptr_t>(raw);
  uintptr_t aligned = (start + hugePage - 1) / hugePage * hugePage;
  if (aligned != start)
    munmap(raw, aligned - start);
  uintptr_t tail = start + static_cast<uintptr_t>(hugePage) - aligned;
  auto *data = reinterpret_cast<uint8_t *>(aligned);
  if (tail != 0)
    munmap(data + bytes, tail);
  // Advice: a kernel without huge pages gives small ones.
  (void)madvise(data, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  return data;
}

} // namespace

int64_t Buffer::peakBytes() { return mostBytesLive; }

Buffer::~Buffer() {
  if (data_)
    liveBytes -= size_;
  if (mapped_ != 0)
    munmap(data_, static_cast<size_t>(mapped_));
  else
    std::free(data_);
}

Expected<Buffer> Buffer::allocate(int64_t bytes, const char *what) {
  auto fail = [&] {
    return Status::failed("cannot allocate " + std::to_string(bytes) + " bytes for " + what +
                          "; use a smaller batch or free memory");
  };
  if (bytes < 0 || bytes > mostBytes)
    return fail();
  Buffer buffer;
  buffer.size_ = bytes;
  if (bytes >= hugePage) {
    int64_t mapped = (bytes + hugePage - 1) / hugePage * hugePage;
    buffer.data_ = mapHuge(mapped);
    buffer.mapped_ = buffer.data_ ? mapped : 0;
  } else {
    // Never empty, so that the address of an empty buffer is still one.
    auto rounded = static_cast<size_t>(bytes == 0 ? 64 : (bytes + 63) / 64 * 64);
    buffer.data_ = static_cast<uint8_t *>(std::aligned_alloc(64, rounded));
    if (buffer.data_)
      std::memset(buffer.data_, 0, rounded);
  }
  if (!buffer.data_)
    return fail();
  count(bytes);
  return buffer;
}

} // namespace mlc
