// Where data files are looked for, and what a name may not do.
#include "runtime/data/DataFile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;
using testing::HasSubstr;

namespace {

class DataFileTest : public testing::Test {
protected:
  void SetUp() override {
    root = fs::path(testing::TempDir()) /
           ("datafile-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root);
  }
  void TearDown() override { fs::remove_all(root); }

  std::string put(const std::string &path) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << "x";
    return (root / path).string();
  }
  mlc::Expected<std::string> find(const std::string &name, const std::string &data = "") {
    return mlc::findDataFile(name, (root / "model").string(), data.empty() ? "" : (root / data).string(),
                             {(root / "system").string(), (root / "share").string()});
  }

  fs::path root;
};

TEST_F(DataFileTest, BesideTheModelBeforeTheSystem) {
  const std::string system = put("system/digits/a.gz");
  ASSERT_TRUE(find("digits/a.gz"));
  EXPECT_EQ(*find("digits/a.gz"), system);
  const std::string own = put("model/digits/a.gz");
  EXPECT_EQ(*find("digits/a.gz"), own);
}

TEST_F(DataFileTest, DataFolderReplacesBoth) {
  put("model/digits/a.gz");
  put("system/digits/a.gz");
  EXPECT_FALSE(find("digits/a.gz", "given"));
  const std::string flat = put("given/a.gz");
  ASSERT_TRUE(find("digits/a.gz", "given"));
  EXPECT_EQ(*find("digits/a.gz", "given"), flat);
  const std::string nested = put("given/digits/a.gz");
  EXPECT_EQ(*find("digits/a.gz", "given"), nested);
}

TEST_F(DataFileTest, SystemFolderNeedsAFolderPart) {
  put("system/a.csv");
  EXPECT_FALSE(find("a.csv"));
  const std::string shared = put("share/books/a.txt");
  ASSERT_TRUE(find("books/a.txt"));
  EXPECT_EQ(*find("books/a.txt"), shared);
}

TEST_F(DataFileTest, NothingOutsideTheFolders) {
  const std::string absolute = put("secret");
  for (const std::string &name : {std::string("../secret"), std::string("x/../../secret"), absolute,
                                  std::string(), std::string("digits/")}) {
    const auto found = find(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.status().code(), mlc::StatusCode::BadData) << name;
  }
}

TEST_F(DataFileTest, MissingNamesThePlaces) {
  const auto found = find("digits/a.gz");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.status().code(), mlc::StatusCode::IO);
  EXPECT_THAT(found.status().message(), HasSubstr("model/digits/a.gz' or '"));
  EXPECT_THAT(found.status().message(), HasSubstr("share/digits/a.gz'; give its folder with --data DIR"));
}

} // namespace
