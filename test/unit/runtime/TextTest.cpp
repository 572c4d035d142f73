#include "runtime/data/Text.h"
#include "TempFolder.h"
#include "runtime/data/Loader.h"
#include "runtime/data/Split.h"

#include <gmock/gmock.h>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

FieldSpec window(const std::string &name, int64_t length, DType dtype = DType::I32, int64_t classes = 0) {
  return {name, dtype, {length}, {}, 0, false, classes};
}

/// Row `row` of a column, as characters.
std::string textOf(const Dataset &data, size_t column, int64_t row) {
  const Column &from = data.columns[column];
  std::vector<uint8_t> bytes(static_cast<size_t>(from.rowBytes));
  EXPECT_TRUE(from.copyRows(&row, 1, bytes.data()).isOk());
  if (from.field.dtype == DType::U8)
    return {bytes.begin(), bytes.end()};
  std::vector<int32_t> values = valuesOf<int32_t>(bytes);
  return {values.begin(), values.end()};
}

class TextTest : public testing::Test {
protected:
  void expectBad(const std::string &text, int64_t stride, const std::vector<FieldSpec> &fields,
                 const std::string &why) {
    Expected<Dataset> data = readText(folder.write("bad", text), stride, fields);
    ASSERT_FALSE(data) << why;
    EXPECT_EQ(data.status().code(), StatusCode::BadData);
    EXPECT_THAT(data.status().message(), HasSubstr(why));
  }
  TempFolder folder;
};

} // namespace

TEST_F(TextTest, WindowsAndTheByteAfter) {
  std::string path = folder.write("a", "abcdefghij");
  for (const std::string &file : {path, folder.writeGzip("a.gz", "abcdefghij")}) {
    Expected<Dataset> data = readText(file, 3, {window("x", 4), window("y", 4, DType::U8)});
    ASSERT_TRUE(data) << data.status().message();
    ASSERT_EQ(data->rows, 2);
    EXPECT_EQ(textOf(*data, 0, 0), "abcd");
    EXPECT_EQ(textOf(*data, 1, 0), "bcde");
    EXPECT_EQ(textOf(*data, 0, 1), "defg");
    EXPECT_EQ(textOf(*data, 1, 1), "efgh");
  }
  // Without a stride windows stand side by side; the last one needs the byte after it only for a second
  // field.
  EXPECT_EQ(readText(path, 0, {window("x", 5), window("y", 5)})->rows, 1);
  EXPECT_EQ(readText(path, 0, {window("x", 5)})->rows, 2);
  EXPECT_EQ(readText(path, 1, {window("x", 9), window("y", 9)})->rows, 1);
}

TEST_F(TextTest, BytesAreUnsigned) {
  Expected<Dataset> data = readText(folder.write("a", "\xff\x80\n"), 1, {window("x", 2)});
  ASSERT_TRUE(data);
  int64_t row = 0;
  std::vector<uint8_t> bytes(8);
  ASSERT_TRUE(data->columns[0].copyRows(&row, 1, bytes.data()).isOk());
  EXPECT_THAT(valuesOf<int32_t>(bytes), ElementsAre(255, 128));
}

TEST_F(TextTest, ValidationIsTheTailAndSharesNoByte) {
  std::string text;
  for (int i = 0; i < 101; ++i)
    text += static_cast<char>(i);
  Expected<Dataset> data = readText(folder.write("a", text), 2, {window("x", 4), window("y", 4)});
  ASSERT_TRUE(data);
  EXPECT_EQ(data->rows, 49);
  auto shared = std::make_shared<const Dataset>(*data);
  SplitRows parts = cutValidation(Rows::all(shared), 0.25, 9);
  ASSERT_EQ(parts.validation.size(), 12);
  EXPECT_EQ(parts.validation.numbers.back(), 48);
  EXPECT_EQ(parts.validation.numbers.front(), 37);
  std::string firstHeld = textOf(*data, 0, 37);
  std::string lastTrained = textOf(*data, 1, parts.train.numbers.back());
  EXPECT_EQ(lastTrained.back() + 2, firstHeld.front()); // the row after it would reach into the tail
  EXPECT_EQ(parts.train.numbers.front(), 0);
  // Nothing held out, nothing dropped.
  EXPECT_EQ(cutValidation(Rows::all(shared), 0, 9).train.size(), 49);
}

TEST_F(TextTest, TheLoaderCutsWindows) {
  Expected<Dataset> data = readText(folder.write("a", "abcdefgh"), 1, {window("x", 3, DType::U8)});
  ASSERT_TRUE(data);
  LoaderPlan plan;
  plan.fields = {"x"};
  plan.batch = 4;
  auto loader = Loader::start(Rows::all(std::make_shared<const Dataset>(*data)), plan);
  ASSERT_TRUE(loader);
  const Batch *batch = (*loader)->next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(std::string(static_cast<const char *>(batch->inputs[0]), 12), "abcbcdcdedef");
  batch = (*loader)->next();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->rows, 2);
}

TEST_F(TextTest, SaysWhatIsWrong) {
  expectBad("", 1, {window("x", 4)}, "the text has 0 bytes, and a window needs 4");
  expectBad("abcd", 1, {window("x", 4), window("y", 4)}, "the text has 4 bytes, and a window needs 5");
  expectBad("ab\xc3z", 1, {window("x", 2, DType::I32, 128)},
            "byte 195 at offset 2 is outside the 128 classes of 'x', which count from 0 to 127");
  expectBad("abcd", 1, {window("x", 2, DType::F32)}, "must be bytes, such as i32[128]");
  expectBad("abcd", 1, {{"x", DType::I32, {2, 2}, {}, 0, false, 0}}, "must be bytes");
  expectBad("abcd", 1, {window("x", 2), window("y", 3)}, "windows of one length");
  expectBad("abcd", 1, {}, "there are 0 fields");
  EXPECT_EQ(readText(folder.file("none"), 1, {window("x", 4)}).status().code(), StatusCode::IO);
}
