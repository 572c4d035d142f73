#include "compiler/plan/TakenBytes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlc::compiler;

TakenBytes::TakenBytes(int times) {
  while (leaves < times)
    leaves *= 2;
  nodes.resize(size_t(2) * leaves);
}

void TakenBytes::add(Runs &runs, ByteRun run) {
  // All that it touches becomes one with it.
  auto first = llvm::lower_bound(runs, run.begin, [](const ByteRun &a, int64_t at) { return a.end < at; });
  auto last = first;
  for (; last != runs.end() && last->begin <= run.end; ++last) {
    run.begin = std::min(run.begin, last->begin);
    run.end = std::max(run.end, last->end);
  }
  if (first == last) {
    runs.insert(first, run);
    return;
  }
  *first = run;
  runs.erase(first + 1, last);
}

void TakenBytes::take(int first, int last, ByteRun run) { take(1, 0, leaves, first, last, run); }

void TakenBytes::take(int node, int begin, int end, int first, int last, ByteRun run) {
  if (last < begin || end <= first)
    return;
  add(nodes[node].ever, run);
  if (first <= begin && end - 1 <= last)
    return add(nodes[node].throughout, run);
  int middle = begin + (end - begin) / 2;
  take(2 * node, begin, middle, first, last, run);
  take(2 * node + 1, middle, end, first, last, run);
}

void TakenBytes::collect(int node, int begin, int end, int first, int last,
                         llvm::SmallVectorImpl<ByteRun> &runs) const {
  if (last < begin || end <= first)
    return;
  if (first <= begin && end - 1 <= last) {
    llvm::append_range(runs, nodes[node].ever);
    return;
  }
  llvm::append_range(runs, nodes[node].throughout);
  int middle = begin + (end - begin) / 2;
  collect(2 * node, begin, middle, first, last, runs);
  collect(2 * node + 1, middle, end, first, last, runs);
}

int64_t TakenBytes::bestGap(int first, int last, int64_t size) const {
  llvm::SmallVector<ByteRun, 64> runs;
  collect(1, 0, leaves, first, last, runs);
  llvm::sort(runs, [](const ByteRun &a, const ByteRun &b) { return a.begin < b.begin; });
  int64_t free = 0, best = -1, bestGap = 0;
  for (const ByteRun &run : runs) {
    int64_t gap = run.begin - free;
    if (gap >= size && (best < 0 || gap < bestGap)) {
      best = free;
      bestGap = gap;
    }
    free = std::max(free, run.end);
  }
  return best >= 0 ? best : free;
}
