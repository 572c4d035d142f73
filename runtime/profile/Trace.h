// What a process spends its time on, as spans that --profile asks for.
#ifndef MLC_RUNTIME_PROFILE_TRACE_H
#define MLC_RUNTIME_PROFILE_TRACE_H

#include "runtime/Status.h"
#include "runtime/profile/Peak.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace mlc {

/// A stretch of time on one thread. Times are nanoseconds since the process began.
struct Span {
  std::string name;
  const char *category = "start"; ///< start, compile, data, step, kernel
  int64_t begin = 0, end = 0;
  int thread = 0; ///< 0 is the thread that called Trace::start
  // Of a kernel.
  std::string lines = {};      ///< places in the model's text
  double flops = 0, bytes = 0; ///< arithmetic and memory traffic
};

/// The spans of this process. There is one trace: start-up touches every part, and a trace handed through all
/// of them would be in every signature. Any thread may record; nothing is recorded before `start`.
class Trace {
public:
  /// Begins to record. What the process did before counts as a span of its own, by processor time.
  static void start();
  static bool on() { return recording.load(std::memory_order_relaxed); }
  /// Nanoseconds since the process began.
  static int64_t now();
  /// Adds a span of the calling thread; its `thread` is filled in.
  static void add(Span span);
  /// What was recorded so far, in the order in which the spans ended.
  static std::vector<Span> spans();
  /// Writes the spans so that chrome://tracing and Perfetto read them, kernels with their share of `peak`. IO
  /// when it cannot be written.
  static Status write(const std::string &path, const Peak &peak);

  /// Later spans are not kept: a trace is a look at the beginning, and its memory is bounded.
  static constexpr size_t mostSpans = 500000;

private:
  static std::atomic<bool> recording;
};

/// A span from construction to destruction. When nothing is recorded it costs one load.
class Phase {
public:
  explicit Phase(const char *name, const char *category = "start") : recording(Trace::on()) {
    if (recording)
      span = {name, category, Trace::now()};
  }
  ~Phase() { finish(); }
  Phase(const Phase &) = delete;
  Phase &operator=(const Phase &) = delete;

  /// Ends the span before the end of its scope.
  void finish() {
    if (!recording)
      return;
    recording = false;
    span.end = Trace::now();
    Trace::add(std::move(span));
  }

private:
  bool recording;
  Span span;
};

} // namespace mlc
#endif
