#include "runtime/data/Reader.h"
#include "TempFolder.h"

#include <gmock/gmock.h>

#include <algorithm>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class ReaderTest : public testing::Test {
protected:
  ReaderTest() {
    folders.modelFolder = folder.path();
    manifest.data.train = ReaderSpec{"csv", {"train.csv"}, {}};
    manifest.data.fields = {{"x", DType::F32, {}, {}, 0, false, 0},
                            {"c", DType::I32, {}, {}, 3, false, 0, Coding::Category}};
    manifest.train.seed = 3;
    folder.write("train.csv", "x,c\n0,b\n1,a\n2,b\n3,c\n4,a\n");
  }
  TempFolder folder;
  DataFolders folders;
  Manifest manifest;
};

} // namespace

TEST_F(ReaderTest, CutsValidationAndKeepsTheVocabulary) {
  manifest.data.validationFraction = 0.4;
  Expected<TrainingData> data = readTrainingData(manifest, folders);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_EQ(data->train.size(), 3);
  ASSERT_TRUE(data->validation);
  EXPECT_EQ(data->validation->size(), 2);
  EXPECT_THAT(data->vocabulary["c"], ElementsAre("a", "b", "c"));
  // Evaluation later finds the same rows again.
  Expected<Rows> held = readEvaluationRows(manifest, "validation", folders, data->vocabulary);
  ASSERT_TRUE(held) << held.status().message();
  EXPECT_EQ(held->numbers, data->validation->numbers);
  Expected<Rows> kept = readEvaluationRows(manifest, "train", folders, data->vocabulary);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->numbers, data->train.numbers);
}

TEST_F(ReaderTest, ValidationOfItsOwn) {
  manifest.data.validation = ReaderSpec{"csv", {"held.csv"}, {}};
  folder.write("held.csv", "c,x\nc,9\n");
  Expected<TrainingData> data = readTrainingData(manifest, folders);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_EQ(data->train.size(), 5);
  EXPECT_EQ(data->validation->size(), 1);
  EXPECT_THAT(valuesOf<int32_t>(data->validation->data->find("c")->bytes), ElementsAre(2));
}

TEST_F(ReaderTest, SaysWhatIsWrong) {
  EXPECT_THAT(readEvaluationRows(manifest, "test", folders, {}).status().message(),
              HasSubstr("no `test` split"));
  EXPECT_THAT(readEvaluationRows(manifest, "tset", folders, {}).status().message(),
              HasSubstr("did you mean 'test'?"));
  folder.write("train.csv", "x,c\n");
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(), HasSubstr("there are no rows"));
  manifest.data.train->kind = "cvs";
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(), HasSubstr("did you mean 'csv'?"));
  manifest.data.train->kind = "host";
  EXPECT_EQ(readTrainingData(manifest, folders).status().code(), StatusCode::Usage);
  manifest.data.train->kind = "csv";
  manifest.data.train->files = {"../train.csv"};
  EXPECT_EQ(readTrainingData(manifest, folders).status().code(), StatusCode::BadData);
  manifest.data.train.reset();
  EXPECT_EQ(readTrainingData(manifest, folders).status().code(), StatusCode::Usage);
}

TEST_F(ReaderTest, IdxFilesMustBelongTogether) {
  manifest.data.train = ReaderSpec{"idx", {"images", "labels"}, {}};
  manifest.data.fields = {{"image", DType::U8, {}, {}, 0, false, 0},
                          {"label", DType::I32, {}, {}, 0, false, 0}};
  folder.write("images", std::string("\0\0\10\1\0\0\0\2ab", 10));
  folder.write("labels", std::string("\0\0\10\1\0\0\0\1c", 9));
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(), HasSubstr("holds 1 rows"));
  folder.write("labels", std::string("\0\0\10\1\0\0\0\2cd", 10));
  Expected<TrainingData> data = readTrainingData(manifest, folders);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(valuesOf<int32_t>(data->train.data->find("label")->bytes), ElementsAre('c', 'd'));
  manifest.data.train->files.pop_back();
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(), HasSubstr("one file per field"));
}

TEST_F(ReaderTest, FilesByTheirNames) {
  Vocabulary vocabulary;
  folder.write("more.csv", "x\n5\n");
  std::vector<std::string> paths = {folder.file("more.csv")};
  Expected<Dataset> data =
      readFiles(readerOf(paths, "idx"), paths, {}, {manifest.data.fields[0]}, vocabulary, false);
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_EQ(data->rows, 1);
  EXPECT_EQ(readerOf({"a.idx.gz"}, "csv"), "idx");
  EXPECT_EQ(readerOf({"more"}, "text"), "text");
  EXPECT_EQ(readerOf({".csv"}, "idx"), "idx");
}

TEST_F(ReaderTest, OptionsAndNumbersOfFiles) {
  manifest.data.train->options["stride"] = "3";
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(), HasSubstr("no option 'stride'"));
  manifest.data.train = ReaderSpec{"text", {"train.csv"}, {{"stride", "1.5"}}};
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(), HasSubstr("'stride' must be a whole"));
  manifest.data.train = ReaderSpec{"text", {"train.csv", "train.csv"}, {}};
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(),
              HasSubstr("text takes one file, not 2"));
  manifest.data.train = ReaderSpec{"cifar", {}, {}};
  EXPECT_THAT(readTrainingData(manifest, folders).status().message(), HasSubstr("one file or more, not 0"));
}
