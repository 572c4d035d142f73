#include "runtime/data/Npy.h"
#include "Growth.h"
#include "TempFolder.h"
#include "ZipArchive.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

using namespace mlc;
using namespace mlc::test;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// An array with this header text, padded as numpy does.
std::string withHeader(std::string text, const std::string &data, int version = 1) {
  size_t before = version == 1 ? 10 : 12;
  while ((before + text.size() + 1) % 64 != 0)
    text += ' ';
  text += '\n';
  return "\x93NUMPY" + little(static_cast<uint64_t>(version), 2) + little(text.size(), version == 1 ? 2 : 4) +
         text + data;
}

std::string npy(const std::string &descr, const std::string &shape, const std::string &data,
                bool fortran = false, int version = 1) {
  return withHeader("{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
                        ", 'shape': " + shape + ", }",
                    data, version);
}

template <typename T> std::string bytesOf(std::vector<T> values, bool bigEndian = false) {
  std::string out;
  for (T value : values) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    out += bigEndian ? std::string(bytes.rbegin(), bytes.rend()) : bytes;
  }
  return out;
}

FieldSpec field(const std::string &name, DType dtype = DType::F32, std::vector<int64_t> shape = {},
                std::vector<std::string> columns = {}) {
  return {name, dtype, std::move(shape), std::move(columns), 0, false, 0};
}

class NpyTest : public testing::Test {
protected:
  Expected<Dataset> read(const std::string &bytes, const FieldSpec &spec) {
    return readNpy({folder.write("x.npy", bytes)}, {spec}, vocabulary, true);
  }
  template <typename T> std::vector<T> values(const std::string &bytes, const FieldSpec &spec) {
    Expected<Dataset> data = read(bytes, spec);
    EXPECT_TRUE(data) << data.status().message();
    return data ? valuesOf<T>(data->columns[0].bytes) : std::vector<T>();
  }
  void expectBad(const std::string &bytes, const FieldSpec &spec, const std::string &why) {
    Expected<Dataset> data = read(bytes, spec);
    ASSERT_FALSE(data) << why;
    EXPECT_EQ(data.status().code(), StatusCode::BadData);
    EXPECT_THAT(data.status().message(), HasSubstr(why));
    EXPECT_THAT(data.status().message(), HasSubstr("x.npy"));
  }
  Expected<Dataset> readParts(const std::vector<ZipPart> &parts, const std::vector<FieldSpec> &fields) {
    return readNpz(folder.write("x.npz", archive(parts)), fields, vocabulary, true);
  }
  void expectBadParts(const std::vector<ZipPart> &parts, const std::vector<FieldSpec> &fields,
                      const std::string &why) {
    Expected<Dataset> data = readParts(parts, fields);
    ASSERT_FALSE(data) << why;
    EXPECT_EQ(data.status().code(), StatusCode::BadData);
    EXPECT_THAT(data.status().message(), HasSubstr(why));
    EXPECT_THAT(data.status().message(), HasSubstr("x.npz"));
  }
  TempFolder folder;
  Vocabulary vocabulary;
};

} // namespace

TEST_F(NpyTest, DtypesConvert) {
  FieldSpec x = field("x");
  EXPECT_THAT(values<float>(npy("<f4", "(2,)", bytesOf<float>({1.5, -2})), x), ElementsAre(1.5, -2));
  EXPECT_THAT(values<float>(npy(">f8", "(2,)", bytesOf<double>({1.5, -2}, true)), x), ElementsAre(1.5, -2));
  EXPECT_THAT(
      values<float>(npy("<f2", "(5,)", bytesOf<uint16_t>({0x3c00, 0xc200, 0x0001, 0x7bff, 0x8000})), x),
      ElementsAre(1, -3, std::ldexp(1.0f, -24), 65504, 0));
  EXPECT_THAT(values<float>(npy("|i1", "(2,)", bytesOf<int8_t>({-1, 100})), x), ElementsAre(-1, 100));
  EXPECT_THAT(values<int32_t>(npy("<i8", "(2,)", bytesOf<int64_t>({-3, 1 << 30})), field("x", DType::I32)),
              ElementsAre(-3, 1 << 30));
  EXPECT_THAT(values<int32_t>(npy(">i2", "(2,)", bytesOf<int16_t>({-300, 7}, true)), field("x", DType::I32)),
              ElementsAre(-300, 7));
  EXPECT_THAT(values<uint8_t>(npy("|u1", "(3,)", std::string("\0\x80\xff", 3)), field("x", DType::U8)),
              ElementsAre(0, 128, 255));
  EXPECT_THAT(values<uint8_t>(npy("|b1", "(2,)", std::string("\1\0", 2)), field("x", DType::Bool)),
              ElementsAre(1, 0));
  EXPECT_THAT(values<uint8_t>(npy("<f4", "(2,)", bytesOf<float>({3, 255})), field("x", DType::U8)),
              ElementsAre(3, 255));

  expectBad(npy("<f4", "(1,)", bytesOf<float>({0.5})), field("x", DType::I32), "cannot hold 0.5 in row 0");
  expectBad(npy("<i8", "(1,)", bytesOf<int64_t>({int64_t(1) << 40})), field("x", DType::I32), "cannot hold");
  expectBad(npy("<i2", "(2,)", bytesOf<int16_t>({255, 256})), field("x", DType::U8), "256 in row 1");
  expectBad(npy("|b1", "(1,)", "\2"), field("x", DType::Bool), "neither 0 nor 1 in row 0");
  expectBad(npy("<f4", "(2,)", bytesOf<float>({0, INFINITY})), x, "cannot hold inf");
}

// No number goes by way of a double that does not hold it.
TEST_F(NpyTest, WideIntegersKeepTheirDigits) {
  const int64_t big = (int64_t(1) << 60) + (int64_t(1) << 36) + 1; // just above halfway between two floats
  EXPECT_THAT(values<float>(npy("<i8", "(2,)", bytesOf<int64_t>({big, -big})), field("x")),
              ElementsAre(0x1.000002p60f, -0x1.000002p60f));
  EXPECT_THAT(values<float>(npy(">u8", "(1,)", bytesOf<uint64_t>({uint64_t(big)}, true)), field("x")),
              ElementsAre(0x1.000002p60f));
  EXPECT_THAT(
      values<int64_t>(npy("<i8", "(2,)", bytesOf<int64_t>({INT64_MAX, INT64_MIN})), field("x", DType::I64)),
      ElementsAre(INT64_MAX, INT64_MIN));
  EXPECT_THAT(values<int64_t>(npy("<u8", "(1,)", bytesOf<uint64_t>({INT64_MAX})), field("x", DType::I64)),
              ElementsAre(INT64_MAX));
  expectBad(npy("<u8", "(1,)", bytesOf<uint64_t>({UINT64_MAX})), field("x", DType::I64),
            "cannot hold 18446744073709551615 in row 0");
  expectBad(npy("<u4", "(1,)", bytesOf<uint32_t>({UINT32_MAX})), field("x", DType::I32),
            "cannot hold 4294967295");
  expectBad(npy("<f8", "(1,)", bytesOf<double>({1e300})), field("x"), "cannot hold 1e+300");
  EXPECT_THAT(values<double>(npy("<u4", "(1,)", bytesOf<uint32_t>({UINT32_MAX})), field("x", DType::F64)),
              ElementsAre(4294967295.0));
}

TEST_F(NpyTest, TimeIsProportionalToArrays) {
  expectLinear(500, [&](int64_t count) {
    std::vector<ZipPart> parts;
    std::vector<FieldSpec> fields;
    std::string array = npy("<f4", "(1,)", bytesOf<float>({1}));
    for (int64_t i = 0; i < count; ++i) {
      parts.push_back(ZipPart::stored("array" + std::to_string(i) + ".npy", array));
      fields.push_back(field("array" + std::to_string(count - 1 - i)));
    }
    Expected<Dataset> data = readParts(parts, fields);
    ASSERT_TRUE(data) << data.status().message();
    EXPECT_EQ(data->columns.size(), static_cast<size_t>(count));
  });
}

TEST_F(NpyTest, MissingValuesNeedAQuestionMark) {
  std::string bytes = npy("<f4", "(2,)", bytesOf<float>({1, NAN}));
  expectBad(bytes, field("x"), "a value is missing: nan in row 1 of field 'x' (declare the field with `?`");
  FieldSpec optional = field("x");
  optional.optional = true;
  EXPECT_TRUE(std::isnan(values<float>(bytes, optional)[1]));
}

TEST_F(NpyTest, EitherOrderOfAxes) {
  std::vector<float> rows = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  EXPECT_EQ(values<float>(npy("<f4", "(2, 3, 2)", bytesOf(rows)), field("x", DType::F32, {3, 2})), rows);
  // The same array, its first axis moving fastest.
  std::vector<float> columns;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i)
        columns.push_back(static_cast<float>(i * 6 + j * 2 + k));
  EXPECT_EQ(values<float>(npy("<f4", "(2, 3, 2)", bytesOf(columns), true), field("x", DType::F32, {3, 2})),
            rows);
  EXPECT_EQ(values<float>(npy("<f4", "(12, 1)", bytesOf(rows), true), field("x")), rows);
}

TEST_F(NpyTest, VersionsAndSpellings) {
  for (int version : {1, 2, 3})
    EXPECT_THAT(values<float>(npy("<f4", "(1,)", bytesOf<float>({7}), false, version), field("x")),
                ElementsAre(7));
  EXPECT_THAT(values<float>(withHeader("{\"shape\": (1,), \"fortran_order\":False,\"descr\" : \"<f4\"}",
                                       bytesOf<float>({7})),
                            field("x")),
              ElementsAre(7));
}

TEST_F(NpyTest, HeadersAreParsedStrictly) {
  std::string data = bytesOf<float>({7});
  std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  ASSERT_TRUE(read(withHeader(good, data), field("x")));
  for (const char *text : {"", "{}", "{'descr': '<f4', 'fortran_order': False}",
                           "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').getpid(),)}",
                           "{'fortran_order': False, 'shape': (1,), 'descr': '<f4"})
    expectBad(withHeader(text, data), field("x"), "the array's header is damaged");
  for (const char *descr : {"|O", "<U5", "<c8", "<f3", "<f16", "<M8[ns]", "|f4", "x4", ""})
    expectBad(npy(descr, "(1,)", data), field("x"), "cannot be read; bool, int, uint and float can");
  expectBad(withHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", data),
            field("x"), "the array is of records");
  expectBad("", field("x"), "not a numpy array");
  expectBad("\x93NUMPX\1\0\0\0", field("x"), "not a numpy array");
  expectBad("\x93NUMPY\4" + std::string(200, '\0'), field("x"), "arrays of format 4 cannot be read");
  expectBad(npy("<f4", "(1,)", data).substr(0, 60), field("x"), "the array's header is cut off");
  expectBad("\x93NUMPY" + little(2, 2) + little(0xffffffff, 4), field("x"), "the array's header is damaged");
}

TEST_F(NpyTest, SizesAreChecked) {
  std::string data = bytesOf<float>({1, 2});
  expectBad(npy("<f4", "(3,)", data), field("x"), "promises more than there is [3]");
  expectBad(npy("<f4", "(1,)", data), field("x"), "more than the array's header promises [1]");
  expectBad(npy("<f4", "(4611686018427387904, 4)", data), field("x", DType::F32, {4}), "promises more");
  expectBad(npy("<f4", "()", data.substr(4)), field("x"), "first axis must be the rows");
  expectBad(npy("<f4", "(1, 2)", data), field("x"), "rows of shape [], the array holds rows of shape [2]");
  expectBad(npy("<f4", "(2199023255552, 0)", ""), field("x", DType::F32, {0}), "too many rows");
  expectBad(npy("<f4", "(5, 0)", ""), field("x", DType::F32, {0}), "rows without elements");
  // Gzip may hold more than its bytes, but not more than a thousand times.
  std::string path = folder.writeGzip("z.npy.gz", npy("<f4", "(1000000000000,)", data));
  EXPECT_THAT(readNpy({path}, {field("x")}, vocabulary, true).status().message(), HasSubstr("promises more"));
}

TEST_F(NpyTest, FilesBelongTogether) {
  std::vector<std::string> paths = {folder.write("a.npy", npy("<f4", "(2,)", bytesOf<float>({1, 2}))),
                                    folder.write("b.npy", npy("<i4", "(1,)", bytesOf<int32_t>({1})))};
  EXPECT_THAT(readNpy(paths, {field("x"), field("y")}, vocabulary, true).status().message(),
              HasSubstr("b.npy holds 1 rows"));
  EXPECT_THAT(readNpy(paths, {field("x")}, vocabulary, true).status().message(),
              HasSubstr("one file per field"));
}

TEST_F(NpyTest, ArraysOfAnArchiveByNameOrInOrder) {
  std::string x = npy("<f4", "(2,)", bytesOf<float>({1, 2})),
              y = npy("<i8", "(2,)", bytesOf<int64_t>({7, 8}));
  std::vector<ZipPart> named = {ZipPart::packedPart("y.npy", y), ZipPart::stored("x.npy", x)};
  FieldSpec labels = field("y", DType::I32);
  Expected<Dataset> data = readParts(named, {field("x"), labels});
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_EQ(data->rows, 2);
  EXPECT_THAT(valuesOf<float>(data->columns[0].bytes), ElementsAre(1, 2));
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(7, 8));
  ASSERT_TRUE(readParts(named, {field("picture", DType::F32, {}, {"x"}), labels}));

  std::vector<ZipPart> plain = {ZipPart::stored("arr_0.npy", x), ZipPart::stored("arr_1.npy", y)};
  data = readParts(plain, {field("x"), labels});
  ASSERT_TRUE(data) << data.status().message();
  EXPECT_THAT(valuesOf<int32_t>(data->columns[1].bytes), ElementsAre(7, 8));

  expectBadParts(named, {field("x"), field("z")}, "there is no array 'z', ");
  expectBadParts(named, {field("z", DType::F32, {}, {"xx"})}, "did you mean 'x'?");
  expectBadParts(plain, {field("a"), field("b"), field("c")}, "there are 2 arrays for 3 fields");
  expectBadParts({plain[0], plain[0]}, {field("x", DType::F32, {}, {"arr_0"})}, "several arrays 'arr_0'");
  expectBadParts({plain[0], ZipPart::stored("arr_1.npy", npy("<i4", "(1,)", bytesOf<int32_t>({1})))},
                 {field("x"), field("y")}, "holds 1 rows, array 'arr_0' holds 2");
}

TEST_F(NpyTest, CategoriesKeepEveryDigit) {
  FieldSpec kind = field("kind", DType::I32);
  kind.categories = 3;
  kind.coding = Coding::Category;
  int64_t large = (int64_t(1) << 53) + 1;
  EXPECT_THAT(values<int32_t>(npy("<i8", "(3,)", bytesOf<int64_t>({large, large - 1, large})), kind),
              ElementsAre(1, 0, 1));
  EXPECT_THAT(vocabulary["kind"], ElementsAre("9007199254740992", "9007199254740993"));
}

TEST_F(NpyTest, MissingValues) {
  FieldSpec kind = field("kind", DType::I32), x = field("x", DType::F32), n = field("n", DType::I32);
  kind.categories = 3;
  kind.coding = Coding::Category;
  std::string numbers = npy("<f8", "(3,)", bytesOf<double>({2, std::nan(""), -999}));
  expectBad(numbers, kind, "a value is missing: nan in row 1 of field 'kind'");
  kind.optional = x.optional = true;
  EXPECT_THAT(values<int32_t>(numbers, kind), ElementsAre(2, 0, 1));
  kind.missing = x.missing = n.missing = {"-999"};
  EXPECT_THAT(values<int32_t>(numbers, kind), ElementsAre(1, 0, 0));
  EXPECT_THAT(values<float>(numbers, x), ElementsAre(2, testing::IsNan(), testing::IsNan()));
  // Whole numbers cannot miss values: they are what they are.
  EXPECT_THAT(values<int32_t>(npy("<i4", "(2,)", bytesOf<int32_t>({-999, 1})), n), ElementsAre(-999, 1));
  x.optional = false;
  expectBad(numbers, x, "a value is missing: nan in row 1");
}

TEST_F(NpyTest, BombsAreRefusedBeforeTheyAreUnpacked) {
  // 2 GiB of zeros pack to 2 MiB; what is here is only their beginning, as the directory is believed first.
  std::string header = npy("|u1", "(2147483520,)", "");
  ZipPart bomb = ZipPart::packedPart("x.npy", header + std::string(4 << 20, '\0'));
  bomb.packed += std::string(2100000, '\0');
  bomb.bytes = 2147483520 + header.size();
  expectBadParts({bomb}, {field("x", DType::U8)}, "unpacks to more than 512 MiB beyond the size of the file");
  // An array that lies about its size in its own header.
  expectBadParts({ZipPart::packedPart("x.npy", npy("|u1", "(1000000000,)", std::string(1000, '\0')))},
                 {field("x", DType::U8)}, "promises more than there is");
}

TEST_F(NpyTest, AnyDamageIsAnErrorOrHarmless) {
  std::string good = npy("<f4", "(3, 2)", bytesOf<float>({1, 2, 3, 4, 5, 6}), true);
  std::mt19937 chance(2);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 1 + i % 3; ++k)
      bytes[chance() % bytes.size()] = static_cast<char>(chance());
    if (i % 5 == 0)
      bytes.resize(chance() % bytes.size());
    Expected<Dataset> data = read(bytes, field("x", DType::F32, {2}));
    if (!data)
      EXPECT_EQ(data.status().code(), StatusCode::BadData) << data.status().message();
  }
}
