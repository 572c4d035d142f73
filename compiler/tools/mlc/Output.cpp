// Standard output carries data only, and losing some of it is a failure.
#include "compiler/tools/mlc/Command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mlc::tool {

static Status failure() {
  // The status still says that not all was written, for scripts.
  if (errno == EPIPE)
    return Status::io("");
  return Status::io(std::string("standard output cannot be written to: ") + std::strerror(errno));
}

Status writeOutput(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? Status::ok() : failure();
}

static bool quiet = false;

void beQuiet() { quiet = true; }

void say(std::string_view text) {
  if (!quiet)
    warn(text);
}

void warn(std::string_view text) { static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr)); }

Status flushOutput() { return std::fflush(stdout) == 0 ? Status::ok() : failure(); }

} // namespace mlc::tool
