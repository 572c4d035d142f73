#include "runtime/data/Images.h"
#include "Growth.h"
#include "PictureBytes.h"
#include "TempFolder.h"
#include "runtime/data/Loader.h"
#include "runtime/data/Statistics.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

const FieldSpec picture{"image", DType::U8, {4, 4, 3}, {}, 0, false, 0};
FieldSpec label(int64_t categories = 0, int64_t classes = 0) {
  return {"label", DType::I32, {}, {}, categories, false, classes};
}

class ImagesTest : public testing::Test {
protected:
  ImagesTest() {
    for (const char *name : {"pets/cat", "pets/ant", "test/cat"})
      std::filesystem::create_directories(folder.file(name));
    put("pets/cat/b.PNG", 50);
    put("pets/cat/a.png", 40);
    put("pets/ant/z.png", 10);
    folder.write("pets/cat/notes.txt", "not a picture");
    folder.write("pets/cat/.hidden.png", "not a picture");
    put("test/cat/x.png", 60);
  }
  void put(const std::string &name, uint8_t value) {
    folder.write(name, textOf(pngOf(Picture{6, 4, 3, std::vector<uint8_t>(72, value)})));
  }
  /// The first byte of each picture, as one batch; or the failure.
  Expected<std::vector<int>> firstBytes(const Dataset &data) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < data.rows; ++i)
      rows.push_back(i);
    const Column &column = data.columns[0];
    std::vector<uint8_t> bytes(static_cast<size_t>(data.rows * column.rowBytes));
    MLC_TRY(column.copyRows(rows.data(), data.rows, bytes.data()));
    std::vector<int> values;
    for (int64_t i = 0; i < data.rows; ++i)
      values.push_back(bytes[static_cast<size_t>(i * column.rowBytes)]);
    return values;
  }
  Expected<Dataset> read(const std::string &name, const std::vector<FieldSpec> &fields, bool learn = true) {
    return readImages({folder.file(name)}, 0, fields, vocabulary, learn);
  }
  void expectBad(const std::string &name, const std::vector<FieldSpec> &fields, const std::string &why,
                 bool learn = true) {
    Expected<Dataset> data = read(name, fields, learn);
    ASSERT_FALSE(data) << why;
    EXPECT_EQ(data.status().code(), StatusCode::BadData);
    EXPECT_THAT(data.status().message(), HasSubstr(why));
  }
  TempFolder folder;
  Vocabulary vocabulary;
};

} // namespace

TEST_F(ImagesTest, ClassesAreFoldersInOrder) {
  Expected<Dataset> data = read("pets", {picture, label()});
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_EQ(data->rows, 3);
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(0, 1, 1));
  EXPECT_THAT(vocabulary["label"], ElementsAre("ant", "cat"));
  EXPECT_THAT(*firstBytes(*data), ElementsAre(10, 40, 50));
  EXPECT_TRUE(data->columns[0].bytes.empty());
  // Another split numbers its classes as training did.
  data = read("test", {picture, label(2)}, false);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(1));
}

TEST_F(ImagesTest, PicturesWithoutClasses) {
  Expected<Dataset> data = read("pets/cat", {picture}, false);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(*firstBytes(*data), ElementsAre(40, 50));
  data = readImages({folder.file("test/cat/x.png"), folder.file("pets/ant/z.png")}, 4, {picture}, vocabulary,
                    false);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(*firstBytes(*data), ElementsAre(60, 10));
  expectBad("pets/cat", {picture, label()}, "in no folder of a class");
}

TEST_F(ImagesTest, GreyFloatsAndJpeg) {
  FieldSpec grey{"image", DType::F32, {2, 2, 1}, {}, 0, false, 0};
  folder.write("pets/ant/z.png", textOf(jpegOf(Picture{32, 32, 3, std::vector<uint8_t>(32 * 32 * 3, 200)})));
  Expected<Dataset> data = read("pets", {grey});
  ASSERT_TRUE(data) << data.status().message();
  int64_t row = 0;
  std::vector<uint8_t> bytes(16);
  ASSERT_TRUE(data->columns[0].copyRows(&row, 1, bytes.data()).isOk());
  for (float value : valuesOf<float>(bytes))
    EXPECT_NEAR(value, 200, 1);
}

TEST_F(ImagesTest, DamagedFilesAreNamedWhenTheyAreRead) {
  folder.write("pets/cat/b.PNG", "not a picture");
  Expected<Dataset> data = read("pets", {picture, label()});
  ASSERT_TRUE(data) << data.status().message();
  Expected<std::vector<int>> bytes = firstBytes(*data);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.status().code(), StatusCode::BadData);
  EXPECT_THAT(bytes.status().message(), HasSubstr("neither a JPEG nor a PNG file, "));
  EXPECT_THAT(bytes.status().message(), HasSubstr("pets/cat/b.PNG"));

  // The loader ends with it, and so do statistics.
  Rows rows = Rows::all(std::make_shared<const Dataset>(*data));
  LoaderPlan plan;
  plan.fields = {"image", "label"};
  plan.batch = 2;
  auto loader = Loader::start(rows, plan);
  ASSERT_TRUE(loader);
  EXPECT_NE((*loader)->next(), nullptr);
  EXPECT_EQ((*loader)->next(), nullptr);
  EXPECT_THAT((*loader)->status().message(), HasSubstr("pets/cat/b.PNG"));
  EXPECT_FALSE(statisticOf(rows, rows.data->columns[0], StatisticKind::Mean));

  std::filesystem::remove(folder.file("pets/cat/b.PNG"));
  EXPECT_EQ(firstBytes(*data).status().code(), StatusCode::IO);
}

TEST_F(ImagesTest, Statistics) {
  Expected<Dataset> data = read("pets", {picture, label()});
  Rows rows = Rows::all(std::make_shared<const Dataset>(*data));
  EXPECT_NEAR((*statisticOf(rows, rows.data->columns[0], StatisticKind::Mean))[5], 100.0 / 3, 1e-12);
}

TEST_F(ImagesTest, SaysWhatIsWrong) {
  EXPECT_EQ(readImages({folder.file("none")}, 0, {picture}, vocabulary, true)->rows, 1);
  expectBad("pets", {picture, label(0, 1)}, "there are 2 folders, and field 'label' has 1 classes");
  expectBad("pets", {picture, label(1)}, "has 1 classes");
  ASSERT_TRUE(read("test", {picture, label()}));
  expectBad("pets", {picture, label()}, "a folder that the training data does not have: 'ant'", false);
  std::filesystem::create_directories(folder.file("pets/dog"));
  expectBad("pets", {picture, label()}, "no JPEG or PNG file of class 'dog'");
  std::filesystem::create_directories(folder.file("empty"));
  expectBad("empty", {picture, label()}, "there is no JPEG or PNG file");
  FieldSpec wide = picture, number = label();
  wide.shape = {4, 6, 3};
  number.dtype = DType::F32;
  expectBad("test", {wide}, "rows of shape [4, 6, 3], pictures are [N, N, 3], or 1 for grey");
  expectBad("test", {picture, number}, "must be i32 or a category");
  EXPECT_THAT(readImages({folder.file("test")}, 5, {picture}, vocabulary, true).status().message(),
              HasSubstr("pictures are [5, 5, 3]"));
}

TEST_F(ImagesTest, AFolderOfWhatIsMissing) {
  FieldSpec kind = label(2);
  kind.coding = Coding::Category;
  std::filesystem::create_directories(folder.file("pets/NA"));
  put("pets/NA/m.png", 70);
  expectBad("pets", {picture, kind}, "a value is missing: 'NA' stands for that");
  kind.optional = true;
  kind.categories = 3;
  Expected<Dataset> data = read("pets", {picture, kind});
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(0, 1, 2, 2));
  EXPECT_THAT(vocabulary["label"], ElementsAre("ant", "cat"));
  kind.missing.emplace();
  expectBad("pets", {picture, kind}, "write `label: category(4)?`");
}

TEST_F(ImagesTest, TimeIsProportionalToFolders) {
  std::string pixels = textOf(pngOf(Picture{6, 4, 3, std::vector<uint8_t>(72, 9)}));
  for (int64_t count : {200, 3200})
    for (int64_t i = 0; i < count; ++i) {
      std::string name = "many" + std::to_string(count) + "/class" + std::to_string(i);
      std::filesystem::create_directories(folder.file(name));
      folder.write(name + "/a.png", pixels);
    }
  expectLinear(200, [&](int64_t count) {
    std::string name = "many" + std::to_string(count);
    ASSERT_TRUE(read(name, {picture, label(count)}));
    ASSERT_TRUE(read(name, {picture, label(count)}, /*learn=*/false));
  });
}
