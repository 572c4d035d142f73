#include "compiler/tools/mlc/ProfileTable.h"

#include "compiler/tools/mlc/Summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <sys/resource.h>

namespace mlc::tool {
namespace {

constexpr size_t shownLaunches = 10;

double milliseconds(int64_t nanoseconds) { return 1e-6 * static_cast<double>(nanoseconds); }

/// Phases of the main thread that began before the first step ended. Those within others are indented.
std::string startText(const Profiler::Totals &totals, const std::vector<Span> &spans) {
  std::vector<Span> phases;
  for (const Span &span : spans)
    if (span.thread == 0 && span.category != std::string_view("kernel") && span.begin < totals.firstStepAt)
      phases.push_back(span);
  // A span is recorded when it ends, after those within it.
  std::sort(phases.begin(), phases.end(), [](const Span &a, const Span &b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  });
  std::string text = fmt::format("profile\n  start: {:.1f} ms to the end of the first step\n",
                                 milliseconds(totals.firstStepAt));
  std::vector<int64_t> ends;
  for (const Span &phase : phases) {
    while (!ends.empty() && phase.begin >= ends.back())
      ends.pop_back();
    if (ends.size() < 2)
      text += fmt::format("    {:>9.1f} ms  {:{}}{}\n", milliseconds(phase.end - phase.begin), "",
                          2 * ends.size(), phase.name);
    ends.push_back(phase.end);
  }
  return text;
}

std::string nameOf(const Profiler::Row &row) {
  return fmt::format("{} {}", mlc::nameOf(row.function), row.info.kernel);
}

} // namespace

std::string profileText(const Profiler &profiler, const std::vector<Span> &spans, const Peak &peak,
                        const MemoryPlan &stated, int64_t allocated) {
  const Profiler::Totals &totals = profiler.totals();
  std::string text = startText(totals, spans);
  int64_t both = totals.stepTime + totals.waitTime;
  text += fmt::format("  {} training steps of {:.3f} ms; {:.1f} % of the time they waited for data\n",
                      grouped(totals.steps),
                      totals.steps ? milliseconds(totals.stepTime) / static_cast<double>(totals.steps) : 0,
                      both ? 100.0 * static_cast<double>(totals.waitTime) / static_cast<double>(both) : 0);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  text += fmt::format("  memory: {} bytes stated, {} bytes allocated; the process took {} at most\n",
                      stated.total(), allocated, bytesText(int64_t(usage.ru_maxrss) * 1024));
  text += fmt::format("  peak of this processor: {}/s from registers, {}/s from memory\n",
                      flopsText(peak.flops), bytesText(static_cast<int64_t>(peak.bytes)));

  std::vector<Profiler::Row> rows = profiler.rows();
  int64_t all = 0;
  for (const Profiler::Row &row : rows)
    all += row.nanoseconds;
  size_t width = 6;
  rows.resize(std::min(rows.size(), shownLaunches));
  for (const Profiler::Row &row : rows)
    width = std::max(width, nameOf(row).size());
  text += fmt::format("  {:<{}}  share      calls     us each  GFLOP/s  of peak    GB/s  of peak  lines\n",
                      "kernel", width);
  for (const Profiler::Row &row : rows) {
    if (row.times == 0)
      continue;
    double seconds = 1e-9 * static_cast<double>(std::max<int64_t>(row.nanoseconds, 1));
    double flops = row.info.flops * static_cast<double>(row.times) / seconds;
    double bytes = row.info.bytes * static_cast<double>(row.times) / seconds;
    text += fmt::format(
        "  {:<{}}  {:>4.1f}%  {:>9}  {:>10.1f}  {:>7.1f}  {:>6.1f}%  {:>6.1f}  {:>6.1f}%  {}\n", nameOf(row),
        width, 100.0 * static_cast<double>(row.nanoseconds) / static_cast<double>(all), grouped(row.times),
        1e6 * seconds / static_cast<double>(row.times), 1e-9 * flops, 100 * flops / peak.flops, 1e-9 * bytes,
        100 * bytes / peak.bytes, row.info.lines);
  }
  return text;
}

} // namespace mlc::tool
