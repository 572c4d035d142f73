// What can be chosen of how a kernel runs, and what was.
//
// Everything about a kernel's loops that changes its speed and no bit of its results is a choice: it has a
// name, a value that the cost model prefers, and a range. An emitter asks for each while it plans, and again
// while it emits, by the same name. So a plan can be printed, forced and tried out without a word about it in
// the emitter.
#ifndef MLC_COMPILER_KERNELS_CHOICES_H
#define MLC_COMPILER_KERNELS_CHOICES_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlc::compiler {

/// One that was made.
struct Choice {
  std::string name; ///< "vectors", "grid_rows"
  int64_t value;
  llvm::SmallVector<int64_t, 4> near; ///< other values that are worth a trial
};

/// Not shared between threads.
class Choices {
public:
  /// All are free.
  Choices() = default;
  /// Integers of `forced`, a dictionary of a choicesAttr or null, stand for what would be preferred.
  explicit Choices(mlir::DictionaryAttr forced);
  /// Those that `made` holds, for the code of what was planned with them.
  explicit Choices(llvm::ArrayRef<Choice> made);

  /// A number from `low` to `high`, both included, of which there is at least one. Asked again by the same
  /// name it is what it was.
  int64_t between(llvm::StringRef name, int64_t preferred, int64_t low, int64_t high);
  bool flag(llvm::StringRef name, bool preferred) { return between(name, preferred, 0, 1) != 0; }

  /// In the order in which they were asked for, without those that had one value only.
  std::vector<Choice> made() const { return choices; }
  /// What is wrong with the forced ones for `emitter`, after it has planned: one outside of its range, or one
  /// that nobody asked for. Empty: nothing.
  std::string wrong(llvm::StringRef emitter) const;
  /// `emitter = "rows", chunks = 4 : i64`, as a choicesAttr takes it in braces.
  static std::string print(llvm::StringRef emitter, llvm::ArrayRef<Choice> made);

  /// Puts a prefix before the names that are asked for while it lives: of a part of a larger kernel.
  class Part {
  public:
    Part(Choices &choices, llvm::StringRef prefix) : choices(choices), before(choices.prefix.size()) {
      choices.prefix += prefix;
    }
    ~Part() { choices.prefix.resize(before); }
    Part(const Part &) = delete;
    Part &operator=(const Part &) = delete;

  private:
    Choices &choices;
    size_t before;
  };

private:
  std::string prefix;
  llvm::StringMap<int64_t> forced;
  std::vector<Choice> choices;
  llvm::StringMap<int64_t> known; // by what was asked, with one value or many
  std::string outside;            // the first forced one that is not in its range
};

} // namespace mlc::compiler

#endif
