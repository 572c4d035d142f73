#include "runtime/ThreadPool.h"

#include "runtime/FloatMode.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>
#include <system_error>

namespace mlc {
namespace {

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

constexpr uint64_t leftOf(uint64_t ticket) { return ticket & 0xffffffffu; }

// About 50 microseconds of looking for work before sleeping: longer than the serial stretches between the
// launches of a step, far shorter than an idle pool would be noticed. Every so often the core is offered to
// others (the thread that prepares batches).
constexpr int spinsBeforeSleep = 1000;
constexpr int spinsBetweenYields = 64;

} // namespace

Expected<std::unique_ptr<ThreadPool>> ThreadPool::create(int workers) {
  if (workers < 1 || workers > 1024)
    return Status::usage("the number of threads must be from 1 to 1024, not " + std::to_string(workers));
  std::unique_ptr<ThreadPool> pool(new ThreadPool);
  pool->scratch_.resize(static_cast<size_t>(workers));
  // More workers than processors: looking for work would only keep others from doing it.
  auto processors = static_cast<int>(std::thread::hardware_concurrency());
  pool->spins_ = workers <= std::max(processors, 1) ? spinsBeforeSleep : spinsBetweenYields;
  try {
    for (int i = 1; i < workers; ++i)
      pool->threads_.emplace_back([self = pool.get(), i] { self->work(i); });
  } catch (const std::system_error &) {
    return Status::failed("cannot start " + std::to_string(workers) +
                          " threads; ask for fewer with --threads");
  }
  return pool;
}

ThreadPool::~ThreadPool() {
  stop_.store(true, std::memory_order_seq_cst);
  wake_.fetch_add(1, std::memory_order_seq_cst);
  futexWake(wake_, INT_MAX);
  for (std::thread &thread : threads_)
    thread.join();
}

Status ThreadPool::reserveScratch(int64_t bytes) {
  for (Buffer &buffer : scratch_) {
    if (buffer.size() >= bytes && buffer.data())
      continue;
    Expected<Buffer> larger = Buffer::allocate(bytes, "the scratch memory of a worker");
    if (!larger)
      return larger.status();
    buffer = std::move(*larger);
  }
  return {};
}

void ThreadPool::parallelFor(void *context, mlc_kernel kernel, void *const *args, int64_t chunks) {
  auto *pool = static_cast<ThreadPool *>(context);
  if (chunks <= 1 || pool->threads_.empty()) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
      kernel(args, chunk, pool->callerScratch());
    return;
  }
  // A ticket counts 32 bits of chunks; more go in slices.
  for (int64_t base = 0; base < chunks; base += INT32_MAX) {
    pool->base_.store(base, std::memory_order_relaxed);
    pool->run(kernel, args, static_cast<uint32_t>(std::min<int64_t>(chunks - base, INT32_MAX)));
  }
}

void ThreadPool::run(mlc_kernel kernel, void *const *args, uint32_t chunks) {
  kernel_.store(kernel, std::memory_order_relaxed);
  args_.store(args, std::memory_order_relaxed);
  chunks_.store(chunks, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  uint64_t generation = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
  // Sequentially consistent against the sleepers' count: either a worker going to sleep sees this ticket, or
  // its being asleep is seen here.
  ticket_.store(generation << 32 | chunks, std::memory_order_seq_cst);
  if (uint32_t sleeping = sleepers_.load(std::memory_order_seq_cst); sleeping != 0) {
    wake_.fetch_add(1, std::memory_order_seq_cst);
    futexWake(wake_, static_cast<int>(std::min(sleeping, chunks - 1)));
  }
  runChunks(0);
  for (int spin = 0; done_.load(std::memory_order_acquire) != chunks; ++spin) {
    pause();
    if (spin >= spins_)
      sched_yield();
  }
}

void ThreadPool::runChunks(int worker) {
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (leftOf(ticket) != 0) {
    // Read before the exchange: if it succeeds, the job was still this one, for a new one is only published
    // when every chunk of the old is done, and this chunk is not.
    mlc_kernel kernel = kernel_.load(std::memory_order_relaxed);
    void *const *args = args_.load(std::memory_order_relaxed);
    int64_t chunk = base_.load(std::memory_order_relaxed) +
                    static_cast<int64_t>(chunks_.load(std::memory_order_relaxed) - leftOf(ticket));
    if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      pause();
      continue;
    }
    // Looked up only now: scratch may have been replaced since the last job.
    kernel(args, chunk, scratch_[static_cast<size_t>(worker)].data());
    done_.fetch_add(1, std::memory_order_release);
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

void ThreadPool::work(int worker) {
  FloatMode mode;
  int spin = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (leftOf(ticket_.load(std::memory_order_acquire)) != 0) {
      runChunks(worker);
      spin = 0;
      continue;
    }
    if (++spin < spins_) {
      pause();
      if (spin % spinsBetweenYields == 0)
        sched_yield();
      continue;
    }
    spin = 0;
    uint32_t word = wake_.load(std::memory_order_seq_cst);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    if (leftOf(ticket_.load(std::memory_order_seq_cst)) == 0 && !stop_.load(std::memory_order_seq_cst))
      futexWait(wake_, word);
    sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  }
}

} // namespace mlc
