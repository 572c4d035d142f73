#include "runtime/Buffer.h"

#include <gtest/gtest.h>

#include <cstdint>

using namespace mlc;

TEST(Buffer, IsAlignedZeroedAndWritable) {
  for (int64_t bytes : {0, 1, 64, 1000, 2 << 20, (4 << 20) + 1}) {
    Expected<Buffer> buffer = Buffer::allocate(bytes, "a test");
    ASSERT_TRUE(buffer);
    EXPECT_EQ(buffer->size(), bytes);
    auto address = reinterpret_cast<uintptr_t>(buffer->data());
    EXPECT_EQ(address % (bytes >= (2 << 20) ? uintptr_t(2) << 20 : 64), 0u);
    for (int64_t i = 0; i < bytes; i += 4097) {
      EXPECT_EQ(buffer->data()[i], 0);
      buffer->data()[i] = 1;
    }
    if (bytes > 0)
      buffer->data()[bytes - 1] = 1;
  }
}

TEST(Buffer, RefusesSizesThatCannotBe) {
  EXPECT_FALSE(Buffer::allocate(-1, "a test"));
  EXPECT_FALSE(Buffer::allocate(INT64_MAX, "a test"));
  EXPECT_FALSE(Buffer::allocate((int64_t(1) << 46) - 1, "a test"));
}

TEST(Buffer, MovesAndReleases) {
  Expected<Buffer> a = Buffer::allocate(8 << 20, "a test");
  uint8_t *data = a->data();
  Buffer b = std::move(*a);
  EXPECT_EQ(b.data(), data);
  EXPECT_EQ(a->data(), nullptr);
  b = Buffer();
  EXPECT_EQ(b.data(), nullptr);
}
