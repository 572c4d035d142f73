// A library to preload (LD_PRELOAD): counts the calls on files below one folder, and at one of them does what
// a kill, a failing disk, a signal or a full disk do.
//
//   MLC_FAULTS_FOLDER  the folder, absolute; calls on it and on what is in it are counted from 1
//   MLC_FAULTS_AT      the number of the call at which something happens
//   MLC_FAULTS_DO      what:
//     kill             the process is killed before the call
//     torn             a write is made by half, and the process is killed
//     short            a write is made by half, and says so, as when a signal interrupts it late
//     EIO ENOSPC EINTR the call fails, once; a file that it should close is closed
//     full             from here on nothing finds room: half of this write is made, then all fail with ENOSPC
//     EROFS            from here on nothing may be written
//   MLC_FAULTS_LOG     a file that gets a line for each call: its number, the function, the path
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <atomic>
#include <string>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

/// What a call does to the disk.
enum Effect { Reads, Writes, TakesRoom, Closes };

template <typename Function> Function *real(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

struct Plan {
  std::string folder, action;
  long at = 0;
  int log = -1;
  std::atomic<long> calls{0};
  static constexpr int mostFiles = 4096;
  std::atomic<bool> open[mostFiles] = {};

  Plan() {
    auto text = [](const char *name) {
      const char *value = std::getenv(name);
      return std::string(value ? value : "");
    };
    folder = text("MLC_FAULTS_FOLDER");
    action = text("MLC_FAULTS_DO");
    at = std::strtol(text("MLC_FAULTS_AT").c_str(), nullptr, 10);
    if (std::string path = text("MLC_FAULTS_LOG"); !path.empty())
      log = real<int(const char *, int, ...)>("open")(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                                                      0644);
  }
};

Plan &plan() {
  static auto *only = new Plan; // files are closed after static objects are gone
  return *only;
}

bool isBelow(const char *path) {
  const std::string &folder = plan().folder;
  if (folder.empty() || !path || std::strncmp(path, folder.c_str(), folder.size()) != 0)
    return false;
  return path[folder.size()] == '\0' || path[folder.size()] == '/';
}

bool isBelow(int file) { return file >= 0 && file < Plan::mostFiles && plan().open[file]; }

bool isBelow(int folder, const char *path) {
  return path && (path[0] == '/' ? isBelow(path) : isBelow(folder));
}

void keep(int file, bool below) {
  if (file >= 0 && file < Plan::mostFiles)
    plan().open[file] = below;
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  while (true)
    pause();
}

/// What becomes of a call.
struct Fate {
  int error = 0;     ///< it fails with this
  bool half = false; ///< of a write
  bool torn = false; ///< and then the process dies
};

Fate fateOf(const char *function, const char *path, Effect effect) {
  Plan &now = plan();
  long number = ++now.calls;
  if (now.log >= 0) {
    std::string line = std::to_string(number) + " " + function + " " + (path ? path : "") + "\n";
    if (real<ssize_t(int, const void *, size_t)>("write")(now.log, line.data(), line.size()) < 0)
      die();
  }
  Fate fate;
  if (now.at == 0 || number < now.at)
    return fate;
  if (now.action == "EROFS" && (effect == Writes || effect == TakesRoom))
    fate.error = EROFS;
  if (now.action == "full" && effect == TakesRoom) {
    fate.half = number == now.at && std::strcmp(function, "write") == 0;
    fate.error = fate.half ? 0 : ENOSPC;
  }
  if (number != now.at)
    return fate;
  if (now.action == "kill")
    die();
  fate.half = fate.half || now.action == "short" || now.action == "torn";
  fate.torn = now.action == "torn";
  fate.error = now.action == "EIO"      ? EIO
               : now.action == "ENOSPC" ? ENOSPC
               : now.action == "EINTR"  ? EINTR
                                        : fate.error;
  return fate;
}

/// Calls `call`, or fails as it would.
template <typename Call> auto through(const char *function, const char *path, Effect effect, Call call) {
  Fate fate = fateOf(function, path, effect);
  if (!fate.error)
    return call();
  if (effect == Closes)
    call();
  errno = fate.error;
  return decltype(call())(-1);
}

mode_t modeOf(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

/// What an open file is called, for the log.
std::string pathOf(int file) {
  char path[4096];
  std::string link = "/proc/self/fd/" + std::to_string(file);
  ssize_t size = plan().log < 0 ? 0 : readlink(link.c_str(), path, sizeof path);
  return std::string(path, size < 0 ? 0 : static_cast<size_t>(size));
}

template <typename Call> int openThrough(const char *path, int flags, bool below, Call call) {
  Effect effect = flags & O_CREAT ? TakesRoom : (flags & O_ACCMODE) == O_RDONLY ? Reads : Writes;
  int file = below ? through("open", path, effect, call) : call();
  keep(file, below);
  return file;
}

} // namespace

// Each function of the C library is declared by its header; here it is defined anew.
#define THROUGH(below, name, path, effect, Type, ...)                                                        \
  auto call = [&] { return real<Type>(name)(__VA_ARGS__); };                                                 \
  return (below) ? through(name, path, effect, call) : call()

extern "C" {

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openThrough(path, flags, isBelow(path),
                     [&] { return real<int(const char *, int, ...)>("open")(path, flags, mode); });
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openThrough(path, flags, isBelow(path),
                     [&] { return real<int(const char *, int, ...)>("open64")(path, flags, mode); });
}

int openat(int folder, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openThrough(path, flags, isBelow(folder, path), [&] {
    return real<int(int, const char *, int, ...)>("openat")(folder, path, flags, mode);
  });
}

int openat64(int folder, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openThrough(path, flags, isBelow(folder, path), [&] {
    return real<int(int, const char *, int, ...)>("openat64")(folder, path, flags, mode);
  });
}

int close(int file) {
  bool below = isBelow(file);
  keep(file, false);
  THROUGH(below, "close", pathOf(file).c_str(), Closes, int(int), file);
}

ssize_t write(int file, const void *bytes, size_t count) {
  auto *call = real<ssize_t(int, const void *, size_t)>("write");
  if (!isBelow(file))
    return call(file, bytes, count);
  Fate fate = fateOf("write", pathOf(file).c_str(), TakesRoom);
  if (fate.error) {
    errno = fate.error;
    return -1;
  }
  ssize_t wrote = call(file, bytes, fate.half ? (count + 1) / 2 : count);
  if (fate.torn)
    die();
  return wrote;
}

ssize_t read(int file, void *bytes, size_t count) {
  THROUGH(isBelow(file), "read", pathOf(file).c_str(), Reads, ssize_t(int, void *, size_t), file, bytes,
          count);
}
ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
  THROUGH(isBelow(file), "pread", pathOf(file).c_str(), Reads, ssize_t(int, void *, size_t, off_t), file,
          bytes, count, offset);
}
ssize_t pread64(int file, void *bytes, size_t count, off64_t offset) {
  THROUGH(isBelow(file), "pread64", pathOf(file).c_str(), Reads, ssize_t(int, void *, size_t, off64_t), file,
          bytes, count, offset);
}
int fsync(int file) { THROUGH(isBelow(file), "fsync", pathOf(file).c_str(), Writes, int(int), file); }
int flock(int file, int operation) {
  THROUGH(isBelow(file), "flock", pathOf(file).c_str(), Reads, int(int, int), file, operation);
}
int fchmod(int file, mode_t mode) {
  THROUGH(isBelow(file), "fchmod", pathOf(file).c_str(), Writes, int(int, mode_t), file, mode);
}
int ftruncate(int file, off_t size) {
  THROUGH(isBelow(file), "ftruncate", pathOf(file).c_str(), Writes, int(int, off_t), file, size);
}
int ftruncate64(int file, off64_t size) {
  THROUGH(isBelow(file), "ftruncate64", pathOf(file).c_str(), Writes, int(int, off64_t), file, size);
}
int truncate(const char *path, off_t size) {
  THROUGH(isBelow(path), "truncate", path, Writes, int(const char *, off_t), path, size);
}
int truncate64(const char *path, off64_t size) {
  THROUGH(isBelow(path), "truncate64", path, Writes, int(const char *, off64_t), path, size);
}
int rename(const char *from, const char *to) {
  THROUGH(isBelow(to), "rename", to, Writes, int(const char *, const char *), from, to);
}
int link(const char *from, const char *to) {
  THROUGH(isBelow(to), "link", to, TakesRoom, int(const char *, const char *), from, to);
}
int unlink(const char *path) { THROUGH(isBelow(path), "unlink", path, Writes, int(const char *), path); }
int unlinkat(int folder, const char *path, int flags) {
  THROUGH(isBelow(folder, path), "unlinkat", path, Writes, int(int, const char *, int), folder, path, flags);
}
int rmdir(const char *path) { THROUGH(isBelow(path), "rmdir", path, Writes, int(const char *), path); }
int remove(const char *path) { THROUGH(isBelow(path), "remove", path, Writes, int(const char *), path); }
int mkdir(const char *path, mode_t mode) {
  THROUGH(isBelow(path), "mkdir", path, TakesRoom, int(const char *, mode_t), path, mode);
}
int stat(const char *path, struct stat *info) {
  THROUGH(isBelow(path), "stat", path, Reads, int(const char *, struct stat *), path, info);
}
int lstat(const char *path, struct stat *info) {
  THROUGH(isBelow(path), "lstat", path, Reads, int(const char *, struct stat *), path, info);
}
int fstat(int file, struct stat *info) {
  THROUGH(isBelow(file), "fstat", pathOf(file).c_str(), Reads, int(int, struct stat *), file, info);
}
int stat64(const char *path, struct stat64 *info) {
  THROUGH(isBelow(path), "stat64", path, Reads, int(const char *, struct stat64 *), path, info);
}
int lstat64(const char *path, struct stat64 *info) {
  THROUGH(isBelow(path), "lstat64", path, Reads, int(const char *, struct stat64 *), path, info);
}
int fstat64(int file, struct stat64 *info) {
  THROUGH(isBelow(file), "fstat64", pathOf(file).c_str(), Reads, int(int, struct stat64 *), file, info);
}

} // extern "C"
