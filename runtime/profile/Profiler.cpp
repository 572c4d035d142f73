#include "runtime/profile/Profiler.h"

#include "runtime/profile/Trace.h"

#include <algorithm>

namespace mlc {

void Profiler::run(FunctionKind id, int64_t rows, const Function &function, mlc_call call, ThreadPool &pool) {
  bool trains = id == FunctionKind::TrainStep;
  if (function.launches) {
    Sums &sums = sums_[{id, rows}];
    if (!sums.list) {
      sums.list = function.launches;
      sums.times.resize(sums.list->infos.size());
      sums.nanoseconds.resize(sums.list->infos.size());
    }
    current_ = &sums;
    next_ = 0;
    pool_ = &pool;
    traced_ = trains && totals_.steps < tracedSteps;
    call.parallel_for = &Profiler::parallelFor;
    call.context = this;
  }
  int64_t begin = Trace::now();
  function.entry(&call);
  int64_t end = Trace::now();
  if (!trains)
    return;
  if (totals_.steps == 0)
    totals_.firstStepAt = end;
  ++totals_.steps;
  totals_.stepTime += end - begin;
}

void Profiler::parallelFor(void *context, mlc_kernel kernel, void *const *args, int64_t chunks) {
  auto &profiler = *static_cast<Profiler *>(context);
  int64_t begin = Trace::now();
  ThreadPool::parallelFor(profiler.pool_, kernel, args, chunks);
  int64_t end = Trace::now();
  Sums &sums = *profiler.current_;
  const LaunchList &list = *sums.list;
  if (profiler.next_ >= list.order.size())
    return;
  uint32_t number = list.order[profiler.next_++];
  ++sums.times[number];
  sums.nanoseconds[number] += end - begin;
  if (!profiler.traced_)
    return;
  const LaunchInfo &info = list.infos[number];
  Span span{info.kernel, "kernel", begin, end};
  span.lines = info.lines;
  span.flops = info.flops;
  span.bytes = info.bytes;
  Trace::add(std::move(span));
}

std::vector<Profiler::Row> Profiler::rows() const {
  std::vector<Row> rows;
  for (const auto &[key, sums] : sums_)
    for (size_t i = 0; i < sums.list->infos.size(); ++i)
      rows.push_back({key.first, key.second, sums.list->infos[i], sums.times[i], sums.nanoseconds[i]});
  std::sort(rows.begin(), rows.end(),
            [](const Row &a, const Row &b) { return a.nanoseconds > b.nanoseconds; });
  return rows;
}

} // namespace mlc
