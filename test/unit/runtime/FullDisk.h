// Writing fails as it does on a full disk.
#ifndef MLC_TEST_UNIT_RUNTIME_FULLDISK_H
#define MLC_TEST_UNIT_RUNTIME_FULLDISK_H

#include <sys/resource.h>

#include <csignal>

namespace mlc::test {

/// No file can grow beyond `bytes` while this lives: writing fails as on a full disk.
class FullDisk {
public:
  explicit FullDisk(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &saved_);
    rlimit limited = saved_;
    limited.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &saved_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit saved_;
  void (*handler_)(int);
};

} // namespace mlc::test
#endif
