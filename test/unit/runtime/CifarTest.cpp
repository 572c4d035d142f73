#include "runtime/data/Cifar.h"
#include "TempFolder.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// A record whose red, green and blue are counted from three different values.
std::string record(const std::string &labels, int offset = 0) {
  std::string bytes = labels;
  for (int colour = 0; colour < 3; ++colour)
    for (int i = 0; i < 1024; ++i)
      bytes += static_cast<char>((colour * 80 + i + offset) % 256);
  return bytes;
}

const FieldSpec picture{"image", DType::U8, {32, 32, 3}, {}, 0, false, 0};
FieldSpec label(const std::string &name = "label", int64_t classes = 0) {
  return {name, DType::I32, {}, {}, 0, false, classes};
}

class CifarTest : public testing::Test {
protected:
  void expectBad(const std::string &bytes, const std::vector<FieldSpec> &fields, const std::string &why) {
    std::string path = folder.write("bad", bytes);
    Expected<Dataset> data = readCifar({path}, fields, vocabulary, true);
    ASSERT_FALSE(data) << why;
    EXPECT_EQ(data.status().code(), StatusCode::BadData);
    EXPECT_THAT(data.status().message(), HasSubstr(why));
  }
  TempFolder folder;
  Vocabulary vocabulary;
};

} // namespace

TEST_F(CifarTest, PixelsHaveTheirThreeColoursTogether) {
  std::string first = folder.write("a", record("\3") + record("\7", 5));
  std::string second = folder.writeGzip("b.gz", record("\1"));
  Expected<Dataset> data = readCifar({first, second}, {picture, label()}, vocabulary, true);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_EQ(data->rows, 3);
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(3, 7, 1));
  const std::vector<uint8_t> &bytes = data->columns[0].bytes;
  ASSERT_EQ(bytes.size(), 3u * 3072);
  EXPECT_THAT(std::vector<uint8_t>(bytes.begin(), bytes.begin() + 6), ElementsAre(0, 80, 160, 1, 81, 161));
  EXPECT_THAT(std::vector<uint8_t>(bytes.begin() + 3072, bytes.begin() + 3075), ElementsAre(5, 85, 165));
}

TEST_F(CifarTest, HundredClassesHaveTwoLabels) {
  std::string path = folder.write("a", record("\x13\x63"));
  Expected<Dataset> data = readCifar({path}, {picture, label()}, vocabulary, true);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(99));
  data = readCifar({path}, {picture, label("coarse"), label("fine")}, vocabulary, true);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(19));
  EXPECT_THAT(valuesOf<int32_t>(data->columns[2].bytes), ElementsAre(99));
}

TEST_F(CifarTest, OtherDtypesAndCategories) {
  std::string path = folder.write("a", record("\3") + record("\1") + record("\3"));
  FieldSpec floats = picture, kinds = label();
  floats.dtype = DType::F32;
  kinds.categories = 2;
  kinds.coding = Coding::Category;
  Expected<Dataset> data = readCifar({path}, {floats, kinds}, vocabulary, true);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_EQ(valuesOf<float>(data->columns[0].bytes)[4], 81);
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(1, 0, 1));
  EXPECT_THAT(vocabulary["label"], ElementsAre("1", "3"));
  // To predict, the picture is enough.
  data = readCifar({path}, {picture}, vocabulary, false);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->columns.size(), 1u);
}

TEST_F(CifarTest, SizesAndLabelsAreChecked) {
  expectBad("", {picture, label()}, "the file is empty");
  expectBad(record("\3").substr(1), {picture, label()}, "3072 bytes are neither records of 3073");
  expectBad(record("\3") + record("\3") + "x", {picture, label()}, "6147 bytes are neither");
  expectBad(record("\x0a"), {picture, label()}, "label 10 in record 0 is not below 10");
  expectBad(record("\3") + record("\xff"), {picture, label()}, "label 255 in record 1");
  expectBad(record("\x14\1"), {picture, label()}, "label 20 in record 0 is not below 20");
  expectBad(record("\3"), {picture, label("label", 3)},
            "3 in row 0 is outside the 3 classes of 'label', which count from 0 to 2");
  expectBad(record("\3"), {picture, label(), label("fine")}, "CIFAR-10 has one label");
}

TEST_F(CifarTest, FieldsMustFit) {
  FieldSpec small = picture, vector = label();
  small.shape = {3, 32, 32};
  vector.shape = {2};
  expectBad(record("\3"), {small, label()}, "[3, 32, 32], the pictures of cifar are [32, 32, 3]");
  expectBad(record("\3"), {picture, vector}, "single numbers");
  expectBad(record("\3"), {}, "there are 0 fields");
}

TEST_F(CifarTest, KindsDoNotMix) {
  std::vector<std::string> paths = {folder.write("a", record("\3")), folder.write("b", record("\3\4"))};
  Expected<Dataset> data = readCifar(paths, {picture, label()}, vocabulary, true);
  ASSERT_FALSE(data);
  EXPECT_THAT(data.status().message(), HasSubstr("cannot be mixed: records of 3074 bytes, 3073 in"));
  EXPECT_EQ(readCifar({folder.file("none")}, {picture}, vocabulary, true).status().code(), StatusCode::IO);
}
