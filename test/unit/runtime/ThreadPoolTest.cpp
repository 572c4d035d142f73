#include "runtime/ThreadPool.h"

#include "runtime/FloatMode.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <set>

using namespace mlc;

namespace {

void countChunk(void *const *args, int64_t chunk, void *) {
  static_cast<std::atomic<int> *>(args[0])[chunk].fetch_add(1);
}

/// Uses scratch in a way that goes wrong if two chunks share it at a time.
void useScratch(void *const *args, int64_t chunk, void *scratch) {
  auto *values = static_cast<volatile int64_t *>(scratch);
  for (int i = 0; i < 64; ++i)
    values[i] = chunk;
  for (int i = 0; i < 64; ++i)
    if (values[i] != chunk)
      static_cast<std::atomic<int> *>(args[0])->fetch_add(1);
}

#if defined(__x86_64__)
void noteFloatMode(void *const *args, int64_t, void *) {
  if (_mm_getcsr() << 16 >> 22 != 0x9fc0 >> 6) // all but the sticky flags
    static_cast<std::atomic<int> *>(args[0])->fetch_add(1);
}
#endif

} // namespace

TEST(ThreadPool, RunsEveryChunkOnce) {
  for (int workers : {1, 2, 3, 5}) {
    auto pool = ThreadPool::create(workers);
    ASSERT_TRUE(pool);
    EXPECT_EQ((*pool)->workers(), workers);
    for (int64_t chunks : {0, 1, 2, 3, 17, 1000}) {
      std::vector<std::atomic<int>> counts(static_cast<size_t>(chunks) + 1);
      void *args[] = {counts.data()};
      ThreadPool::parallelFor(pool->get(), countChunk, args, chunks);
      for (int64_t i = 0; i < chunks; ++i)
        ASSERT_EQ(counts[static_cast<size_t>(i)], 1);
    }
  }
}

TEST(ThreadPool, ManyShortCallsFollowEachOther) {
  auto pool = ThreadPool::create(3);
  ASSERT_TRUE(pool);
  for (int call = 0; call < 20000; ++call) {
    std::atomic<int> counts[4] = {};
    void *args[] = {counts};
    ThreadPool::parallelFor(pool->get(), countChunk, args, 1 + call % 4);
    int total = 0;
    for (auto &count : counts)
      total += count;
    ASSERT_EQ(total, 1 + call % 4);
  }
}

TEST(ThreadPool, EveryWorkerHasScratchOfItsOwn) {
  auto pool = ThreadPool::create(4);
  ASSERT_TRUE(pool);
  std::atomic<int> clashes{0};
  void *args[] = {&clashes};
  for (int64_t bytes : {512, 1024, 1 << 20}) {
    ASSERT_TRUE((*pool)->reserveScratch(bytes).isOk());
    for (int call = 0; call < 100; ++call)
      ThreadPool::parallelFor(pool->get(), useScratch, args, 50);
  }
  EXPECT_EQ(clashes, 0);
}

#if defined(__x86_64__)
TEST(ThreadPool, WorkersRunInTheModeOfCompiledCode) {
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x2000); // rounds down: a host's mode
  auto pool = ThreadPool::create(3);
  std::atomic<int> wrong{0};
  void *args[] = {&wrong};
  {
    FloatMode mode;
    for (int call = 0; call < 100; ++call)
      ThreadPool::parallelFor(pool->get(), noteFloatMode, args, 10);
  }
  EXPECT_EQ(_mm_getcsr() & 0xe040, 0x2000u);
  _mm_setcsr(before);
  EXPECT_EQ(wrong, 0);
}
#endif

TEST(ThreadPool, RefusesNumbersThatCannotBe) {
  EXPECT_EQ(ThreadPool::create(0).status().code(), StatusCode::Usage);
  EXPECT_EQ(ThreadPool::create(100000).status().code(), StatusCode::Usage);
}
