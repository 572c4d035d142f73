#include "runtime/files/AtomicFile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

namespace fs = std::filesystem;

namespace mlc {
namespace {

Status ioError(const std::string &what, const std::string &path) {
  int number = errno;
  std::string advice = number == ENOSPC || number == EDQUOT || number == EFBIG ? "; free some space" : "";
  return Status::io(what + " " + path + ": " + std::strerror(number) + advice);
}

std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

/// Whether a device, a pipe or a socket is there, which a rename would replace by a file.
bool isSpecial(const std::string &path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

int openFile(const std::string &path, int flags) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
}

Status writeIntoSpecial(const std::string &path, std::string_view text) {
  int descriptor = openFile(path, O_WRONLY);
  if (descriptor < 0)
    return ioError("cannot write", path);
  Status status = writeTo(descriptor, text, path);
  if (closeFile(descriptor) != 0 && status.isOk())
    status = ioError("cannot close", path);
  return status;
}

/// Of what is there, links not followed.
Expected<std::optional<mode_t>> modeOf(const std::string &path) {
  struct stat info;
  if (uninterrupted([&] { return ::lstat(path.c_str(), &info); }) == 0)
    return std::optional<mode_t>(info.st_mode);
  if (errno == ENOENT || errno == ENOTDIR)
    return std::optional<mode_t>();
  return ioError("cannot look at", path);
}

/// Repeats a call of the standard library while signals interrupt it.
template <typename Call> std::error_code errorOf(Call call) {
  std::error_code error;
  do {
    error.clear();
    call(error);
  } while (error == std::errc::interrupted);
  return error;
}

} // namespace

int closeFile(int descriptor) {
  int result = ::close(descriptor);
  return result != 0 && errno == EINTR ? 0 : result;
}

Status writeTo(int descriptor, std::string_view text, const std::string &path) {
  while (!text.empty()) {
    ssize_t wrote = uninterrupted([&] { return ::write(descriptor, text.data(), text.size()); });
    if (wrote <= 0)
      return ioError("cannot write", path);
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return {};
}

Status syncFile(int descriptor, const std::string &path) {
  // Some file systems do not sync folders; that is no reason to give up a checkpoint.
  if (uninterrupted([&] { return fsync(descriptor); }) != 0 && errno != EINVAL)
    return ioError("cannot sync", path);
  return {};
}

Expected<FileWriter> FileWriter::create(const std::string &path) {
  int descriptor = openFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK);
  if (descriptor < 0)
    return ioError("cannot write", path);
  // A device or a pipe is not ours to remove when something fails.
  struct stat info;
  Status status;
  if (uninterrupted([&] { return fstat(descriptor, &info); }) != 0)
    status = ioError("cannot look at", path);
  else if (!S_ISREG(info.st_mode))
    status = Status::io("cannot write " + path + ": it is not a regular file");
  if (status.isOk())
    return FileWriter(path, descriptor);
  closeFile(descriptor);
  return status;
}

Expected<FileWriter> FileWriter::replacing(const std::string &path) {
  std::string target = path;
  struct stat info;
  bool replaces = uninterrupted([&] { return ::stat(path.c_str(), &info); }) == 0;
  if (!replaces && errno != ENOENT)
    return ioError("cannot write", path);
  if (replaces && !S_ISREG(info.st_mode))
    return Status::io("cannot write " + path + ": it is not a regular file");
  std::error_code error;
  if (fs::path real = fs::canonical(path, error); !error)
    target = real.string();
  static std::atomic<int> count{0};
  int descriptor = -1;
  std::string beside;
  do { // what has the name already is left of a process that was killed, or of another machine
    beside = folderOf(target) + "/.mlc-" + std::to_string(getpid()) + "-" + std::to_string(count++) + ".tmp";
    descriptor = openFile(beside, O_WRONLY | O_CREAT | O_EXCL);
  } while (descriptor < 0 && errno == EEXIST);
  if (descriptor < 0)
    return ioError("cannot write", path);
  FileWriter writer(beside, descriptor);
  if (replaces && uninterrupted([&] { return fchmod(descriptor, info.st_mode & 07777); }) != 0)
    return ioError("cannot keep the permissions of", path);
  writer.target_ = target;
  return Expected<FileWriter>(std::move(writer));
}

FileWriter::FileWriter(FileWriter &&other) noexcept
    : path_(std::move(other.path_)), target_(std::move(other.target_)), descriptor_(other.descriptor_),
      status_(std::move(other.status_)) {
  other.descriptor_ = -1;
}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) {
    closeFile(descriptor_);
    ::unlink(path_.c_str());
  }
}

void FileWriter::write(const void *bytes, size_t count) {
  if (status_.isOk())
    status_ =
        writeTo(descriptor_, {static_cast<const char *>(bytes), count}, target_.empty() ? path_ : target_);
}

Status FileWriter::finish() {
  const std::string &name = target_.empty() ? path_ : target_;
  if (status_.isOk())
    status_ = syncFile(descriptor_, name);
  if (closeFile(descriptor_) != 0 && status_.isOk())
    status_ = ioError("cannot close", name);
  descriptor_ = -1;
  if (status_.isOk() && !target_.empty())
    status_ = renameFile(path_, target_);
  if (!status_.isOk())
    ::unlink(path_.c_str());
  return status_;
}

Status renameFile(const std::string &from, const std::string &to) {
  if (isSpecial(to)) {
    ::unlink(from.c_str());
    return Status::io("cannot write " + to + ": it is not a regular file");
  }
  if (uninterrupted([&] { return std::rename(from.c_str(), to.c_str()); }) != 0)
    return ioError("cannot rename to", to);
  return syncFolder(folderOf(to));
}

Status removeFile(const std::string &path) {
  if (uninterrupted([&] { return ::unlink(path.c_str()); }) != 0)
    return errno == ENOENT || errno == ENOTDIR ? Status() : ioError("cannot remove", path);
  return syncFolder(folderOf(path));
}

Expected<bool> isThere(const std::string &path) {
  Expected<std::optional<mode_t>> mode = modeOf(path);
  return mode ? Expected<bool>(mode->has_value()) : Expected<bool>(mode.status());
}

Expected<bool> isFolder(const std::string &path) {
  Expected<std::optional<mode_t>> mode = modeOf(path);
  return mode ? Expected<bool>(*mode && S_ISDIR(**mode)) : Expected<bool>(mode.status());
}

Status makeFolders(const std::string &path) {
  std::error_code error = errorOf([&](std::error_code &at) { fs::create_directories(path, at); });
  return error ? Status::io("cannot make the folder " + path + ": " + error.message()) : Status();
}

Status removeFolder(const std::string &path) {
  std::error_code error = errorOf([&](std::error_code &at) { fs::remove_all(path, at); });
  return error ? Status::io("cannot remove the folder " + path + ": " + error.message()) : Status();
}

Status syncFolder(const std::string &path) {
  int descriptor = openFile(path, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0)
    return ioError("cannot open the folder", path);
  Status status = syncFile(descriptor, path);
  closeFile(descriptor);
  return status;
}

Status truncateFile(const std::string &path, int64_t bytes) {
  if (uninterrupted([&] { return ::truncate(path.c_str(), bytes); }) != 0)
    return ioError("cannot cut", path);
  return {};
}

Status writeFileAtomically(const std::string &path, std::string_view text) {
  if (isSpecial(path))
    return writeIntoSpecial(path, text);
  Expected<FileWriter> file = FileWriter::replacing(path);
  if (!file)
    return file.status();
  file->write(text);
  return file->finish();
}

static Status copyFile(const std::string &from, const std::string &to) {
  int descriptor = openFile(from, O_RDONLY);
  if (descriptor < 0)
    return ioError("cannot open", from);
  Expected<FileWriter> file = FileWriter::create(to);
  Status status = file.status();
  std::vector<char> buffer(size_t(1) << 20);
  while (status.isOk()) {
    ssize_t got = uninterrupted([&] { return ::read(descriptor, buffer.data(), buffer.size()); });
    if (got < 0)
      status = ioError("cannot read", from);
    if (got <= 0)
      break;
    file->write(buffer.data(), static_cast<size_t>(got));
  }
  closeFile(descriptor);
  return status.isOk() ? file->finish() : status;
}

Status linkOrCopy(const std::string &from, const std::string &to) {
  bool linked = uninterrupted([&] { return ::link(from.c_str(), to.c_str()); }) == 0;
  return linked ? Status() : copyFile(from, to);
}

Expected<std::string> readWholeFile(const std::string &path, int64_t mostBytes) {
  int descriptor = openFile(path, O_RDONLY | O_NONBLOCK);
  if (descriptor < 0)
    return ioError("cannot open", path);
  struct stat info;
  Status status;
  std::string text;
  if (uninterrupted([&] { return fstat(descriptor, &info); }) != 0)
    status = ioError("cannot read", path);
  else if (!S_ISREG(info.st_mode))
    status = Status::io("cannot read " + path + ": it is not a regular file");
  else if (info.st_size > mostBytes)
    status = Status::badData(path + " is larger than such a file can be");
  char buffer[1 << 14];
  while (status.isOk()) {
    ssize_t got = uninterrupted([&] { return ::read(descriptor, buffer, sizeof buffer); });
    if (got < 0)
      status = ioError("cannot read", path);
    if (got <= 0)
      break;
    text.append(buffer, static_cast<size_t>(got));
    if (static_cast<int64_t>(text.size()) > mostBytes)
      status = Status::badData(path + " is larger than such a file can be");
  }
  closeFile(descriptor);
  if (!status.isOk())
    return status;
  return text;
}

} // namespace mlc
