#include "runtime/data/Zip.h"
#include "TempFolder.h"
#include "ZipArchive.h"

#include <gmock/gmock.h>

#include <random>

using namespace mlc;
using namespace mlc::test;
using testing::HasSubstr;

namespace {

std::string numbers(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<char>(i * i % 251);
  return bytes;
}

/// The first part of an archive.
Expected<std::string> unpack(const std::string &path) {
  Expected<ZipFile> file = ZipFile::open(path);
  if (!file)
    return file.status();
  if (file->entries().empty())
    return Status::badData("no parts");
  Expected<ZipFile::Stream> stream = file->stream(file->entries()[0]);
  if (!stream)
    return stream.status();
  std::string all, piece(10000, '\0');
  while (true) {
    Expected<size_t> got = stream->read(piece.data(), piece.size());
    if (!got)
      return got.status();
    if (*got == 0)
      return all;
    all.append(piece, 0, *got);
  }
}

class ZipTest : public testing::Test {
protected:
  void expectBad(const std::string &bytes, const std::string &why) {
    Expected<std::string> result = unpack(folder.write("bad", bytes));
    ASSERT_FALSE(result) << why;
    EXPECT_EQ(result.status().code(), StatusCode::BadData);
    EXPECT_THAT(result.status().message(), HasSubstr(why));
    EXPECT_THAT(result.status().message(), HasSubstr("/bad"));
  }
  TempFolder folder;
};

} // namespace

TEST_F(ZipTest, StoredAndDeflatedNarrowAndWide) {
  std::string bytes = numbers(200000);
  for (const ZipPart &part : {ZipPart::stored("a", bytes), ZipPart::packedPart("a", bytes)})
    for (bool wide : {false, true}) {
      Expected<std::string> result =
          unpack(folder.write("zip", archive({part, ZipPart::stored("b", "x")}, wide)));
      ASSERT_TRUE(result) << result.status().message();
      EXPECT_EQ(*result, bytes);
    }
  Expected<std::string> empty = unpack(folder.write("zip", archive({ZipPart::packedPart("a", "")})));
  ASSERT_TRUE(empty) << empty.status().message();
  EXPECT_EQ(*empty, "");
  // A comment at the end is passed over.
  std::string commented = archive({ZipPart::stored("a", "x")});
  commented.replace(commented.size() - 2, 2, little(300, 2));
  EXPECT_EQ(*unpack(folder.write("zip", commented + std::string(300, 'c'))), "x");
}

TEST_F(ZipTest, WhatIsUnpackedIsChecked) {
  ZipPart part = ZipPart::packedPart("a", numbers(5000));
  ZipPart more = part, less = part, damaged = part, wrong = part, cut = part;
  more.bytes += 1;
  expectBad(archive({more}), "'a' holds less than it promises");
  less.bytes -= 1;
  expectBad(archive({less}), "'a' holds more than it promises");
  damaged.packed[0] = '\7';
  expectBad(archive({damaged}), "'a' is damaged (");
  wrong.crc ^= 1;
  expectBad(archive({wrong}), "its checksum is wrong");
  cut.packed.resize(cut.packed.size() / 2);
  expectBad(archive({cut}), "'a' ends too early");
  part.method = 12;
  expectBad(archive({part}), "packed by method 12");
  part.method = 8;
  part.flags = 1;
  expectBad(archive({part}), "'a' is encrypted");
}

TEST_F(ZipTest, Bombs) {
  ZipPart part = ZipPart::packedPart("a", std::string(100000, '\0'));
  part.bytes = uint64_t(1) << 30;
  expectBad(archive({part}), "promises more than it holds");
  part.bytes = uint64_t(1) << 62;
  expectBad(archive({part}, true), "points outside the file");
  ZipPart stored = ZipPart::stored("a", "abc");
  stored.bytes = 1000;
  expectBad(archive({stored}), "promises more than it holds");
  // Two names for the same bytes.
  ZipPart again = ZipPart::packedPart("b", std::string(100000, '\0'));
  again.offset = 0;
  part.bytes = 100000;
  expectBad(archive({part, again}), "overlap");
  // A part that promises little and unpacks to much is cut off at the promise.
  part.bytes = 10;
  expectBad(archive({part}), "holds more than it promises");
}

TEST_F(ZipTest, ThePlacesOfThingsAreChecked) {
  std::string good = archive({ZipPart::stored("a", "abc")});
  expectBad("", "not a zip archive");
  expectBad("hello", "not a zip archive");
  expectBad(std::string(100, 'x'), "not a zip archive");
  expectBad(good.substr(0, good.size() - 1), "not a zip archive");
  std::string outside = good;
  outside.replace(outside.size() - 6, 4, little(100000, 4));
  expectBad(outside, "points outside the file");
  std::string long_ = good;
  long_.replace(long_.size() - 10, 4, little(0x7fffffff, 4));
  expectBad(long_, "damaged");
  std::string many = good;
  many.replace(many.size() - 12, 2, little(9, 2));
  expectBad(many, "damaged");
  ZipPart far = ZipPart::stored("a", "abc");
  far.offset = 1 << 20;
  expectBad(archive({far}), "points outside the file");
  far.offset = 1;
  expectBad(archive({far}), "is not where the zip directory says");
  EXPECT_EQ(ZipFile::open(folder.path()).status().code(), StatusCode::IO);
  EXPECT_EQ(ZipFile::open(folder.file("none")).status().code(), StatusCode::IO);
}

TEST_F(ZipTest, AnyDamageIsAnErrorOrHarmless) {
  std::string good = archive({ZipPart::packedPart("a", numbers(3000)), ZipPart::stored("b", "x")}, true);
  std::string path = folder.file("zip");
  std::mt19937 chance(1);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 1 + i % 4; ++k)
      bytes[chance() % bytes.size()] = static_cast<char>(chance());
    if (i % 5 == 0)
      bytes.resize(chance() % bytes.size());
    folder.write("zip", bytes);
    Expected<std::string> result = unpack(path);
    if (result)
      EXPECT_LE(result->size(), 3000u);
    else
      EXPECT_EQ(result.status().code(), StatusCode::BadData) << result.status().message();
  }
}
