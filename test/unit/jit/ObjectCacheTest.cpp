// The cache on disk: never an error, never a wrong object.
#include "compiler/jit/ObjectCache.h"
#include "test/unit/runtime/FullDisk.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlc::compiler;

namespace {

class ObjectCacheTest : public testing::Test {
protected:
  void SetUp() override {
    llvm::SmallString<128> path;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("mlc-cache", path));
    folder = path.str().str();
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::vector<std::string> files() {
    std::vector<std::string> names;
    std::error_code error;
    for (llvm::sys::fs::directory_iterator i(folder, error), end; i != end && !error; i.increment(error))
      names.push_back(i->path());
    return names;
  }

  std::string folder;
};

TEST_F(ObjectCacheTest, FindsWhatWasStored) {
  ObjectCache cache(folder);
  EXPECT_FALSE(cache.find("a"));
  std::string object("bytes\0with zero", 15);
  cache.store("a", object);
  EXPECT_EQ(cache.find("a"), object);
  EXPECT_FALSE(cache.find("b"));
  EXPECT_EQ(ObjectCache(folder).find("a"), object);
  EXPECT_EQ(files().size(), 1u) << "a temporary file was left";
}

TEST_F(ObjectCacheTest, MakesItsFolder) {
  ObjectCache cache(folder + "/deep/er");
  cache.store("a", "object");
  EXPECT_EQ(cache.find("a"), "object");
}

TEST_F(ObjectCacheTest, ADamagedObjectIsNotFound) {
  ObjectCache cache(folder);
  const std::string object(1000, 'x');
  cache.store("a", object);
  ASSERT_EQ(files().size(), 1u);
  std::string path = files()[0];
  std::stringstream whole;
  whole << std::ifstream(path, std::ios::binary).rdbuf();
  std::string bytes = whole.str();
  // Cut short at any place, and any byte changed.
  for (size_t length = 0; length < bytes.size(); length += 7) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, length);
    EXPECT_FALSE(cache.find("a")) << length;
  }
  for (size_t place = 0; place < bytes.size(); place += 11) {
    std::string changed = bytes;
    changed[place] ^= 1;
    std::ofstream(path, std::ios::binary) << changed;
    EXPECT_FALSE(cache.find("a")) << place;
  }
  cache.store("a", object);
  EXPECT_EQ(cache.find("a"), object);
}

TEST_F(ObjectCacheTest, WhatCannotBeWrittenIsNotKept) {
  // A file where the folder should be: nobody can write there, not even root.
  std::ofstream(folder + "/file") << "in the way";
  ObjectCache cache(folder + "/file/cache");
  cache.store("a", "object");
  EXPECT_FALSE(cache.find("a"));
  cache.prune();
}

TEST_F(ObjectCacheTest, AFullDiskIsNotAnError) {
  ObjectCache cache(folder);
  {
    mlc::test::FullDisk full(1000);
    cache.store("a", std::string(100000, 'x'));
  }
  EXPECT_FALSE(cache.find("a"));
  EXPECT_EQ(files().size(), 0u) << "a part of a file was left";
  cache.store("a", "object");
  EXPECT_EQ(cache.find("a"), "object");
}

TEST_F(ObjectCacheTest, NoFolderKeepsNothing) {
  ObjectCache cache("");
  cache.store("a", "object");
  EXPECT_FALSE(cache.find("a"));
}

TEST_F(ObjectCacheTest, TwoProcessesWriteWhileTwoRead) {
  // Every reader sees a whole object or none, whoever wrote it last.
  auto object = [](int n) { return std::string(5000 + n, char('a' + n)); };
  std::vector<pid_t> children;
  for (int n = 0; n < 2; ++n) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ObjectCache cache(folder);
      for (int i = 0; i < 200; ++i)
        cache.store("a", object(n));
      _exit(0);
    }
    children.push_back(child);
  }
  ObjectCache cache(folder);
  for (int i = 0; i < 2000; ++i)
    if (auto found = cache.find("a"))
      EXPECT_TRUE(*found == object(0) || *found == object(1));
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(cache.find("a"));
  EXPECT_EQ(files().size(), 1u);
}

TEST(ObjectCacheFolder, FollowsTheEnvironment) {
  setenv("XDG_CACHE_HOME", "/somewhere", 1);
  EXPECT_EQ(ObjectCache::defaultFolder(), "/somewhere/mlc");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/home/person", 1);
  EXPECT_EQ(ObjectCache::defaultFolder(), "/home/person/.cache/mlc");
  unsetenv("HOME");
  EXPECT_EQ(ObjectCache::defaultFolder(), "");
}

} // namespace
