#include "compiler/tools/mlc-bench/StepTimes.h"

#include "compiler/tools/mlc/Train.h"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>

namespace mlc::tool {

Status trainWithTimes(const Options &options, const std::string &path) {
  auto close = [](std::FILE *file) { std::fclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> times(std::fopen(path.c_str(), "we"), close);
  if (!times)
    return Status::io(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return train(options, [&](const StepReport &report) {
    std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    fmt::print(times.get(), "{} {:.9f} {:.9f}\n", report.update, now.count(), report.secondsWaited);
    std::fflush(times.get()); // who measures reads along
  });
}

} // namespace mlc::tool
