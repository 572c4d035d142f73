#include "runtime/profile/Trace.h"

#include "runtime/Json.h"
#include "runtime/files/AtomicFile.h"

#include <algorithm>
#include <ctime>
#include <mutex>

namespace mlc {

std::atomic<bool> Trace::recording{false};

namespace {

struct Recorded {
  std::mutex mutex;
  std::vector<Span> spans;
};

Recorded &recorded() {
  static Recorded all;
  return all;
}

int64_t readClock(clockid_t clock) {
  timespec time = {};
  clock_gettime(clock, &time);
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

std::atomic<int64_t> origin{0};
std::atomic<int> threads{0};

int threadNumber() {
  thread_local int number = threads++;
  return number;
}

} // namespace

void Trace::start() {
  // Between the process's begin and now it did nothing but run: loading the program and its libraries.
  int64_t before = readClock(CLOCK_PROCESS_CPUTIME_ID);
  origin = readClock(CLOCK_MONOTONIC) - before;
  recording = true;
  add({"load the program", "start", 0, before});
}

int64_t Trace::now() { return readClock(CLOCK_MONOTONIC) - origin.load(std::memory_order_relaxed); }

void Trace::add(Span span) {
  span.thread = threadNumber();
  Recorded &all = recorded();
  std::lock_guard<std::mutex> lock(all.mutex);
  if (all.spans.size() < mostSpans)
    all.spans.push_back(std::move(span));
}

std::vector<Span> Trace::spans() {
  Recorded &all = recorded();
  std::lock_guard<std::mutex> lock(all.mutex);
  return all.spans;
}

Status Trace::write(const std::string &path, const Peak &peak) {
  // The format has microseconds; three digits after the point keep nanoseconds.
  auto time = [](int64_t nanoseconds) {
    std::string digits = std::to_string(nanoseconds % 1000);
    return std::to_string(nanoseconds / 1000) + "." + std::string(3 - digits.size(), '0') + digits;
  };
  Expected<FileWriter> file = FileWriter::replacing(path);
  if (!file)
    return file.status();
  file->write("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n"
              "{\"ph\": \"M\", \"pid\": 1, \"tid\": 0, \"name\": \"thread_name\", \"args\": {\"name\": "
              "\"main\"}}");
  for (const Span &span : spans()) {
    std::string text = ",\n{\"ph\": \"X\", \"pid\": 1, \"tid\": " + std::to_string(span.thread) +
                       ", \"name\": " + Json(span.name).dump(-1, ' ', false, Json::error_handler_t::replace) +
                       ", \"cat\": \"" + span.category + "\", \"ts\": " + time(span.begin) +
                       ", \"dur\": " + time(span.end - span.begin);
    if (span.category == std::string_view("kernel")) {
      double seconds = 1e-9 * static_cast<double>(std::max<int64_t>(span.end - span.begin, 1));
      Json arguments = {{"lines", span.lines},
                        {"flops", span.flops},
                        {"bytes", span.bytes},
                        {"share_of_peak_flops", jsonNumber(span.flops / seconds / peak.flops)},
                        {"share_of_peak_bytes", jsonNumber(span.bytes / seconds / peak.bytes)}};
      text += ", \"args\": " + arguments.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    file->write(text + "}");
  }
  file->write("\n]}\n");
  return file->finish();
}

} // namespace mlc
