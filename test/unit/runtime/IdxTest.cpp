#include "runtime/data/Idx.h"
#include "TempFolder.h"
#include "runtime/data/InputFile.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::string header(uint8_t type, const std::vector<uint32_t> &dims) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
  for (uint32_t dim : dims)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes += static_cast<char>(dim >> shift);
  return bytes;
}

FieldSpec imageField() { return {"image", DType::U8, {2, 2, 1}, {}, 0, false, 0}; }
FieldSpec labelField(int64_t classes = 0) { return {"label", DType::I32, {}, {}, 0, false, classes}; }

class IdxTest : public testing::Test {
protected:
  Expected<Column> read(const std::string &path, const FieldSpec &field) {
    return readIdx(path, field, vocabulary, true);
  }
  void expectBad(const std::string &path, const FieldSpec &field, const std::string &why) {
    Expected<Column> column = read(path, field);
    ASSERT_FALSE(column) << why;
    EXPECT_EQ(column.status().code(), StatusCode::BadData);
    EXPECT_THAT(column.status().message(), HasSubstr(why));
    EXPECT_THAT(column.status().message(), HasSubstr(path));
  }
  TempFolder folder;
  Vocabulary vocabulary;
};

} // namespace

TEST_F(IdxTest, ReadsPlainAndGzip) {
  std::string bytes = header(8, {2, 2, 2}) + std::string("\1\2\3\4\5\6\7\377", 8);
  for (const std::string &path : {folder.write("a", bytes), folder.writeGzip("a.gz", bytes)}) {
    Expected<Column> column = read(path, imageField());
    ASSERT_TRUE(column) << column.status().message();
    EXPECT_EQ(column->rowBytes, 4);
    EXPECT_THAT(column->bytes, ElementsAre(1, 2, 3, 4, 5, 6, 7, 255));
  }
}

TEST_F(IdxTest, ConvertsToTheDtypeOfTheField) {
  std::string bytes = header(8, {3}) + std::string("\7\0\377", 3);
  Expected<Column> column = read(folder.write("labels", bytes), labelField());
  ASSERT_TRUE(column) << column.status().message();
  EXPECT_THAT(valuesOf<int32_t>(column->bytes), ElementsAre(7, 0, 255));

  bytes = header(0x0b, {2}) + std::string("\xff\xfe\1\0", 4);
  column = read(folder.write("shorts", bytes), {"x", DType::F32, {}, {}, 0, false, 0});
  ASSERT_TRUE(column);
  EXPECT_THAT(valuesOf<float>(column->bytes), ElementsAre(-2, 256));

  bytes = header(0x0d, {1}) + std::string("\x3f\x80\0\0", 4);
  column = read(folder.write("floats", bytes), {"x", DType::F64, {}, {}, 0, false, 0});
  ASSERT_TRUE(column);
  EXPECT_THAT(valuesOf<double>(column->bytes), ElementsAre(1));

  expectBad(folder.write("floats2", header(0x0d, {1}) + std::string("\x3f\0\0\0", 4)), labelField(),
            "cannot hold 0.5");
  expectBad(folder.write("big", header(0x0b, {1}) + std::string("\1\0", 2)),
            {"x", DType::U8, {}, {}, 0, false, 0}, "cannot hold 256");
}

TEST_F(IdxTest, LargeFilesReadInPieces) {
  std::string values(1000000, '\0');
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<char>(i * 7 % 251);
  Expected<Column> column = read(folder.writeGzip("a.gz", header(8, {250000, 2, 2}) + values), imageField());
  ASSERT_TRUE(column) << column.status().message();
  EXPECT_EQ(std::string(column->bytes.begin(), column->bytes.end()), values);
}

TEST_F(IdxTest, HeadersThatPromiseMoreThanTheFileHolds) {
  std::string promise = "the IDX header promises more than the file holds";
  expectBad(folder.write("a", header(8, {1000, 2, 2}) + "1234"), imageField(), promise);
  expectBad(folder.writeGzip("a.gz", header(8, {1000, 2, 2}) + "1234"), imageField(), promise);
  // Far more than deflate could pack: refused before anything is read.
  expectBad(folder.writeGzip("b.gz", header(8, {0xffffffff, 2, 2}) + "1234"), imageField(), promise);
  expectBad(folder.write("c", header(14, {0xffffffff, 0xffffffff, 0xffffffff})), imageField(), promise);
}

TEST_F(IdxTest, BrokenFiles) {
  expectBad(folder.write("empty", ""), imageField(), "the file is empty");
  expectBad(folder.write("text", "hello world"), imageField(), "not an IDX file");
  expectBad(folder.write("short", std::string("\0\0", 2)), imageField(), "not an IDX file");
  expectBad(folder.write("type", header(7, {1}) + "1"), labelField(), "unknown element type 7");
  expectBad(folder.write("dims", header(8, {})), labelField(), "0 dimensions");
  expectBad(folder.write("cut", header(8, {1, 2, 2}).substr(0, 10)), imageField(), "header is cut off");
  expectBad(folder.write("more", header(8, {1}) + "12"), labelField(),
            "holds more than its IDX header promises");
  expectBad(folder.write("shape", header(8, {1, 3, 2}) + "123456"), imageField(), "shape [3, 2]");
}

TEST_F(IdxTest, BrokenGzip) {
  std::string bytes = header(8, {1000, 2, 2});
  for (int i = 0; i < 4000; ++i)
    bytes += static_cast<char>(i * i);
  folder.writeGzip("good.gz", bytes);
  std::string packed = folder.read("good.gz");
  expectBad(folder.write("cut.gz", packed.substr(0, packed.size() / 2)), imageField(), "ends too early");
  std::string spoilt = packed;
  for (size_t i = 40; i < 60; ++i)
    spoilt[i] = static_cast<char>(~spoilt[i]);
  expectBad(folder.write("spoilt.gz", spoilt), imageField(), folder.path());
  spoilt = packed;
  spoilt[spoilt.size() - 6] ^= 1; // the checksum
  expectBad(folder.write("sum.gz", spoilt), imageField(), "broken gzip data");
  // Two members are one file; zeros after them are padding.
  folder.writeGzip("head.gz", bytes.substr(0, 100));
  folder.writeGzip("tail.gz", bytes.substr(100));
  std::string joined = folder.read("head.gz") + folder.read("tail.gz") + std::string(512, '\0');
  EXPECT_TRUE(read(folder.write("joined.gz", joined), imageField()));
}

TEST_F(IdxTest, AGzipBombIsNotUnpackedBeyondTheHeader) {
  std::string path = folder.writeGzip("bomb.gz", header(8, {1, 2, 2}) + std::string(64 << 20, '\0'));
  expectBad(path, imageField(), "holds more than its IDX header promises");
}

TEST_F(IdxTest, MissingFilesAreIO) {
  EXPECT_EQ(read(folder.file("nowhere"), imageField()).status().code(), StatusCode::IO);
  EXPECT_EQ(read(folder.path(), imageField()).status().code(), StatusCode::IO);
}

TEST_F(IdxTest, LabelsOutsideTheClasses) {
  std::string path = folder.write("labels", header(8, {3}) + std::string("\1\2\12", 3));
  expectBad(path, labelField(10),
            "10 in row 2 is outside the 10 classes of 'label', which count from 0 to 9");
  EXPECT_TRUE(read(path, labelField(11)));
}

TEST_F(IdxTest, CategoriesAreNumberedBySortedValue) {
  FieldSpec field{"label", DType::I32, {}, {}, 3, false, 0, Coding::Category};
  std::string path = folder.write("labels", header(8, {4}) + std::string("\12\2\12\1", 4));
  Expected<Column> column = read(path, field);
  ASSERT_TRUE(column) << column.status().message();
  EXPECT_THAT(valuesOf<int32_t>(column->bytes), ElementsAre(2, 1, 2, 0));
  EXPECT_THAT(vocabulary["label"], ElementsAre("1", "2", "10"));
  field.categories = 2;
  expectBad(path, field, "more than 2 categories: 1 in row 3; write `label: category(3)`");
}

TEST_F(IdxTest, GzipBombsAreCutOff) {
  // 34 members of 16 MiB of zeros each are a file of a megabyte.
  folder.writeGzip("zeros.gz", std::string(size_t(16) << 20, '\0'));
  std::string member = folder.read("zeros.gz"), bytes;
  for (int i = 0; i < 34; ++i)
    bytes += member;
  std::string path = folder.write("bomb.gz", bytes);
  Expected<InputFile> file = InputFile::open(path);
  ASSERT_TRUE(file);
  std::vector<uint8_t> piece(size_t(1) << 20);
  Expected<size_t> got = size_t(1);
  int64_t total = 0;
  while (got && *got > 0) {
    got = file->read(piece.data(), piece.size());
    total += got ? static_cast<int64_t>(*got) : 0;
  }
  ASSERT_FALSE(got);
  EXPECT_EQ(got.status().code(), StatusCode::BadData);
  EXPECT_THAT(got.status().message(),
              HasSubstr("unpacks to more than 512 MiB beyond its size; unpack it first, "));
  EXPECT_LE(total, file->diskBytes() + InputFile::spareBytes);
}
