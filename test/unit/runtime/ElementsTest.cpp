#include "runtime/Elements.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace mlc;
using testing::ElementsAre;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

template <typename To, typename From>
std::vector<To> converted(StoredType from, DType to, const std::vector<From> &values) {
  std::vector<To> out(values.size());
  EXPECT_EQ(convertElements(from, reinterpret_cast<const uint8_t *>(values.data()),
                            static_cast<int64_t>(values.size()), to, reinterpret_cast<uint8_t *>(out.data())),
            std::nullopt);
  return out;
}

/// The index of the first element that does not fit.
template <typename From> int64_t misfit(StoredType from, DType to, const std::vector<From> &values) {
  std::vector<uint8_t> out(values.size() * 8);
  return convertElements(from, reinterpret_cast<const uint8_t *>(values.data()),
                         static_cast<int64_t>(values.size()), to, out.data())
      .value_or(-1);
}

template <typename T> T ofBits(unsigned bits) {
  T value;
  value.bits = static_cast<uint16_t>(bits);
  return value;
}

/// The halfway point of two neighbours that `above` steps over, and both sides of it, round as they must.
template <typename T> void expectTies(unsigned infinity) {
  for (unsigned bits = 0; bits < infinity; ++bits) {
    auto here = static_cast<double>(ofBits<T>(bits));
    // The step beyond the largest number is as wide as the one before it.
    double next = bits + 1 < infinity ? static_cast<double>(ofBits<T>(bits + 1))
                                      : 2 * here - static_cast<double>(ofBits<T>(bits - 1));
    double tie = here / 2 + next / 2;
    unsigned even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(T(tie).bits, even) << bits;
    ASSERT_EQ(T(std::nextafter(tie, 0)).bits, bits) << bits;
    ASSERT_EQ(T(std::nextafter(tie, 1e300)).bits, bits + 1) << bits;
    ASSERT_EQ(T(-tie).bits, even | 0x8000) << bits;
  }
}

/// Every value there is, there and back, by f32 and by f64.
template <typename T> void expectThereAndBack(DType dtype, unsigned infinity, unsigned quiet) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    T value = ofBits<T>(bits);
    float wide = value;
    bool isNan = (bits & 0x7fff) > infinity;
    ASSERT_EQ(std::isnan(wide), isNan) << bits;
    ASSERT_EQ(std::signbit(wide), bits >= 0x8000) << bits;
    ASSERT_EQ(T(static_cast<double>(wide)).bits, isNan ? bits | quiet : bits);
    double number = readNumber(dtype, reinterpret_cast<const uint8_t *>(&value));
    ASSERT_TRUE(number == static_cast<double>(wide) || isNan);
    uint16_t back = 0;
    ASSERT_TRUE(writeNumber(number, dtype, reinterpret_cast<uint8_t *>(&back)));
    ASSERT_EQ(back, isNan ? bits | quiet : bits);
  }
}

} // namespace

TEST(Elements, FloatsOf16BitsComeBack) {
  expectThereAndBack<Half>(DType::F16, 0x7c00, 0x0200);
  expectThereAndBack<BFloat>(DType::BF16, 0x7f80, 0x0040);
}

TEST(Elements, FloatsOf16BitsRoundTiesToEven) {
  expectTies<Half>(0x7c00);
  expectTies<BFloat>(0x7f80);
  EXPECT_EQ(Half(65519.99).bits, 0x7bff);
  EXPECT_EQ(Half(65520).bits, 0x7c00);
  EXPECT_EQ(Half(1e300).bits, 0x7c00);
  EXPECT_EQ(BFloat(-1e300).bits, 0xff80);
  EXPECT_EQ(BFloat(5e-324).bits, 0);
  EXPECT_EQ(Half(-5e-324).bits, 0x8000);
  // Once: by f32 it would be a tie, and by f64 of an integer too.
  EXPECT_EQ(Half(1 + 0x1p-11 + 0x1p-40).bits, 0x3c01);
  EXPECT_THAT(converted<uint16_t>(StoredType::F64, DType::F16, std::vector<double>{1 + 0x1p-11 + 0x1p-40}),
              ElementsAre(0x3c01));
  int64_t tie = (int64_t(1) << 62) + (int64_t(1) << 54);
  EXPECT_THAT(converted<uint16_t>(StoredType::I64, DType::BF16,
                                  std::vector<int64_t>{tie, tie + 1, tie - 1, -tie - 1}),
              ElementsAre(0x5e80, 0x5e81, 0x5e80, 0xde81));
  EXPECT_THAT(converted<uint16_t>(StoredType::U64, DType::BF16, std::vector<uint64_t>{UINT64_MAX}),
              ElementsAre(0x5f80));
}

TEST(Elements, FloatsOf16BitsStayFinite) {
  EXPECT_EQ(misfit(StoredType::F32, DType::F16, std::vector<float>{65504, 65519, 65520}), 2);
  EXPECT_EQ(misfit(StoredType::F64, DType::BF16, std::vector<double>{3.38e38, inf, -3.4e38}), 2);
  EXPECT_EQ(misfit(StoredType::I32, DType::F16, std::vector<int32_t>{65519, -70000}), 1);
  uint16_t bits = 0;
  writeRounded(1e6, DType::F16, reinterpret_cast<uint8_t *>(&bits));
  EXPECT_EQ(bits, 0x7c00);
}

TEST(Elements, RangesAreThoseOfTheTypes) {
  auto range = [](DType dtype) { return std::make_pair(rangeOf(dtype).lowest, rangeOf(dtype).highest); };
  EXPECT_EQ(range(DType::F16), std::make_pair(-65504.0, 65504.0));
  EXPECT_EQ(range(DType::BF16), std::make_pair(-255 * 0x1p120, 255 * 0x1p120));
  EXPECT_EQ(range(DType::I32), std::make_pair(-2147483648.0, 2147483647.0));
  EXPECT_EQ(range(DType::U8), std::make_pair(0.0, 255.0));
  EXPECT_EQ(range(DType::Bool), std::make_pair(0.0, 1.0));
  EXPECT_TRUE(isFloat(DType::BF16) && !isFloat(DType::Bool));
  EXPECT_TRUE(isOfLanguage(DType::U8) && !isOfLanguage(DType::I64) && !isOfLanguage(DType::F16));
}

TEST(Elements, NumpyHasItsNames) {
  EXPECT_EQ(storedTypeOfNumpy("f2"), StoredType::F16);
  EXPECT_EQ(storedTypeOfNumpy("b1"), StoredType::Bool);
  EXPECT_EQ(storedTypeOfNumpy("u8"), StoredType::U64);
  EXPECT_EQ(storedTypeOfNumpy("u1"), StoredType::U8);
  EXPECT_EQ(storedTypeOfNumpy(""), std::nullopt);
  EXPECT_EQ(numpyName(StoredType::BF16), "");
}

TEST(Elements, SizesAndNames) {
  EXPECT_EQ(sizeOf(StoredType::BF16), 2);
  EXPECT_EQ(sizeOf(StoredType::U64), 8);
  EXPECT_EQ(nameOf(StoredType::F16), "f16");
  for (DType dtype :
       {DType::F32, DType::F64, DType::I32, DType::I64, DType::U8, DType::Bool, DType::F16, DType::BF16}) {
    EXPECT_EQ(sizeOf(storedAs(dtype)), sizeOf(dtype));
    EXPECT_EQ(nameOf(storedAs(dtype)), nameOf(dtype));
  }
}

TEST(Elements, HalvesAreExact) {
  EXPECT_THAT(converted<float>(StoredType::F16, DType::F32,
                               std::vector<uint16_t>{0x3c00, 0xc200, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x3555}),
              ElementsAre(1, -3, 0x1p-24f, -1023 * 0x1p-24f, 0x1p-14f, 65504, 1365 * 0x1p-12f));
  std::vector<float> ends =
      converted<float>(StoredType::F16, DType::F32, std::vector<uint16_t>{0x7c00, 0xfc00, 0x7e00, 0x8000});
  EXPECT_EQ(ends[0], inf);
  EXPECT_EQ(ends[1], -inf);
  EXPECT_TRUE(std::isnan(ends[2]));
  EXPECT_TRUE(ends[3] == 0 && std::signbit(ends[3]));
  // Every finite half against the format's definition.
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    int exponent = static_cast<int>(bits >> 10 & 31);
    if (exponent == 31)
      continue;
    double fraction = static_cast<double>(bits & 1023) / 1024;
    double value = exponent ? (1 + fraction) * std::pow(2.0, exponent - 15) : fraction * std::pow(2.0, -14);
    ASSERT_EQ(float(ofBits<Half>(bits)), bits & 0x8000 ? -value : value) << bits;
  }
}

TEST(Elements, BfloatsAreExact) {
  EXPECT_THAT(converted<float>(StoredType::BF16, DType::F32,
                               std::vector<uint16_t>{0x3f80, 0xc040, 0x0001, 0x807f, 0x0080, 0x7f7f}),
              ElementsAre(1, -3, 0x1p-133f, -127 * 0x1p-133f, 0x1p-126f, 255 * 0x1p120f));
  std::vector<double> ends =
      converted<double>(StoredType::BF16, DType::F64, std::vector<uint16_t>{0x7f80, 0xff80, 0x7fc0, 0x0001});
  EXPECT_EQ(ends[0], inf);
  EXPECT_EQ(ends[1], -inf);
  EXPECT_TRUE(std::isnan(ends[2]));
  EXPECT_EQ(ends[3], 0x1p-133);
}

// By way of a double, 2^24 + 1 + 2^-30 and its like would be rounded twice.
TEST(Elements, IntegersAreRoundedOnceToFloats) {
  const int64_t tie = (int64_t(1) << 60) + (int64_t(1) << 36); // halfway between two floats
  EXPECT_THAT(
      converted<float>(StoredType::I64, DType::F32, std::vector<int64_t>{tie - 1, tie, tie + 1, -tie - 1}),
      ElementsAre(0x1p60f, 0x1p60f, 0x1.000002p60f, -0x1.000002p60f));
  EXPECT_THAT(
      converted<float>(StoredType::U64, DType::F32,
                       std::vector<uint64_t>{(uint64_t(1) << 63) + (uint64_t(1) << 39) + 1, UINT64_MAX}),
      ElementsAre(0x1.000002p63f, 0x1p64f));
  EXPECT_THAT(converted<double>(StoredType::I64, DType::F64, std::vector<int64_t>{INT64_MAX, INT64_MIN, 9}),
              ElementsAre(0x1p63, -0x1p63, 9));
  EXPECT_THAT(
      converted<float>(StoredType::U32, DType::F32, std::vector<uint32_t>{16777217, 16777219, UINT32_MAX}),
      ElementsAre(16777216, 16777220, 0x1p32f));
  EXPECT_THAT(converted<float>(StoredType::I8, DType::F32, std::vector<int8_t>{-128, 127}),
              ElementsAre(-128, 127));
  EXPECT_THAT(converted<float>(StoredType::I16, DType::F32, std::vector<int16_t>{-32768, 32767}),
              ElementsAre(-32768, 32767));
  EXPECT_THAT(converted<float>(StoredType::U16, DType::F32, std::vector<uint16_t>{65535}),
              ElementsAre(65535));
}

TEST(Elements, IntegersAreExactOrRefused) {
  EXPECT_THAT(converted<int64_t>(StoredType::U64, DType::I64, std::vector<uint64_t>{INT64_MAX, 0}),
              ElementsAre(INT64_MAX, 0));
  EXPECT_EQ(misfit(StoredType::U64, DType::I64, std::vector<uint64_t>{1, uint64_t(1) << 63}), 1);
  EXPECT_THAT(converted<int32_t>(StoredType::I64, DType::I32, std::vector<int64_t>{INT32_MIN, INT32_MAX}),
              ElementsAre(INT32_MIN, INT32_MAX));
  EXPECT_EQ(misfit(StoredType::I64, DType::I32, std::vector<int64_t>{0, int64_t(INT32_MAX) + 1}), 1);
  EXPECT_EQ(misfit(StoredType::I64, DType::I32, std::vector<int64_t>{int64_t(INT32_MIN) - 1}), 0);
  EXPECT_EQ(misfit(StoredType::U32, DType::I32, std::vector<uint32_t>{uint32_t(1) << 31}), 0);
  EXPECT_EQ(misfit(StoredType::I8, DType::U8, std::vector<int8_t>{0, 1, -1}), 2);
  EXPECT_EQ(misfit(StoredType::U16, DType::U8, std::vector<uint16_t>{255, 256}), 1);
  EXPECT_EQ(misfit(StoredType::I32, DType::Bool, std::vector<int32_t>{1, 0, 2}), 2);
  EXPECT_EQ(misfit(StoredType::Bool, DType::F32, std::vector<uint8_t>{1, 2}), 1);
  EXPECT_EQ(misfit(StoredType::Bool, DType::Bool, std::vector<uint8_t>{1, 2}), 1);
  EXPECT_THAT(converted<int32_t>(StoredType::F32, DType::I32, std::vector<float>{-7, 0x1p30f}),
              ElementsAre(-7, 1 << 30));
  EXPECT_EQ(misfit(StoredType::F32, DType::I32, std::vector<float>{0.5f}), 0);
  EXPECT_EQ(misfit(StoredType::F32, DType::I32, std::vector<float>{0x1p31f}), 0);
  EXPECT_EQ(misfit(StoredType::F16, DType::I64, std::vector<uint16_t>{0x7e00}), 0);
  EXPECT_EQ(misfit(StoredType::F64, DType::I64, std::vector<double>{-0x1p63, 0x1p63}), 1);
}

TEST(Elements, FloatsAreRoundedOnceAndStayFinite) {
  EXPECT_THAT(converted<float>(StoredType::F64, DType::F32,
                               std::vector<double>{0.1, 1e-45, 1e-46, 3.4028235e38, inf, -0x1.000001p0}),
              ElementsAre(0.1f, 0x1p-149f, 0, std::numeric_limits<float>::max(), inf, -1));
  EXPECT_EQ(misfit(StoredType::F64, DType::F32, std::vector<double>{1, 3.5e38}), 1);
  EXPECT_THAT(converted<double>(StoredType::F32, DType::F64, std::vector<float>{0.1f}), ElementsAre(0.1f));
}

TEST(Elements, NumbersPrint) {
  uint16_t half = 0x3555;
  int64_t least = INT64_MIN;
  EXPECT_EQ(printElement(StoredType::I64, reinterpret_cast<uint8_t *>(&least)), "-9223372036854775808");
  EXPECT_EQ(printElement(StoredType::F16, reinterpret_cast<uint8_t *>(&half)), "0.333251953125");
}
