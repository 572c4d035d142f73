// The processor that kernels are compiled for: described by its features, never by its name.
#ifndef MLC_COMPILER_TARGET_TARGET_H
#define MLC_COMPILER_TARGET_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

#include <cstdint>
#include <memory>
#include <string>

namespace mlc::compiler {

/// A plain value: copy it freely, to any thread.
struct Target {
  std::string triple;
  /// Name of the scheduling model, picked from the features: what the processor calls itself is often wrong
  /// in virtual machines.
  std::string cpu;
  /// LLVM's feature string, every feature spelled out: "+avx,+avx2,-avx512f,...", sorted.
  std::string features;
  /// Bits of the widest vector register to use: 512, 256 or 128.
  int64_t vectorBits = 128;
  /// Architectural vector registers: 32 or 16.
  int64_t vectorRegisters = 16;
  /// Fused multiply-add in one instruction.
  bool fma = false;
  /// A multiply-add operand may be a scalar broadcast from memory at no cost (AVX-512).
  bool embeddedBroadcast = false;

  /// The machine this process runs on.
  static Target host();

  /// "host", or a fixed x86-64 level for tests: "avx512", "avx2", "sse2". Fails on any other name. Of these
  /// only an x86-64 host has a target machine.
  static llvm::Expected<Target> named(llvm::StringRef name);

  /// Number of lanes of a vector of elements of `bits` bits.
  int64_t lanes(int64_t bits) const { return vectorBits / bits; }

  /// What an object depends on: features, scheduling model and LLVM's version. Part of the key of the object
  /// cache.
  std::string fingerprint() const;

  /// An LLVM target machine, position independent. One a thread: it is not to be shared.
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine() const;
};

} // namespace mlc::compiler

#endif
