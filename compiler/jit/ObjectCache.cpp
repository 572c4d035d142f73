// The object cache.
//
// One file per object: a line that names the format, the xxh3 checksum of the object, the object. A file is
// written under a temporary name in the same folder and renamed, so that others see all of it or nothing; two
// processes that compile the same kernel write the same bytes, and the later rename wins. A file that is cut
// short or changed fails its checksum and is compiled again.
//
// Names begin with "llvmcache-" because LLVM's pruning looks at no other files.
#include "compiler/jit/ObjectCache.h"

#include "llvm/Support/CachePruning.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
using namespace mlc::compiler;

static constexpr StringLiteral magic = "mlc object 1\n";
static constexpr size_t headerSize = magic.size() + sizeof(uint64_t);

std::string ObjectCache::defaultFolder() {
  SmallString<256> path;
  if (std::optional<std::string> base = sys::Process::GetEnv("XDG_CACHE_HOME"); base && !base->empty()) {
    path = *base;
  } else {
    std::optional<std::string> home = sys::Process::GetEnv("HOME");
    if (!home || home->empty())
      return {};
    path = *home;
    sys::path::append(path, ".cache");
  }
  sys::path::append(path, "mlc");
  return path.str().str();
}

std::string ObjectCache::pathOf(StringRef key) const {
  SmallString<256> path(folder);
  sys::path::append(path, "llvmcache-" + key);
  return path.str().str();
}

std::optional<std::string> ObjectCache::find(StringRef key) const {
  if (folder.empty())
    return std::nullopt;
  auto file = MemoryBuffer::getFile(pathOf(key), /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return std::nullopt;
  StringRef text = (*file)->getBuffer();
  if (text.size() < headerSize || !text.starts_with(magic))
    return std::nullopt;
  uint64_t checksum = support::endian::read64le(text.data() + magic.size());
  StringRef object = text.drop_front(headerSize);
  if (xxh3_64bits(object) != checksum)
    return std::nullopt;
  return object.str();
}

void ObjectCache::store(StringRef key, StringRef object) const {
  if (folder.empty() || sys::fs::create_directories(folder))
    return;
  SmallString<256> model(folder), temporary;
  sys::path::append(model, "new-%%%%%%%%%%%%");
  int descriptor = -1;
  if (sys::fs::createUniqueFile(model, descriptor, temporary))
    return;
  {
    raw_fd_ostream out(descriptor, /*shouldClose=*/true);
    char checksum[sizeof(uint64_t)];
    support::endian::write64le(checksum, xxh3_64bits(object));
    out << magic << StringRef(checksum, sizeof(checksum)) << object;
    out.close();
    if (out.has_error()) {
      // A full disk: slower next time, not an error.
      out.clear_error();
      static_cast<void>(sys::fs::remove(temporary));
      return;
    }
  }
  if (sys::fs::rename(temporary, pathOf(key)))
    static_cast<void>(sys::fs::remove(temporary));
}

void ObjectCache::prune() const {
  if (folder.empty())
    return;
  CachePruningPolicy policy;
  policy.MaxSizeBytes = uint64_t(1) << 30;
  policy.MaxSizePercentageOfAvailableSpace = 0; // no such limit
  policy.Expiration = std::chrono::hours(24 * 90);
  pruneCache(folder, policy);
}
