#include "compiler/kernels/Choices.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace mlc::compiler {

Choices::Choices(DictionaryAttr dictionary) {
  if (dictionary)
    for (NamedAttribute each : dictionary)
      if (auto number = dyn_cast<IntegerAttr>(each.getValue()))
        forced[each.getName()] = number.getInt();
}

Choices::Choices(ArrayRef<Choice> made) {
  for (const Choice &choice : made)
    forced[choice.name] = choice.value;
}

/// One less, one more, half and double, as far as they are in the range.
static SmallVector<int64_t, 4> nearOf(int64_t value, int64_t low, int64_t high) {
  SmallVector<int64_t, 4> near;
  for (int64_t other : {value / 2, value - 1, value + 1, value * 2})
    if (other >= low && other <= high && other != value && !llvm::is_contained(near, other))
      near.push_back(other);
  return near;
}

int64_t Choices::between(StringRef asked, int64_t preferred, int64_t low, int64_t high) {
  std::string name = prefix + asked.str();
  if (auto before = known.find(name); before != known.end())
    return before->second;
  int64_t value = preferred;
  if (auto it = forced.find(name); it != forced.end()) {
    if (it->second >= low && it->second <= high)
      value = it->second;
    else if (outside.empty())
      outside = llvm::formatv("`{0}` is {1} to {2} here, not {3}", name, low, high, it->second);
  }
  known[name] = value;
  if (low < high)
    choices.push_back({name, value, nearOf(value, low, high)});
  return value;
}

std::string Choices::wrong(StringRef emitter) const {
  if (!outside.empty())
    return outside;
  for (const auto &entry : forced) {
    if (known.contains(entry.getKey()))
      continue;
    std::string all;
    for (const Choice &choice : choices)
      all += (all.empty() ? "" : ", ") + choice.name;
    return llvm::formatv("{0} has no choice `{1}`; it has {2}", emitter, entry.getKey(),
                         all.empty() ? "none" : all);
  }
  return {};
}

std::string Choices::print(StringRef emitter, ArrayRef<Choice> made) {
  std::string text = ("emitter = \"" + emitter + "\"").str();
  for (const Choice &choice : made)
    text += llvm::formatv(", {0} = {1}", choice.name, choice.value);
  return text;
}

} // namespace mlc::compiler
