#include "runtime/data/Fingerprint.h"

#include "TempFolder.h"
#include "runtime/data/Reader.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::HasSubstr;

namespace {

class FingerprintTest : public testing::Test {
protected:
  Fingerprint of(const ReaderSpec &reader, const std::vector<FieldSpec> &fields) {
    Vocabulary vocabulary;
    Expected<Dataset> read = readSplit(reader, fields, {folder.path(), ""}, vocabulary, true);
    EXPECT_TRUE(read) << read.status().message();
    Expected<Fingerprint> fingerprint = fingerprintOf(*read, reader);
    EXPECT_TRUE(fingerprint) << fingerprint.status().message();
    return *fingerprint;
  }

  TempFolder folder;
};

} // namespace

TEST_F(FingerprintTest, ValuesCountAndHowTheyAreKeptDoesNot) {
  std::vector<FieldSpec> fields = {{"x", DType::F32, {2}, {"a", "b"}, 0, false, 0},
                                   {"y", DType::F32, {}, {}, 0, false, 0}};
  ReaderSpec reader{"csv", {"points.csv"}, {}};
  folder.write("points.csv", "a,b,y\n1,2,3\n4,5,6\n");
  Fingerprint was = of(reader, fields);
  EXPECT_EQ(was.rows, 2);
  folder.write("points.csv", "y,b,a\r\n3,2,1.0\r\n6,5,4\r\n");
  EXPECT_EQ(differenceOf(was, of(reader, fields)), "");
  ReaderSpec packed{"csv", {"other.csv.gz"}, {}};
  folder.writeGzip("other.csv.gz", "a,b,y\n1,2,3\n4,5,6\n");
  EXPECT_EQ(differenceOf(was, of(packed, fields)), "");
  folder.write("points.csv", "a,b,y\n1,2,3\n4,5,6\n7,8,9\n");
  EXPECT_EQ(differenceOf(was, of(reader, fields)), "points.csv had 2 rows and has 3");
  folder.write("points.csv", "a,b,y\n1,2,3\n4,5,7\n");
  EXPECT_EQ(differenceOf(was, of(reader, fields)), "points.csv has other values of field 'y'");
  folder.write("points.csv", "a,b,y\n4,5,6\n1,2,3\n"); // rows exchanged
  EXPECT_EQ(differenceOf(was, of(reader, fields)), "points.csv has other values of field 'x'");
}

TEST_F(FingerprintTest, TextAndPicturesThatAreMadeOnDemand) {
  std::vector<FieldSpec> window = {{"t", DType::I32, {4}, {}, 0, false, 0}};
  ReaderSpec text{"text", {"book"}, {}};
  folder.write("book", "to be or not to be");
  Fingerprint was = of(text, window);
  EXPECT_EQ(differenceOf(was, of(text, window)), "");
  folder.write("book", "to be or mot to be");
  EXPECT_EQ(differenceOf(was, of(text, window)), "book has other values of field 't'");

  std::filesystem::create_directories(folder.file("pictures/cat"));
  folder.write("pictures/cat/1.png", "abc");
  folder.write("pictures/cat/2.png", "def");
  std::vector<FieldSpec> fields = {{"image", DType::U8, {8, 8, 3}, {}, 0, false, 0}};
  ReaderSpec pictures{"images", {"pictures"}, {{"size", "8"}}};
  was = of(pictures, fields);
  EXPECT_EQ(differenceOf(was, of(pictures, fields)), "");
  folder.write("pictures/cat/2.png", "defg");
  EXPECT_EQ(differenceOf(was, of(pictures, fields)), "pictures has other values of field 'image'");
  folder.write("pictures/cat/2.png", "def");
  EXPECT_EQ(differenceOf(was, of(pictures, fields)), "");
  std::filesystem::rename(folder.file("pictures/cat/2.png"), folder.file("pictures/cat/3.png"));
  EXPECT_EQ(differenceOf(was, of(pictures, fields)), "pictures has other values of field 'image'");
}
