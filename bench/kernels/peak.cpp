// What this machine can do: `peak THREADS` prints GFLOP/s of f32 multiply-adds in registers and GB/s of the
// triad a[i] = b[i] + s c[i] over arrays that no cache holds (three words counted for each element), best of
// some tries.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sys/mman.h>
#include <thread>
#include <vector>

using Vector = float __attribute__((vector_size(64)));
using Clock = std::chrono::steady_clock;

static volatile float sink;

/// Seconds that `work(thread)` takes on all threads together.
static double timed(int threads, const std::function<void(int)> &work) {
  auto begin = Clock::now();
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t)
    others.emplace_back(work, t);
  work(0);
  for (std::thread &other : others)
    other.join();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

static void multiplyAdd(int64_t rounds) {
  Vector sums[24] = {}, a = Vector{} + 0.999f, b = Vector{} + 1e-3f;
  for (int64_t i = 0; i < rounds; ++i)
#pragma clang loop unroll(full)
    for (Vector &sum : sums)
      sum = sum * a + b;
  Vector all = {};
  for (Vector &sum : sums)
    all += sum;
  sink = all[0];
}

static float *array(int64_t count) {
  void *at = mmap(nullptr, count * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED)
    std::exit(1);
  madvise(at, count * 4, MADV_HUGEPAGE);
  std::fill_n(static_cast<float *>(at), count, 1.0f);
  return static_cast<float *>(at);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  constexpr int64_t rounds = 4000000;
  double flops = 2.0 * 24 * 16 * rounds * threads, best = 1e30;
  for (int i = 0; i < 5; ++i)
    best = std::min(best, timed(threads, [&](int) { multiplyAdd(rounds); }));
  double gflops = flops / best / 1e9;

  constexpr int64_t count = 32 << 20;
  float *a = array(count), *b = array(count), *c = array(count);
  best = 1e30;
  for (int i = 0; i < 10; ++i)
    best = std::min(best, timed(threads, [&](int t) {
                      for (int64_t k = count / threads * t, end = count / threads * (t + 1); k < end; ++k)
                        a[k] = b[k] + 0.5f * c[k];
                    }));
  sink = a[count / 2];
  std::printf("%.1f %.2f\n", gflops, 12.0 * count / best / 1e9);
}
