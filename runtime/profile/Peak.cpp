// The best of several rounds: what disturbs a round only makes it slower.
#include "runtime/profile/Peak.h"

#include "runtime/Buffer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <utility>

namespace mlc {
namespace {

/// More chains than the latency of a multiply-add times two a cycle, and no more than there are registers.
constexpr int chains = 12;
constexpr int64_t turns = 500000;
/// 64 MiB each of what triad reads and writes.
constexpr int64_t triadFloats = int64_t(1) << 24;
constexpr int64_t triadChunk = int64_t(1) << 18;

template <int Lanes> [[gnu::always_inline]] inline void multiplyAdd(float *result) {
  typedef float Vector __attribute__((vector_size(4 * Lanes)));
  std::array<Vector, chains> sums;
  for (int i = 0; i < chains; ++i)
    sums[i] = Vector{} + static_cast<float>(i);
  // Unknown to the compiler, so that it computes what is asked for. The sums converge, to stay normal
  // numbers.
  Vector factor = Vector{} + result[0], term = Vector{} + result[1];
  for (int64_t turn = 0; turn < turns; ++turn)
    for (int i = 0; i < chains; ++i)
      sums[i] = sums[i] * factor + term;
  Vector total{};
  for (const Vector &sum : sums)
    total += sum;
  result[2] = total[0];
}

/// As a kernel: args[0] is where each chunk has 16 floats.
using Kernel = void (*)(void *const *args, int64_t chunk, void *scratch);

void run128(void *const *args, int64_t chunk, void *) {
  multiplyAdd<4>(static_cast<float *>(args[0]) + 16 * chunk);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void run256(void *const *args, int64_t chunk, void *) {
  multiplyAdd<8>(static_cast<float *>(args[0]) + 16 * chunk);
}
__attribute__((target("avx512f"))) void run512(void *const *args, int64_t chunk, void *) {
  multiplyAdd<16>(static_cast<float *>(args[0]) + 16 * chunk);
}
#endif

void triad(void *const *args, int64_t chunk, void *) {
  const auto *a = static_cast<const float *>(args[0]) + chunk * triadChunk;
  const auto *b = static_cast<const float *>(args[1]) + chunk * triadChunk;
  auto *c = static_cast<float *>(args[2]) + chunk * triadChunk;
  for (int64_t i = 0; i < triadChunk; ++i)
    c[i] = a[i] + 3.0f * b[i];
}

std::pair<Kernel, int> widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {run512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {run256, 8};
#endif
  return {run128, 4};
}

/// Seconds of the fastest of `rounds` rounds.
double fastest(int rounds, const std::function<void()> &round) {
  double best = 1e30;
  for (int i = 0; i < rounds; ++i) {
    auto begin = std::chrono::steady_clock::now();
    round();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

} // namespace

Expected<Peak> measurePeak(ThreadPool &pool) {
  Peak peak;
  std::pair<Kernel, int> code = widest();
  int64_t workers = pool.workers();
  Expected<Buffer> numbers = Buffer::allocate(workers * 64, "measuring the processor");
  if (!numbers)
    return numbers.status();
  auto *floats = reinterpret_cast<float *>(numbers->data());
  for (int64_t i = 0; i < workers; ++i) {
    floats[16 * i] = 0.5f;
    floats[16 * i + 1] = 1.0f;
  }
  void *sums[] = {numbers->data()};
  double seconds = fastest(10, [&] { ThreadPool::parallelFor(&pool, code.first, sums, workers); });
  peak.flops = 2.0 * chains * code.second * turns * static_cast<double>(workers) / seconds;

  std::array<Buffer, 3> arrays;
  void *args[3];
  for (int i = 0; i < 3; ++i) {
    Expected<Buffer> array = Buffer::allocate(triadFloats * 4, "measuring the memory");
    if (!array)
      return array.status();
    arrays[i] = std::move(*array);
    args[i] = arrays[i].data();
  }
  seconds = fastest(4, [&] { ThreadPool::parallelFor(&pool, triad, args, triadFloats / triadChunk); });
  peak.bytes = 3.0 * 4 * triadFloats / seconds;
  return peak;
}

} // namespace mlc
