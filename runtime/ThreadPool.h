// Workers for the chunks of kernels.
#ifndef MLC_RUNTIME_THREADPOOL_H
#define MLC_RUNTIME_THREADPOOL_H

#include "runtime/Abi.h"
#include "runtime/Buffer.h"
#include "runtime/Status.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace mlc {

/// N workers, the calling thread among them. A call costs well under a microsecond while the workers are
/// awake: they look for work for a moment after each call, then sleep until woken; an idle pool uses no
/// processor time. Which worker runs which chunk is decided by who comes first: results must not depend on
/// it, and by the contract of kernels they do not. Nothing is allocated per call.
///
/// How a call works: the job is published as one 64-bit ticket (generation, chunks left); whoever takes a
/// chunk lowers the count by compare-and-exchange, so a worker that wakes late finds nothing left, or the
/// next job, but never a chunk of a job that is over. The caller takes chunks too and returns when all are
/// done.
class ThreadPool {
public:
  /// `workers` is at least 1, and 1 means no threads are started. Fails if threads cannot be had.
  static Expected<std::unique_ptr<ThreadPool>> create(int workers);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Sees to it that each worker has this much scratch. Not during a call.
  Status reserveScratch(int64_t bytes);
  /// The scratch of the calling thread.
  void *callerScratch() { return scratch_[0].data(); }

  /// mlc_parallel_for with a ThreadPool as context. One call at a time, not from within a kernel.
  static void parallelFor(void *context, mlc_kernel kernel, void *const *args, int64_t chunks);

  int workers() const { return static_cast<int>(scratch_.size()); }

private:
  ThreadPool() = default;
  void work(int worker);
  /// Takes and runs chunks until none is left.
  void runChunks(int worker);
  void run(mlc_kernel kernel, void *const *args, uint32_t chunks);

  // The job. Written before the ticket is published, so a worker that holds a chunk sees the right one.
  std::atomic<mlc_kernel> kernel_{nullptr};
  std::atomic<void *const *> args_{nullptr};
  std::atomic<uint32_t> chunks_{0};
  std::atomic<int64_t> base_{0};
  /// Generation in the high half, chunks not yet taken in the low half.
  alignas(64) std::atomic<uint64_t> ticket_{0};
  alignas(64) std::atomic<uint32_t> done_{0};
  /// Word the sleepers wait on, and how many there are.
  alignas(64) std::atomic<uint32_t> wake_{0};
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> stop_{false};
  int spins_ = 0;
  std::vector<Buffer> scratch_;
  std::vector<std::thread> threads_;
};

} // namespace mlc
#endif
