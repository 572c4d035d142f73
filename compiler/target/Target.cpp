#include "compiler/target/Target.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"

#include <map>
#include <mutex>
#include <vector>

using namespace llvm;

namespace mlc::compiler {

/// The first scheduling model whose demands the features meet. All are Intel's because LLVM's models of them
/// are the most complete; they decide the order of instructions, not which are used.
static StringRef schedulingModel(const std::map<std::string, bool> &features) {
  auto has = [&](const char *name) {
    auto it = features.find(name);
    return it != features.end() && it->second;
  };
  if (has("avx512fp16") || has("amx-tile"))
    return "sapphirerapids";
  if (has("avx512vnni"))
    return "icelake-server";
  if (has("avx512f"))
    return "skylake-avx512";
  if (has("avx2") && has("fma"))
    return "haswell";
  return "x86-64";
}

static Target describe(std::string triple, const std::map<std::string, bool> &features) {
  Target target;
  target.triple = std::move(triple);
  auto has = [&](const char *name) {
    auto it = features.find(name);
    return it != features.end() && it->second;
  };
  std::vector<std::string> list;
  for (const auto &[name, on] : features)
    list.push_back((on ? "+" : "-") + name);
  target.features = join(list, ",");
  bool wide = has("avx512f") && has("avx512vl") && has("avx512bw") && has("avx512dq");
  target.vectorBits = wide ? 512 : has("avx2") && has("fma") ? 256 : 128;
  target.vectorRegisters = wide ? 32 : 16;
  target.embeddedBroadcast = wide;
  target.fma = has("fma");
  target.cpu = schedulingModel(features).str();
  return target;
}

Target Target::host() {
  std::map<std::string, bool> features;
  for (const auto &feature : sys::getHostCPUFeatures())
    features[feature.getKey().str()] = feature.getValue();
  Target target = describe(sys::getProcessTriple(), features);
  Triple triple(target.triple);
  if (!triple.isX86()) {
    target.cpu = sys::getHostCPUName().str();
    target.vectorRegisters = 32;
    target.fma = true;
  }
  return target;
}

Expected<Target> Target::named(StringRef name) {
  if (name == "host")
    return host();
  std::map<std::string, bool> features{{"sse2", true}};
  if (name == "avx2" || name == "avx512")
    for (const char *feature : {"sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "avx", "avx2", "fma", "f16c",
                                "bmi", "bmi2", "lzcnt"})
      features[feature] = true;
  if (name == "avx512")
    for (const char *feature : {"avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd"})
      features[feature] = true;
  else if (name != "avx2" && name != "sse2")
    return createStringError("unknown target '%s': expected host, avx512, avx2 or sse2", name.str().c_str());
  return describe("x86_64-unknown-linux-gnu", features);
}

std::string Target::fingerprint() const {
  return triple + ";" + cpu + ";" + features + ";llvm-" LLVM_VERSION_STRING;
}

Expected<std::unique_ptr<TargetMachine>> Target::machine() const {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    InitializeNativeTargetAsmParser();
  });
  std::string error;
  Triple parsed(triple);
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
