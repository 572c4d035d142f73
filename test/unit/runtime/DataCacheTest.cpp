// Decoded data on disk: found again only where nothing that it depends on has changed.
#include "runtime/data/DataCache.h"
#include "test/unit/runtime/TempFolder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

using namespace mlc;

namespace {

class DataCacheTest : public testing::Test {
protected:
  DataCacheTest() {
    FieldSpec kind;
    kind.name = "kind";
    kind.dtype = DType::I32;
    kind.categories = 3;
    kind.coding = Coding::Category;
    FieldSpec x;
    x.name = "x";
    x.shape = {2};
    fields = {x, kind};
    folder.write("rows.csv", std::string(1000, 'r'));
    paths = {folder.file("rows.csv")};
  }

  DataCache cache(const Vocabulary &vocabulary = {}, bool learn = true, int64_t leastBytes = 1000,
                  int64_t leastAge = 0) const {
    return DataCache(disk, "csv", paths, options, fields, vocabulary, learn, leastBytes, leastAge);
  }

  Dataset rows() const {
    Dataset dataset;
    dataset.rows = 3;
    for (const FieldSpec &field : fields) {
      dataset.columns.push_back(Column::of(field));
      for (int64_t i = 0; i < 3 * dataset.columns.back().rowBytes; ++i)
        dataset.columns.back().bytes.push_back(static_cast<uint8_t>(i + field.name.size()));
    }
    return dataset;
  }

  bool finds(const DataCache &from) const {
    Vocabulary vocabulary;
    return from.find(vocabulary).has_value();
  }

  test::TempFolder folder;
  DiskCache disk{folder.file("cache"), 1 << 20};
  std::vector<std::string> paths;
  std::map<std::string, std::string> options = {{"separator", "44"}};
  std::vector<FieldSpec> fields;
  const Vocabulary words = {{"kind", {"cat", "dog \xff", ""}}};
};

TEST_F(DataCacheTest, GivesBackWhatWasStored) {
  EXPECT_FALSE(finds(cache()));
  cache().store(rows(), {{"kind", {"cat", "dog", ""}}});
  Vocabulary vocabulary;
  std::optional<Dataset> found = cache().find(vocabulary);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rows, 3);
  EXPECT_FALSE(found->overlap);
  ASSERT_EQ(found->columns.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(found->columns[i].bytes, rows().columns[i].bytes);
    EXPECT_EQ(found->columns[i].field.name, fields[i].name);
    EXPECT_EQ(found->columns[i].rowBytes, rows().columns[i].rowBytes);
  }
  EXPECT_EQ(vocabulary, (Vocabulary{{"kind", {"cat", "dog", ""}}}));
}

TEST_F(DataCacheTest, KeepsTheOverlapOfWindows) {
  Dataset dataset = rows();
  dataset.overlap = 7;
  cache().store(dataset, {});
  Vocabulary vocabulary;
  std::optional<Dataset> found = cache().find(vocabulary);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->overlap, 7);
}

TEST_F(DataCacheTest, AFileOfThisInstantIsNotOfTheFuture) {
  using namespace std::chrono;
  // In the first milliseconds of a second the clock of the last tick is a second behind the fine one, which
  // stamps a file whose stamp somebody has looked at since that tick.
  auto second = time_point_cast<seconds>(system_clock::now()) + 1s;
  std::this_thread::sleep_until(second - 2ms);
  while (system_clock::now() < second) {
  }
  for (char letter : {'a', 'b', 'c'}) {
    folder.write("rows.csv", std::string(1000, letter));
    EXPECT_FALSE(finds(cache()));
  }
  cache().store(rows(), {});
  EXPECT_TRUE(finds(cache()));
}

TEST_F(DataCacheTest, WordsThatJsonCannotHoldAreNotKept) {
  cache().store(rows(), words);
  EXPECT_FALSE(finds(cache()));
  cache(words, false).store(rows(), {});
  EXPECT_FALSE(finds(cache(words, false)));
}

TEST_F(DataCacheTest, WhateverItDependsOnMakesItAnother) {
  cache().store(rows(), {});
  ASSERT_TRUE(finds(cache()));
  EXPECT_FALSE(finds(cache({}, /*learn=*/false)));
  options["separator"] = "59";
  EXPECT_FALSE(finds(cache()));
  options["separator"] = "44";
  fields[0].columns = {"a", "b"};
  EXPECT_FALSE(finds(cache()));
  fields[0].columns.clear();
  fields[1].optional = true;
  EXPECT_FALSE(finds(cache()));
  fields[1].optional = false;
  fields[1].coding = Coding::Hash;
  EXPECT_FALSE(finds(cache()));
  fields[1].coding = Coding::Category;
  fields[1].missing.emplace();
  EXPECT_FALSE(finds(cache()));
  fields[1].missing = std::nullopt;
  fields[0].parts = {"year", "month"};
  EXPECT_FALSE(finds(cache()));
  fields[0].parts.clear();
  EXPECT_TRUE(finds(cache()));
  paths.push_back(folder.write("more.csv", "x"));
  EXPECT_FALSE(finds(cache()));
  paths.pop_back();
  // Another file of as many bytes. (The old one stays, so that it keeps its inode.)
  std::filesystem::rename(folder.file("rows.csv"), folder.file("old.csv"));
  folder.write("rows.csv", std::string(1000, 's'));
  EXPECT_FALSE(finds(cache()));
}

TEST_F(DataCacheTest, WhatIsLookedUpDependsOnTheVocabulary) {
  cache({{"kind", {"a"}}}, false).store(rows(), {{"kind", {"a"}}});
  EXPECT_TRUE(finds(cache({{"kind", {"a"}}}, false)));
  EXPECT_FALSE(finds(cache({{"kind", {"b"}}}, false)));
}

TEST_F(DataCacheTest, SmallNewAndLargeFilesAreLeftAlone) {
  cache({}, true, 1001).store(rows(), {});
  EXPECT_FALSE(finds(cache({}, true, 1001)));
  cache({}, true, 1000, 100).store(rows(), {});
  EXPECT_FALSE(finds(cache({}, true, 1000, 100))) << "it may change again within a tick of the clock";
  disk = DiskCache(folder.file("cache"), 100);
  cache().store(rows(), {});
  EXPECT_FALSE(finds(cache()));
}

TEST_F(DataCacheTest, RowsThatAreMadeOnDemandAreNotKept) {
  struct Source : RowSource {
    Status read(const int64_t *, int64_t, uint8_t *) const override { return {}; }
    Expected<uint64_t> fingerprint() const override { return uint64_t(1); }
  };
  Dataset dataset = rows();
  dataset.columns[0].bytes.clear();
  dataset.columns[0].source = std::make_shared<Source>();
  cache().store(dataset, {});
  EXPECT_FALSE(finds(cache()));
}

} // namespace
