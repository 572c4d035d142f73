// The processor that kernels are compiled for: described by what it can do, never by its name.
//
// One description is made where a program is compiled (of the host, or of a name that was asked for) and
// handed down; what comes after asks it and nothing else. It is part of the keys of the caches.
#ifndef MLC_COMPILER_TARGET_TARGET_H
#define MLC_COMPILER_TARGET_TARGET_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace mlc::compiler {

/// A data cache of one core.
struct Cache {
  int64_t bytes, line, ways;

  int64_t sets() const { return bytes / (line * ways); }
};

/// A plain value: copy it freely, to any thread.
struct Target {
  /// "host", or the name of a row of Targets.def.
  std::string name;
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
  /// Vectors that are multiplied and added in a cycle, at most.
  double multiplyAdds = 2;
  /// A multiply-add operand may be a scalar broadcast from memory at no cost (AVX-512).
  bool embeddedBroadcast = false;
  /// Loads and stores of some lanes of a vector in one instruction. Without it LLVM makes a branch of each
  /// lane whose mask is not known.
  bool maskedMemory = false;
  /// Loads of lanes from anywhere in one instruction. Without it they are as many loads.
  bool gather = false;
  /// Products of pairs of bf16, and of fours of i8, added up in f32 and i32 in one instruction; and of whole
  /// tiles of either.
  bool dotBf16 = false, dotInt8 = false, tiles = false;
  /// As the system tells of the host, of the named ones as they mostly are.
  Cache l1 = {32 << 10, 64, 8}, l2 = {1 << 20, 64, 16};

  /// How the thread's floating-point mode is set: x86's MXCSR, aarch64's FPCR, or as it is.
  enum class FloatControl { None, Mxcsr, Fpcr };
  FloatControl floatControl = FloatControl::None;

  /// The machine this process runs on.
  static Target host();
  /// "host" or a row of Targets.def. Fails on any other name, with those that there are.
  static llvm::Expected<Target> named(llvm::StringRef name);
  /// "host" and those of Targets.def: "host, avx512, avx2, sse2".
  static std::string names();

  /// Number of lanes of a vector of elements of `bits` bits.
  int64_t lanes(int64_t bits) const { return vectorBits / bits; }

  /// What an object depends on: all of the description, and LLVM's version. Part of the keys of the caches.
  std::string fingerprint() const;

  /// An LLVM target machine, position independent. One a thread: it is not to be shared. Initialises LLVM's
  /// code generator for this triple and for no other; that is once a process, and thread-safe.
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine() const;

private:
  static Target describe(std::string name, std::string triple, const std::map<std::string, bool> &features);
};

} // namespace mlc::compiler

#endif
