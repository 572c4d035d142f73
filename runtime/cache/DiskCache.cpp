// The cache on disk.
//
// One file per entry: a line that names the format, the number of parts, for each part its size and checksum,
// the parts. A file is written under a temporary name in the same folder and renamed, so that others see all
// of it or nothing; two processes that make the same entry write the same bytes, and the later rename wins. A
// file that is cut short or changed fails its sizes or a checksum and is made again.
//
// The time of a file's last change is the time of its last use: find() sets it.
//
// What is in the cache is run. So the folder is used only if nobody else can have put anything there: it is
// this user's own, and no one else may write to it. Entries are reached from the open folder that was looked
// at, whatever becomes of its path meanwhile.
#include "runtime/cache/DiskCache.h"

#include "runtime/Number.h"
#include "runtime/files/Uninterrupted.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>

namespace fs = std::filesystem;

namespace mlc {
namespace {

constexpr std::string_view magic = "mlc cache 2\n";
constexpr uint64_t mostParts = 1 << 16;
constexpr auto oldTemporary = std::chrono::hours(1);

/// Closes a descriptor at the end of its scope.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  explicit operator bool() const { return number >= 0; }

  bool read(void *to, int64_t count) const {
    auto *at = static_cast<char *>(to);
    while (count > 0) {
      ssize_t got = uninterrupted([&] { return ::read(number, at, static_cast<size_t>(count)); });
      if (got <= 0)
        return false;
      at += got;
      count -= got;
    }
    return true;
  }

  bool write(const void *from, size_t count) const {
    auto *at = static_cast<const char *>(from);
    while (count > 0) {
      ssize_t wrote = uninterrupted([&] { return ::write(number, at, count); });
      if (wrote <= 0)
        return false;
      at += wrote;
      count -= static_cast<size_t>(wrote);
    }
    return true;
  }

  bool close() {
    int result = ::close(number);
    number = -1;
    return result == 0;
  }

  int number;
};

struct PartHeader {
  uint64_t bytes = 0, checksum = 0;
};

/// The header of an open entry whose sizes add up to those of the file.
std::optional<std::vector<PartHeader>> readHeader(const Descriptor &file) {
  struct stat info;
  char name[magic.size()];
  uint64_t count = 0;
  if (fstat(file.number, &info) != 0 || !S_ISREG(info.st_mode) || !file.read(name, sizeof name) ||
      std::string_view(name, sizeof name) != magic || !file.read(&count, sizeof count) || count > mostParts)
    return std::nullopt;
  auto left = static_cast<uint64_t>(info.st_size) - magic.size() - sizeof count;
  if (left < count * sizeof(PartHeader))
    return std::nullopt;
  left -= count * sizeof(PartHeader);
  std::vector<PartHeader> parts(count);
  if (!file.read(parts.data(), static_cast<int64_t>(count * sizeof(PartHeader))))
    return std::nullopt;
  for (const PartHeader &part : parts) {
    if (part.bytes > left)
      return std::nullopt;
    left -= part.bytes;
  }
  if (left != 0)
    return std::nullopt;
  return parts;
}

/// Makes the folder and those above it; the last one is the person's own.
void makeFolder(const std::string &folder) {
  std::error_code error;
  if (fs::is_directory(folder, error))
    return;
  fs::create_directories(fs::path(folder).parent_path(), error);
  static_cast<void>(::mkdir(folder.c_str(), 0700));
}

/// The folder, or -1 if there is none that only this user can have written to.
int openTrusted(const std::string &folder) {
  int number = folder.empty() ? -1 : ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat info;
  if (number < 0 ||
      (fstat(number, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0))
    return number;
  ::close(number);
  return -1;
}

std::string nameOf(std::string_view key) { return "entry-" + std::string(key); }

} // namespace

uint64_t checksumOf(const void *bytes, int64_t count) {
  // Four chains side by side, so that multiplications overlap; each step is a bijection of its chain.
  constexpr uint64_t odd = 0x9E3779B97F4A7C15;
  auto mix = [](uint64_t chain, uint64_t word) {
    chain = (chain ^ word) * odd;
    return chain ^ chain >> 29;
  };
  std::array<uint64_t, 4> chains = {1, 2, 3, 4};
  auto *at = static_cast<const uint8_t *>(bytes);
  int64_t left = count;
  for (; left >= 32; left -= 32, at += 32)
    for (size_t i = 0; i < 4; ++i) {
      uint64_t word;
      std::memcpy(&word, at + 8 * i, sizeof word);
      chains[i] = mix(chains[i], word);
    }
  uint64_t result = static_cast<uint64_t>(count);
  while (left > 0) {
    uint64_t word = 0;
    auto taken = std::min<int64_t>(left, 8);
    std::memcpy(&word, at, static_cast<size_t>(taken));
    at += taken;
    left -= taken;
    result = mix(result, word);
  }
  for (uint64_t chain : chains)
    result = mix(result, chain);
  return mix(result, 0);
}

/// The description of the first build id among the notes of a segment, or empty.
static std::string_view findBuildId(std::string_view notes) {
  // Name and description are padded to four bytes each.
  auto padded = [](size_t bytes) { return (bytes + 3) / 4 * 4; };
  ElfW(Nhdr) note;
  while (notes.size() >= sizeof note) {
    std::memcpy(&note, notes.data(), sizeof note);
    notes.remove_prefix(sizeof note);
    const size_t name = padded(note.n_namesz), description = padded(note.n_descsz);
    if (name + description > notes.size())
      break;
    if (note.n_type == NT_GNU_BUILD_ID && notes.substr(0, note.n_namesz) == std::string_view("GNU\0", 4))
      return notes.substr(name, note.n_descsz);
    notes.remove_prefix(name + description);
  }
  return {};
}

/// Of a file that has no build id.
static std::string checksumOfFile(const char *path) {
  Descriptor file(uninterrupted([&] { return ::open(path, O_RDONLY | O_CLOEXEC); }));
  struct stat info;
  if (!file || uninterrupted([&] { return fstat(file.number, &info); }) != 0)
    return "unknown";
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  return file.read(bytes.data(), info.st_size) ? std::to_string(checksumOf(bytes.data(), info.st_size))
                                               : "unknown";
}

std::string buildIdentity(const void *address) {
  struct Search {
    uintptr_t address;
    std::string identity = "unknown";
  } search{reinterpret_cast<uintptr_t>(address)};
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *context) {
        auto &search = *static_cast<Search *>(context);
        bool holds = false;
        std::string_view id;
        for (size_t i = 0; i < info->dlpi_phnum; ++i) {
          const auto &segment = info->dlpi_phdr[i];
          const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
          if (segment.p_type == PT_LOAD)
            holds = holds || (search.address >= begin && search.address < begin + segment.p_memsz);
          if (segment.p_type == PT_NOTE && id.empty())
            id = findBuildId({reinterpret_cast<const char *>(begin), segment.p_filesz});
        }
        if (!holds)
          return 0;
        search.identity.clear();
        for (char byte : id) {
          constexpr std::string_view digits = "0123456789abcdef";
          search.identity += digits[static_cast<uint8_t>(byte) >> 4];
          search.identity += digits[static_cast<uint8_t>(byte) & 15];
        }
        if (id.empty()) // the program itself has no name here
          search.identity = checksumOfFile(*info->dlpi_name ? info->dlpi_name : "/proc/self/exe");
        return 1;
      },
      &search);
  return search.identity;
}

std::string DiskCache::userFolder() {
  if (const char *base = std::getenv("XDG_CACHE_HOME"); base && *base)
    return std::string(base) + "/mlc";
  if (const char *home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.cache/mlc";
  return {};
}

Expected<int64_t> DiskCache::userLimit() {
  const char *variable = std::getenv("MLC_CACHE_SIZE");
  if (!variable || !*variable)
    return usualLimit;
  std::string text = variable;
  int shift = 0;
  if (size_t unit = std::string_view("KMG").find(text.back()); unit != std::string_view::npos) {
    shift = 10 * static_cast<int>(unit + 1);
    text.pop_back();
  }
  std::optional<int64_t> number = parseI64(text);
  int64_t limit;
  if (!number || *number < 0 || __builtin_mul_overflow(*number, int64_t(1) << shift, &limit))
    return Status::usage("MLC_CACHE_SIZE is `" + std::string(variable) +
                         "`; it takes a number of bytes, or one with K, M or G, as in 512M");
  return limit;
}

DiskCache DiskCache::ofUser() {
  Expected<int64_t> limit = userLimit();
  return DiskCache(userFolder(), limit ? *limit : usualLimit);
}

bool DiskCache::find(std::string_view key, const Place &place) const {
  Descriptor folder(openTrusted(folder_));
  if (!folder)
    return false;
  Descriptor file(
      ::openat(folder.number, nameOf(key).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!file)
    return false;
  std::optional<std::vector<PartHeader>> parts = readHeader(file);
  if (!parts)
    return false;
  for (size_t i = 0; i < parts->size(); ++i) {
    auto bytes = static_cast<int64_t>((*parts)[i].bytes);
    uint8_t *to = place(i, bytes);
    if (!to || !file.read(to, bytes) || checksumOf(to, bytes) != (*parts)[i].checksum)
      return false;
  }
  static_cast<void>(futimens(file.number, nullptr));
  return true;
}

std::optional<std::string> DiskCache::find(std::string_view key) const {
  std::string bytes;
  bool found = find(key, [&](size_t part, int64_t count) -> uint8_t * {
    return part == 0 ? placeIn(bytes, count) : nullptr;
  });
  if (!found)
    return std::nullopt;
  return bytes;
}

void DiskCache::store(std::string_view key, const std::vector<std::string_view> &parts) const {
  std::vector<PartHeader> header;
  int64_t total = 0;
  for (std::string_view part : parts) {
    auto bytes = static_cast<int64_t>(part.size());
    total += bytes;
    header.push_back({part.size(), checksumOf(part.data(), bytes)});
  }
  if (folder_.empty() || total > limit_ / 2 || parts.size() > mostParts)
    return;
  makeFolder(folder_);
  Descriptor folder(openTrusted(folder_));
  if (!folder)
    return;
  // Unique among processes by the number, within one by the count.
  static std::atomic<uint64_t> count{0};
  std::string temporary = "new-" + std::to_string(getpid()) + "-" + std::to_string(++count);
  Descriptor file(
      ::openat(folder.number, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file)
    return;
  uint64_t number = parts.size();
  bool written = file.write(magic.data(), magic.size()) && file.write(&number, sizeof number) &&
                 file.write(header.data(), header.size() * sizeof(PartHeader));
  for (std::string_view part : parts)
    written = written && file.write(part.data(), part.size());
  // A full disk: slower next time, not an error.
  if (!file.close() || !written ||
      renameat(folder.number, temporary.c_str(), folder.number, nameOf(key).c_str()) != 0)
    unlinkat(folder.number, temporary.c_str(), 0);
}

void DiskCache::prune() const {
  if (!Descriptor(openTrusted(folder_)))
    return;
  struct Entry {
    fs::path path;
    fs::file_time_type used;
    int64_t bytes;
  };
  std::vector<Entry> entries;
  int64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    // Another process may have removed it meanwhile.
    std::error_code gone;
    std::string name = it->path().filename().string();
    fs::file_time_type used = it->last_write_time(gone);
    if (gone)
      continue;
    // Of a process that was killed.
    if (name.rfind("new-", 0) == 0 && fs::file_time_type::clock::now() - used > oldTemporary)
      fs::remove(it->path(), gone);
    if (name.rfind("entry-", 0) != 0)
      continue;
    auto bytes = static_cast<int64_t>(it->file_size(gone));
    if (gone)
      continue;
    entries.push_back({it->path(), used, bytes});
    total += bytes;
  }
  if (total <= limit_)
    return;
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) { return a.used < b.used; });
  for (const Entry &entry : entries) {
    if (total <= limit_)
      return;
    fs::remove(entry.path, error);
    total -= entry.bytes;
  }
}

} // namespace mlc
