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

} // namespace

TEST(Elements, SizesAndNames) {
  EXPECT_EQ(sizeOf(StoredType::BF16), 2);
  EXPECT_EQ(sizeOf(StoredType::U64), 8);
  EXPECT_EQ(nameOf(StoredType::F16), "f16");
  for (DType dtype : {DType::F32, DType::F64, DType::I32, DType::I64, DType::U8, DType::Bool}) {
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
    ASSERT_EQ(halfToFloat(static_cast<uint16_t>(bits)), bits & 0x8000 ? -value : value) << bits;
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
