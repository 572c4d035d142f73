// The cache on disk: never an error, never wrong bytes, never more than its limit.
#include "runtime/cache/DiskCache.h"
#include "test/unit/runtime/FullDisk.h"
#include "test/unit/runtime/TempFolder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlc;

namespace {

class DiskCacheTest : public testing::Test {
protected:
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(folder.path()))
      names.push_back(entry.path().filename().string());
    return names;
  }

  /// Makes the entry under `key` look as if it was used that many seconds ago.
  void age(const std::string &key, int64_t seconds) {
    struct timespec now = {};
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec -= seconds;
    const struct timespec times[] = {now, now};
    ASSERT_EQ(utimensat(AT_FDCWD, folder.file("entry-" + key).c_str(), times, 0), 0);
  }

  test::TempFolder folder;
};

TEST_F(DiskCacheTest, FindsWhatWasStored) {
  DiskCache cache(folder.path());
  EXPECT_FALSE(cache.find("a"));
  std::string bytes("bytes\0with zero", 15);
  cache.store("a", bytes);
  EXPECT_EQ(cache.find("a"), bytes);
  EXPECT_FALSE(cache.find("b"));
  EXPECT_EQ(DiskCache(folder.path()).find("a"), bytes);
  EXPECT_EQ(files().size(), 1u) << "a temporary file was left";
  cache.store("a", "");
  EXPECT_EQ(cache.find("a"), "");
}

TEST_F(DiskCacheTest, KeepsPartsApart) {
  DiskCache cache(folder.path());
  std::vector<std::string> parts = {"one", "", std::string(5000, 'x')};
  cache.store("a", {parts[0], parts[1], parts[2]});
  EXPECT_FALSE(cache.find("a")) << "it is not an entry of one part";
  std::vector<std::string> read(3);
  EXPECT_TRUE(cache.find("a", [&](size_t part, int64_t bytes) {
    read.at(part).resize(static_cast<size_t>(bytes));
    return reinterpret_cast<uint8_t *>(read[part].data());
  }));
  EXPECT_EQ(read, parts);
  EXPECT_FALSE(cache.find("a", [](size_t, int64_t) { return nullptr; })) << "the caller refused it";
}

TEST_F(DiskCacheTest, MakesItsFolder) {
  DiskCache cache(folder.file("deep/er"));
  cache.store("a", "object");
  EXPECT_EQ(cache.find("a"), "object");
  struct stat info;
  ASSERT_EQ(stat(folder.file("deep/er").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077, 0u) << "others may write code that will run";
}

TEST_F(DiskCacheTest, ADamagedEntryIsNotFound) {
  DiskCache cache(folder.path());
  const std::string bytes(1000, 'x');
  cache.store("a", bytes);
  std::string file = folder.read("entry-a");
  // Cut short at any place, any byte changed, and some added.
  for (size_t length = 0; length < file.size(); length += 7) {
    folder.write("entry-a", file.substr(0, length));
    EXPECT_FALSE(cache.find("a")) << length;
  }
  for (size_t place = 0; place < file.size(); ++place) {
    std::string changed = file;
    changed[place] ^= 1;
    folder.write("entry-a", changed);
    EXPECT_FALSE(cache.find("a")) << place;
  }
  folder.write("entry-a", file + "x");
  EXPECT_FALSE(cache.find("a"));
  cache.store("a", bytes);
  EXPECT_EQ(cache.find("a"), bytes);
}

TEST_F(DiskCacheTest, WhatOthersMayWriteToIsNotUsed) {
  DiskCache cache(folder.path());
  cache.store("a", "code that will run");
  for (mode_t open : {0770, 0707, 01777}) {
    ASSERT_EQ(chmod(folder.path().c_str(), open), 0);
    EXPECT_FALSE(cache.find("a"));
    cache.store("b", "more");
    age("a", 1000);
    DiskCache(folder.path(), 1).prune();
    EXPECT_EQ(files(), std::vector<std::string>{"entry-a"});
  }
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  EXPECT_TRUE(cache.find("a"));
  // A link is not followed out of the folder.
  std::string elsewhere = folder.file("elsewhere");
  ASSERT_EQ(std::rename(folder.file("entry-a").c_str(), elsewhere.c_str()), 0);
  ASSERT_EQ(symlink(elsewhere.c_str(), folder.file("entry-a").c_str()), 0);
  EXPECT_FALSE(cache.find("a"));
}

TEST_F(DiskCacheTest, AFolderOfAnotherUserIsNotUsed) {
  if (geteuid() != 0)
    GTEST_SKIP() << "giving a folder away takes root";
  DiskCache cache(folder.path());
  cache.store("a", "code that will run");
  ASSERT_EQ(chown(folder.path().c_str(), 65534, 65534), 0);
  EXPECT_FALSE(cache.find("a"));
  cache.store("b", "more");
  EXPECT_EQ(files(), std::vector<std::string>{"entry-a"});
}

TEST_F(DiskCacheTest, WhatCannotBeWrittenIsNotKept) {
  // A file where the folder should be: nobody can write there, not even root.
  folder.write("file", "in the way");
  DiskCache cache(folder.file("file/cache"));
  cache.store("a", "object");
  EXPECT_FALSE(cache.find("a"));
  cache.prune();
}

TEST_F(DiskCacheTest, AFullDiskIsNotAnError) {
  DiskCache cache(folder.path());
  {
    test::FullDisk full(1000);
    cache.store("a", std::string(100000, 'x'));
  }
  EXPECT_FALSE(cache.find("a"));
  EXPECT_EQ(files().size(), 0u) << "a part of a file was left";
  cache.store("a", "object");
  EXPECT_EQ(cache.find("a"), "object");
}

TEST_F(DiskCacheTest, NoFolderAndNoRoomKeepNothing) {
  for (const DiskCache &cache : {DiskCache(""), DiskCache(folder.path(), 0)}) {
    cache.store("a", "object");
    EXPECT_FALSE(cache.find("a"));
  }
  EXPECT_TRUE(files().empty());
}

TEST_F(DiskCacheTest, WhatWasNotUsedForLongestGoesFirst) {
  DiskCache cache(folder.path(), 10000);
  for (const char *key : {"a", "b", "c", "d"})
    cache.store(key, std::string(2000, *key));
  age("a", 400);
  age("b", 300);
  age("c", 200);
  age("d", 100);
  cache.prune();
  EXPECT_EQ(files().size(), 4u) << "there was room";
  EXPECT_TRUE(cache.find("a")); // used now
  cache.store("e", std::string(3000, 'e'));
  cache.prune();
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
  EXPECT_TRUE(cache.find("d"));
  EXPECT_TRUE(cache.find("e"));
  cache.store("large", std::string(5001, 'l'));
  EXPECT_FALSE(cache.find("large")) << "it would push out too much";
}

TEST_F(DiskCacheTest, PruningLeavesOtherFilesAlone) {
  folder.write("notes.txt", std::string(50000, 'n'));
  folder.write("new-1-1", "being written");
  folder.write("new-1-2", "of a process that was killed");
  struct timespec old[] = {{1, 0}, {1, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, folder.file("new-1-2").c_str(), old, 0), 0);
  DiskCache cache(folder.path(), 1000);
  cache.store("a", "object");
  cache.prune();
  EXPECT_TRUE(folder.has("notes.txt"));
  EXPECT_TRUE(folder.has("new-1-1"));
  EXPECT_FALSE(folder.has("new-1-2"));
  EXPECT_TRUE(cache.find("a"));
}

TEST_F(DiskCacheTest, ProcessesWritePruneAndReadAtOnce) {
  // Every reader sees a whole entry or none, whoever wrote it last.
  auto bytes = [](int n) { return std::string(5000 + n, char('a' + n)); };
  std::vector<pid_t> children;
  for (int n = 0; n < 3; ++n) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      DiskCache cache(folder.path(), n == 2 ? 1 : DiskCache::usualLimit);
      for (int i = 0; i < 200; ++i)
        n == 2 ? cache.prune() : cache.store("a", bytes(n));
      _exit(0);
    }
    children.push_back(child);
  }
  DiskCache cache(folder.path());
  for (int i = 0; i < 2000; ++i)
    if (auto found = cache.find("a"))
      EXPECT_TRUE(*found == bytes(0) || *found == bytes(1));
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  cache.store("a", bytes(0));
  EXPECT_EQ(cache.find("a"), bytes(0));
  EXPECT_EQ(files().size(), 1u);
}

TEST(Checksum, ChangesWithEveryBit) {
  std::string bytes(77, 'x');
  uint64_t whole = checksumOf(bytes.data(), 77);
  for (int bit = 0; bit < 77 * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] ^= char(1 << bit % 8);
    EXPECT_NE(checksumOf(changed.data(), 77), whole) << bit;
  }
  EXPECT_NE(checksumOf(bytes.data(), 76), whole);
  std::string zeros(64, '\0');
  EXPECT_NE(checksumOf(zeros.data(), 63), checksumOf(zeros.data(), 64));
}

TEST(BuildIdentity, IsOfTheProgramOrLibraryThatHoldsTheAddress) {
  static const char here = 0;
  const std::string own = buildIdentity(&here);
  EXPECT_EQ(own, buildIdentity(reinterpret_cast<const void *>(&checksumOf)))
      << "another part of this program";
  EXPECT_GE(own.size(), 16u);
  EXPECT_EQ(own.find_first_not_of("0123456789abcdef"), std::string::npos);
  const std::string library = buildIdentity(dlsym(RTLD_DEFAULT, "strtod"));
  EXPECT_NE(library, own);
  EXPECT_NE(library, "unknown");
  int local = 0;
  EXPECT_EQ(buildIdentity(&local), "unknown");
}

TEST(DiskCacheOfUser, FollowsTheEnvironment) {
  setenv("XDG_CACHE_HOME", "/somewhere", 1);
  EXPECT_EQ(DiskCache::userFolder(), "/somewhere/mlc");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/home/person", 1);
  EXPECT_EQ(DiskCache::userFolder(), "/home/person/.cache/mlc");
  unsetenv("HOME");
  EXPECT_EQ(DiskCache::userFolder(), "");
}

TEST(DiskCacheOfUser, HasASize) {
  unsetenv("MLC_CACHE_SIZE");
  EXPECT_EQ(*DiskCache::userLimit(), int64_t(1) << 30);
  for (auto [text, bytes] : {std::pair<const char *, int64_t>{"0", 0},
                             {"1234", 1234},
                             {"16K", 16 << 10},
                             {"512M", 512 << 20},
                             {"3G", int64_t(3) << 30}}) {
    setenv("MLC_CACHE_SIZE", text, 1);
    EXPECT_EQ(*DiskCache::userLimit(), bytes) << text;
  }
  for (const char *text : {"much", "-1", "1.5G", "M", "9999999999G", "1T"}) {
    setenv("MLC_CACHE_SIZE", text, 1);
    Status status = DiskCache::userLimit().status();
    EXPECT_EQ(status.code(), StatusCode::Usage) << text;
    EXPECT_NE(status.message().find("takes a number of bytes"), std::string::npos);
  }
  unsetenv("MLC_CACHE_SIZE");
}

} // namespace
