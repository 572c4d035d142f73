#include "runtime/checkpoint/AtomicFile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mlc {
namespace {

Status ioError(const std::string &what, const std::string &path) {
  int number = errno;
  std::string advice = number == ENOSPC || number == EDQUOT || number == EFBIG ? "; free some space" : "";
  return Status::io(what + " " + path + ": " + std::strerror(number) + advice);
}

Status syncFolderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
  int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return ioError("cannot open the folder", folder);
  // Some file systems do not sync folders; that is no reason to give up a checkpoint.
  int result = fsync(descriptor);
  Status status = result != 0 && errno != EINVAL ? ioError("cannot sync the folder", folder) : Status();
  ::close(descriptor);
  return status;
}

/// Whether a device, a pipe or a socket is there, which a rename would replace by a file.
bool isSpecial(const std::string &path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

Status writeAll(int descriptor, const std::string &path, const char *from, size_t count) {
  while (count != 0) {
    ssize_t wrote = ::write(descriptor, from, count);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return ioError("cannot write", path);
    from += wrote;
    count -= static_cast<size_t>(wrote);
  }
  return {};
}

Status writeIntoSpecial(const std::string &path, std::string_view text) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0)
    return ioError("cannot write", path);
  Status status = writeAll(descriptor, path, text.data(), text.size());
  if (::close(descriptor) != 0 && status.isOk())
    status = ioError("cannot close", path);
  return status;
}

} // namespace

Expected<FileWriter> FileWriter::create(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0644);
  if (descriptor < 0)
    return ioError("cannot write", path);
  // A device or a pipe is not ours to remove when something fails.
  struct stat info;
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return Status::io("cannot write " + path + ": it is not a regular file");
  }
  return FileWriter(path, descriptor);
}

FileWriter::FileWriter(FileWriter &&other) noexcept
    : path_(std::move(other.path_)), descriptor_(other.descriptor_), status_(std::move(other.status_)) {
  other.descriptor_ = -1;
}

FileWriter::~FileWriter() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }
}

void FileWriter::write(const void *bytes, size_t count) {
  if (status_.isOk())
    status_ = writeAll(descriptor_, path_, static_cast<const char *>(bytes), count);
}

Status FileWriter::finish() {
  if (status_.isOk() && fsync(descriptor_) != 0 && errno != EINVAL)
    status_ = ioError("cannot sync", path_);
  if (::close(descriptor_) != 0 && status_.isOk())
    status_ = ioError("cannot close", path_);
  descriptor_ = -1;
  if (!status_.isOk())
    ::unlink(path_.c_str());
  return status_;
}

Status renameFile(const std::string &from, const std::string &to) {
  if (isSpecial(to)) {
    ::unlink(from.c_str());
    return Status::io("cannot write " + to + ": it is not a regular file");
  }
  if (std::rename(from.c_str(), to.c_str()) != 0)
    return ioError("cannot rename to", to);
  return syncFolderOf(to);
}

Status removeFile(const std::string &path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT)
      return {};
    return ioError("cannot remove", path);
  }
  return syncFolderOf(path);
}

Status writeFileAtomically(const std::string &path, std::string_view text) {
  if (isSpecial(path))
    return writeIntoSpecial(path, text);
  Expected<FileWriter> file = FileWriter::create(path + ".tmp");
  if (!file)
    return file.status();
  file->write(text);
  MLC_TRY(file->finish());
  return renameFile(path + ".tmp", path);
}

Expected<std::string> readWholeFile(const std::string &path, int64_t mostBytes) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return ioError("cannot open", path);
  struct stat info;
  Status status;
  std::string text;
  if (fstat(descriptor, &info) != 0)
    status = ioError("cannot read", path);
  else if (!S_ISREG(info.st_mode))
    status = Status::io("cannot read " + path + ": it is not a regular file");
  else if (info.st_size > mostBytes)
    status = Status::badData(path + " is larger than such a file can be");
  char buffer[1 << 14];
  while (status.isOk()) {
    ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      status = ioError("cannot read", path);
    if (got <= 0)
      break;
    text.append(buffer, static_cast<size_t>(got));
    if (static_cast<int64_t>(text.size()) > mostBytes)
      status = Status::badData(path + " is larger than such a file can be");
  }
  ::close(descriptor);
  if (!status.isOk())
    return status;
  return text;
}

} // namespace mlc
