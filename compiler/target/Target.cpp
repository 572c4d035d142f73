#include "compiler/target/Target.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"

#include <mutex>
#include <vector>

#include <unistd.h>

using namespace llvm;

namespace mlc::compiler {

using Features = std::map<std::string, bool>;

static bool has(const Features &features, const char *name) {
  auto it = features.find(name);
  return it != features.end() && it->second;
}

/// The first scheduling model whose demands the features meet. All are Intel's because LLVM's models of them
/// are the most complete; they decide the order of instructions, not which are used.
static StringRef x86Model(const Features &features) {
  if (has(features, "avx512fp16") || has(features, "amx-tile"))
    return "sapphirerapids";
  if (has(features, "avx512vnni"))
    return "icelake-server";
  if (has(features, "avx512f"))
    return "skylake-avx512";
  if (has(features, "avx2") && has(features, "fma"))
    return "haswell";
  return "x86-64";
}

Target Target::describe(std::string name, std::string triple, const Features &features) {
  Target target;
  target.name = std::move(name);
  target.triple = std::move(triple);
  std::vector<std::string> list;
  for (const auto &[feature, on] : features)
    list.push_back((on ? "+" : "-") + feature);
  target.features = join(list, ",");
  Triple parsed(target.triple);
  if (parsed.isX86()) {
    bool wide = has(features, "avx512f") && has(features, "avx512vl") && has(features, "avx512bw") &&
                has(features, "avx512dq");
    target.cpu = x86Model(features).str();
    target.vectorBits = wide ? 512 : has(features, "avx2") && has(features, "fma") ? 256 : 128;
    target.vectorRegisters = wide ? 32 : 16;
    target.fma = has(features, "fma");
    target.embeddedBroadcast = wide;
    target.maskedMemory = wide || has(features, "avx2");
    target.gather = wide || has(features, "avx2");
    target.dotBf16 = has(features, "avx512bf16");
    target.dotInt8 = has(features, "avx512vnni") || has(features, "avxvnni");
    target.tiles = has(features, "amx-tile") && has(features, "amx-bf16");
    target.floatControl = FloatControl::Mxcsr;
    return target;
  }
  target.cpu = "generic";
  target.vectorRegisters = 32;
  target.fma = true;
  if (parsed.isAArch64()) {
    target.dotBf16 = has(features, "bf16");
    target.dotInt8 = has(features, "dotprod");
    target.floatControl = FloatControl::Fpcr;
  }
  return target;
}

/// What the system says of a cache; `otherwise` where it says nothing that can be.
static Cache cacheOf(int bytes, int line, int ways, Cache otherwise) {
  Cache cache{sysconf(bytes), sysconf(line), sysconf(ways)};
  bool known = cache.bytes >= 4096 && cache.line >= 16 && cache.ways >= 1 && cache.sets() >= 1;
  return known ? cache : otherwise;
}

Target Target::host() {
  Features features;
  for (const auto &feature : sys::getHostCPUFeatures())
    features[feature.getKey().str()] = feature.getValue();
  Target target = describe("host", sys::getProcessTriple(), features);
  if (!Triple(target.triple).isX86())
    target.cpu = sys::getHostCPUName().str();
  target.l1 = cacheOf(_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL1_DCACHE_LINESIZE, _SC_LEVEL1_DCACHE_ASSOC, target.l1);
  target.l2 = cacheOf(_SC_LEVEL2_CACHE_SIZE, _SC_LEVEL2_CACHE_LINESIZE, _SC_LEVEL2_CACHE_ASSOC, target.l2);
  return target;
}

namespace {

struct NamedTarget {
  StringRef name, triple, features;
};

constexpr NamedTarget namedTargets[] = {
#define MLC_TARGET(name, triple, features) {name, triple, features},
#include "compiler/target/Targets.def"
};

} // namespace

std::string Target::names() {
  std::string all = "host";
  for (const NamedTarget &row : namedTargets)
    all += (", " + row.name).str();
  return all;
}

llvm::Expected<Target> Target::named(StringRef name) {
  if (name == "host")
    return host();
  for (const NamedTarget &row : namedTargets) {
    if (row.name != name)
      continue;
    Features features;
    for (StringRef feature : split(row.features, ' '))
      features[feature.str()] = true;
    return describe(name.str(), row.triple.str(), features);
  }
  return createStringError("unknown target '%s': expected one of %s", name.str().c_str(), names().c_str());
}

std::string Target::fingerprint() const {
  auto textOf = [](const Cache &cache) {
    return std::to_string(cache.bytes) + "/" + std::to_string(cache.line) + "/" + std::to_string(cache.ways);
  };
  return triple + ";" + cpu + ";" + features + ";l1 " + textOf(l1) + ";l2 " + textOf(l2) +
         ";llvm-" LLVM_VERSION_STRING;
}

/// Makes LLVM's code generator for `triple` known, and no other's.
static void initialize(const Triple &triple) {
  static std::once_flag x86, aarch64, native;
  if (triple.isX86())
    std::call_once(x86, [] {
      LLVMInitializeX86TargetInfo();
      LLVMInitializeX86Target();
      LLVMInitializeX86TargetMC();
      LLVMInitializeX86AsmPrinter();
      LLVMInitializeX86AsmParser();
    });
  else if (triple.isAArch64())
    std::call_once(aarch64, [] {
      LLVMInitializeAArch64TargetInfo();
      LLVMInitializeAArch64Target();
      LLVMInitializeAArch64TargetMC();
      LLVMInitializeAArch64AsmPrinter();
      LLVMInitializeAArch64AsmParser();
    });
  else
    std::call_once(native, [] {
      InitializeNativeTarget();
      InitializeNativeTargetAsmPrinter();
      InitializeNativeTargetAsmParser();
    });
}

llvm::Expected<std::unique_ptr<TargetMachine>> Target::machine() const {
  Triple parsed(triple);
  initialize(parsed);
  std::string error;
  const llvm::Target *found = TargetRegistry::lookupTarget(parsed, error);
  if (!found)
    return createStringError("no code generator for '%s': %s", triple.c_str(), error.c_str());
  TargetOptions options;
  // Contract a*b+c to one rounding everywhere; nothing else is relaxed, so NaN and infinities behave.
  options.AllowFPOpFusion = FPOpFusion::Fast;
  std::unique_ptr<TargetMachine> machine(found->createTargetMachine(
      parsed, cpu, features, options, Reloc::PIC_, std::nullopt, CodeGenOptLevel::Default));
  if (!machine)
    return createStringError("LLVM cannot generate code for '%s'", triple.c_str());
  return machine;
}

} // namespace mlc::compiler
