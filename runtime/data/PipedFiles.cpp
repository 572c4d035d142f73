#include "runtime/data/PipedFiles.h"

#include "runtime/files/Uninterrupted.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>

namespace mlc {
namespace {

/// Closes what it holds, standard input aside.
struct Source {
  int descriptor = -1;
  bool isOwned = false;
  ~Source() {
    if (isOwned && descriptor >= 0)
      ::close(descriptor);
  }
};

Status cannotRead(const std::string &name) {
  return Status::io("cannot read " + name + ": " + std::strerror(errno));
}

std::string sizeText(int64_t bytes) {
  constexpr int64_t gib = int64_t(1) << 30;
  return bytes % gib == 0 ? std::to_string(bytes / gib) + " GiB" : std::to_string(bytes) + " bytes";
}

} // namespace

PipedFiles::PipedFiles(const std::atomic<int> *stop, int64_t most) : stop_(stop), left_(most) {}

PipedFiles::~PipedFiles() {
  for (const Piped &piped : piped_)
    if (piped.descriptor >= 0)
      ::close(piped.descriptor);
}

Expected<std::string> PipedFiles::open(const std::string &path) {
  const bool isInput = path == "-" || path == "/dev/stdin";
  const std::string name = isInput ? "standard input" : path;
  struct stat info;
  if (uninterrupted([&] { return isInput ? fstat(STDIN_FILENO, &info) : stat(path.c_str(), &info); }) != 0)
    return isInput ? Expected<std::string>(cannotRead(name)) : path;
  if (isInput && S_ISREG(info.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0) {
    // Not what is left of a file that others have begun to read.
    piped_.push_back({name, "/proc/self/fd/" + std::to_string(STDIN_FILENO), -1});
    return piped_.back().path;
  }
  if (!S_ISFIFO(info.st_mode) && !S_ISCHR(info.st_mode) && !S_ISSOCK(info.st_mode) &&
      !(isInput && S_ISREG(info.st_mode)))
    return isInput ? "/dev/stdin" : path;
  if (!read_.emplace(info.st_dev, info.st_ino).second)
    return Status::usage(name + " is given twice, and a pipe can be read only once");
  Source from{isInput ? STDIN_FILENO : -1, !isInput};
  // Not blocking: a pipe without a writer is waited for where a signal is noticed.
  if (!isInput)
    from.descriptor = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (from.descriptor < 0)
    return cannotRead(name);
  int memory = memfd_create("mlc-piped", MFD_CLOEXEC);
  if (memory < 0)
    return Status::failed("cannot keep what comes from " + name + ": " + std::strerror(errno));
  piped_.push_back({name, "/proc/self/fd/" + std::to_string(memory), memory});
  MLC_TRY(spool(from.descriptor, name, memory));
  return piped_.back().path;
}

Status PipedFiles::spool(int from, const std::string &name, int to) {
  const int64_t most = left_;
  std::vector<char> piece(size_t(1) << 18);
  while (true) {
    if (stop_ && *stop_)
      return Status::interrupted("stopped while reading " + name);
    pollfd ready{from, POLLIN, 0};
    // Unlike a read, this comes back when a signal arrives.
    if (poll(&ready, 1, -1) < 0) {
      if (errno == EINTR)
        continue;
      return cannotRead(name);
    }
    ssize_t got = ::read(from, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (got < 0)
      return cannotRead(name);
    if (got == 0)
      return {};
    if (got > left_)
      return Status::badData(name + " delivers more than " + sizeText(most) +
                             "; write it to a file and name that");
    left_ -= got;
    for (ssize_t done = 0; done < got;) {
      ssize_t wrote =
          uninterrupted([&] { return ::write(to, piece.data() + done, static_cast<size_t>(got - done)); });
      if (wrote < 0)
        return Status::failed("out of memory for what comes from " + name);
      done += wrote;
    }
  }
}

Status PipedFiles::named(const Status &status) const {
  std::string message = status.message();
  for (const Piped &piped : piped_)
    for (size_t at = message.find(piped.path); at != std::string::npos; at = message.find(piped.path, at)) {
      size_t end = at + piped.path.size();
      if (end < message.size() && std::isdigit(static_cast<unsigned char>(message[end]))) {
        at = end; // the number of another
        continue;
      }
      message.replace(at, piped.path.size(), piped.name);
      at += piped.name.size();
    }
  return {status.code(), message};
}

} // namespace mlc
