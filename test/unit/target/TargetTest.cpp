// What is said of a processor follows from its features.
#include "compiler/target/Target.h"

#include <gtest/gtest.h>

using namespace mlc::compiler;

namespace {

TEST(Target, DescribesEachNameByItsFeatures) {
  Target avx512 = llvm::cantFail(Target::named("avx512")), avx2 = llvm::cantFail(Target::named("avx2")),
         sse2 = llvm::cantFail(Target::named("sse2")), neon = llvm::cantFail(Target::named("neon"));
  EXPECT_EQ(avx512.lanes(32), 16);
  EXPECT_EQ(avx512.vectorRegisters, 32);
  EXPECT_TRUE(avx512.fma && avx512.embeddedBroadcast && avx512.maskedMemory && avx512.gather);
  EXPECT_FALSE(avx512.dotBf16 || avx512.dotInt8 || avx512.tiles);
  EXPECT_EQ(avx2.lanes(64), 4);
  EXPECT_EQ(avx2.vectorRegisters, 16);
  EXPECT_TRUE(avx2.fma && avx2.maskedMemory && avx2.gather);
  EXPECT_FALSE(avx2.embeddedBroadcast);
  EXPECT_EQ(sse2.lanes(32), 4);
  EXPECT_FALSE(sse2.fma || sse2.maskedMemory || sse2.gather);
  EXPECT_EQ(sse2.floatControl, Target::FloatControl::Mxcsr);
  EXPECT_EQ(neon.lanes(32), 4);
  EXPECT_EQ(neon.vectorRegisters, 32);
  EXPECT_TRUE(neon.fma);
  EXPECT_EQ(neon.floatControl, Target::FloatControl::Fpcr);
}

TEST(Target, NamesWhatThereIs) {
  llvm::Expected<Target> none = Target::named("avx3");
  ASSERT_FALSE(bool(none));
  EXPECT_EQ(llvm::toString(none.takeError()),
            "unknown target 'avx3': expected one of host, avx512, avx2, sse2, neon");
}

TEST(Target, HasCachesThatCanBe) {
  Target host = Target::host();
  for (const Cache &cache : {host.l1, host.l2}) {
    EXPECT_GE(cache.bytes, 4096);
    EXPECT_GE(cache.sets(), 1);
  }
  EXPECT_LE(host.l1.bytes, host.l2.bytes);
}

TEST(Target, HasEverythingInItsFingerprint) {
  Target one = llvm::cantFail(Target::named("avx2")), other = one;
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
  other.l2.bytes *= 2;
  EXPECT_NE(one.fingerprint(), other.fingerprint());
  EXPECT_NE(one.fingerprint(), llvm::cantFail(Target::named("avx512")).fingerprint());
}

TEST(Target, HasACodeGeneratorForEachName) {
  for (const char *name : {"host", "avx512", "avx2", "sse2", "neon"}) {
    auto machine = llvm::cantFail(Target::named(name)).machine();
    ASSERT_TRUE(bool(machine)) << name << ": " << llvm::toString(machine.takeError());
  }
}

} // namespace
